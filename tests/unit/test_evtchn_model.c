// SPDX-License-Identifier: GPL-2.0-only
/*
 * hypervisor/evtchn/ against a model, by random sequences of operations of
 * three domains that also mask, unmask and take their events as a kernel does.
 * The model knows which ports are bound to what, and which have an event that
 * the guest has not taken yet. Nothing may be lost, and nothing arrive twice or
 * where it was not sent.
 */
#include "evtchn_host.h"
#include "test.h"

#define PORTS		200	/* that the model looks at; a few buckets */
#define ROUNDS		40000
#define BLOCK_FRAME	0	/* of each domain: control blocks, one page for all vCPUs */
#define ARRAY_FRAME	1

static struct model_port {
	u32 status;		/* EVTCHNSTAT_* */
	unsigned int vcpu;
	u32 virq;
	unsigned int remote_dom;	/* index */
	u32 remote_port;
	bool event;		/* raised, not taken */
	bool masked;
} model[HOST_DOMAINS][PORTS];

static struct guest {
	bool fifo, has_block[HOST_VCPUS], has_words;
	u32 head[HOST_VCPUS][EVTCHN_FIFO_MAX_QUEUES];
} guests[HOST_DOMAINS];

static unsigned int nr_taken;

static long op(unsigned int cmd, void *arg)
{
	return do_event_channel_op(cmd, (unsigned long)arg, 0, 0, 0);
}

static event_word_t *word_of(unsigned int dom, u32 port)
{
	return (event_word_t *)mfn_to_virt(_mfn(host_gfn(dom, ARRAY_FRAME))) + port;
}

static struct evtchn_fifo_control_block *block_of(unsigned int dom, unsigned int vcpu)
{
	return (void *)((char *)mfn_to_virt(_mfn(host_gfn(dom, BLOCK_FRAME))) + vcpu * 128);
}

static bool is_busy(unsigned int dom, u32 port)
{
	return guests[dom].has_words && *word_of(dom, port) & 1U << EVTCHN_FIFO_LINKED;
}

/* Which port the next binding must get. */
static u32 next_free(unsigned int dom)
{
	for (u32 port = 1; port < PORTS; port++)
		if (model[dom][port].status == EVTCHNSTAT_closed && !is_busy(dom, port))
			return port;
	return PORTS;
}

/* @expected: next_free() before; the binding itself may have put an event on a queue. */
static void bound(unsigned int dom, u32 port, u32 expected, struct model_port m)
{
	assert_true(port < PORTS);
	assert_int_equal(port, expected);
	m.masked = model[dom][port].masked;
	model[dom][port] = m;
}

/* ---- the guest's side ---- */

static void guest_mask(unsigned int dom, u32 port)
{
	model[dom][port].masked = true;
	if (!guests[dom].fifo)
		set_bit_atomic(port, shared[dom].evtchn_mask);
	else if (guests[dom].has_words)
		set_bit_atomic(EVTCHN_FIFO_MASKED, word_of(dom, port));
}

static void guest_unmask(unsigned int dom, u32 port)
{
	struct evtchn_unmask u = { .port = port };

	if (guests[dom].fifo && !guests[dom].has_words)
		return;
	model[dom][port].masked = false;
	assert_int_equal(op(EVTCHNOP_unmask, &u), 0);
	/* A free port has no event to lose; the guest unmasks it by itself. */
	if (model[dom][port].status == EVTCHNSTAT_closed) {
		if (!guests[dom].fifo)
			clear_bit_atomic(port, shared[dom].evtchn_mask);
		else
			clear_bit_atomic(EVTCHN_FIFO_MASKED, word_of(dom, port));
	}
}

static void taken(unsigned int dom, u32 port)
{
	if (!model[dom][port].event)
		fail_msg("domain %u: event on port %u that nobody sent", dom, port);
	assert_false(model[dom][port].masked);
	model[dom][port].event = false;
	nr_taken++;
}

