// SPDX-License-Identifier: GPL-2.0-only
/*
 * The FIFO format of event channels in a domain without privilege, first as it
 * is meant, then by one that writes what it likes into its words and queues; and
 * SCHEDOP_poll for events that another domain sends.
 */
#include "domu.h"

const char *const test_name = "fifo";

#define RW		(PTE_P | PTE_RW | PTE_A | PTE_D | PTE_US)
#define EINVAL		(-22L)
#define ENOENT		(-2L)
#define EFAULT		(-14L)
#define EOPNOTSUPP	(-95L)
#define BLOCK		1	/* pages of its data: control block, event words */
#define WORDS		2
#define PORTS		24
#define STORM		4000

static volatile event_word_t *words;
static volatile struct evtchn_fifo_control_block *block;
static u64 words_pte, block_pte;
static u32 ours[PORTS], theirs[PORTS];	/* ends of channels between us */

static u64 data_mfn(const struct domu *u, unsigned int n)
{
	return u->mfn[DOMU_FIRST + n];
}

static long evtchn(unsigned int cmd, void *op)
{
	return HC(event_channel_op, cmd, op, 0, 0, 0);
}

static void connect(struct domu *u, unsigned int i)
{
	struct evtchn_alloc_unbound op = { .dom = u->id, .remote_dom = 0 };
	struct evtchn_bind_interdomain bind = { .remote_dom = u->id };

	CHECK_EQ(evtchn(EVTCHNOP_alloc_unbound, &op), 0);
	bind.remote_port = op.port;
	CHECK_EQ(evtchn(EVTCHNOP_bind_interdomain, &bind), 0);
	ours[i] = bind.local_port;
	theirs[i] = op.port;
}

static long send(unsigned int i)
{
	struct evtchn_send op = { .port = ours[i] };

	return evtchn(EVTCHNOP_send, &op);
}

static long their_close(struct domu *u, unsigned int i)
{
	struct evtchn_close op = { .port = theirs[i] };

	return DOMU_OP(u, event_channel_op, EVTCHNOP_close, &op);
}

/* It has no handler for events: they wait. */
static void mask_upcalls(struct domu *u)
{
	struct shared_info *s = (void *)words;

	CHECK_EQ(map_foreign(s, domu_shared_info(u), u->id, RW), 0);
	s->vcpu_info[0].evtchn_upcall_mask = 1;
	window_close(s, words_pte);
}

static void start(struct domu *u)
{
	CHECK_EQ(domu_make(u, 0), 0);
	mask_upcalls(u);
	CHECK_EQ(domu_start(u), 0);
	CHECK_EQ(map_foreign((void *)words, data_mfn(u, WORDS), u->id, RW), 0);
	CHECK_EQ(map_foreign((void *)block, data_mfn(u, BLOCK), u->id, RW), 0);
	for (unsigned int i = 0; i < PORTS; i++)
		connect(u, i);
}

static void stop(struct domu *u)
{
	window_close((void *)words, words_pte);
	window_close((void *)block, block_pte);
	CHECK(domu_stop(u));
	for (unsigned int i = 0; i < PORTS; i++) {
		struct evtchn_close op = { .port = ours[i] };

		CHECK_EQ(evtchn(EVTCHNOP_close, &op), 0);
	}
}

static long init_control(struct domu *u, u64 gfn, u32 offset, u32 vcpu)
{
	struct evtchn_init_control op = { .control_gfn = gfn, .offset = offset, .vcpu = vcpu };
	long rc = DOMU_OP(u, event_channel_op, EVTCHNOP_init_control, &op);

	if (!rc)
		CHECK_EQ(op.link_bits, EVTCHN_FIFO_LINK_BITS);
	return rc;
}

static long expand_array(struct domu *u, u64 gfn)
{
	struct evtchn_expand_array op = { .array_gfn = gfn };

	return DOMU_OP(u, event_channel_op, EVTCHNOP_expand_array, &op);
}

static long set_priority(struct domu *u, u32 port, u32 priority)
{
	struct evtchn_set_priority op = { .port = port, .priority = priority };

	return DOMU_OP(u, event_channel_op, EVTCHNOP_set_priority, &op);
}

