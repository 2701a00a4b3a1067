// SPDX-License-Identifier: GPL-2.0-only
/*
 * Event channels, in every interleaving of those who send, bind, close and change
 * the format.
 *
 * The code explored is the hypervisor's own, unedited: all of evtchn/. Three CPUs
 * are coroutines that stop before every atomic access and while they wait for a
 * lock; each carries out a script. A state is all of the program's data, stacks
 * included; states seen before are not followed again.
 *
 * Checked in every state: a port that is free, or that nobody raises, has no
 * event; a page that was given back is not written; somebody gets on. Checked in
 * the end, when the guest has taken whatever it was told of: no event is lost,
 * none comes that was not sent, every binding has its other end.
 */
#include <hv/atomic.h>

/* Each of these is a point at which another CPU may run. */
#define __atomic_load_n(p, o)		({ model_yield(); __atomic_load_n(p, o); })
#define __atomic_store_n(p, v, o)	({ model_yield(); __atomic_store_n(p, v, o); })
#define __atomic_exchange_n(p, v, o)	({ model_yield(); __atomic_exchange_n(p, v, o); })
#define __atomic_fetch_or(p, v, o)	({ model_yield(); __atomic_fetch_or(p, v, o); })
#define __atomic_fetch_and(p, v, o)	({ model_yield(); __atomic_fetch_and(p, v, o); })
#define __atomic_compare_exchange_n(p, e, v, w, s, f) \
	({ model_yield(); __atomic_compare_exchange_n(p, e, v, w, s, f); })

#include <hv/spinlock.h>

#define spin_lock(lock)			model_lock(lock)
#define spin_lock_nested(lock)		model_lock(lock)
#define spin_trylock(lock)		model_trylock(lock)
#define spin_unlock(lock)		((lock)->unused = 0)
#define spin_lock_irqsave(lock, flags)	((flags) = 0, model_lock(lock))
#define spin_unlock_irqrestore(lock, flags) ((void)(flags), spin_unlock(lock))

/* Of a port that no script has anything to do with: no other CPU takes it. */
static bool is_of_idle_port(const spinlock_t *lock);

static inline bool model_trylock(spinlock_t *lock)
{
	if (!is_of_idle_port(lock))
		model_yield();
	if (lock->unused)
		return false;
	lock->unused = 1;
	return true;
}

static inline void model_lock(spinlock_t *lock)
{
	while (!model_trylock(lock))
		;
}

static inline bool test_bit(unsigned int nr, const volatile void *addr)
{
	return ((const volatile u32 *)addr)[nr / 32] >> (nr % 32) & 1;
}

static inline bool test_and_set_bit_atomic(unsigned int nr, volatile void *addr)
{
	return __atomic_fetch_or((u32 *)addr + nr / 32, 1U << (nr % 32), 0) >> (nr % 32) & 1;
}

static inline bool test_and_clear_bit_atomic(unsigned int nr, volatile void *addr)
{
	return __atomic_fetch_and((u32 *)addr + nr / 32, ~(1U << (nr % 32)), 0) >> (nr % 32) & 1;
}

static inline void clear_bit_atomic(unsigned int nr, volatile void *addr)
{
	test_and_clear_bit_atomic(nr, addr);
}

#include "../../hypervisor/evtchn/two_level.c"
#include "../../hypervisor/evtchn/fifo.c"
#include "../../hypervisor/evtchn/virq.c"
#include "../../hypervisor/evtchn/evtchn.c"
#include "../../hypervisor/evtchn/event_channel_op.c"

#define CPUS		3
#define STACK_BYTES	2048
#define MODEL		"model_evtchn"
#include "scripts.h"

#define DOMAINS		2
#define VCPUS		2
#define PORTS		6	/* that are looked at */
#define PAGES		2	/* of the second domain: control blocks, event words */
#define BLOCK_BYTES	128
#define NOT_GIVEN	0x5a	/* what a page is full of meanwhile */

/* Domain 0 here is who sends, domain 1 who receives. */
enum { FROM, TO };

enum op {
	END, SEND, CLOSE, ALLOC, BIND, BIND_IPI, VIRQ, BIND_VIRQ, INIT, EXPAND, MOVE, TAKE, RESET,
};

struct act {
	u8 op, dom, vcpu, arg;
};

/* What is there before. */
struct scenario {
	const char *name;
	u8 connected;		/* so many ports, from 1 on */
	bool fifo, virq;	/* the receiver's format; its port 1 is a virtual interrupt's */
	u8 taken_before;	/* port that was sent on, and taken by vCPU 0; 0: none */
	struct act script[CPUS][5];
};

