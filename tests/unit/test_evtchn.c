// SPDX-License-Identifier: GPL-2.0-only
/* hypervisor/evtchn/: each command by hand, its limits and its errors. */
#include "evtchn_host.h"
#include "test.h"

#include <pthread.h>

static long op(unsigned int cmd, void *arg)
{
	return do_event_channel_op(cmd, (unsigned long)arg, 0, 0, 0);
}

static void run_as(unsigned int dom, unsigned int vcpu)
{
	current = &vcpus[dom][vcpu];
}

static int setup(void **state)
{
	host_start();
	return 0;
}

static int teardown(void **state)
{
	host_stop();
	return 0;
}

static u32 alloc_unbound(domid_t dom, domid_t remote)
{
	struct evtchn_alloc_unbound a = { .dom = dom, .remote_dom = remote };

	assert_int_equal(op(EVTCHNOP_alloc_unbound, &a), 0);
	return a.port;
}

static u32 bind_interdomain(domid_t remote, u32 port)
{
	struct evtchn_bind_interdomain b = { .remote_dom = remote, .remote_port = port };

	assert_int_equal(op(EVTCHNOP_bind_interdomain, &b), 0);
	return b.local_port;
}

static u32 bind_ipi(u32 vcpu)
{
	struct evtchn_bind_ipi b = { .vcpu = vcpu };

	assert_int_equal(op(EVTCHNOP_bind_ipi, &b), 0);
	return b.port;
}

static u32 bind_virq(u32 virq, u32 vcpu)
{
	struct evtchn_bind_virq b = { .virq = virq, .vcpu = vcpu };

	assert_int_equal(op(EVTCHNOP_bind_virq, &b), 0);
	return b.port;
}

static long port_op(unsigned int cmd, u32 port)
{
	return op(cmd, &port);	/* close, send and unmask all are one port */
}

static struct evtchn_status status_of(domid_t dom, u32 port)
{
	struct evtchn_status s = { .dom = dom, .port = port };

	assert_int_equal(op(EVTCHNOP_status, &s), 0);
	return s;
}

static bool pending(unsigned int dom, u32 port)
{
	return shared[dom].evtchn_pending[port / 64] >> (port % 64) & 1;
}

static long init_control(u64 gfn, u32 offset, u32 vcpu)
{
	struct evtchn_init_control c = { .control_gfn = gfn, .offset = offset, .vcpu = vcpu };
	long rc = op(EVTCHNOP_init_control, &c);

	if (!rc)
		assert_int_equal(c.link_bits, EVTCHN_FIFO_LINK_BITS);
	return rc;
}

static long expand_array(u64 gfn)
{
	struct evtchn_expand_array e = { .array_gfn = gfn };

	return op(EVTCHNOP_expand_array, &e);
}

static struct evtchn_fifo_control_block *block_at(unsigned int dom, unsigned int frame)
{
	return mfn_to_virt(_mfn(host_gfn(dom, frame)));
}

static event_word_t *words_at(unsigned int dom, unsigned int frame)
{
	return mfn_to_virt(_mfn(host_gfn(dom, frame)));
}

static void test_interdomain(void **state)
{
	u32 remote, local;

	run_as(0, 0);
	remote = alloc_unbound(DOMID_SELF, 1);
	assert_int_equal(remote, 1);
	assert_int_equal(status_of(DOMID_SELF, remote).status, EVTCHNSTAT_unbound);
	assert_int_equal(status_of(DOMID_SELF, remote).u.unbound.dom, 1);
	assert_int_equal(port_op(EVTCHNOP_send, remote), 0);	/* nobody there yet */

	run_as(1, 0);
	local = bind_interdomain(0, remote);
	assert_true(pending(1, local));		/* made up for what was sent before */
	assert_int_equal(shared[1].vcpu_info[0].evtchn_upcall_pending, 1);
	assert_int_equal(kicks[1][0], 1);
	assert_int_equal(port_op(EVTCHNOP_send, local), 0);
	assert_true(pending(0, remote));
	assert_int_equal(status_of(DOMID_SELF, local).u.interdomain.dom, 0);
	assert_int_equal(status_of(DOMID_SELF, local).u.interdomain.port, remote);

	/* The peer waits again, for us. */
	assert_int_equal(port_op(EVTCHNOP_close, local), 0);
	assert_false(pending(1, local));
	run_as(0, 0);
	assert_int_equal(status_of(DOMID_SELF, remote).status, EVTCHNSTAT_unbound);
	assert_int_equal(status_of(DOMID_SELF, remote).u.unbound.dom, 1);
}

