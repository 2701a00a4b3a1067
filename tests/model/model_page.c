// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every state that two CPUs can bring a few frames into.
 *
 * The code explored is the hypervisor's own, unedited: mm/page.c, and table.c
 * and space.c of arch/x86/pv. Each CPU is a coroutine that stops before every
 * access to a frame's state word, before it reads the flush clock and before it
 * flushes; a state is what is in memory and on the two stacks. (All is one
 * translation unit, and stopping clobbers every register, so that little is on
 * the stacks but what is still needed.) From each state each CPU takes its next
 * step, an idle one begins each operation there is; states seen before are not
 * followed again. So sequences of any length and all their interleavings are
 * covered, for the frames, contents and operations chosen (see main()).
 *
 * Beside the operations there is what the guest's own code does without us: it
 * writes to whatever its TLB says is writable. A TLB holds all that the tables
 * in use could have put there since the CPU's last flush.
 *
 * Checked in every state: contents that are relied on (a validated table or
 * descriptor page) are writable by no TLB; nothing that a TLB remembers as a
 * table is in use as writable memory; both CPUs cannot wait for each other.
 * Checked when both are idle: counts equal holders, nothing is busy.
 *
 * The flush clock and all readings of it are renumbered by rank, so that they do
 * not make the number of states infinite: only their order matters.
 */
#include "page_world.h"

/* --- exploration -------------------------------------------------------- */

struct snapshot {
	struct world w;
	struct page_info frames[FRAMES_MAX + 1];
	u64 content[FRAMES_MAX + 1];
	u64 clock;
	u64 free_head;
	typeof(vcpus[0].arch.retire) retire[CPUS];
	u32 stack_len[CPUS];
	u32 parent;		/* for telling the way here */
	u8 stepped;
	u8 next_choice;
	unsigned char stack[];
};

/* CPUs that a flush of all older than @reading would reach. */
static u8 older(u64 reading)
{
	return (w.cpu_flush[0] <= reading) | (u8)((w.cpu_flush[1] <= reading) << 1);
}

/*
 * All that readings of the clock are ever used for is to be compared with the
 * CPUs' flushes, and new ones are later than all: number them anew so that
 * what compares alike is equal. CPU 0's flush is 2 and CPU 1's 4, or the other
 * way round if some reading lies between the two that way.
 */
static void normalise_clock(void)
{
	u64 *reading[FRAMES_MAX + CPUS + 1];
	u8 mask[FRAMES_MAX + CPUS + 1], first = 1;
	u64 stamp[FRAMES_MAX + 1];
	unsigned int nr = 0;

	for (unsigned int f = 1; f <= cfg.frames; f++) {
		stamp[f] = frame(f)->tlb_stamp;
		if (frame(f)->state & PG_REFS_MASK)	/* else it is a link */
			reading[nr++] = &stamp[f];
	}
	for (unsigned int c = 0; c < CPUS; c++)
		if (w.reading[c])
			reading[nr++] = &w.reading[c];
	if (w.freed_clock)
		reading[nr++] = &w.freed_clock;
	for (unsigned int i = 0; i < nr; i++) {
		mask[i] = older(*reading[i]);
		if (mask[i] == 2)
			first = 2;
	}
	for (unsigned int i = 0; i < nr; i++)
		*reading[i] = mask[i] == 0 ? 1 : mask[i] == 3 ? 5 : 3;
	w.cpu_flush[0] = first == 1 ? 2 : 4;
	w.cpu_flush[1] = first == 1 ? 4 : 2;
	tlb_clock = 5;
	for (unsigned int f = 1; f <= cfg.frames; f++)
		frame(f)->tlb_stamp = (u32)stamp[f];
}

/* What an idle CPU did last does not matter, nor do the leftovers on its stack. */
static void forget_idle(unsigned int c)
{
	if (w.sp[c])
		return;
	memset(stacks[c], 0, STACK_BYTES);
	w.op[c] = (struct op){};
	w.asks[c] = false;
	w.answer[c] = 0;
	for (unsigned int i = vcpus[c].arch.retire.depth; i < 4; i++)
		memset(&vcpus[c].arch.retire.at[i], 0, sizeof(vcpus[c].arch.retire.at[i]));
}

static struct snapshot *save(void)
{
	static union {
		struct snapshot s;
		unsigned char bytes[sizeof(struct snapshot) + CPUS * STACK_BYTES];
	} buf;
	struct snapshot *s = &buf.s;
	unsigned char *p = s->stack;

