// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every interleaving of waking, blocking, pausing, moving and switching.
 *
 * The code explored is the hypervisor's own, unedited: sched.c, pause.c, place.c,
 * balance.c and runstate.c, with the simplest policy there can be, and without
 * time. Two CPUs and somebody else (a third CPU that has no vCPUs) are coroutines
 * that stop before every access to a word shared without a lock and before every
 * lock. From each state each takes its next step, an idle one begins each
 * operation there is; states seen before are not followed again.
 *
 * Checked in every state: a vCPU's registers are in use by one CPU; of running,
 * queued and in transit it is at most one, seen by whoever could have its lock;
 * after vcpu_pause() it runs no more; both CPUs cannot wait for each other.
 * Checked when all is quiet: runnable is running or queued, where it may run; a
 * vCPU with an event does not sleep; no CPU idles while one waits in its queue.
 */
#include <hv/types.h>
#include <asm/system.h>

#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/evtchn.h>
#include <hv/keyhandler.h>
#include <hv/mm.h>
#include <hv/options.h>
#include <hv/printk.h>
#include <hv/softirq.h>
#include <hv/time.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coroutine.h"

/* The code explored. */
#include "../../hypervisor/sched/sched.c"
#include "../../hypervisor/sched/pause.c"
#include "../../hypervisor/sched/place.c"
#include "../../hypervisor/sched/pool.c"
#include "../../hypervisor/sched/balance.c"
#include "../../hypervisor/sched/runstate.c"

#define CPUS		2
#define ACTORS		3	/* the last has no CPU */
#define VCPUS_MAX	2
#define STACK_BYTES	4096
#define NOBODY		0xff

enum kind {
	NOTHING,
	/* A CPU's own. */
	SCHEDULE, BLOCK, YIELD, STEAL,
	/* Anybody's, to vCPU op.v. */
	EVENT, PAUSE, PAUSE_SYNC, UNPAUSE, PIN,
	NR_KINDS
};

static const char *const kind_name[NR_KINDS] = {
	"nothing", "schedule", "block", "yield", "steal", "event", "pause", "pause and wait",
	"unpause", "pin",
};

struct op {
	u8 kind, v, arg;
};

static struct {
	unsigned int vcpus;
	u32 kinds;
	u8 senders;		/* who sends events: bit per actor */
} cfg;

static struct vcpu vcpus[VCPUS_MAX], idles[CPUS];
static struct vcpu *vcpu_table[VCPUS_MAX];
static struct domain guest, idle_domain;
static struct percpu percpus[CPUS];
static struct sched_cpu run_queues[CPUS];

struct percpu *percpu_of[MAX_CPUS];
unsigned int nr_cpus = CPUS;
struct vcpu *model_current_of[ACTORS];
struct domain *dom_idle = &idle_domain, *domain_list, *hardware_domain;
spinlock_t domain_list_lock;
struct hv_options opts;
u32 sched_ratelimit_us;

/* What is neither the scheduler's nor on a stack. */
static struct world {
	unsigned char *sp[ACTORS];	/* NULL: idle */
	struct op op[ACTORS];
	u8 fifo[CPUS][VCPUS_MAX], fifo_len[CPUS];
	u8 loaded[VCPUS_MAX];		/* whose registers are in use where; NOBODY */
	bool event[VCPUS_MAX];
	u8 pauses[VCPUS_MAX];		/* made and not taken back */
	bool stopped[VCPUS_MAX];	/* a PAUSE_SYNC of that has returned */
	bool softirq[CPUS];
} w;

static unsigned char stacks[ACTORS][STACK_BYTES] __aligned(16);
static unsigned int actor;
unsigned char **model_own_sp, *model_scheduler_sp;

static void violation(const char *what) __noreturn;

#define CHECK(cond) do { if (!(cond)) violation(#cond); } while (0)

/* --- coroutines --------------------------------------------------------- */

static void run_op(void);

static void __noreturn end_op(void)
{
	unsigned char *gone;

	w.sp[actor] = NULL;
	w.op[actor] = (struct op){ 0 };
	switch_stack(&gone, model_scheduler_sp);
	abort();
}

