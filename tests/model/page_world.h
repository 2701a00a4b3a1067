/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The world of model_page.c: frames and their contents, CPUs with what their TLBs
 * may hold, what CPUs and the guest do to them, and what must never be so.
 */
#ifndef PAGE_WORLD_H
#define PAGE_WORLD_H

#include <hv/mm.h>

#include <asm/flush.h>
#include <asm/pv_mm.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/hypercall.h>
#include <hv/printk.h>
#include <hv/softirq.h>

#include <xen/xen.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coroutine.h"

/* The code explored. */
#include "../../hypervisor/mm/page.c"
#include "../../hypervisor/arch/x86/pv/table.c"
#include "../../hypervisor/arch/x86/pv/space.c"

#define CPUS		2
#define FRAMES_MAX	3
#define STACK_BYTES	2048

enum kind {
	NOTHING, DO_PIN_L1, DO_PIN_L2, DO_PIN_L3, DO_UNPIN, DO_EDIT, DO_HOLD_W, DO_HOLD_S, DO_DROP,
	DO_GIVE_UP, DO_SOFTIRQ, DO_ALLOC, DO_STEAL,
	/* The guest's own doing, in one step. */
	DO_WRITE,
	NR_KINDS
};

static const char *const kind_name[NR_KINDS] = {
	"nothing", "pin L1", "pin L2", "pin L3", "unpin", "edit", "map writable",
	"use as descriptors", "unmap",
	"give up", "softirq", "allocate", "steal and put back", "guest writes",
};

struct op {
	u8 kind, frame;
	u64 val;		/* entry to write */
};

/* What an exploration covers. */
static struct {
	unsigned int frames;
	u32 kinds[FRAMES_MAX + 1];	/* operations on each frame */
	u8 map_rw, map_ro;	/* frames that entries may name, writable or not */
	bool preempt;
	enum kind first;	/* frame 1 begins pinned so, with an entry for frame 2 */
	bool crossed;		/* frames 1 and 2 begin with an entry for each other */
	bool own;		/* frame 1 begins with a read-only entry for itself */
	unsigned long max_states;
} cfg;

unsigned char model_ram[(FRAMES_MAX + 1) * PAGE_SIZE] __aligned(4096);
unsigned char model_frames[(FRAMES_MAX + 1) * sizeof(struct page_info)] __aligned(64);
unsigned char model_m2p[(FRAMES_MAX + 1) * 8] __aligned(64);
static unsigned char stacks[CPUS][STACK_BYTES] __aligned(64);

unsigned long max_page;
u64 frame_chunks[FRAME_CHUNKS_MAX / 64] = { 1 };
u64 tlb_clock;
pte_t *idle_l4;
struct domain *dom_idle, *dom_xen, *hardware_domain;
static struct domain dom;
static struct vcpu vcpus[CPUS], *vcpu_ptrs[CPUS] = { &vcpus[0], &vcpus[1] };
static void (*softirq_fn)(void);

/* The part of the state that is not frames, contents and stacks. */
static struct world {
	u64 cpu_flush[CPUS];
	u64 freed_clock;
	unsigned char *sp[CPUS];	/* NULL: idle */
	struct op op[CPUS];
	struct {
		u8 frame, type;		/* frame 0: nothing held */
	} held[CPUS];
	u8 tlb_writable[CPUS];	/* bit per frame */
	u8 tlb_table[CPUS];
	u64 reading[CPUS];		/* of the clock, not used yet; 0: none */
	bool softirq;
	bool asks[CPUS];		/* for a choice: preempted or not */
	u8 answer[CPUS];
} w;

static unsigned int cpu;		/* the one that runs */
unsigned char **model_own_sp, *model_scheduler_sp;

static struct page_info *frame(unsigned int f)
{
	return mfn_to_page(_mfn(f));
}

static pte_t *content(unsigned int f)
{
	return mfn_to_virt(_mfn(f));
}

/* --- coroutines --------------------------------------------------------- */

static void run_op(void);

__used void coroutine_main(void)
{
	unsigned char *gone;

	run_op();
	w.sp[cpu] = NULL;
	switch_stack(&gone, model_scheduler_sp);
	abort();
}

static void coroutine_begin(unsigned int c)
{
	w.sp[c] = coroutine_start(stacks[c] + STACK_BYTES);
}

struct vcpu *model_current(void)
{
	return &vcpus[cpu];
}