	memset(s, 0, sizeof(*s));
	s->w = w;
	memcpy(s->frames, model_frames, sizeof(s->frames));
	for (unsigned int f = 1; f <= cfg.frames; f++)
		s->content[f] = content(f)[0];
	s->clock = tlb_clock;
	s->free_head = free_head;
	for (unsigned int c = 0; c < CPUS; c++) {
		s->retire[c] = vcpus[c].arch.retire;
		if (!w.sp[c])
			continue;
		s->stack_len[c] = (u32)(stacks[c] + STACK_BYTES - w.sp[c]);
		memcpy(p, w.sp[c], s->stack_len[c]);
		p += s->stack_len[c];
	}
	return s;
}

static size_t snapshot_size(const struct snapshot *s)
{
	return sizeof(*s) + s->stack_len[0] + s->stack_len[1];
}

static void restore(const struct snapshot *s)
{
	const unsigned char *p = s->stack;

	w = s->w;
	memcpy(model_frames, s->frames, sizeof(s->frames));
	for (unsigned int f = 1; f <= cfg.frames; f++)
		content(f)[0] = s->content[f];
	tlb_clock = s->clock;
	free_head = (u32)s->free_head;
	for (unsigned int c = 0; c < CPUS; c++) {
		vcpus[c].arch.retire = s->retire[c];
		memset(stacks[c], 0, STACK_BYTES - s->stack_len[c]);
		memcpy(stacks[c] + STACK_BYTES - s->stack_len[c], p, s->stack_len[c]);
		p += s->stack_len[c];
	}
}

static u64 hash_bytes(const void *data, size_t len)
{
	const u64 *p = data;
	u64 h = 0x9e3779b97f4a7c15UL;

	for (size_t i = 0; i < len / 8; i++) {
		h = (h ^ p[i]) * 0xff51afd7ed558ccdUL;
		h ^= h >> 32;
	}
	return h ?: 1;
}

static u64 *seen;
static unsigned long seen_size, nr_states, nr_steps, max_depth;

/* True if it is new. States are told apart by a 64-bit hash. */
static bool remember(u64 h)
{
	unsigned long i = h & (seen_size - 1);

	for (; seen[i]; i = (i + 1) & (seen_size - 1))
		if (seen[i] == h)
			return false;
	seen[i] = h;
	if (++nr_states > seen_size / 4 * 3) {
		fprintf(stderr, "more than %lu states: give the table more room\n", nr_states);
		exit(2);
	}
	return true;
}

/* The way from the first state to the present one. */
struct path_step {
	struct snapshot *s;
	struct op op;
	u8 cpu;
};

static struct path_step *path;
static unsigned long depth, path_size;

static void violation(const char *what, unsigned int f)
{
	fprintf(stderr, "VIOLATION: %s (frame %u)\n", what, f);
	show_state(stderr);
	fprintf(stderr, "the way here, last steps first:\n");
	for (unsigned long i = depth, told = 0; i-- > 0 && told < 60; told++)
		fprintf(stderr, "  CPU %u: %s frame %u val %#lx\n", path[i].cpu,
			kind_name[path[i].op.kind], path[i].op.frame,
			(unsigned long)path[i].op.val);
	exit(1);
}

static struct op ops[256];
static unsigned int nr_ops;

static void step(unsigned int c)
{
	cpu = c;
	w.asks[c] = false;
	model_own_sp = &w.sp[c];
	switch_stack(&model_scheduler_sp, w.sp[c]);
	nr_steps++;
}

/* After a step: settle what does not matter, check, and note the state. */
static u64 settle(void)
{
	for (unsigned int c = 0; c < CPUS; c++)
		forget_idle(c);
	fill_tlbs();
	check_always();
	if (!w.sp[0] && !w.sp[1])
		check_idle();
	normalise_clock();
	return 0;
}

static void push(const struct snapshot *s, unsigned int c, const struct op *op)
{
	if (depth == path_size) {
		path_size = path_size ? 2 * path_size : 1024;
		path = realloc(path, path_size * sizeof(*path));
	}
	path[depth].s = malloc(snapshot_size(s));
	memcpy(path[depth].s, s, snapshot_size(s));
	path[depth].s->next_choice = 0;
	path[depth].s->stepped = 0;
	path[depth].cpu = (u8)c;
	path[depth].op = *op;
	depth++;
	if (depth > max_depth)
		max_depth = depth;
}