static const struct scenario scenarios[] = {
	{ "a port is sent on closed bound again", 1, false, false, 0,
	  { { { SEND, FROM, 0, 1 }, { SEND, FROM, 0, 1 } },
	    { { CLOSE, TO, 0, 1 }, { ALLOC, TO, 0 } },
	    { { CLOSE, FROM, 1, 1 }, { BIND, FROM, 1, 1 } } } },
	{ "a port is sent on before it is bound", 0, false, false, 0,
	  { { { ALLOC, TO, 0 }, { SEND, TO, 0, 1 } },
	    { { BIND, FROM, 0, 1 }, { BIND, FROM, 0, 1 } } } },
	{ "both ends send and close", 1, false, false, 0,
	  { { { SEND, FROM, 0, 1 }, { CLOSE, FROM, 0, 1 } },
	    { { SEND, TO, 0, 1 }, { CLOSE, TO, 0, 1 } },
	    { { ALLOC, TO, 1 }, { SEND, TO, 1, 1 } } } },
	{ "a virtual interrupt comes is closed bound again", 0, false, true, 0,
	  { { { VIRQ, TO, 1 }, { VIRQ, TO, 1 } },
	    { { CLOSE, TO, 0, 1 }, { BIND_IPI, TO, 0 } },
	    { { BIND_VIRQ, TO, 1 }, { CLOSE, TO, 1, 1 } } } },
	{ "the format changes under what is sent", 1, false, false, 0,
	  { { { SEND, FROM, 0, 1 } },
	    { { INIT, TO, 0 }, { EXPAND, TO, 0 } },
	    { { MOVE, TO, 1, 1 }, { INIT, TO, 1 } } } },
	{ "a port moves while two are sent on", 2, true, false, 1,
	  { { { SEND, FROM, 0, 1 } },
	    { { SEND, FROM, 1, 2 } },
	    { { MOVE, TO, 1, 1 }, { TAKE, TO, 0 } } } },
	{ "a port moves while it is sent on and taken", 1, true, false, 1,
	  { { { SEND, FROM, 0, 1 }, { SEND, FROM, 0, 1 } },
	    { { TAKE, TO, 0 }, { TAKE, TO, 1 } },
	    { { MOVE, TO, 1, 1 } } } },
	{ "two are sent on and taken", 2, true, false, 0,
	  { { { SEND, FROM, 0, 1 } },
	    { { SEND, FROM, 1, 2 } },
	    { { TAKE, TO, 0 }, { TAKE, TO, 0 } } } },
	{ "reset under what is sent and bound", 1, true, false, 0,
	  { { { SEND, FROM, 0, 1 } },
	    { { RESET, TO, 0 } },
	    { { BIND_IPI, TO, 1 }, { SEND, TO, 1, 1 } } } },
};

static const char *scenario_name(unsigned int nr)
{
	return scenarios[nr].name;
}

/* ---- the state: all of this, and what the files above have ---- */

unsigned char model_ram[PAGES * PAGE_SIZE] __aligned(PAGE_SIZE);
unsigned char model_frames[PAGES * sizeof(struct page_info)];
static unsigned char arena[12288] __aligned(64);
static size_t arena_used;
static struct domain domains[DOMAINS];
static struct vcpu vcpus[DOMAINS][VCPUS];
static struct vcpu *vcpu_pointers[DOMAINS][VCPUS];
static struct shared_info shared[DOMAINS];
static struct vcpu *volatile runs_as[CPUS];
static volatile u8 page_refs[PAGES];
/* By the receiver's ports: on their way to it, arrived, and on their way from it. */
static volatile u8 sent[PORTS], taken[PORTS], sent_back[PORTS];
static volatile bool moved[PORTS];		/* to the receiver's vCPU 1 */
static volatile bool kicked[VCPUS];		/* the receiver's */
static u32 head[VCPUS][EVTCHN_FIFO_MAX_QUEUES];

struct domain *hardware_domain;
unsigned long max_page = PAGES;
u64 frame_chunks[FRAME_CHUNKS_MAX / 64] = { 1 };

struct vcpu *model_current(void)
{
	return runs_as[cpu];
}

/* ---- what the files above call ---- */

void *hv_alloc(size_t size)
{
	void *p = arena + arena_used;

	arena_used += ROUND_UP(size, 64UL);
	if (arena_used > sizeof(arena))
		violation("the model's memory is too small");
	return p;
}

void *hv_alloc_array(size_t size, size_t n)
{
	return hv_alloc(size * n);
}