static void test_interdomain_refused(void **state)
{
	struct evtchn_bind_interdomain b = { .remote_dom = 0 };
	struct evtchn_alloc_unbound a = { .dom = 0, .remote_dom = 1 };

	b.remote_port = alloc_unbound(DOMID_SELF, 1);
	run_as(2, 0);
	assert_int_equal(op(EVTCHNOP_bind_interdomain, &b), -EINVAL);	/* meant for another */
	assert_int_equal(op(EVTCHNOP_alloc_unbound, &a), -EPERM);
	run_as(1, 0);
	b.remote_port = 99;
	assert_int_equal(op(EVTCHNOP_bind_interdomain, &b), -EINVAL);
	b.remote_port = ~0U;
	assert_int_equal(op(EVTCHNOP_bind_interdomain, &b), -EINVAL);
	b.remote_dom = 1234;
	assert_int_equal(op(EVTCHNOP_bind_interdomain, &b), -ESRCH);
	assert_int_equal(bind_ipi(0), 1);	/* the failures took no port */
}

/* Xenstore in domain 0: both ends in one domain. */
static void test_loopback(void **state)
{
	u32 a = alloc_unbound(DOMID_SELF, DOMID_SELF), b = bind_interdomain(DOMID_SELF, a);

	assert_int_equal(port_op(EVTCHNOP_send, b), 0);
	assert_true(pending(0, a));
	assert_int_equal(port_op(EVTCHNOP_close, a), 0);
	assert_int_equal(status_of(DOMID_SELF, b).status, EVTCHNSTAT_unbound);
	assert_int_equal(port_op(EVTCHNOP_close, b), 0);
}

static void test_virq(void **state)
{
	struct evtchn_bind_virq b = { .virq = VIRQ_TIMER, .vcpu = 1 };
	u32 timer = bind_virq(VIRQ_TIMER, 1), console = bind_virq(VIRQ_CONSOLE, 0);

	assert_int_equal(op(EVTCHNOP_bind_virq, &b), -EEXIST);
	b = (struct evtchn_bind_virq){ .virq = VIRQ_DOM_EXC, .vcpu = 1 };
	assert_int_equal(op(EVTCHNOP_bind_virq, &b), -EINVAL);	/* global: vCPU 0 */
	b = (struct evtchn_bind_virq){ .virq = NR_VIRQS };
	assert_int_equal(op(EVTCHNOP_bind_virq, &b), -EINVAL);
	b = (struct evtchn_bind_virq){ .virq = VIRQ_TIMER, .vcpu = HOST_VCPUS };
	assert_int_equal(op(EVTCHNOP_bind_virq, &b), -ENOENT);

	virq_send_vcpu(&vcpus[0][0], VIRQ_TIMER);	/* not bound on this one */
	assert_false(pending(0, timer));
	virq_send_vcpu(&vcpus[0][1], VIRQ_TIMER);
	assert_true(pending(0, timer));
	assert_int_equal(kicks[0][1], 1);
	virq_send_global(VIRQ_CONSOLE);
	assert_true(pending(0, console));
	assert_int_equal(port_op(EVTCHNOP_send, timer), -EINVAL);

	assert_int_equal(port_op(EVTCHNOP_close, timer), 0);
	virq_send_vcpu(&vcpus[0][1], VIRQ_TIMER);
	assert_false(pending(0, timer));
	assert_int_equal(bind_virq(VIRQ_TIMER, 1), timer);
}