/* Frames that are not for this, while it uses two levels still. */
static void refusals(struct domu *u)
{
	u64 frame = 0;

	CHECK_EQ(expand_array(u, data_mfn(u, WORDS)), EOPNOTSUPP);
	CHECK(set_priority(u, theirs[0], 1) < 0);
	CHECK_EQ(init_control(u, virt_to_mfn(&words_pte), 0, 0), EINVAL);
	CHECK_EQ(init_control(u, u->mfn[DOMU_L1], 0, 0), EINVAL);
	CHECK_EQ(init_control(u, u->mfn[DOMU_L4], 0, 0), EINVAL);
	CHECK_EQ(init_control(u, 0x100, 0, 0), EINVAL);
	CHECK_EQ(init_control(u, ~0UL, 0, 0), EINVAL);
	CHECK_EQ(init_control(u, data_mfn(u, BLOCK), 4, 0), EINVAL);
	CHECK_EQ(init_control(u, data_mfn(u, BLOCK), 4096 - 64, 0), EINVAL);
	CHECK_EQ(init_control(u, data_mfn(u, BLOCK), ~0U & ~7U, 0), EINVAL);
	CHECK_EQ(init_control(u, data_mfn(u, BLOCK), 0, 1), ENOENT);
	CHECK_EQ(init_control(u, data_mfn(u, BLOCK), 0, ~0U), ENOENT);
	CHECK_EQ(domu_grant_frame(u, 0, &frame), 0);
	/* One event is on its way; it must not get lost by the change. */
	CHECK_EQ(send(3), 0);
	CHECK_EQ(init_control(u, data_mfn(u, BLOCK), 16, 0), 0);
	CHECK_EQ(init_control(u, data_mfn(u, BLOCK), 16, 0), EINVAL);
	CHECK_EQ(init_control(u, data_mfn(u, 3), 0, 0), EINVAL);
	CHECK_EQ(expand_array(u, virt_to_mfn(&words_pte)), EINVAL);
	CHECK_EQ(expand_array(u, u->mfn[DOMU_L2]), EINVAL);
}

static volatile struct evtchn_fifo_control_block *control(void)
{
	return (volatile void *)((char *)block + 16);
}

/* As the guest does: take the head of a queue. 0: there is none. */
static u32 take(unsigned int q)
{
	u32 port = control()->head[q], link;
	event_word_t w;

	if (!port)
		return 0;
	w = __atomic_fetch_and(&words[port], ~(1U << EVTCHN_FIFO_LINKED |
			       ((1U << EVTCHN_FIFO_LINK_BITS) - 1)), __ATOMIC_SEQ_CST);
	link = w & ((1U << EVTCHN_FIFO_LINK_BITS) - 1);
	control()->head[q] = link;
	if (!link)
		__atomic_fetch_and(&control()->ready, ~(1U << q), __ATOMIC_SEQ_CST);
	__atomic_fetch_and(&words[port], ~(1U << EVTCHN_FIFO_PENDING), __ATOMIC_SEQ_CST);
	return port;
}

/* What is sent comes, in order, by priority, once, and not while it is masked. */
static void as_meant(struct domu *u)
{
	const u32 pending = 1U << EVTCHN_FIFO_PENDING, masked = 1U << EVTCHN_FIFO_MASKED;
	struct evtchn_unmask um;
	const unsigned int dflt = EVTCHN_FIFO_PRIORITY_DEFAULT;

	CHECK_EQ(expand_array(u, data_mfn(u, WORDS)), 0);
	CHECK(words[theirs[3]] & pending);
	CHECK_EQ(control()->head[dflt], theirs[3]);
	CHECK_EQ(take(dflt), theirs[3]);
	CHECK_EQ(take(dflt), 0);

	CHECK_EQ(send(1), 0);
	CHECK_EQ(send(2), 0);
	CHECK_EQ(send(1), 0);
	CHECK_EQ(set_priority(u, theirs[4], EVTCHN_FIFO_PRIORITY_MAX), 0);
	CHECK_EQ(set_priority(u, theirs[4], EVTCHN_FIFO_PRIORITY_MIN + 1), EINVAL);
	CHECK_EQ(set_priority(u, ~0U, 1), EINVAL);
	CHECK_EQ(send(4), 0);
	CHECK_EQ(control()->ready, 1U << dflt | 1U << EVTCHN_FIFO_PRIORITY_MAX);
	CHECK_EQ(take(EVTCHN_FIFO_PRIORITY_MAX), theirs[4]);
	CHECK_EQ(take(dflt), theirs[1]);
	CHECK_EQ(take(dflt), theirs[2]);
	CHECK_EQ(take(dflt), 0);
	CHECK_EQ(control()->ready, 0);

	__atomic_fetch_or(&words[theirs[5]], masked, __ATOMIC_SEQ_CST);
	CHECK_EQ(send(5), 0);
	CHECK(words[theirs[5]] & pending);
	CHECK_EQ(control()->ready, 0);
	um.port = theirs[5];
	CHECK_EQ(DOMU_OP(u, event_channel_op, EVTCHNOP_unmask, &um), 0);
	CHECK_EQ(take(dflt), theirs[5]);
}