static void take_two_level(unsigned int dom, unsigned int vcpu)
{
	struct shared_info *s = &shared[dom];
	u64 sel = __atomic_exchange_n(&s->vcpu_info[vcpu].evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);

	for (; sel; sel &= sel - 1) {
		unsigned int i = __builtin_ctzll(sel);
		u64 ports = s->evtchn_pending[i] & ~s->evtchn_mask[i];

		for (; ports; ports &= ports - 1) {
			u32 port = i * 64 + __builtin_ctzll(ports);

			clear_bit_atomic(port, s->evtchn_pending);
			taken(dom, port);
		}
	}
}

/* One event off a queue; false if that was the last. */
static bool take_from_queue(unsigned int dom, unsigned int vcpu, unsigned int priority)
{
	const u32 link_mask = (1U << EVTCHN_FIFO_LINK_BITS) - 1;
	u32 *head = &guests[dom].head[vcpu][priority];
	u32 port = *head ?: block_of(dom, vcpu)->head[priority];
	event_word_t *word = word_of(dom, port), old;

	assert_in_range(port, 1, PORTS - 1);
	old = __atomic_fetch_and(word, ~(1U << EVTCHN_FIFO_LINKED | link_mask), __ATOMIC_SEQ_CST);
	assert_true(old & 1U << EVTCHN_FIFO_LINKED);
	assert_false(old & 1U << EVTCHN_FIFO_BUSY);
	*head = old & link_mask;
	if (old & 1U << EVTCHN_FIFO_PENDING && !(old & 1U << EVTCHN_FIFO_MASKED)) {
		clear_bit_atomic(EVTCHN_FIFO_PENDING, word);
		taken(dom, port);
	}
	return *head != 0;
}

static void take_fifo(unsigned int dom, unsigned int vcpu, unsigned int max)
{
	u32 ready;

	if (!guests[dom].has_block[vcpu])
		return;
	ready = __atomic_exchange_n(&block_of(dom, vcpu)->ready, 0, __ATOMIC_SEQ_CST);
	while (ready) {
		unsigned int priority = __builtin_ctz(ready);

		if (!max) {	/* enough for now: the rest stays announced */
			__atomic_fetch_or(&block_of(dom, vcpu)->ready, ready, __ATOMIC_SEQ_CST);
			shared[dom].vcpu_info[vcpu].evtchn_upcall_pending = 1;
			return;
		}
		max--;
		if (!take_from_queue(dom, vcpu, priority))
			ready &= ~(1U << priority);
	}
}

static void guest_take(unsigned int dom, unsigned int vcpu, unsigned int max)
{
	if (!__atomic_exchange_n(&shared[dom].vcpu_info[vcpu].evtchn_upcall_pending, 0,
				 __ATOMIC_SEQ_CST))
		return;
	if (guests[dom].fifo)
		take_fifo(dom, vcpu, max);
	else
		take_two_level(dom, vcpu);
}

/* ---- operations, each also on the model ---- */

static void do_alloc_unbound(unsigned int dom, unsigned int remote)
{
	struct evtchn_alloc_unbound a = { DOMID_SELF, domains[remote].domain_id, 0 };
	u32 expected = next_free(dom);

	assert_int_equal(op(EVTCHNOP_alloc_unbound, &a), 0);
	bound(dom, a.port, expected,
	      (struct model_port){ .status = EVTCHNSTAT_unbound, .remote_dom = remote });
}

static void do_bind_interdomain(unsigned int dom, unsigned int remote, u32 port)
{
	struct evtchn_bind_interdomain b = { domains[remote].domain_id, port, 0 };
	struct model_port *peer = &model[remote][port];
	u32 expected = next_free(dom);
	bool ok = peer->status == EVTCHNSTAT_unbound && peer->remote_dom == dom;

	assert_int_equal(op(EVTCHNOP_bind_interdomain, &b), ok ? 0 : -EINVAL);
	if (!ok)
		return;
	bound(dom, b.local_port, expected,
	      (struct model_port){ .status = EVTCHNSTAT_interdomain, .remote_dom = remote,
				   .remote_port = port, .event = true });
	peer->status = EVTCHNSTAT_interdomain;
	peer->remote_dom = dom;
	peer->remote_port = expected;
}