static void test_virq_handler(void **state)
{
	u32 ours = bind_virq(VIRQ_DOM_EXC, 0), theirs;

	run_as(1, 0);
	theirs = bind_virq(VIRQ_DOM_EXC, 0);
	assert_int_equal(virq_set_handler(&domains[1], VIRQ_TIMER), -EINVAL);
	assert_int_equal(virq_set_handler(&domains[1], NR_VIRQS), -EINVAL);
	assert_int_equal(virq_set_handler(&domains[1], VIRQ_DOM_EXC), 0);
	assert_int_equal(virq_set_handler(&domains[1], VIRQ_DOM_EXC), 0);
	assert_int_equal(virq_set_handler(&domains[1], VIRQ_ENOMEM), 0);
	assert_int_equal(domains[1].refcount, 3);
	virq_send_global(VIRQ_DOM_EXC);
	virq_send_global(VIRQ_ENOMEM);	/* not bound there */
	assert_false(pending(0, ours));
	assert_true(pending(1, theirs));
	/* Another takes one of them; the first dies. */
	assert_int_equal(virq_set_handler(&domains[2], VIRQ_ENOMEM), 0);
	domains[1].dying = DOM_DYING;
	virq_clear_handlers(&domains[1]);
	assert_int_equal(domains[1].refcount, 1);
	assert_int_equal(domains[2].refcount, 2);
	assert_int_equal(virq_set_handler(&domains[1], VIRQ_DOM_EXC), -EINVAL);
	virq_send_global(VIRQ_DOM_EXC);
	assert_true(pending(0, ours));
}

/* Both formats, many bindings, preempted; the other ends wait again. */
static void close_all(bool fifo)
{
	u32 port[300];
	unsigned int rounds = 0;

	if (fifo) {
		struct evtchn_init_control c = { .control_gfn = host_gfn(1, 0) };
		struct evtchn_expand_array e = { .array_gfn = host_gfn(1, 1) };

		run_as(1, 0);
		assert_int_equal(op(EVTCHNOP_init_control, &c), 0);
		assert_int_equal(op(EVTCHNOP_expand_array, &e), 0);
		run_as(0, 0);
	}
	for (unsigned int i = 0; i < 300; i++)
		port[i] = bind_interdomain(1, alloc_unbound(1, 0));
	domains[1].dying = DOM_DYING;
	preempt = true;
	while (evtchn_close_all(&domains[1]) == -ERESTART)
		rounds++;
	preempt = false;
	assert_int_equal(rounds, 3);	/* after 128 ports each */
	assert_int_equal(page_refs[host_gfn(1, 0)] + page_refs[host_gfn(1, 1)], 0);
	for (unsigned int i = 0; i < 300; i++) {
		struct evtchn_status s = status_of(0, port[i]);

		assert_int_equal(port_op(EVTCHNOP_send, port[i]), 0);
		assert_int_equal(s.status, EVTCHNSTAT_unbound);
		assert_int_equal(s.u.unbound.dom, 1);
	}
}

static void test_close_all_two_level(void **state)
{
	close_all(false);
}

static void test_close_all_fifo(void **state)
{
	close_all(true);
}

static void test_bind_vcpu(void **state)
{
	struct evtchn_bind_vcpu b = { .vcpu = 2 };

	b.port = bind_ipi(1);
	assert_int_equal(op(EVTCHNOP_bind_vcpu, &b), -EINVAL);
	b.port = bind_virq(VIRQ_TIMER, 1);
	assert_int_equal(op(EVTCHNOP_bind_vcpu, &b), -EINVAL);
	b.port = bind_virq(VIRQ_CONSOLE, 0);
	assert_int_equal(op(EVTCHNOP_bind_vcpu, &b), 0);
	virq_send_global(VIRQ_CONSOLE);
	assert_int_equal(kicks[0][2], 1);
	b.vcpu = HOST_VCPUS;
	assert_int_equal(op(EVTCHNOP_bind_vcpu, &b), -ENOENT);
	b = (struct evtchn_bind_vcpu){ .port = 77, .vcpu = 1 };
	assert_int_equal(op(EVTCHNOP_bind_vcpu, &b), -EINVAL);
}