/* Words and heads full of anything, while events come and ports go. */
static void hostile(struct domu *u)
{
	for (unsigned int i = 0; i < STORM; i++) {
		unsigned int n = random_below(PORTS);

		switch (random_below(8)) {
		case 0:
			words[theirs[n]] = (u32)random_word();
			break;
		case 1:	/* a circle of one, or to where no port is */
			words[theirs[n]] = 1U << EVTCHN_FIFO_LINKED |
					   (random_below(2) ? theirs[n] : random_below(1 << 17));
			break;
		case 2:
			control()->head[random_below(16)] = (u32)random_word();
			break;
		case 3:
			control()->ready = (u32)random_word();
			break;
		case 4:
			CHECK_EQ(set_priority(u, theirs[n], random_below(16)), 0);
			break;
		case 5: {
			struct evtchn_unmask um = { .port = theirs[n] };

			CHECK_EQ(DOMU_OP(u, event_channel_op, EVTCHNOP_unmask, &um), 0);
			break;
		}
		default:
			CHECK_EQ(send(n), 0);
		}
	}
	/* A port that is on a queue still, as its word says, can be closed, and not again. */
	words[theirs[6]] |= 1U << EVTCHN_FIFO_LINKED;
	CHECK_EQ(their_close(u, 6), 0);
	CHECK_EQ(their_close(u, 6), EINVAL);
	/* All the pages there can be, of the same frame, and one more. */
	long rc = 0;

	for (unsigned int i = 1; i < 128; i++)
		rc = rc ?: expand_array(u, data_mfn(u, 3));
	CHECK_EQ(rc, 0);
	CHECK_EQ(expand_array(u, data_mfn(u, 3)), -28);
	for (unsigned int i = 0; i < PORTS; i++)
		CHECK_EQ(send(i), 0);
}

/* Pages that it gave away as event words stay as long as they are used as such. */
static void pages_stay(struct domu *u)
{
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
	struct mmuext_op pin = { .cmd = MMUEXT_PIN_L1_TABLE };
	u64 before = free_pages();

	window_close((void *)words, words_pte);
	CHECK_EQ(DOMU_HC(u, update_va_mapping, DOMU_VA(DOMU_FIRST + WORDS), 0, UVMF_INVLPG, 0), 0);
	((u64 *)u->mb->buffer)[64] = data_mfn(u, WORDS);
	r.extent_start.p = (void *)(DOMU_BUF + 512);
	CHECK_EQ(DOMU_OP(u, memory_op, XENMEM_decrease_reservation, &r), 1);
	CHECK_EQ(free_pages(), before);
	pin.arg1.mfn = data_mfn(u, WORDS);
	CHECK(domu_do_with(u, __HYPERVISOR_mmuext_op, 0, 1, 0, DOMID_SELF, 1, &pin, sizeof(pin)) <
	      0);
	CHECK_EQ(send(0), 0);
}

/* ---- Polling ---- */

static bool wait_blocked(const struct domu *u)
{
	struct xen_domctl_getdomaininfo info;

	for (unsigned int i = 0; i < 1000; i++) {
		if (domu_info(u->id, &info) && info.flags & XEN_DOMINF_blocked)
			return true;
		HC(sched_op, SCHEDOP_yield, 0, 0, 0, 0);
	}
	return false;
}

static bool wait_answer(const struct domu *u)
{
	for (unsigned int i = 0; i < 1000000 && !domu_answered(u); i++)
		HC(sched_op, SCHEDOP_yield, 0, 0, 0, 0);
	return domu_answered(u);
}

/* For @nr of its ports from @first on; it sleeps. */
static void ask_poll(struct domu *u, unsigned int first, unsigned int nr, u64 timeout)
{
	struct sched_poll *p = (void *)u->mb->buffer;
	u32 *list = (u32 *)(u->mb->buffer + 256);

	memcpy(list, &theirs[first], nr * sizeof(*list));
	p->ports.p = (void *)(DOMU_BUF + 256);
	p->nr_ports = nr;
	p->timeout = timeout;
	domu_begin(u, __HYPERVISOR_sched_op, SCHEDOP_poll, DOMU_BUF, 0, 0);
}