static void do_bind_ipi(unsigned int dom, unsigned int vcpu)
{
	struct evtchn_bind_ipi b = { .vcpu = vcpu };
	u32 expected = next_free(dom);

	assert_int_equal(op(EVTCHNOP_bind_ipi, &b), 0);
	bound(dom, b.port, expected, (struct model_port){ .status = EVTCHNSTAT_ipi, .vcpu = vcpu });
}

static struct model_port *find_virq(unsigned int dom, unsigned int vcpu, u32 virq)
{
	for (u32 port = 1; port < PORTS; port++) {
		struct model_port *m = &model[dom][port];

		if (m->status == EVTCHNSTAT_virq && m->virq == virq && m->vcpu == vcpu)
			return m;
	}
	return NULL;
}

static void do_virq(unsigned int dom, unsigned int vcpu)
{
	struct evtchn_bind_virq b = { .virq = VIRQ_TIMER, .vcpu = vcpu };
	struct model_port *m = find_virq(dom, vcpu, VIRQ_TIMER);
	u32 expected = next_free(dom);

	if (m) {
		virq_send_vcpu(&vcpus[dom][vcpu], VIRQ_TIMER);
		m->event = true;
	}
	assert_int_equal(op(EVTCHNOP_bind_virq, &b), m ? -EEXIST : 0);
	if (!m)
		bound(dom, b.port, expected,
		      (struct model_port){ .status = EVTCHNSTAT_virq, .virq = VIRQ_TIMER,
					   .vcpu = vcpu });
}

static void do_close(unsigned int dom, u32 port)
{
	struct evtchn_close c = { .port = port };
	struct model_port *m = &model[dom][port];

	assert_int_equal(op(EVTCHNOP_close, &c),
			 m->status == EVTCHNSTAT_closed ? -EINVAL : 0);
	if (m->status == EVTCHNSTAT_interdomain) {
		model[m->remote_dom][m->remote_port].status = EVTCHNSTAT_unbound;
		model[m->remote_dom][m->remote_port].remote_dom = dom;
	}
	m->status = EVTCHNSTAT_closed;
	m->event = false;
}

static void do_send(unsigned int dom, u32 port)
{
	struct evtchn_send s = { .port = port };
	struct model_port *m = &model[dom][port];
	bool ok = m->status == EVTCHNSTAT_interdomain || m->status == EVTCHNSTAT_ipi ||
		  m->status == EVTCHNSTAT_unbound;

	assert_int_equal(op(EVTCHNOP_send, &s), ok ? 0 : -EINVAL);
	if (m->status == EVTCHNSTAT_interdomain)
		model[m->remote_dom][m->remote_port].event = true;
	else if (m->status == EVTCHNSTAT_ipi)
		m->event = true;
}

static void do_bind_vcpu(unsigned int dom, u32 port, unsigned int vcpu)
{
	struct evtchn_bind_vcpu b = { .port = port, .vcpu = vcpu };
	struct model_port *m = &model[dom][port];
	bool ok = m->status == EVTCHNSTAT_unbound || m->status == EVTCHNSTAT_interdomain;

	assert_int_equal(op(EVTCHNOP_bind_vcpu, &b), ok ? 0 : -EINVAL);
	if (ok)
		m->vcpu = vcpu;
}

static void do_set_priority(unsigned int dom, u32 port, u32 priority)
{
	struct evtchn_set_priority p = { .port = port, .priority = priority };
	long rc = model[dom][port].status == EVTCHNSTAT_closed ? -EINVAL : 0;

	assert_int_equal(op(EVTCHNOP_set_priority, &p), guests[dom].fifo ? rc : -ENOSYS);
}