static void test_pirq(void **state)
{
	struct evtchn_bind_pirq a = { .pirq = 9 }, b = { .pirq = 9 + 64 % HOST_PIRQS };
	struct evtchn_bind_vcpu to = { .vcpu = 1 };

	assert_int_equal(op(EVTCHNOP_bind_pirq, &a), 0);
	/* The line follows. */
	pirq_moved_to = NULL;
	to.port = a.port;
	assert_int_equal(op(EVTCHNOP_bind_vcpu, &to), 0);
	assert_ptr_equal(pirq_moved_to, domain_vcpu(&domains[0], 1));
	assert_int_equal(op(EVTCHNOP_bind_pirq, &b), -EEXIST);
	b.pirq = 10;
	assert_int_equal(op(EVTCHNOP_bind_pirq, &b), 0);
	vcpus[0][1].processor = 5;
	assert_int_equal(evtchn_send_pirq(&domains[0], 9), 5);
	assert_true(pending(0, a.port));
	assert_false(pending(0, b.port));
	assert_int_equal(status_of(DOMID_SELF, a.port).u.pirq, 9);
	assert_int_equal(port_op(EVTCHNOP_close, a.port), 0);
	assert_false(pirq_bound[0][9]);
	assert_int_equal(evtchn_send_pirq(&domains[0], 9), -ENOENT);
	b.pirq = HOST_PIRQS;	/* the interrupt layer refuses */
	assert_int_equal(op(EVTCHNOP_bind_pirq, &b), -EINVAL);
	assert_int_equal(bind_ipi(0), a.port);
}

static void test_two_level_mask(void **state)
{
	u32 port = bind_ipi(1);

	shared[0].evtchn_mask[0] = 1UL << port;
	assert_int_equal(port_op(EVTCHNOP_send, port), 0);
	assert_true(pending(0, port));
	assert_int_equal(vcpus[0][1].vcpu_info->evtchn_upcall_pending, 0);
	assert_int_equal(port_op(EVTCHNOP_unmask, port), 0);
	assert_int_equal(shared[0].evtchn_mask[0], 0);
	assert_int_equal(vcpus[0][1].vcpu_info->evtchn_pending_sel, 1);
	assert_int_equal(vcpus[0][1].vcpu_info->evtchn_upcall_pending, 1);
	assert_int_equal(kicks[0][1], 1);
}

static void test_bad_ports(void **state)
{
	const u32 bad[] = { 0, 5, 127, 128, 4095, 4096, 131071, 131072, ~0U };

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(port_op(EVTCHNOP_close, bad[i]), -EINVAL);
		assert_int_equal(port_op(EVTCHNOP_send, bad[i]), -EINVAL);
		assert_false(evtchn_port_is_pending(&domains[0], bad[i]));
		assert_false(evtchn_port_is_valid(&domains[0], bad[i]));
	}
	/* lsevtchn asks from 0 until an error. */
	assert_int_equal(status_of(DOMID_SELF, 0).status, EVTCHNSTAT_closed);
	assert_int_equal(op(99, (void *)&bad), -ENOSYS);
	assert_int_equal(op(EVTCHNOP_send, NULL), -EFAULT);
}

/* The guest cannot be told its new port: it must not stay bound. */
static void test_answer_lost(void **state)
{
	char buf[64] __attribute__((aligned(8))) = { 0 };
	struct evtchn_bind_ipi b = { .vcpu = 1 };

	memcpy(buf + 1, &b, sizeof(b));
	assert_int_equal(op(EVTCHNOP_bind_ipi, buf + 1), -EFAULT);
	assert_int_equal(status_of(DOMID_SELF, 1).status, EVTCHNSTAT_closed);
	assert_int_equal(bind_ipi(0), 1);
}

static void exhaust(unsigned int dom, u32 first, u32 last)
{
	struct evtchn_bind_ipi b = { .vcpu = 0 };

	run_as(dom, 0);
	for (u32 port = first; port <= last; port++)
		assert_int_equal(bind_ipi(0), port);
	assert_int_equal(op(EVTCHNOP_bind_ipi, &b), -ENOSPC);
	assert_int_equal(port_op(EVTCHNOP_close, (first + last) / 2), 0);
	assert_int_equal(bind_ipi(0), (first + last) / 2);	/* the lowest free one */
	assert_int_equal(op(EVTCHNOP_bind_ipi, &b), -ENOSPC);
}