/* Not used again, so that whoever still does so is found out. */
void hv_free(void *p)
{
	if (p)
		memset(p, 0xdd, 64);
}

int page_get_and_type(struct page_info *pg, domid_t owner, enum page_type type)
{
	unsigned long n = mfn_x(page_to_mfn(pg));

	if (!page_refs[n]++)
		memset(page_to_virt(pg), 0, PAGE_SIZE);
	return 0;
}

bool page_put_and_type(struct page_info *pg)
{
	unsigned long n = mfn_x(page_to_mfn(pg));

	if (!page_refs[n])
		violation("a page is given back twice");
	if (!--page_refs[n])
		memset(page_to_virt(pg), NOT_GIVEN, PAGE_SIZE);
	return false;
}

struct domain *domain_get(domid_t domid)
{
	if (domid == DOMID_SELF)
		return current->domain;
	return domid < DOMAINS ? &domains[domid] : NULL;
}

struct domain *domain_get_remote(domid_t domid)
{
	return domain_get(domid);
}

/* Who looks a domain up has no reference here: only that of lock_with_peer() is counted. */
void domain_put(struct domain *d)
{
}

bool domain_may_act_on(const struct domain *d)
{
	return d == current->domain;
}

struct vcpu *domain_vcpu(const struct domain *d, unsigned int id)
{
	return id < d->max_vcpus ? d->vcpu[id] : NULL;
}

void vcpu_kick(struct vcpu *v)
{
	if (v->domain == &domains[TO])
		kicked[v->vcpu_id] = true;
}

void vcpu_wake(struct vcpu *v) {}
bool vcpu_poll_end(struct vcpu *v) { return false; }
void pirq_guest_move(struct vcpu *v, u32 pirq) {}
int pirq_guest_bind(struct vcpu *v, u32 pirq, bool share) { return -EINVAL; }
void pirq_guest_unbind(struct domain *d, u32 pirq) {}
bool hypercall_preempt_check(void) { return false; }
long hypercall_continue(unsigned int nr_args, ...) { return -ERESTART; }

size_t raw_copy_from_guest(void *to, unsigned long from_va, size_t len)
{
	memcpy(to, (void *)from_va, len);
	return 0;
}

size_t raw_copy_to_guest(unsigned long to_va, const void *from, size_t len)
{
	memcpy((void *)to_va, from, len);
	return 0;
}

/* ---- the receiving guest ---- */

static struct evtchn_fifo_control_block *block_of(unsigned int vcpu)
{
	return (void *)(model_ram + vcpu * BLOCK_BYTES);
}

static event_word_t *word_of(u32 port)
{
	return (event_word_t *)(model_ram + PAGE_SIZE) + port;
}

/* Off the queue: what it leads to. */
static u32 unlink_word(event_word_t *word)
{
	event_word_t old = __atomic_load_n(word, 0), new;

	do {
		while (old & BIT_BUSY)
			old = __atomic_load_n(word, 0);
		new = old & ~(BIT_LINKED | LINK_MASK);
	} while (!__atomic_compare_exchange_n(word, &old, new, false, 0, 0));
	return old & LINK_MASK;
}

static void take_one(unsigned int vcpu, unsigned int queue, u32 *ready)
{
	u32 *first = &head[vcpu][queue];
	u32 port = *first ? *first : __atomic_load_n(&block_of(vcpu)->head[queue], 0);

	if (!port || port >= PORTS)
		violation("a queue leads nowhere");
	*first = unlink_word(word_of(port));
	if (!*first)
		*ready &= ~(1U << queue);
	if ((__atomic_load_n(word_of(port), 0) & (BIT_PENDING | BIT_MASKED)) != BIT_PENDING)
		return;
	__atomic_fetch_and(word_of(port), ~BIT_PENDING, 0);
	if (++taken[port] > sent[port])
		violation("an event that nobody sent");
	if (vcpu && !moved[port])
		violation("an event on the other vCPU's queue");
}

/* As an upcall does. It comes only if the vCPU was told. */
static void take(unsigned int vcpu)
{
	u32 ready;

	if (!kicked[vcpu])
		return;
	kicked[vcpu] = false;
	if (!__atomic_exchange_n(&vcpus[TO][vcpu].vcpu_info->evtchn_upcall_pending, 0, 0))
		return;
	ready = __atomic_exchange_n(&block_of(vcpu)->ready, 0, 0);
	while (ready) {
		take_one(vcpu, __builtin_ctz(ready), &ready);
		ready |= __atomic_exchange_n(&block_of(vcpu)->ready, 0, 0);
	}
}