__used void coroutine_main(void)
{
	run_op();
	end_op();
}

static void coroutine_begin(unsigned int a)
{
	w.sp[a] = coroutine_start(stacks[a] + STACK_BYTES);
}

unsigned int model_cpu(void)
{
	return actor;
}

/* --- what the scheduler calls -------------------------------------------- */

u64 now_ns(void)
{
	return 0;
}

void softirq_register(enum softirq nr, void (*fn)(void)) {}

void softirq_raise_cpu(unsigned int c, enum softirq nr)
{
	w.softirq[c] = true;
}

void softirq_raise(enum softirq nr)
{
	w.softirq[actor] = true;
}

bool softirq_is_pending(void)
{
	return w.softirq[actor];
}

void softirq_run(void) {}
void send_ipi(unsigned int c, u8 vector) {}
void timer_init(struct timer *t, void (*fn)(void *data), void *data, unsigned int c) {}
void timer_set(struct timer *t, u64 expires_ns) {}
void timer_stop(struct timer *t) {}
void time_update_vcpu(struct vcpu *v, bool force) {}
void vcpu_timers_init(struct vcpu *v, unsigned int c) {}
void vcpu_timers_kill(struct vcpu *v) {}
void vcpu_timers_leave(struct vcpu *v) {}
void vcpu_timers_enter(struct vcpu *v) {}
void sched_params_init(void) {}
void cpu_idle(void) {}
void printk(const char *fmt, ...) {}
void printk_level(enum log_level level, const char *fmt, ...) {}
u32 sched_abi_id(void) { return 0; }
void *hv_alloc(size_t size) { abort(); }
size_t raw_copy_to_guest(unsigned long to_va, const void *from, size_t len) { return len; }
struct vcpu *vcpu_create(struct domain *d, unsigned int vcpu_id) { abort(); }
void panic(const char *fmt, ...) { abort(); }

void bug(const char *what, const char *file, unsigned int line)
{
	violation(what);
}

bool vcpu_poll_end(struct vcpu *v)
{
	return false;
}

bool local_events_need_delivery(struct vcpu *v)
{
	model_yield();
	return w.event[v->vcpu_id];
}

/* Saving the registers of one and loading those of another: others may run between. */
void arch_context_switch(struct vcpu *prev, struct vcpu *next)
{
	if (!is_idle_vcpu(prev)) {
		CHECK(w.loaded[prev->vcpu_id] == actor);
		model_yield();
		w.loaded[prev->vcpu_id] = NOBODY;
	}
	if (!is_idle_vcpu(next)) {
		CHECK(w.loaded[next->vcpu_id] == NOBODY);
		CHECK(!w.stopped[next->vcpu_id]);
		w.loaded[next->vcpu_id] = (u8)actor;
	}
}

void continue_running(struct vcpu *v)
{
	end_op();
}

/* --- the policy: first come, first served -------------------------------- */

static u64 fifo_enqueue(struct vcpu *v, bool ran, u64 now)
{
	unsigned int c = v->processor;

	CHECK(w.fifo_len[c] < cfg.vcpus);
	w.fifo[c][w.fifo_len[c]++] = (u8)v->vcpu_id;
	sched_cpus[c]->nr_waiting++;
	return is_idle_vcpu(percpu_of[c]->sched_current) ? 0 : SCHED_NEVER;
}

static void fifo_dequeue(struct vcpu *v)
{
	unsigned int c = v->processor, i = 0;

	while (i < w.fifo_len[c] && w.fifo[c][i] != v->vcpu_id)
		i++;
	CHECK(i < w.fifo_len[c]);
	memmove(&w.fifo[c][i], &w.fifo[c][i + 1], VCPUS_MAX - 1 - i);
	w.fifo[c][--w.fifo_len[c]] = 0;
	sched_cpus[c]->nr_waiting--;
}

static struct vcpu *fifo_pick(unsigned int c, u64 now, u64 *slice_ns)
{
	struct vcpu *v;

	if (!w.fifo_len[c])
		return NULL;
	v = &vcpus[w.fifo[c][0]];
	fifo_dequeue(v);
	return v;
}