unsigned int model_cpu(void)
{
	return cpu;
}

/* --- what the code under test calls ------------------------------------- */

u64 tlb_clock_now(void)
{
	u64 now;

	model_yield();
	/* The other CPU may run between the reading of the clock and its use. */
	w.reading[cpu] = tlb_clock;
	model_yield();
	now = w.reading[cpu];
	w.reading[cpu] = 0;
	return now;
}

static void flush_cpu(unsigned int c)
{
	w.cpu_flush[c] = ++tlb_clock;
	w.tlb_writable[c] = w.tlb_table[c] = 0;
}

void flush_tlb_older(u64 clock)
{
	w.reading[cpu] = clock;
	for (unsigned int c = 0; c < CPUS; c++) {
		model_yield();
		if (w.cpu_flush[c] <= w.reading[cpu])
			flush_cpu(c);
	}
	w.reading[cpu] = 0;
}

void flush_tlb_stamp(u32 stamp, domid_t owner)
{
	flush_tlb_older(stamp);
}

/* Not a step: a CPU that waits must come back to the state it was in, to be seen to wait. */
void flush_tlb_serve(void) {}

bool hypercall_preempt_check(void)
{
	bool preempted;

	if (!cfg.preempt)
		return false;
	w.asks[cpu] = true;
	switch_stack(&w.sp[cpu], model_scheduler_sp);
	preempted = w.answer[cpu];
	w.answer[cpu] = 0;
	return preempted;
}

void softirq_register(enum softirq nr, void (*fn)(void))
{
	softirq_fn = fn;
}

void softirq_raise(enum softirq nr)
{
	w.softirq = true;
}

void domain_page_free(struct page_info *pg)
{
	w.freed_clock = tlb_clock;
	pg->owner = OWNER_NONE;
	pg->tlb_stamp = 0;
}

struct domain *domain_get(domid_t id)
{
	return &dom;
}

void domain_put(struct domain *d) {}
void hv_page_unmapped(struct page_info *pg) {}
void init_guest_l4(pte_t *l4, const struct domain *d) {}
void flush_cache_page(const void *page) {}
void write_cr3_flush(u64 cr3) {}
void dprintk(unsigned int domid, enum log_level level, const char *fmt, ...) {}
void gprintk(enum log_level level, const char *fmt, ...) {}
bool iomem_access_permitted(const struct domain *d, mfn_t first, mfn_t last) { return false; }
int pv_validate_segdesc(struct page_info *pg) { return 0; }
void pv_segdesc_unmapped(struct page_info *pg) {}
bool pv_drop_ldt(struct vcpu *v) { return false; }
void pv_drop_gdt(struct vcpu *v) {}

static void violation(const char *what, unsigned int f) __noreturn;

void bug(const char *what, const char *file, unsigned int line)
{
	fprintf(stderr, "%s:%u: ", file, line);
	violation(what, 0);
}

void warn(const char *what, const char *file, unsigned int line)
{
	bug(what, file, line);
}

/* --- operations --------------------------------------------------------- */

/* A hypercall's frame: what an earlier one left first, and again if preempted. */
#define HYPERCALL(call)							\
	do {								\
		int rc_;						\
									\
		do {							\
			while (pv_retire_pending(current))		\
				;					\
			rc_ = call;					\
		} while (rc_ == -ERESTART);				\
		while (pv_retire_pending(current))			\
			;						\
	} while (0)

static int pin(unsigned int f, enum page_type level)
{
	int rc = page_pin(frame(f), dom.domain_id, level);

	if (rc && rc != -ERESTART && page_get(frame(f), dom.domain_id)) {
		pv_retire_children(current, frame(f), level);
		page_put(frame(f));
	}
	return rc;
}

static int unpin(unsigned int f)
{
	struct page_info *pg = frame(f);
	enum page_type level;
	bool idle = false;
	int rc;

	if (!page_get(pg, dom.domain_id))
		return -EINVAL;
	level = pg_type(READ_ONCE(pg->state));
	rc = page_unpin(pg, &idle);
	if (!rc && idle)
		pv_retire(current, pg, level);
	else
		page_put(pg);
	return rc;
}