static void do_init_control(unsigned int dom, unsigned int vcpu)
{
	struct evtchn_init_control c = { .control_gfn = host_gfn(dom, BLOCK_FRAME),
					 .offset = vcpu * 128, .vcpu = vcpu };
	struct guest *g = &guests[dom];

	assert_int_equal(op(EVTCHNOP_init_control, &c), g->has_block[vcpu] ? -EINVAL : 0);
	g->has_block[vcpu] = true;
	if (!g->fifo) {
		/* Its words are not there: nothing is masked in the new format. */
		for (u32 port = 0; port < PORTS; port++)
			model[dom][port].masked = false;
		g->fifo = true;
	}
}

static void do_expand_array(unsigned int dom)
{
	struct evtchn_expand_array e = { .array_gfn = host_gfn(dom, ARRAY_FRAME) };

	if (guests[dom].has_words)
		return;
	assert_int_equal(op(EVTCHNOP_expand_array, &e), guests[dom].fifo ? 0 : -EOPNOTSUPP);
	guests[dom].has_words = guests[dom].fifo;
}

static void do_reset(unsigned int dom)
{
	struct evtchn_reset r = { .dom = DOMID_SELF };

	assert_int_equal(op(EVTCHNOP_reset, &r), 0);
	for (u32 port = 1; port < PORTS; port++) {
		struct model_port *m = &model[dom][port];

		if (m->status == EVTCHNSTAT_interdomain && m->remote_dom != dom) {
			model[m->remote_dom][m->remote_port].status = EVTCHNSTAT_unbound;
			model[m->remote_dom][m->remote_port].remote_dom = dom;
		}
		memset(m, 0, sizeof(*m));
	}
	/* The guest begins anew too. */
	memset(&guests[dom], 0, sizeof(guests[dom]));
	memset(mfn_to_virt(_mfn(host_gfn(dom, BLOCK_FRAME))), 0, 2 * PAGE_SIZE);
	memset(&shared[dom], 0, sizeof(shared[dom]));
}

/* ---- checks ---- */

static void check_status(unsigned int dom)
{
	current = &vcpus[0][0];
	for (u32 port = 1; port < PORTS; port++) {
		struct evtchn_status s = { .dom = domains[dom].domain_id, .port = port };
		struct model_port *m = &model[dom][port];
		long rc = op(EVTCHNOP_status, &s);

		if (rc) {	/* no bucket yet */
			assert_int_equal(rc, -EINVAL);
			assert_int_equal(m->status, EVTCHNSTAT_closed);
			continue;
		}
		assert_int_equal(s.status, m->status);
		if (s.status == EVTCHNSTAT_closed)
			continue;
		assert_int_equal(s.vcpu, m->vcpu);
		assert_int_equal(evtchn_port_is_pending(&domains[dom], port), m->event);
		if (s.status == EVTCHNSTAT_interdomain) {
			assert_int_equal(s.u.interdomain.dom, domains[m->remote_dom].domain_id);
			assert_int_equal(s.u.interdomain.port, m->remote_port);
		} else if (s.status == EVTCHNSTAT_unbound) {
			assert_int_equal(s.u.unbound.dom, domains[m->remote_dom].domain_id);
		}
	}
}

/* Let the guests have all they lack, and take everything: nothing may be left over. */
static void drain(void)
{
	for (unsigned int dom = 0; dom < HOST_DOMAINS; dom++) {
		current = &vcpus[dom][0];
		if (guests[dom].fifo) {
			do_expand_array(dom);
			for (unsigned int i = 0; i < HOST_VCPUS; i++)
				do_init_control(dom, i);
		}
		for (u32 port = 1; port < PORTS; port++)
			if (model[dom][port].status != EVTCHNSTAT_closed)
				guest_unmask(dom, port);
		for (unsigned int i = 0; i < HOST_VCPUS; i++)
			guest_take(dom, i, ~0U);
		for (u32 port = 1; port < PORTS; port++)
			if (model[dom][port].event)
				fail_msg("domain %u: event on port %u is lost", dom, port);
	}
}