/* ---- operations ---- */

static bool is_of_idle_port(const spinlock_t *lock)
{
	for (unsigned int i = 0; i < DOMAINS; i++) {
		const struct evtchn_domain *ed = domains[i].evtchn;
		const struct evtchn *bucket = ed ? ed->bucket[0] : NULL;

		if (bucket && (void *)lock >= (void *)(bucket + PORTS) &&
		    (void *)lock < (void *)(bucket + PORTS_PER_BUCKET))
			return true;
	}
	return false;
}

static long call(unsigned int cmd, void *arg)
{
	return do_event_channel_op(cmd, (unsigned long)arg, 0, 0, 0);
}

/* The sender's ports have the receiver's numbers; who sends to himself is both. */
static void send_event(u32 port)
{
	struct evtchn_send s = { .port = port };

	sent[port]++;
	if (current->domain == &domains[TO])
		sent_back[port]++;
	call(EVTCHNOP_send, &s);
}

static void init_fifo(unsigned int vcpu)
{
	struct evtchn_init_control init = { .control_gfn = 0, .offset = vcpu * BLOCK_BYTES,
					    .vcpu = vcpu };

	if (call(EVTCHNOP_init_control, &init))
		violation("init_control fails");
}

static void expand(void)
{
	struct evtchn_expand_array array = { .array_gfn = 1 };

	if (call(EVTCHNOP_expand_array, &array))
		violation("expand_array fails");
}

static void run_act(const struct act *a)
{
	const domid_t other = a->dom == FROM ? TO : FROM;
	union evtchn_arg arg;

	runs_as[cpu] = &vcpus[a->dom][a->vcpu];
	switch (a->op) {
	case SEND:
		send_event(a->arg);
		break;
	case CLOSE:
		arg.close = (struct evtchn_close){ a->arg };
		call(EVTCHNOP_close, &arg);
		break;
	case ALLOC:
		arg.alloc_unbound = (struct evtchn_alloc_unbound){ DOMID_SELF, other, 0 };
		call(EVTCHNOP_alloc_unbound, &arg);
		break;
	case BIND:
		arg.bind_interdomain = (struct evtchn_bind_interdomain){ other, a->arg, 0 };
		call(EVTCHNOP_bind_interdomain, &arg);
		break;
	case BIND_IPI:
		arg.bind_ipi = (struct evtchn_bind_ipi){ a->vcpu, 0 };
		call(EVTCHNOP_bind_ipi, &arg);
		break;
	case VIRQ:
		virq_send_vcpu(&vcpus[a->dom][a->vcpu], VIRQ_TIMER);
		break;
	case BIND_VIRQ:
		arg.bind_virq = (struct evtchn_bind_virq){ VIRQ_TIMER, a->vcpu, 0 };
		call(EVTCHNOP_bind_virq, &arg);
		break;
	case INIT:
		init_fifo(a->vcpu);
		break;
	case EXPAND:
		expand();
		break;
	case MOVE:
		arg.bind_vcpu = (struct evtchn_bind_vcpu){ a->arg, a->vcpu };
		moved[a->arg] = true;
		if (call(EVTCHNOP_bind_vcpu, &arg))
			violation("a port does not move");
		break;
	case TAKE:
		take(a->vcpu);
		break;
	case RESET: {
		struct evtchn_reset r = { DOMID_SELF };

		/* As the guest's next attempt, or the continuation. */
		while (call(EVTCHNOP_reset, &r) == -ERESTART)
			model_yield();
		break;
	}
	}
}

static void prepare_domain(unsigned int i)
{
	struct domain *d = &domains[i];

	d->domain_id = i;
	d->max_vcpus = VCPUS;
	d->vcpu = vcpu_pointers[i];
	d->shared_info = &shared[i];
	for (unsigned int j = 0; j < VCPUS; j++) {
		d->vcpu[j] = &vcpus[i][j];
		vcpus[i][j].domain = d;
		vcpus[i][j].vcpu_id = j;
		vcpus[i][j].vcpu_info = &shared[i].vcpu_info[j];
	}
	if (evtchn_domain_init(d, PORTS - 1))
		violation("out of memory");
}