static int edit(unsigned int f, u64 val)
{
	struct pte_update u = { .d = &dom, .owner = dom.domain_id };
	struct page_info *pg = frame(f), *idle = NULL;
	enum page_type type = pg_type(READ_ONCE(pg->state));
	bool flush = false;
	int rc;

	if (!page_edit_begin(pg, dom.domain_id, type))
		return -EINVAL;
	if (type == PT_L1)
		rc = pv_update_l1(&u, content(f), val);
	else
		rc = pv_update_table(&u, content(f), val, type, &idle, &flush);
	if (page_edit_end(pg))
		pv_retire(current, pg, type);
	if (idle)
		pv_retire(current, idle, type - 1);
	return rc;
}

static void hold(unsigned int f, enum page_type type)
{
	if (page_get_and_type(frame(f), dom.domain_id, type))
		return;
	w.held[cpu].frame = (u8)f;
	w.held[cpu].type = (u8)type;
}

static void drop(void)
{
	unsigned int f = w.held[cpu].frame;

	w.held[cpu].frame = w.held[cpu].type = 0;
	page_put_and_type(frame(f));
}

static void give_up(unsigned int f)
{
	if (!page_get(frame(f), dom.domain_id))
		return;
	page_give_up(frame(f));
	page_put(frame(f));
}

/* As page_alloc() and domain_page_assign() do it. */
static void allocate(unsigned int f)
{
	u64 clock = w.freed_clock;

	frame(f)->owner = DOMID_SELF;	/* taken from the free list */
	if (clock)
		flush_tlb_older(clock);
	if ((w.tlb_writable[0] | w.tlb_writable[1] | w.tlb_table[0] | w.tlb_table[1]) & 1 << f)
		violation("a TLB knows a frame just allocated", f);
	memset(content(f), 0, PT_ENTRIES * sizeof(pte_t));
	frame(f)->owner = dom.domain_id;
	frame(f)->state = PG_ALLOCATED | 1;
}

static void steal(unsigned int f)
{
	if (!page_steal(frame(f), dom.domain_id)) {
		model_yield();
		page_unsteal(frame(f));
	}
}

static void run_op(void)
{
	unsigned int f = w.op[cpu].frame;

	switch (w.op[cpu].kind) {
	case DO_PIN_L1:
	case DO_PIN_L2:
	case DO_PIN_L3:
		HYPERCALL(pin(f, PT_L1 + w.op[cpu].kind - DO_PIN_L1));
		break;
	case DO_UNPIN:
		HYPERCALL(unpin(f));
		break;
	case DO_EDIT:
		HYPERCALL(edit(f, w.op[cpu].val));
		break;
	case DO_HOLD_W:
		hold(f, PT_WRITABLE);
		break;
	case DO_HOLD_S:
		hold(f, PT_SEGDESC);
		break;
	case DO_DROP:
		drop();
		break;
	case DO_GIVE_UP:
		give_up(f);
		break;
	case DO_SOFTIRQ:
		w.softirq = false;
		softirq_fn();
		break;
	case DO_ALLOC:
		allocate(f);
		break;
	case DO_STEAL:
		steal(f);
		break;
	}
}

static bool in_use(unsigned int f)
{
	return pg_type_refs(frame(f)->state) && !(frame(f)->state & PG_BUSY &&
						  !(frame(f)->state & PG_VALIDATED));
}

/*
 * TLBs fill themselves, and may always be as full as can be: from every table
 * in use, and from the mapping that a CPU holds a frame writable by.
 */
static void fill_tlbs(void)
{
	u8 writable = 0, table = 0;

	for (unsigned int f = 1; f <= cfg.frames; f++) {
		u64 pte = content(f)[0];
		enum page_type type = pg_type(frame(f)->state);

		if (!in_use(f))
			continue;
		if (pg_is_table(type))
			table |= (u8)(1 << f);
		if (type == PT_L1 && (pte & PTE_P) && (pte & PTE_RW))
			writable |= (u8)(1 << mfn_x(pte_mfn(pte)));
	}
	for (unsigned int c = 0; c < CPUS; c++)
		if (w.held[c].type == PT_WRITABLE)
			writable |= (u8)(1 << w.held[c].frame);
	for (unsigned int c = 0; c < CPUS; c++) {
		w.tlb_writable[c] |= writable;
		w.tlb_table[c] |= table;
	}
}

/* One step of the guest's own; false if it cannot do this now. */
static bool guest_step(unsigned int c, const struct op *op)
{
	if (!(w.tlb_writable[c] >> op->frame & 1) || content(op->frame)[0] == op->val)
		return false;
	content(op->frame)[0] = op->val;
	return true;
}