static void fifo_stopped(struct vcpu *v, u64 now) {}
static void fifo_yield(struct vcpu *v, u64 now) {}

static struct vcpu *fifo_candidate(unsigned int from, unsigned int to, bool idle, u64 now)
{
	for (unsigned int i = 0; i < w.fifo_len[from]; i++) {
		struct vcpu *v = &vcpus[w.fifo[from][i]];

		if (sched_may_run(v, to) && !__atomic_load_n(&v->is_running, __ATOMIC_ACQUIRE))
			return v;
	}
	return NULL;
}

static const struct sched_policy fifo = {
	.enqueue = fifo_enqueue, .dequeue = fifo_dequeue, .pick = fifo_pick,
	.stopped = fifo_stopped, .yield = fifo_yield, .candidate = fifo_candidate,
};

const struct sched_policy sched_credit2, sched_null;

/* --- operations --------------------------------------------------------- */

static void pin(struct vcpu *v, unsigned int c)
{
	cpumask_t mask = { { c < CPUS ? 1UL << c : 3 } };

	CHECK(vcpu_set_hard_affinity(v, &mask) == 0);
}

static void run_op(void)
{
	struct op op = w.op[actor];
	struct vcpu *v = &vcpus[op.v];

	switch (op.kind) {
	case SCHEDULE:
		w.softirq[actor] = false;
		schedule();
		break;
	case BLOCK:
		w.event[current->vcpu_id] = false;	/* the guest has taken it */
		vcpu_block();
		break;
	case YIELD:
		vcpu_yield();
		break;
	case STEAL:
		sched_steal(actor);
		break;
	case EVENT:
		model_yield();
		w.event[op.v] = true;
		vcpu_kick(v);
		break;
	case PAUSE:
		vcpu_pause_nosync(v);
		break;
	case PAUSE_SYNC:
		vcpu_pause(v);
		w.stopped[op.v] = true;
		break;
	case UNPAUSE:
		w.stopped[op.v] = false;
		vcpu_unpause(v);
		break;
	case PIN:
		pin(v, op.arg);
	}
}

/* May @a begin that now? If so, count what the operation will have changed. */
static bool may_begin(unsigned int a, struct op op)
{
	struct vcpu *curr = a < CPUS ? model_current_of[a] : NULL;
	bool guest_runs = curr && !is_idle_vcpu(curr);

	if (!(cfg.kinds & 1U << op.kind) || op.v >= cfg.vcpus)
		return false;
	switch (op.kind) {
	case SCHEDULE:
		return curr && w.softirq[a];
	case BLOCK:
	case YIELD:
		return guest_runs && !w.softirq[a];	/* it returned to its guest */
	case STEAL:
		return curr && !guest_runs && !w.softirq[a];
	case EVENT:
		return !w.event[op.v] && cfg.senders & 1U << a;
	case PIN:
		return a >= CPUS;
	case PAUSE:
	case PAUSE_SYNC:
		if (w.pauses[op.v] || (op.kind == PAUSE_SYNC && a < CPUS))
			return false;
		w.pauses[op.v]++;
		return true;
	case UNPAUSE:
		/* By who paused it, or after that is done. */
		for (unsigned int b = 0; b < ACTORS; b++)
			if (w.op[b].kind >= PAUSE && w.op[b].v == op.v)
				return false;
		if (!w.pauses[op.v])
			return false;
		w.pauses[op.v]--;
		return true;
	default:
		return true;
	}
}

/* --- states ------------------------------------------------------------- */

/* Everything that changes, but for the stacks. */
#define X(region) { &(region), sizeof(region) }
static const struct region {
	void *at;
	size_t len;
} regions[] = {
	X(w), X(percpus), X(run_queues), X(model_current_of), X(sched_pool_cpus),
	X(sched_idle_cpus), X(pool_lock), X(domain_list_lock),
};

#undef X

