// SPDX-License-Identifier: GPL-2.0-only
/*
 * Event channels with a thread for each CPU, under the thread sanitizer: some
 * send, some take events off the FIFO queues as a guest does, without a lock;
 * some move ports from vCPU to vCPU, close and bind them, or go back to two
 * levels. None is lost, and none comes that was not sent. ABI: event_channel.h.
 */
#include "evtchn_host.h"
#include "threads.h"

#include <sched.h>

#define PORTS		24
#define SENDERS		2
#define TAKERS		2	/* vCPUs of domain 0 with queues */
#define ROUNDS		2000
#define CLASHES		6000	/* of each thread that binds, closes, sends or resets */

#define WORD_PENDING	(1U << EVTCHN_FIFO_PENDING)
#define WORD_MASKED	(1U << EVTCHN_FIFO_MASKED)
#define WORD_LINKED	(1U << EVTCHN_FIFO_LINKED)
#define WORD_BUSY	(1U << EVTCHN_FIFO_BUSY)
#define WORD_LINK	((1U << EVTCHN_FIFO_LINK_BITS) - 1)

static struct evtchn_fifo_control_block *block[TAKERS];
static u32 *words;
static u32 head[TAKERS][EVTCHN_FIFO_MAX_QUEUES];	/* the guest's */
static u32 port_of[PORTS];	/* of domain 0 */
static unsigned int sender_dom;
static u32 send_by[PORTS];	/* the port of sender_dom that raises it */
static u32 sent[PORTS], taken[PORTS], senders_left;	/* atomic */

static long op(unsigned int cmd, void *arg)
{
	return do_event_channel_op(cmd, (unsigned long)arg, 0, 0, 0);
}

static u32 load(const u32 *p)
{
	return __atomic_load_n(p, __ATOMIC_SEQ_CST);
}