/* Whether it makes sense for idle CPU @c to begin @op; what could only fail at once does not. */
static bool may_begin(unsigned int c, const struct op *op)
{
	u64 s = frame(op->frame)->state;

	switch (op->kind) {
	case DO_UNPIN:
		return s & PG_PINNED;
	case DO_EDIT:
		return pg_is_table(pg_type(s)) && pg_type_refs(s) &&
		       content(op->frame)[0] != op->val;
	case DO_HOLD_W:
	case DO_HOLD_S:
		return !w.held[c].frame && (s & PG_REFS_MASK);
	case DO_DROP:
		return w.held[c].frame;
	case DO_GIVE_UP:
		return s & PG_ALLOCATED;
	case DO_SOFTIRQ:
		return w.softirq;
	case DO_ALLOC:
		return frame(op->frame)->owner == OWNER_NONE;
	default:
		return s & PG_REFS_MASK;
	}
}

/* --- checks ------------------------------------------------------------- */

static void show_state(FILE *out)
{
	for (unsigned int f = 1; f <= cfg.frames; f++) {
		u64 s = frame(f)->state;

		fprintf(out,
			"  frame %u: type %u uses %lu refs %lu%s%s%s%s owner %x stamp %u entry %#lx\n",
			f, pg_type(s), pg_type_refs(s), (unsigned long)(s & PG_REFS_MASK),
			s & PG_VALIDATED ? " validated" : "", s & PG_PINNED ? " pinned" : "",
			s & PG_ALLOCATED ? " allocated" : "", s & PG_BUSY ? " busy" : "",
			frame(f)->owner, frame(f)->tlb_stamp, (unsigned long)content(f)[0]);
	}
	for (unsigned int c = 0; c < CPUS; c++)
		fprintf(out,
			"  CPU %u: %s %s frame %u val %#lx, holds %u as %u, flushed %lu, writable %x, tables %x, retiring %u\n",
			c, w.sp[c] ? "in" : "idle after", kind_name[w.op[c].kind], w.op[c].frame,
			(unsigned long)w.op[c].val, w.held[c].frame, w.held[c].type,
			(unsigned long)w.cpu_flush[c], w.tlb_writable[c], w.tlb_table[c],
			vcpus[c].arch.retire.depth);
	fprintf(out, "  clock %lu freed %lu\n", (unsigned long)tlb_clock,
		(unsigned long)w.freed_clock);
}

static void check_always(void)
{
	u8 writable = w.tlb_writable[0] | w.tlb_writable[1];
	u8 table = w.tlb_table[0] | w.tlb_table[1];

	for (unsigned int f = 1; f <= cfg.frames; f++) {
		u64 s = frame(f)->state;
		bool relied_on = pg_type(s) != PT_WRITABLE && (pg_type_refs(s) || s & PG_VALIDATED);

		if (relied_on && (writable >> f & 1))
			violation("contents relied on are writable", f);
		if (pg_type(s) == PT_WRITABLE && pg_type_refs(s) && (table >> f & 1))
			violation("a TLB remembers writable memory as a table", f);
	}
}

/* References that the entry of a table that is validated holds to @f. */
static void count_entry(unsigned int t, unsigned int f, u64 *refs, u64 *uses)
{
	u64 s = frame(t)->state, pte = content(t)[0];

	if (!pg_is_table(pg_type(s)) || !(s & PG_VALIDATED) || !(pte & PTE_P) ||
	    mfn_x(pte_mfn(pte)) != f)
		return;
	(*refs)++;
	*uses += pg_type(s) > PT_L1 || pte & PTE_RW;
}

static void check_idle(void)
{
	for (unsigned int f = 1; f <= cfg.frames; f++) {
		u64 s = frame(f)->state, refs, uses;

		uses = !!(s & PG_PINNED);
		for (unsigned int c = 0; c < CPUS; c++)
			uses += w.held[c].frame == f;
		refs = uses + !!(s & PG_ALLOCATED);
		for (unsigned int t = 1; t <= cfg.frames; t++)
			count_entry(t, f, &refs, &uses);
		if (s & PG_BUSY)
			violation("busy, and nobody at work", f);
		if (refs != (s & PG_REFS_MASK) || uses != pg_type_refs(s))
			violation("counts differ from holders", f);
		if (!refs && !w.softirq && frame(f)->owner != OWNER_NONE)
			violation("not freed", f);
	}
}

#endif