/* What of a vCPU changes. */
#define X(field) { offsetof(struct vcpu, field), sizeof(((struct vcpu *)0)->field) }
static const struct vcpu_field {
	size_t at, len;
} vcpu_fields[] = {
	X(processor), X(is_running), X(pause_flags), X(pause_count), X(runstate.state),
	X(sched.hard), X(sched.bound_cpu), X(sched.queued), X(sched.misplaced),
	X(sched.in_transit), X(sched.next_mover),
};

#undef X

static size_t save_vcpu(unsigned char *to, const struct vcpu *v)
{
	unsigned char *at = to;

	for (unsigned int i = 0; i < ARRAY_SIZE(vcpu_fields); i++) {
		memcpy(at, (const char *)v + vcpu_fields[i].at, vcpu_fields[i].len);
		at += vcpu_fields[i].len;
	}
	return (size_t)(at - to);
}

static size_t load_vcpu(const unsigned char *from, struct vcpu *v)
{
	const unsigned char *at = from;

	for (unsigned int i = 0; i < ARRAY_SIZE(vcpu_fields); i++) {
		memcpy((char *)v + vcpu_fields[i].at, at, vcpu_fields[i].len);
		at += vcpu_fields[i].len;
	}
	return (size_t)(at - from);
}

#define STATE_MAX	16384

static size_t save_state(unsigned char *to)
{
	unsigned char *at = to;

	for (unsigned int i = 0; i < ARRAY_SIZE(regions); i++) {
		memcpy(at, regions[i].at, regions[i].len);
		at += regions[i].len;
	}
	for (unsigned int i = 0; i < cfg.vcpus; i++)
		at += save_vcpu(at, &vcpus[i]);
	for (unsigned int i = 0; i < CPUS; i++)
		at += save_vcpu(at, &idles[i]);
	for (unsigned int a = 0; a < ACTORS; a++) {
		size_t len = w.sp[a] ? (size_t)(stacks[a] + STACK_BYTES - w.sp[a]) : 0;

		memcpy(at, stacks[a] + STACK_BYTES - len, len);
		at += len;
	}
	if (at - to > STATE_MAX)
		abort();
	return (size_t)(at - to);
}

static void load_state(const unsigned char *from)
{
	const unsigned char *at = from;

	for (unsigned int i = 0; i < ARRAY_SIZE(regions); i++) {
		memcpy(regions[i].at, at, regions[i].len);
		at += regions[i].len;
	}
	for (unsigned int i = 0; i < cfg.vcpus; i++)
		at += load_vcpu(at, &vcpus[i]);
	for (unsigned int i = 0; i < CPUS; i++)
		at += load_vcpu(at, &idles[i]);
	for (unsigned int a = 0; a < ACTORS; a++) {
		size_t len = w.sp[a] ? (size_t)(stacks[a] + STACK_BYTES - w.sp[a]) : 0;

		memcpy(stacks[a] + STACK_BYTES - len, at, len);
		at += len;
	}
}

/* 64 bits of each state seen, in an open hash. */
static u64 *seen;
static unsigned long seen_size, nr_seen;

static u64 hash_bytes(const unsigned char *p, size_t len)
{
	u64 h = 0x9e3779b97f4a7c15UL ^ len;

	for (; len >= 8; p += 8, len -= 8) {
		u64 word;

		memcpy(&word, p, 8);
		h = (h ^ word) * 0xff51afd7ed558ccdUL;
		h ^= h >> 32;
	}
	for (; len; p++, len--)
		h = (h ^ *p) * 0xc4ceb9fe1a85ec53UL;
	h ^= h >> 29;
	return h ? h : 1;
}

static bool is_new(const unsigned char *state, size_t len)
{
	u64 h = hash_bytes(state, len);
	unsigned long i = h % seen_size;

	for (; seen[i]; i = (i + 1) % seen_size)
		if (seen[i] == h)
			return false;
	seen[i] = h;
	if (++nr_seen > seen_size / 2) {
		printf("model_sched: more than %lu states\n", seen_size / 2);
		exit(2);
	}
	return true;
}

/* --- checks -------------------------------------------------------------- */

static struct op trail[4096];
static u8 trail_actor[4096];
static unsigned int depth;