static void test_limits(void **state)
{
	exhaust(1, 1, 1023);
	exhaust(0, 1, 4095);
	assert_int_equal(init_control(host_gfn(0, 0), 0, 0), 0);
	exhaust(0, 4096, 131071);
}

static void test_no_memory(void **state)
{
	struct evtchn_bind_ipi b = { .vcpu = 0 };

	for (u32 port = 1; port < 128; port++)
		bind_ipi(0);
	fail_alloc = 1;
	assert_int_equal(op(EVTCHNOP_bind_ipi, &b), -ENOMEM);
	assert_int_equal(bind_ipi(0), 128);
	for (unsigned long n = 1; n <= 2; n++) {
		fail_alloc = n;
		assert_int_equal(init_control(host_gfn(0, 0), 0, 0), -ENOMEM);
		assert_int_equal(page_refs[0], 0);
	}
}

static void test_fifo_set_up(void **state)
{
	struct evtchn_set_priority p = { .port = bind_ipi(0), .priority = 3 };

	assert_int_equal(expand_array(host_gfn(0, 1)), -EOPNOTSUPP);
	assert_int_equal(op(EVTCHNOP_set_priority, &p), -ENOSYS);
	assert_int_equal(init_control(host_gfn(0, 0), 0, HOST_VCPUS), -ENOENT);
	assert_int_equal(init_control(host_gfn(0, 0), PAGE_SIZE - 64, 0), -EINVAL);
	assert_int_equal(init_control(host_gfn(0, 0), ~7U, 0), -EINVAL);
	assert_int_equal(init_control(host_gfn(0, 0), 4, 0), -EINVAL);
	assert_int_equal(init_control(host_gfn(1, 0), 0, 0), -EINVAL);	/* another's */
	assert_int_equal(init_control(~0UL, 0, 0), -EINVAL);
	page_readonly[host_gfn(0, 5)] = true;
	assert_int_equal(init_control(host_gfn(0, 5), 0, 0), -EINVAL);

	assert_int_equal(init_control(host_gfn(0, 0), PAGE_SIZE - 72, 0), 0);
	assert_int_equal(init_control(host_gfn(0, 0), 0, 0), -EINVAL);	/* once */
	assert_int_equal(page_refs[0], 1);
	assert_int_equal(init_control(host_gfn(0, 0), 128, 1), 0);
	assert_int_equal(page_refs[0], 2);

	assert_int_equal(expand_array(host_gfn(0, 5)), -EINVAL);
	for (unsigned int i = 0; i < 128; i++)
		assert_int_equal(expand_array(host_gfn(0, 6 + i)), 0);
	assert_int_equal(expand_array(host_gfn(0, 6)), -ENOSPC);
	assert_int_equal(page_refs[host_gfn(0, 6)], 1);

	assert_int_equal(op(EVTCHNOP_set_priority, &p), 0);
	p.priority = 16;
	assert_int_equal(op(EVTCHNOP_set_priority, &p), -EINVAL);
}

/* Events of before, and of a time without words, arrive when the words come. */
static void test_fifo_latch(void **state)
{
	struct evtchn_fifo_control_block *block = block_at(0, 0);
	event_word_t *word = words_at(0, 1);
	u32 a = bind_ipi(0), b = bind_ipi(0);

	assert_int_equal(port_op(EVTCHNOP_send, a), 0);	/* two levels */
	shared[0].vcpu_info[0].evtchn_upcall_pending = 0;
	assert_int_equal(init_control(host_gfn(0, 0), 0, 0), 0);
	assert_int_equal(port_op(EVTCHNOP_send, b), 0);	/* no word yet */
	assert_int_equal(block->ready, 0);
	assert_true(evtchn_port_is_pending(&domains[0], a));
	assert_true(evtchn_port_is_pending(&domains[0], b));

	word[b] = 1U << EVTCHN_FIFO_MASKED;
	assert_int_equal(expand_array(host_gfn(0, 1)), 0);
	assert_int_equal(block->ready, 1 << EVTCHN_FIFO_PRIORITY_DEFAULT);
	assert_int_equal(block->head[EVTCHN_FIFO_PRIORITY_DEFAULT], a);
	assert_int_equal(word[a], 1U << EVTCHN_FIFO_PENDING | 1U << EVTCHN_FIFO_LINKED);
	assert_int_equal(word[b], 1U << EVTCHN_FIFO_PENDING | 1U << EVTCHN_FIFO_MASKED);
	assert_int_equal(shared[0].vcpu_info[0].evtchn_upcall_pending, 1);

	assert_int_equal(port_op(EVTCHNOP_unmask, b), 0);
	assert_int_equal(word[a] & 0x1ffff, b);		/* appended */
	assert_int_equal(word[b], 1U << EVTCHN_FIFO_PENDING | 1U << EVTCHN_FIFO_LINKED);
}