static void clear(struct domu *u)
{
	struct shared_info *s = (void *)words;

	CHECK_EQ(map_foreign(s, domu_shared_info(u), u->id, RW), 0);
	for (unsigned int i = 0; i < 64; i++)
		s->evtchn_pending[i] = 0;
	s->evtchn_mask[theirs[22] / 64] = 1UL << theirs[22] % 64;
	s->vcpu_info[0].evtchn_upcall_pending = 0;
	s->vcpu_info[0].evtchn_pending_sel = 0;
	window_close(s, words_pte);
}

static void polling(struct domu *u)
{
	struct {
		struct sched_poll p;
		u32 port[2];
	} bad = { .p.nr_ports = 129 };

	clear(u);
	/*
	 * One port; the last of many. Another that is masked does not wake who polls for one; who
	 * polls for more may be woken by any, as with Xen.
	 */
	for (unsigned int nr = 1; nr <= 20; nr += 19) {
		ask_poll(u, 1, nr, 0);
		CHECK(wait_blocked(u));
		if (nr == 1) {
			CHECK_EQ(send(22), 0);
			for (unsigned int i = 0; i < 50; i++)
				HC(sched_op, SCHEDOP_yield, 0, 0, 0, 0);
			CHECK(!domu_answered(u));
		}
		CHECK_EQ(send(nr), 0);
		CHECK(wait_answer(u));
		CHECK_EQ(u->mb->result, 0);
		/* Pending already: no sleep. */
		ask_poll(u, 1, nr, 0);
		CHECK(wait_answer(u));
		CHECK_EQ(u->mb->result, 0);
		clear(u);
	}
	/* Nobody sends: the timeout. One that is over long since. */
	ask_poll(u, 1, 2, system_time() + 50000000);
	CHECK(wait_blocked(u));
	CHECK(wait_answer(u));
	CHECK_EQ(u->mb->result, 0);
	ask_poll(u, 1, 2, 1);
	CHECK(wait_answer(u));
	/* Its sleep does not keep it from being ended, nor paused and let go. */
	struct xen_domctl op = { 0 };

	ask_poll(u, 1, 1, 0);
	CHECK(wait_blocked(u));
	CHECK_EQ(domctl(XEN_DOMCTL_pausedomain, u->id, &op), 0);
	CHECK_EQ(send(1), 0);
	CHECK(!domu_answered(u));
	CHECK_EQ(domctl(XEN_DOMCTL_unpausedomain, u->id, &op), 0);
	CHECK(wait_answer(u));
	clear(u);

	CHECK_EQ(DOMU_OP(u, sched_op, SCHEDOP_poll, &bad), EINVAL);
	bad.p.nr_ports = 2;
	bad.p.ports.p = (void *)0x50000000;
	CHECK_EQ(DOMU_OP(u, sched_op, SCHEDOP_poll, &bad), EFAULT);
	bad.p.ports.p = (void *)(DOMU_BUF + offsetof(typeof(bad), port));
	bad.port[0] = theirs[1];
	bad.port[1] = 4096;
	CHECK_EQ(DOMU_OP(u, sched_op, SCHEDOP_poll, &bad), EINVAL);
	bad.port[1] = ~0U;
	CHECK_EQ(DOMU_OP(u, sched_op, SCHEDOP_poll, &bad), EINVAL);
	CHECK_EQ(DOMU_HC(u, sched_op, SCHEDOP_poll, 0xffff830000000000, 0, 0), EFAULT);
	/* Ended while it polls. */
	ask_poll(u, 1, 1, 0);
	CHECK(wait_blocked(u));
}

void test_main(void)
{
	struct domu u;
	u64 before;

	random_seed();
	words = alloc_pages(1);
	words_pte = *pte_of((void *)words);
	block = alloc_pages(1);
	block_pte = *pte_of((void *)block);
	/* What grows with use has grown by the second time. */
	for (unsigned int round = 0; round < 2; round++) {
		before = free_pages();
		start(&u);
		window_close((void *)words, words_pte);
		polling(&u);
		stop(&u);

		start(&u);
		refusals(&u);
		as_meant(&u);
		hostile(&u);
		pages_stay(&u);
		stop(&u);
	}
	CHECK_EQ(free_pages(), before);
}