static void violation(const char *what)
{
	printf("model_sched: VIOLATION: %s\n", what);
	for (unsigned int i = 0; i < depth && i < ARRAY_SIZE(trail); i++)
		if (trail[i].kind != NOTHING)
			printf("  step %u: %s %u begins: %s of v%u (%u)\n", i,
			       trail_actor[i] < CPUS ? "CPU" : "other", trail_actor[i],
			       kind_name[trail[i].kind], trail[i].v, trail[i].arg);
	for (unsigned int i = 0; i < cfg.vcpus; i++)
		printf("  v%u CPU%u run %u queue %u move %u away %u flags %#x pauses %u event %u\n",
		       i, vcpus[i].processor, vcpus[i].is_running, vcpus[i].sched.queued,
		       vcpus[i].sched.in_transit, vcpus[i].sched.misplaced, vcpus[i].pause_flags,
		       vcpus[i].pause_count, w.event[i]);
	exit(1);
}

static bool runs(const struct vcpu *v)
{
	return percpus[v->processor].sched_current == v;
}

static void check_always(void)
{
	for (unsigned int i = 0; i < cfg.vcpus; i++) {
		struct vcpu *v = &vcpus[i];

		if (w.loaded[i] != NOBODY)
			CHECK(v->is_running && v->processor == w.loaded[i] && !w.stopped[i]);
		if (run_queues[v->processor].lock.locked)
			continue;
		CHECK(runs(v) + v->sched.queued + v->sched.in_transit <= 1);
		for (unsigned int c = 0; c < CPUS; c++)
			CHECK(c == v->processor || percpus[c].sched_current != v);
	}
}

static bool quiet(void)
{
	for (unsigned int a = 0; a < ACTORS; a++)
		if (w.sp[a] || (a < CPUS && w.softirq[a]))
			return false;
	return true;
}

static void check_quiet(void)
{
	for (unsigned int i = 0; i < cfg.vcpus; i++) {
		struct vcpu *v = &vcpus[i];

		CHECK(!v->sched.in_transit);
		CHECK((!v->pause_flags && !v->pause_count) == (runs(v) || v->sched.queued));
		CHECK(v->is_running == runs(v));
		CHECK((w.loaded[i] != NOBODY) == runs(v));
		CHECK(!w.event[i] || !v->pause_flags);
		if (runs(v) || v->sched.queued)
			CHECK(v->sched.hard.bits[0] & BIT(v->processor));
		CHECK(v->pause_count == w.pauses[i]);
		/* An idle one takes what waits here; what waits elsewhere, it looks for. */
		if (v->sched.queued)
			CHECK(!is_idle_vcpu(percpus[v->processor].sched_current));
	}
}

/* --- exploration --------------------------------------------------------- */

static void step(unsigned int a)
{
	actor = a;
	model_own_sp = &w.sp[a];
	switch_stack(&model_scheduler_sp, w.sp[a]);
	actor = NOBODY;
	check_always();
	if (quiet())
		check_quiet();
}

struct todo {
	struct todo *below;
	unsigned int depth;
	struct op op;
	u8 actor;
	size_t len;
	unsigned char state[];
};

static struct todo *stack;

static void visit(unsigned int a, struct op op)
{
	static unsigned char state[STATE_MAX];
	size_t len = save_state(state);
	struct todo *t;

	if (!is_new(state, len))
		return;
	t = malloc(sizeof(*t) + len);
	memcpy(t->state, state, len);
	*t = (struct todo){ stack, depth, op, (u8)a, len };
	stack = t;
}

/* The step that @a is at, or the operation @op if it is idle. True if that changed anything. */
static bool try(const struct todo *from, unsigned int a, struct op op)
{
	static unsigned char after[STATE_MAX];

	load_state(from->state);
	if (!w.sp[a]) {
		if (!may_begin(a, op))
			return false;
		w.op[a] = op;
		coroutine_begin(a);
	}
	step(a);
	visit(a, op);
	return save_state(after) != from->len || memcmp(after, from->state, from->len);
}