/*
 * Choices of a CPU in a state: an idle one begins an operation or takes a
 * guest's step; one that asks gets either answer; otherwise it takes its step.
 */
static unsigned int nr_choices(unsigned int c)
{
	if (!w.sp[c])
		return nr_ops;
	return w.asks[c] ? 2 : 1;
}

/* Take choice @n of CPU @c from the present state; false if there is no such now. */
static bool take(unsigned int c, unsigned int n)
{
	if (w.sp[c]) {
		w.answer[c] = (u8)n;
		step(c);
		return true;
	}
	if (ops[n].kind == DO_WRITE)
		return guest_step(c, &ops[n]);
	if (!may_begin(c, &ops[n]))
		return false;
	w.op[c] = ops[n];
	coroutine_begin(c);
	step(c);
	return true;
}

static void explore(void)
{
	static const struct op none;

	settle();
	remember(hash_bytes(save(), snapshot_size(save())));
	push(save(), 0, &none);
	while (depth) {
		struct snapshot *s = path[depth - 1].s, *now;
		unsigned int c, n, choice = s->next_choice++;
		u64 here, there;

		restore(s);
		if (choice < nr_choices(0)) {
			c = 0;
			n = choice;
		} else {
			c = 1;
			n = choice - nr_choices(0);
		}
		if (c == 1 && n >= nr_choices(1)) {
			if (!s->stepped && (w.sp[0] || w.sp[1]))
				violation("nobody can go on", 0);
			free(s);
			depth--;
			continue;
		}
		now = save();
		here = hash_bytes(now, snapshot_size(now));
		if (!take(c, n))
			continue;
		settle();
		now = save();
		there = hash_bytes(now, snapshot_size(now));
		/* A CPU in an operation that leaves the state as it was waits. */
		if (there != here && s->w.sp[c])
			s->stepped = 1;
		if (!remember(there))
			continue;
		push(now, c, w.sp[c] ? &w.op[c] : &ops[s->w.sp[c] ? 0 : n]);
		if (nr_states >= cfg.max_states) {
			fprintf(stderr, "stopped at %lu states\n", nr_states);
			exit(2);
		}
	}
}

static void add_op(enum kind kind, unsigned int f, u64 val)
{
	if (cfg.kinds[f] >> kind & 1)
		ops[nr_ops++] = (struct op){ .kind = (u8)kind, .frame = (u8)f, .val = val };
}

static void make_ops(void)
{
	nr_ops = 0;
	for (unsigned int f = 1; f <= cfg.frames; f++) {
		for (unsigned int kind = DO_PIN_L1; kind < NR_KINDS; kind++)
			if (kind != DO_EDIT && kind != DO_WRITE)
				add_op(kind, f, 0);
		for (unsigned int kind = DO_EDIT; kind <= DO_WRITE; kind += DO_WRITE - DO_EDIT) {
			add_op(kind, f, 0);
			for (unsigned int to = 1; to <= cfg.frames; to++) {
				u64 val = pte_make(_mfn(to), PTE_P | PTE_US);

				if (cfg.map_rw >> to & 1)
					add_op(kind, f, val | PTE_RW);
				if (cfg.map_ro >> to & 1)
					add_op(kind, f, val);
			}
		}
	}
}

static void first_state(void)
{
	memset(&w, 0, sizeof(w));
	memset(model_frames, 0, sizeof(model_frames));
	memset(model_ram, 0, sizeof(model_ram));
	memset(stacks, 0, sizeof(stacks));
	for (unsigned int f = 1; f <= cfg.frames; f++) {
		frame(f)->state = PG_ALLOCATED | 1;
		frame(f)->owner = 7;
	}
	max_page = cfg.frames + 1;
	tlb_clock = 1;
	free_head = 0;
	dom.domain_id = 7;
	dom.max_vcpus = CPUS;
	dom.vcpu = vcpu_ptrs;
	dom.refcount = 1;
	dom.arch.perdomain_l3 = (pte_t *)model_ram;
	for (unsigned int c = 0; c < CPUS; c++) {
		memset(&vcpus[c], 0, sizeof(vcpus[c]));
		vcpus[c].domain = &dom;
		vcpus[c].processor = (u16)c;
		vcpus[c].arch.guest_table = vcpus[c].arch.guest_table_user = INVALID_MFN;
	}
}