static void *sender(void *data)
{
	unsigned int seed = (unsigned int)(unsigned long)data;

	current = &vcpus[sender_dom][seed % HOST_VCPUS];
	for (unsigned int i = 0; i < ROUNDS; i++) {
		unsigned int n = (unsigned int)rand_r(&seed) % PORTS;
		struct evtchn_send s = { .port = send_by[n] };

		__atomic_fetch_add(&sent[n], 1, __ATOMIC_SEQ_CST);
		if (op(EVTCHNOP_send, &s))
			bug("send", __FILE__, __LINE__);
	}
	__atomic_fetch_sub(&senders_left, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

/* Off the queue: what it leads to. */
static u32 unlink_word(u32 *word)
{
	u32 old = load(word), new;

	do {
		while (old & WORD_BUSY)
			old = load(word);
		new = old & ~(WORD_LINKED | WORD_LINK);
	} while (!__atomic_compare_exchange_n(word, &old, new, false, __ATOMIC_SEQ_CST,
					      __ATOMIC_SEQ_CST));
	return old & WORD_LINK;
}

static void handle(u32 port)
{
	for (unsigned int n = 0; n < PORTS; n++)
		if (port_of[n] == port) {
			__atomic_fetch_add(&taken[n], 1, __ATOMIC_SEQ_CST);
			if (load(&taken[n]) > load(&sent[n]))
				bug("an event that nobody sent", __FILE__, __LINE__);
			return;
		}
	bug("a port that nobody has", __FILE__, __LINE__);
}

static void take_one(unsigned int vcpu, unsigned int queue, u32 *ready)
{
	u32 *first = &head[vcpu][queue];
	u32 port = *first ? *first : load(&block[vcpu]->head[queue]);
	u32 *word = &words[port];

	*first = unlink_word(word);
	if (!*first)
		*ready &= ~(1U << queue);
	if ((load(word) & (WORD_PENDING | WORD_MASKED)) != WORD_PENDING)
		return;
	__atomic_fetch_and(word, ~WORD_PENDING, __ATOMIC_SEQ_CST);
	handle(port);
}

static bool take_all(unsigned int vcpu)
{
	u32 ready = __atomic_exchange_n(&block[vcpu]->ready, 0, __ATOMIC_SEQ_CST);
	bool any = ready;

	while (ready) {
		take_one(vcpu, (unsigned int)__builtin_ctz(ready), &ready);
		ready |= __atomic_exchange_n(&block[vcpu]->ready, 0, __ATOMIC_SEQ_CST);
	}
	return any;
}

/* Take what comes for one vCPU, until all senders are done. */
static void *taker(void *vcpu)
{
	bool done;

	do {
		/* Whatever was sent before the last look is found by it. */
		done = !load(&senders_left);
	} while (take_all((unsigned int)(unsigned long)vcpu) || !done);
	return NULL;
}

/* Guests' memory as it is given to init_control and expand_array. */
static long init_control(unsigned int dom, unsigned int vcpu)
{
	struct evtchn_init_control init = { .control_gfn = host_gfn(dom, vcpu), .vcpu = vcpu };

	return op(EVTCHNOP_init_control, &init);
}

static long expand_array(unsigned int dom)
{
	struct evtchn_expand_array expand = { .array_gfn = host_gfn(dom, HOST_VCPUS) };

	return op(EVTCHNOP_expand_array, &expand);
}

static void *host_page(unsigned int dom, unsigned int n)
{
	return (void *)(DIRECTMAP_START + host_gfn(dom, n) * PAGE_SIZE);
}

static void setup_fifo(void)
{
	memset(sent, 0, sizeof(sent));
	memset(taken, 0, sizeof(taken));
	memset(head, 0, sizeof(head));
	senders_left = SENDERS;
	for (unsigned int v = 0; v < TAKERS; v++) {
		block[v] = host_page(0, v);
		assert_int_equal(init_control(0, v), 0);
	}
	words = host_page(0, HOST_VCPUS);
	assert_int_equal(expand_array(0), 0);
}

static void set_priority(unsigned int n)
{
	struct evtchn_set_priority prio = { .port = port_of[n], .priority = n % 3 };

	assert_int_equal(op(EVTCHNOP_set_priority, &prio), 0);
}

static void check_taken(void)
{
	for (unsigned int n = 0; n < PORTS; n++) {
		assert_int_equal(load(&words[port_of[n]]) & (WORD_PENDING | WORD_LINKED), 0);
		assert_in_range(taken[n], 1, sent[n]);
	}
}

static void test_fifo(void **state)
{
	pthread_t thread[SENDERS];

	host_start();
	setup_fifo();
	sender_dom = 0;
	for (unsigned int n = 0; n < PORTS; n++) {
		struct evtchn_bind_ipi bind = { .vcpu = 0 };

		assert_int_equal(op(EVTCHNOP_bind_ipi, &bind), 0);
		port_of[n] = send_by[n] = bind.port;
		set_priority(n);
	}
	threads_start(thread, SENDERS, 1, sender);
	taker((void *)0);
	threads_join(thread, SENDERS);
	check_taken();
	host_stop();
}

/* A port of domain 0's for domain 1 to send on. */
static void connect(unsigned int n)
{
	struct evtchn_alloc_unbound a = { DOMID_SELF, 1, 0 };
	struct evtchn_bind_interdomain b = { 0, 0, 0 };

	current = &vcpus[0][0];
	assert_int_equal(op(EVTCHNOP_alloc_unbound, &a), 0);
	port_of[n] = b.remote_port = a.port;
	set_priority(n);
	current = &vcpus[1][0];
	assert_int_equal(op(EVTCHNOP_bind_interdomain, &b), 0);
	send_by[n] = b.local_port;
}

static void *mover(void *data)
{
	unsigned int seed = (unsigned int)(unsigned long)data;

	current = &vcpus[0][2];
	while (load(&senders_left)) {
		unsigned int n = (unsigned int)rand_r(&seed) % PORTS;
		struct evtchn_bind_vcpu b = { port_of[n], rand_r(&seed) % TAKERS };
		struct evtchn_set_priority p = { port_of[n], rand_r(&seed) % 3 };

		if (op(EVTCHNOP_bind_vcpu, &b) || op(EVTCHNOP_set_priority, &p))
			bug("a port does not move", __FILE__, __LINE__);
	}
	return NULL;
}

/* Ports change the vCPU and the queue while they are sent on, each taken by the queue it is on. */
static void test_moving(void **state)
{
	pthread_t send[SENDERS], take[TAKERS], move;

	host_start();
	setup_fifo();
	for (unsigned int n = 0; n < PORTS; n++)
		connect(n);
	sender_dom = 1;
	threads_start(take, TAKERS, 0, taker);
	threads_start(&move, 1, 7, mover);
	threads_start(send, SENDERS, 1, sender);
	threads_join(send, SENDERS);
	threads_join(&move, 1);
	threads_join(take, TAKERS);
	/* What was moved to the other vCPU's queue after that one had looked. */
	while (take_all(0) | take_all(1))
		;
	check_taken();
	host_stop();
}

/* Two of a domain's vCPUs bind, send and close, also what is not theirs to use. */
static void *user(void *data)
{
	unsigned int seed = (unsigned int)(unsigned long)data, dom = seed % HOST_DOMAINS;

	current = &vcpus[dom][seed / HOST_DOMAINS % HOST_VCPUS];
	for (unsigned int i = 0; i < CLASHES; i++) {
		domid_t other = domains[rand_r(&seed) % HOST_DOMAINS].domain_id;
		u32 port = 1 + (u32)rand_r(&seed) % 12;
		union {
			struct evtchn_alloc_unbound unbound;
			struct evtchn_bind_interdomain remote;
			struct evtchn_bind_virq virq;
			struct evtchn_bind_vcpu vcpu;
			u32 port;
		} arg;

		switch (rand_r(&seed) % 12) {
		case 0:
			arg.unbound = (struct evtchn_alloc_unbound){ DOMID_SELF, other, 0 };
			op(EVTCHNOP_alloc_unbound, &arg);
			break;
		case 1 ... 2:
			arg.remote = (struct evtchn_bind_interdomain){ other, port, 0 };
			op(EVTCHNOP_bind_interdomain, &arg);
			break;
		case 3:
			arg.virq = (struct evtchn_bind_virq){ VIRQ_TIMER, current->vcpu_id, 0 };
			op(EVTCHNOP_bind_virq, &arg);
			break;
		case 4:
			arg.vcpu = (struct evtchn_bind_vcpu){ port, port % HOST_VCPUS };
			op(EVTCHNOP_bind_vcpu, &arg);
			break;
		case 5:
			arg.port = port;
			op(EVTCHNOP_close, &arg);
			break;
		case 6:
			arg.port = port;
			op(EVTCHNOP_unmask, &arg);
			break;
		case 7:
			virq_send_vcpu(&vcpus[dom][port % HOST_VCPUS], VIRQ_TIMER);
			break;
		default:
			arg.port = port;
			op(EVTCHNOP_send, &arg);
		}
	}
	return NULL;
}

/* To FIFO and back, with what comes meanwhile latched; the guest scribbles on its words. */
static void *resetter(void *data)
{
	unsigned int seed = (unsigned int)(unsigned long)data, dom = seed % HOST_DOMAINS;
	struct evtchn_reset r = { .dom = DOMID_SELF };
	u32 *word = host_page(dom, HOST_VCPUS);

	current = &vcpus[dom][0];
	for (unsigned int i = 0; i < CLASHES / 8; i++) {
		init_control(dom, (unsigned int)rand_r(&seed) % HOST_VCPUS);
		if (rand_r(&seed) % 2)
			expand_array(dom);
		init_control(dom, (unsigned int)rand_r(&seed) % HOST_VCPUS);
		__atomic_store_n(&word[rand_r(&seed) % 12], rand_r(&seed), __ATOMIC_SEQ_CST);
		while (rand_r(&seed) % 2 && op(EVTCHNOP_reset, &r) == -ERESTART)
			;
	}
	return NULL;
}

static void test_clashes(void **state)
{
	pthread_t users[2 * HOST_DOMAINS], resetters[2];

	host_start();
	threads_start(users, ARRAY_SIZE(users), 0, user);
	threads_start(resetters, ARRAY_SIZE(resetters), 0, resetter);
	threads_join(users, ARRAY_SIZE(users));
	threads_join(resetters, ARRAY_SIZE(resetters));
	/* Every binding has its other end, or closing it is a bug; no page is still held. */
	host_stop();
}

static void *storm(void *data)
{
	struct evtchn_send s = { .port = send_by[0] };

	current = &vcpus[1][0];
	while (load(&senders_left)) {
		op(EVTCHNOP_send, &s);
		virq_send_vcpu(&vcpus[2][1], VIRQ_TIMER);
	}
	return NULL;
}

/* What was on its way to a port when that was closed does not arrive at whoever has it next. */
static void test_late(void **state)
{
	struct evtchn_bind_interdomain b = { .remote_dom = domains[2].domain_id };
	pthread_t thread[6];	/* more than CPUs: to be stopped anywhere */

	host_start();
	/* Always the same ports: the lowest. */
	senders_left = 1;
	send_by[0] = 1;
	threads_start(thread, ARRAY_SIZE(thread), 0, storm);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		struct evtchn_alloc_unbound a = { DOMID_SELF, 1, 0 };
		struct evtchn_bind_virq v = { VIRQ_TIMER, 1, 0 };
		struct evtchn_close c;

		current = &vcpus[2][0];
		assert_int_equal(op(EVTCHNOP_alloc_unbound, &a), 0);
		assert_int_equal(op(EVTCHNOP_bind_virq, &v), 0);
		current = &vcpus[1][1];
		b.remote_port = a.port;
		assert_int_equal(op(EVTCHNOP_bind_interdomain, &b), 0);
		assert_int_equal(b.local_port, send_by[0]);
		while (!test_bit(a.port, shared[2].evtchn_pending) ||
		       !test_bit(v.port, shared[2].evtchn_pending))
			sched_yield();
		current = &vcpus[2][0];
		c.port = a.port;
		assert_int_equal(op(EVTCHNOP_close, &c), 0);
		c.port = v.port;
		assert_int_equal(op(EVTCHNOP_close, &c), 0);
		for (unsigned int j = 0; j < 50; j++) {
			sched_yield();	/* to who was stopped half way */
			assert_false(test_bit(a.port, shared[2].evtchn_pending));
			assert_false(test_bit(v.port, shared[2].evtchn_pending));
		}
		current = &vcpus[1][1];
		c.port = b.local_port;
		assert_int_equal(op(EVTCHNOP_close, &c), 0);
	}
	__atomic_store_n(&senders_left, 0, __ATOMIC_SEQ_CST);
	threads_join(thread, ARRAY_SIZE(thread));
	host_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fifo),
		cmocka_unit_test(test_moving),
		cmocka_unit_test(test_clashes),
		cmocka_unit_test(test_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