static void expand(const struct todo *from)
{
	bool waits = false, moves = false;

	for (unsigned int a = 0; a < ACTORS; a++) {
		load_state(from->state);
		if (w.sp[a]) {
			waits = true;
			moves |= try(from, a, (struct op){ 0 });
			continue;
		}
		for (unsigned int k = NOTHING + 1; k < NR_KINDS; k++)
			for (unsigned int v = 0; v < (k >= EVENT ? cfg.vcpus : 1); v++)
				for (unsigned int arg = 0; arg < (k == PIN ? CPUS + 1 : 1); arg++) {
					struct op op = { (u8)k, (u8)v, (u8)arg };

					/* Another's event is no way out for who waits. */
					moves |= try(from, a, op) && k == SCHEDULE;
				}
	}
	load_state(from->state);
	if (waits && !moves)
		violation("somebody waits, and nothing will end that");
}

static void start(void)
{
	memset(&w, 0, sizeof(w));
	memset(vcpus, 0, sizeof(vcpus));
	memset(idles, 0, sizeof(idles));
	memset(percpus, 0, sizeof(percpus));
	memset(run_queues, 0, sizeof(run_queues));
	sched_policy = &fifo;
	guest.max_vcpus = cfg.vcpus;
	guest.vcpu = vcpu_table;
	sched_pool_cpus.bits[0] = sched_idle_cpus.bits[0] = 3;
	for (unsigned int c = 0; c < CPUS; c++) {
		percpu_of[c] = &percpus[c];
		sched_cpus[c] = &run_queues[c];
		idles[c] = (struct vcpu){ .domain = &idle_domain, .vcpu_id = (u16)c,
					  .processor = (u16)c, .is_running = true };
		percpus[c].idle = percpus[c].sched_current = model_current_of[c] = &idles[c];
		run_queues[c].pick_at_ns = SCHED_NEVER;
		run_queues[c].push_to = MAX_CPUS;
	}
	for (unsigned int i = 0; i < cfg.vcpus; i++) {
		vcpu_table[i] = &vcpus[i];
		vcpus[i].domain = &guest;
		vcpus[i].vcpu_id = (u16)i;
		vcpus[i].pause_flags = BIT(VPF_BLOCKED);
		vcpus[i].runstate.state = RUNSTATE_blocked;
		sched_init_affinity(&vcpus[i]);
		vcpus[i].sched.hard.bits[0] = 3;
		w.loaded[i] = NOBODY;
	}
}

static void explore(const char *name, unsigned int nr_vcpus, u8 senders, u32 kinds)
{
	memset(seen, 0, seen_size * sizeof(*seen));
	nr_seen = 0;
	cfg.vcpus = nr_vcpus;
	cfg.kinds = kinds | 1U << SCHEDULE | 1U << EVENT;
	cfg.senders = senders;
	start();
	visit(0, (struct op){ 0 });
	while (stack) {
		struct todo *t = stack;

		stack = t->below;
		depth = t->depth + 1;
		if (depth < ARRAY_SIZE(trail)) {
			trail[depth - 1] = t->op;
			trail_actor[depth - 1] = t->actor;
		}
		expand(t);
		free(t);
	}
	printf("model_sched: %s: %lu states: no violation\n", name, nr_seen);
	fflush(stdout);
}

#define K(kind)	(1U << (kind))
#define CPU0	1
#define OTHER	4
#define ALL	7

int main(int argc, char **argv)
{
	bool thorough = argc > 1 && strcmp(argv[1], "long") == 0;

	seen_size = thorough ? 1UL << 29 : 1UL << 25;
	seen = calloc(seen_size, sizeof(*seen));
	explore("wake against block", 1, ALL, K(BLOCK) | K(YIELD));
	explore("pause against run", 1, ALL, K(BLOCK) | K(PAUSE) | K(PAUSE_SYNC) | K(UNPAUSE));
	explore("move against wake", 1, CPU0, K(BLOCK) | K(PIN));
	if (thorough) {
		explore("steal against wake", 2, OTHER, K(BLOCK) | K(STEAL));
		explore("move against all", 1, ALL, K(BLOCK) | K(YIELD) | K(PIN));
		explore("steal against all", 2, ALL, K(BLOCK) | K(YIELD) | K(STEAL));
	}
	return 0;
}