/* Carry out one operation with nobody else about, before the exploration begins. */
static void run_alone(struct op op)
{
	w.op[0] = op;
	coroutine_begin(0);
	while (w.sp[0])
		step(0);
	settle();
}

static void run(const char *name)
{
	nr_states = nr_steps = max_depth = depth = 0;
	memset(seen, 0, seen_size * sizeof(*seen));
	first_state();
	make_ops();
	page_init();
	if (cfg.first != NOTHING || cfg.crossed)
		content(1)[0] = pte_make(_mfn(2), PTE_P | PTE_RW | PTE_US);
	if (cfg.crossed)
		content(2)[0] = pte_make(_mfn(1), PTE_P | PTE_RW | PTE_US);
	if (cfg.own)
		content(1)[0] = pte_make(_mfn(1), PTE_P | PTE_US);
	if (cfg.first != NOTHING)
		run_alone((struct op){ .kind = (u8)cfg.first, .frame = 1 });
	explore();
	printf("model_page: %s: %lu states, %lu steps, depth %lu: no violation\n", name, nr_states,
	       nr_steps, max_depth);
	fflush(stdout);
}

#define K(kind)		(1U << DO_##kind)
#define MEMORY		(K(HOLD_W) | K(DROP))

static const struct exploration {
	const char *name;
	bool longer;
	u32 kinds[3];		/* of frames 1 to 3; 0: no such frame */
	u8 map_rw, map_ro;
	enum kind first;
	bool preempt, crossed, own;
} explorations[] = {
	{ "memory becomes descriptors and back", false,
	  { K(HOLD_S) | K(STEAL) | MEMORY } },
	{ "memory is given up, freed, allocated again", false,
	  { K(GIVE_UP) | K(ALLOC) | MEMORY } },
	{ "memory becomes a table that maps itself", false,
	  { K(PIN_L1) | K(UNPIN) | MEMORY }, .own = true },
	{ "memory is written and becomes a table", false,
	  { K(PIN_L1) | K(UNPIN) | K(WRITE) | MEMORY }, .map_rw = 2 },
	{ "a table is given up, freed, allocated again", false,
	  { K(PIN_L1) | K(UNPIN) | K(GIVE_UP) | K(SOFTIRQ) | K(ALLOC) } },
	{ "what a table maps becomes a table", false,
	  { K(EDIT), K(PIN_L1) | K(UNPIN) }, .map_rw = 4, .first = DO_PIN_L1 },
	{ "two tables that map each other", false,
	  { K(PIN_L1) | K(UNPIN), K(PIN_L1) }, .crossed = true },
	{ "a table over a table over itself", false,
	  { K(EDIT), MEMORY }, .map_rw = 4, .first = DO_PIN_L2 },
	{ "a table over a table, pinned and retired", true,
	  { K(PIN_L2) | K(UNPIN), K(PIN_L1) | K(UNPIN) | MEMORY }, .first = DO_PIN_L2,
	  .preempt = true },
	{ "memory becomes a table that maps itself either way", true,
	  { K(PIN_L1) | K(UNPIN) | K(EDIT) | K(WRITE) | MEMORY }, .map_rw = 2, .map_ro = 2 },
	{ "a table over a table over memory, all edited", true,
	  { K(PIN_L2) | K(UNPIN) | K(EDIT), K(EDIT) | MEMORY, MEMORY }, .map_rw = 12,
	  .first = DO_PIN_L2 },
};

int main(int argc, char **argv)
{
	bool longer = argc > 1 && !strcmp(argv[1], "long");

	seen_size = longer ? 1UL << 29 : 1UL << 25;
	cfg.max_states = seen_size / 4 * 3 - 1;
	seen = malloc(seen_size * sizeof(*seen));
	if (!seen)
		return 2;
	for (unsigned int i = 0; i < ARRAY_SIZE(explorations); i++) {
		const struct exploration *e = &explorations[i];

		if (e->longer && !longer)
			continue;
		if (argc > 1 && !longer && !strstr(e->name, argv[1]))
			continue;
		cfg.frames = 0;
		while (cfg.frames < FRAMES_MAX && e->kinds[cfg.frames]) {
			cfg.kinds[cfg.frames + 1] = e->kinds[cfg.frames];
			cfg.frames++;
		}
		cfg.map_rw = e->map_rw;
		cfg.map_ro = e->map_ro;
		cfg.first = e->first;
		cfg.preempt = e->preempt;
		cfg.crossed = e->crossed;
		cfg.own = e->own;
		run(e->name);
	}
	return 0;
}
