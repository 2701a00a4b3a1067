// SPDX-License-Identifier: GPL-2.0-only
/*
 * The FIFO event format with a thread for each CPU, under the thread sanitizer:
 * two send, one takes events off the queues as a guest does, without a lock.
 * None is lost, and none comes that was not sent. ABI: event_channel.h.
 */
#include "evtchn_host.h"
#include "threads.h"

#define PORTS		24
#define SENDERS		2
#define ROUNDS		2000

#define WORD_PENDING	(1U << EVTCHN_FIFO_PENDING)
#define WORD_MASKED	(1U << EVTCHN_FIFO_MASKED)
#define WORD_LINKED	(1U << EVTCHN_FIFO_LINKED)
#define WORD_BUSY	(1U << EVTCHN_FIFO_BUSY)
#define WORD_LINK	((1U << EVTCHN_FIFO_LINK_BITS) - 1)

static struct evtchn_fifo_control_block *block;
static u32 *words;
static u32 head[EVTCHN_FIFO_MAX_QUEUES];	/* the guest's */
static u32 port_of[PORTS];
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

	current = &vcpus[0][seed % HOST_VCPUS];
	for (unsigned int i = 0; i < ROUNDS; i++) {
		unsigned int n = (unsigned int)rand_r(&seed) % PORTS;
		struct evtchn_send s = { .port = port_of[n] };

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

static void take_one(unsigned int queue, u32 *ready)
{
	u32 port = head[queue] ? head[queue] : load(&block->head[queue]);
	u32 *word = &words[port];

	head[queue] = unlink_word(word);
	if (!head[queue])
		*ready &= ~(1U << queue);
	if ((load(word) & (WORD_PENDING | WORD_MASKED)) != WORD_PENDING)
		return;
	__atomic_fetch_and(word, ~WORD_PENDING, __ATOMIC_SEQ_CST);
	handle(port);
}

static bool take_all(void)
{
	u32 ready = __atomic_exchange_n(&block->ready, 0, __ATOMIC_SEQ_CST);
	bool any = ready;

	while (ready) {
		take_one((unsigned int)__builtin_ctz(ready), &ready);
		ready |= __atomic_exchange_n(&block->ready, 0, __ATOMIC_SEQ_CST);
	}
	return any;
}

static void setup_fifo(void)
{
	struct evtchn_init_control init = { .control_gfn = host_gfn(0, 0), .vcpu = 0 };
	struct evtchn_expand_array expand = { .array_gfn = host_gfn(0, 1) };

	block = (void *)(DIRECTMAP_START + host_gfn(0, 0) * PAGE_SIZE);
	words = (void *)(DIRECTMAP_START + host_gfn(0, 1) * PAGE_SIZE);
	assert_int_equal(op(EVTCHNOP_init_control, &init), 0);
	assert_int_equal(op(EVTCHNOP_expand_array, &expand), 0);
	for (unsigned int n = 0; n < PORTS; n++) {
		struct evtchn_bind_ipi bind = { .vcpu = 0 };
		struct evtchn_set_priority prio;

		assert_int_equal(op(EVTCHNOP_bind_ipi, &bind), 0);
		port_of[n] = bind.port;
		prio.port = bind.port;
		prio.priority = n % 3;
		assert_int_equal(op(EVTCHNOP_set_priority, &prio), 0);
	}
}

static void test_fifo(void **state)
{
	pthread_t thread[SENDERS];
	bool done;

	host_start();
	setup_fifo();
	senders_left = SENDERS;
	threads_start(thread, SENDERS, 1, sender);
	do {
		/* Whatever was sent before the last look is found by it. */
		done = !load(&senders_left);
	} while (take_all() || !done);
	threads_join(thread, SENDERS);
	for (unsigned int n = 0; n < PORTS; n++) {
		assert_int_equal(load(&words[port_of[n]]) & (WORD_PENDING | WORD_LINKED), 0);
		assert_in_range(taken[n], 1, sent[n]);
	}
	host_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fifo),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