/* The vCPU that an event is for has no control block yet. */
static void test_fifo_block_later(void **state)
{
	u32 port = bind_ipi(1);

	assert_int_equal(init_control(host_gfn(0, 0), 0, 0), 0);
	assert_int_equal(expand_array(host_gfn(0, 1)), 0);
	assert_int_equal(port_op(EVTCHNOP_send, port), 0);
	assert_int_equal(vcpus[0][1].vcpu_info->evtchn_upcall_pending, 0);
	assert_int_equal(init_control(host_gfn(0, 2), 0, 1), 0);
	assert_int_equal(block_at(0, 2)->head[EVTCHN_FIFO_PRIORITY_DEFAULT], port);
	assert_int_equal(vcpus[0][1].vcpu_info->evtchn_upcall_pending, 1);
}

/* A closed port whose former event is still on a queue is not given out. */
static void test_fifo_busy_port(void **state)
{
	u32 port = bind_ipi(0);

	assert_int_equal(init_control(host_gfn(0, 0), 0, 0), 0);
	assert_int_equal(expand_array(host_gfn(0, 1)), 0);
	assert_int_equal(port_op(EVTCHNOP_send, port), 0);
	assert_int_equal(port_op(EVTCHNOP_close, port), 0);
	assert_int_equal(words_at(0, 1)[port], 1U << EVTCHN_FIFO_LINKED);
	assert_int_not_equal(bind_ipi(0), port);
	words_at(0, 1)[port] = 0;	/* taken off */
	assert_int_equal(bind_ipi(0), port);
}

static void test_reset(void **state)
{
	struct evtchn_reset r = { .dom = DOMID_SELF }, other = { .dom = 7 };
	u32 remote, local;

	remote = alloc_unbound(DOMID_SELF, 1);
	run_as(1, 0);
	local = bind_interdomain(0, remote);
	run_as(0, 0);
	assert_int_equal(init_control(host_gfn(0, 0), 0, 0), 0);
	assert_int_equal(expand_array(host_gfn(0, 1)), 0);
	for (u32 port = 2; port < 400; port++)
		assert_int_equal(bind_ipi(0), port);

	preempt = true;
	assert_int_equal(op(EVTCHNOP_reset, &r), -ERESTART);
	assert_true(continued);
	assert_int_equal(op(EVTCHNOP_reset, &r), -ERESTART);
	preempt = false;
	assert_int_equal(op(EVTCHNOP_reset, &r), 0);
	assert_int_equal(page_refs[0] + page_refs[1], 0);
	assert_int_equal(status_of(1, local).status, EVTCHNSTAT_unbound);
	assert_int_equal(bind_ipi(0), 1);
	assert_int_equal(port_op(EVTCHNOP_send, 1), 0);
	assert_true(pending(0, 1));	/* two levels again */

	assert_int_equal(op(EVTCHNOP_reset, &other), -EINVAL);	/* it runs */
	for (unsigned int i = 0; i < HOST_VCPUS; i++)
		vcpus[2][i].pause_count = 1;
	assert_int_equal(op(EVTCHNOP_reset, &other), 0);
	run_as(2, 0);
	other.dom = 1;
	assert_int_equal(op(EVTCHNOP_reset, &other), -EPERM);
	other.dom = 1234;
	assert_int_equal(op(EVTCHNOP_reset, &other), -ESRCH);
}