static void step(void)
{
	unsigned int dom = rand() % HOST_DOMAINS, vcpu = rand() % HOST_VCPUS;
	unsigned int remote = rand() % HOST_DOMAINS;
	u32 port = 1 + rand() % 40;
	bool room = next_free(dom) < PORTS - 1;

	current = &vcpus[dom][vcpu];
	switch (rand() % 64) {
	case 0 ... 3:
		if (room)
			do_alloc_unbound(dom, remote);
		break;
	case 4 ... 9:
		if (room)
			do_bind_interdomain(dom, remote, port);
		break;
	case 10 ... 11:
		if (room)
			do_bind_ipi(dom, vcpu);
		break;
	case 12 ... 15:
		if (room)
			do_virq(dom, vcpu);
		break;
	case 16 ... 18:
		do_close(dom, port);
		break;
	case 19 ... 40:
		do_send(dom, port);
		break;
	case 41 ... 42:
		if (model[dom][port].status)
			do_bind_vcpu(dom, port, vcpu);
		break;
	case 43:
		do_set_priority(dom, port, rand() % EVTCHN_FIFO_MAX_QUEUES);
		break;
	case 44 ... 46:
		if (model[dom][port].status && !(guests[dom].fifo && !guests[dom].has_words))
			guest_mask(dom, port);
		break;
	case 47 ... 50:
		if (model[dom][port].status)
			guest_unmask(dom, port);
		break;
	case 51:
		if (rand() % 8 == 0)
			do_init_control(dom, vcpu);
		break;
	case 52:
		if (rand() % 4 == 0)
			do_expand_array(dom);
		break;
	case 53:
		if (rand() % 20 == 0)
			do_reset(dom);
		break;
	default:
		guest_take(dom, vcpu, rand() % 5);
	}
}

static void test_random(void **state)
{
	for (unsigned int seed = 1; seed <= 6; seed++) {
		host_start();
		memset(model, 0, sizeof(model));
		memset(guests, 0, sizeof(guests));
		nr_taken = 0;
		srand(seed);
		for (unsigned int i = 0; i < ROUNDS; i++) {
			step();
			if (i % 50 == 0)
				check_status(i / 50 % HOST_DOMAINS);
			if (i % 500 == 499)
				drain();
		}
		assert_true(nr_taken > ROUNDS / 20);
		host_stop();
	}
}

/* A guest that scribbles over its words and control blocks harms nobody else. */
static void test_corruption(void **state)
{
	unsigned long *page = mfn_to_virt(_mfn(host_gfn(1, BLOCK_FRAME)));

	for (unsigned int seed = 1; seed <= 3; seed++) {
		struct evtchn_alloc_unbound a = { DOMID_SELF, 0, 0 };
		struct evtchn_bind_interdomain b = { 1, 0, 0 };
		struct evtchn_send s;

		host_start();
		memset(guests, 0, sizeof(guests));
		srand(seed);
		current = &vcpus[1][0];
		do_init_control(1, 0);
		do_init_control(1, 1);
		do_expand_array(1);
		assert_int_equal(op(EVTCHNOP_alloc_unbound, &a), 0);
		current = &vcpus[0][0];
		b.remote_port = a.port;
		assert_int_equal(op(EVTCHNOP_bind_interdomain, &b), 0);
		s.port = b.local_port;
		for (unsigned int i = 0; i < ROUNDS; i++) {
			struct evtchn_bind_ipi ipi = { .vcpu = rand() % 2 };
			struct evtchn_close c = { .port = rand() % 60 };

			for (unsigned int j = 0; j < 8; j++)
				page[rand() % (2 * PAGE_SIZE / 8)] = (u64)rand() << 33 ^ rand();
			assert_int_equal(op(EVTCHNOP_send, &s), 0);
			current = &vcpus[1][0];
			op(EVTCHNOP_bind_ipi, &ipi);
			if (c.port != a.port)
				op(EVTCHNOP_close, &c);
			for (u32 port = 0; port < 60; port++)
				op(rand() % 2 ? EVTCHNOP_send : EVTCHNOP_unmask, &port);
			current = &vcpus[0][0];
		}
		assert_true(evtchn_port_is_valid(&domains[0], s.port));
		host_stop();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_corruption),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