static void prepare(void)
{
	const struct scenario *s = &scenarios[scenario];

	memset(model_ram, NOT_GIVEN, sizeof(model_ram));
	for (unsigned int i = 0; i < DOMAINS; i++)
		prepare_domain(i);
	if (s->fifo) {
		runs_as[0] = &vcpus[TO][0];
		init_fifo(0);
		init_fifo(1);
		expand();
	}
	for (u32 port = 1; port <= s->connected; port++) {
		run_act(&(struct act){ ALLOC, TO, 0 });
		run_act(&(struct act){ BIND, FROM, 0, port });
	}
	if (s->virq)
		run_act(&(struct act){ BIND_VIRQ, TO, 1 });
	if (s->taken_before) {
		run_act(&(struct act){ SEND, FROM, 0, s->taken_before });
		take(0);
	}
}

static bool has_more(unsigned int c)
{
	return scenarios[scenario].script[c][next_op[c]].op != END;
}

static void run_next(void)
{
	run_act(&scenarios[scenario].script[cpu][next_op[cpu]]);
	next_op[cpu]++;
}

/* ---- checks ---- */

static bool has_event(unsigned int dom, const struct evtchn *chn)
{
	if (chn->latched)
		return true;
	if (domains[dom].evtchn->ops == &evtchn_two_level_ops)
		return test_bit(chn->port, shared[dom].evtchn_pending);
	return page_refs[1] && *word_of(chn->port) & BIT_PENDING;
}

static void check_state(void)
{
	for (unsigned int dom = 0; dom < DOMAINS; dom++) {
		for (u32 port = 1; port < PORTS; port++) {
			const struct evtchn *chn = &domains[dom].evtchn->bucket[0][port];

			if (chn->lock.unused || domains[dom].evtchn->lock.unused)
				continue;
			if ((chn->bound.state == ECS_FREE ||
			     (chn->bound.state == ECS_IPI && !sent[port])) && has_event(dom, chn))
				violation("an event on a port that nobody raises");
		}
	}
	for (unsigned int n = 0; n < PAGES; n++)
		for (unsigned int i = 0; i < VCPUS * BLOCK_BYTES && !page_refs[n]; i++)
			if (model_ram[n * PAGE_SIZE + i] != NOT_GIVEN)
				violation("a page that was given back is written");
}

static void check_binding(unsigned int dom, const struct evtchn *chn)
{
	const struct evtchn_binding *b = &chn->bound;
	const struct evtchn *peer;

	if (b->state == ECS_VIRQ && vcpus[dom][b->vcpu_id].virq_to_evtchn[b->number] != chn->port)
		violation("a virtual interrupt does not know its port");
	if (b->state != ECS_INTERDOMAIN)
		return;
	peer = &b->remote.dom->evtchn->bucket[0][b->number];
	if (peer->bound.state != ECS_INTERDOMAIN || peer->bound.number != chn->port ||
	    peer->bound.remote.dom != &domains[dom])
		violation("a binding has no other end");
	if (dom == FROM && sent_back[b->number] && !has_event(dom, chn))
		violation("an event never came back");
}

static void check_virqs(unsigned int dom)
{
	for (unsigned int i = 0; i < VCPUS; i++) {
		u32 port = vcpus[dom][i].virq_to_evtchn[VIRQ_TIMER];

		if (port && domains[dom].evtchn->bucket[0][port].bound.state != ECS_VIRQ)
			violation("a virtual interrupt leads to another port");
	}
}

static void take_all(void)
{
	for (unsigned int v = 0; v < VCPUS; v++)
		take(v);
}

static void check_events(void)
{
	const struct evtchn_domain *ed = domains[TO].evtchn;

	for (u32 port = 1; port < PORTS; port++) {
		const struct evtchn *chn = &ed->bucket[0][port];

		if (chn->latched || *word_of(port) & (BIT_PENDING | BIT_LINKED))
			violation("an event is lost");
		if (chn->bound.state == ECS_INTERDOMAIN && sent[port] && !taken[port])
			violation("an event never came");
	}
}

static void check_end(void)
{
	for (unsigned int dom = 0; dom < DOMAINS; dom++) {
		struct evtchn_domain *ed = domains[dom].evtchn;
		u32 used = 0;

		for (u32 port = 1; port < PORTS; port++) {
			check_binding(dom, &ed->bucket[0][port]);
			used += ed->bucket[0][port].bound.state != ECS_FREE;
		}
		if (used != ed->nr_used)
			violation("ports in use are counted wrong");
		check_virqs(dom);
	}
	if (domains[TO].evtchn->ops == &evtchn_fifo_ops) {
		run_alone(take_all);
		check_events();
	} else if (page_refs[0] || page_refs[1]) {
		violation("a page is not given back");
	}
}

int main(void)
{
	explore_scenarios(ARRAY_SIZE(scenarios));
	return 0;
}