static void test_poll(void **state)
{
	struct vcpu *v = &vcpus[0][2];
	u32 a = bind_ipi(0), b = bind_ipi(0);

	shared[0].evtchn_mask[0] = ~0UL;	/* polling sees masked ports too */
	v->poll_evtchn = b;
	evtchn_poll_count(&domains[0], 1);
	set_bit_atomic(VPF_POLL, &v->pause_flags);
	assert_int_equal(port_op(EVTCHNOP_send, a), 0);
	assert_int_equal(kicks[0][2], 0);
	assert_int_equal(port_op(EVTCHNOP_send, b), 0);
	assert_int_equal(kicks[0][2], 1);
	assert_int_equal(v->pause_flags, 0);
	assert_true(evtchn_port_is_pending(&domains[0], b));
}

static void test_dying_domain_binds_no_more(void **state)
{
	struct evtchn_bind_interdomain b = { .remote_dom = 1 };
	struct evtchn_alloc_unbound a = { .dom = 1, .remote_dom = 0 };

	b.remote_port = alloc_unbound(1, 0);
	domains[1].dying = DOM_DYING;
	assert_int_equal(op(EVTCHNOP_bind_interdomain, &b), -EINVAL);
	assert_int_equal(op(EVTCHNOP_alloc_unbound, &a), -EINVAL);
}

/* ---- Several CPUs: bindings between three domains made, used and closed at once ---- */

#define THREAD_ROUNDS	20000

static void *hammer(void *data)
{
	unsigned int me = (unsigned long)data, seed = me;

	run_as(me, 0);
	for (unsigned int i = 0; i < THREAD_ROUNDS; i++) {
		u32 port = 1 + rand_r(&seed) % 12;
		struct evtchn_alloc_unbound a = { .dom = DOMID_SELF,
			.remote_dom = domains[rand_r(&seed) % HOST_DOMAINS].domain_id };
		struct evtchn_bind_interdomain b = { .remote_port = port,
			.remote_dom = domains[rand_r(&seed) % HOST_DOMAINS].domain_id };

		switch (rand_r(&seed) % 8) {
		case 0:
			op(EVTCHNOP_alloc_unbound, &a);
			break;
		case 1 ... 2:
			op(EVTCHNOP_bind_interdomain, &b);
			break;
		case 3:
			port_op(EVTCHNOP_close, port);
			break;
		default:
			port_op(EVTCHNOP_send, port);
		}
	}
	return NULL;
}

static void test_threads(void **state)
{
	pthread_t thread[2 * HOST_DOMAINS];

	for (unsigned int i = 0; i < ARRAY_SIZE(thread); i++)
		pthread_create(&thread[i], NULL, hammer, (void *)(unsigned long)(i % HOST_DOMAINS));
	for (unsigned int i = 0; i < ARRAY_SIZE(thread); i++)
		pthread_join(thread[i], NULL);
	run_as(0, 0);
	/* Every binding has its other end. */
	for (unsigned int i = 0; i < HOST_DOMAINS; i++) {
		for (u32 port = 1; port < 128; port++) {
			struct evtchn_status s = status_of(domains[i].domain_id, port), t;

			if (s.status != EVTCHNSTAT_interdomain)
				continue;
			t = status_of(s.u.interdomain.dom, s.u.interdomain.port);
			assert_int_equal(t.status, EVTCHNSTAT_interdomain);
			assert_int_equal(t.u.interdomain.dom, domains[i].domain_id);
			assert_int_equal(t.u.interdomain.port, port);
		}
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_interdomain),
		TEST(test_interdomain_refused),
		TEST(test_loopback),
		TEST(test_virq),
		TEST(test_bind_vcpu),
		TEST(test_virq_handler),
		TEST(test_close_all_two_level),
		TEST(test_close_all_fifo),
		TEST(test_pirq),
		TEST(test_two_level_mask),
		TEST(test_bad_ports),
		TEST(test_answer_lost),
		TEST(test_limits),
		TEST(test_no_memory),
		TEST(test_fifo_set_up),
		TEST(test_fifo_latch),
		TEST(test_fifo_block_later),
		TEST(test_fifo_busy_port),
		TEST(test_reset),
		TEST(test_poll),
		TEST(test_dying_domain_binds_no_more),
		TEST(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
