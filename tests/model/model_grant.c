// SPDX-License-Identifier: GPL-2.0-only
/*
 * Uses of a grant entry against the guest that ends the grant, and against a
 * change of the table's version, in all orders.
 *
 * The code explored is the hypervisor's own, unedited: entry.c, map.c, maptrack.c,
 * unmap.c and version.c of grant/. Each thread is a coroutine that stops before
 * every access to a word that another may write; a run is a list of decisions who
 * goes on. All lists are tried that change the running thread no more often than a
 * bound says while it could go on, from the beginning each time. A thread that
 * found itself waiting twice is not run again before another changed what it may
 * wait for; if all wait, that is a deadlock.
 *
 * Checked: whoever has begun to use an entry finds its bits set, and the frame
 * that was granted when it began; when the guest sees its grant ended, nobody uses
 * it; in the end no bit, no count and no lock is left.
 */
#include <hv/lib.h>
#include <hv/types.h>

static void step(const volatile void *p);
static void wait_for_others(void);

#undef READ_ONCE
#define READ_ONCE(x)	(step(&(x)), *(const volatile typeof(x) *)&(x))
#undef WRITE_ONCE
#define WRITE_ONCE(x, v) (step(&(x)), *(volatile typeof(x) *)&(x) = (v))
#define __atomic_exchange_n(p, v, o)	(step(p), __atomic_exchange_n(p, v, o))
#define __atomic_load_n(p, o)		(step(p), __atomic_load_n(p, o))
#define __atomic_store_n(p, v, o)	(step(p), __atomic_store_n(p, v, o))
#define __atomic_fetch_or(p, v, o)	(step(p), __atomic_fetch_or(p, v, o))
#define __atomic_fetch_and(p, v, o)	(step(p), __atomic_fetch_and(p, v, o))
#define __atomic_compare_exchange_n(p, old, v, w, o, f) \
	(step(p), __atomic_compare_exchange_n(p, old, v, w, o, f))
#define cpu_relax()	wait_for_others()

/* hv/atomic.h of the model of pages stops in another way. */
#include <hv/atomic.h>

static bool exchange_if(u64 *p, u64 *old, u64 new)
{
	return __atomic_compare_exchange_n(p, old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

#define atomic64_read(p)		READ_ONCE(*(p))
#define atomic64_cmpxchg(p, old, new)	exchange_if(p, old, new)

/* Here only the table's lock is one that is contended, and it is not: one change at a time. */
#include "../../hypervisor/grant/entry.c"
#include "../../hypervisor/grant/map.c"
#include "../../hypervisor/grant/maptrack.c"
#include "../../hypervisor/grant/unmap.c"
#include "../../hypervisor/grant/version.c"

#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

#define THREADS_MAX	3
#define STEPS_MAX	400
#define REF		9	/* may not be in use when the version changes */
#define RESERVED_REF	1	/* may */
#define WHO		5
#define FRAME_1		0x11
#define FRAME_2		0x22

/* ---- what the code calls ---- */

static struct domain dom;
static struct vcpu vcpu = { .domain = &dom };

struct vcpu *model_current(void)
{
	return &vcpu;
}

unsigned int model_cpu(void)
{
	return 0;
}

static void __noreturn fail(const char *what);

void bug(const char *what, const char *file, unsigned int line)
{
	fail(what);
}

void warn(const char *what, const char *file, unsigned int line)
{
	fail(what);
}

void gprintk(enum log_level level, const char *fmt, ...) {}

struct domain *grant_table_domain(domid_t domid, s16 *status)
{
	return NULL;
}

void domain_put(struct domain *d) {}

size_t raw_copy_from_guest(void *to, unsigned long va, size_t len)
{
	return len;
}

size_t raw_copy_to_guest(unsigned long va, const void *from, size_t len)
{
	return len;
}

bool hypercall_preempt_check(void)
{
	return false;
}

int grant_status_reserve(struct grant_table *gt, unsigned int nr_frames)
{
	return 0;
}

void grant_status_share(struct grant_table *gt, unsigned int first) {}

void hv_page_share(void *va, struct domain *d, bool writable) {}

static unsigned int host_puts, device_puts;

struct domain *domain_get(domid_t domid)
{
	return &dom;
}

bool page_get(struct page_info *pg, domid_t owner)
{
	return true;
}

int page_get_and_type(struct page_info *pg, domid_t owner, enum page_type type)
{
	return 0;
}

void page_put(struct page_info *pg) {}

bool page_put_and_type(struct page_info *pg)
{
	device_puts++;
	return false;
}

s16 arch_grant_map(struct grant_ptes *t, u64 addr, u32 flags, mfn_t mfn)
{
	return GNTST_okay;
}

/* It does not look at the entry: only the handle keeps others out. */
s16 arch_grant_unmap(struct grant_ptes *t, u64 addr, u32 flags, mfn_t mfn, u64 new_addr)
{
	return GNTST_okay;
}

void arch_grant_close(struct grant_ptes *t) {}
void arch_grant_flush(void) {}

void arch_grant_put(mfn_t mfn, bool readonly)
{
	host_puts++;
}

unsigned long max_page;
u64 frame_chunks[FRAME_CHUNKS_MAX / 64];

void *hv_page_alloc(unsigned int order)
{
	return NULL;
}

void hv_page_free(void *va, unsigned int order) {}

void *hv_alloc_array(size_t size, size_t n)
{
	return NULL;
}

void hv_free(void *p) {}

int hv_page_unshare(void *va)
{
	return 0;
}

unsigned char model_ram[PAGE_SIZE], model_frames[64], model_m2p[64];
unsigned char **model_own_sp, *model_scheduler_sp;	/* model_page's, not used */

/* ---- the world of a run ---- */

static struct grant_table table;
static u8 shared_page[PAGE_SIZE] __aligned(4096), status_page[PAGE_SIZE] __aligned(4096);
static struct grant_active actives[ENTRIES_V1];
static struct maptrack handles[BLOCK];

#define HANDLES		3	/* of these, not in use in the beginning */

/* What is known of the grant, and who uses it. */
static unsigned int users, writers;
static bool ended;		/* the guest saw that nobody uses it */
static u32 granted_frame;
static bool taken[HANDLES];

struct scenario {
	const char *name;
	unsigned int version;
	u32 ref;
	unsigned int bound;	/* changes of a thread that could go on */

	void (*thread[THREADS_MAX])(void);
	bool mapped;		/* handle 0 is a mapping, for the host and a device */
};

static const struct scenario *sc;

/* ---- threads ---- */

static struct thread {
	ucontext_t context;
	char stack[32768];
	bool done;
	bool waits;
	unsigned long own_changes;
	unsigned long others;	/* their changes when it last waited */
} threads[THREADS_MAX];

static ucontext_t scheduler;
static unsigned int nr_threads, running, more;
static unsigned long nr_changes;

static struct decision {
	u8 thread, options[THREADS_MAX], nr, at;
} decisions[STEPS_MAX];

static unsigned int nr_decided, nr_replayed, nr_switches;

static void __noreturn fail(const char *what)
{
	printf("model_grant: %s: %s\n", sc->name, what);
	for (unsigned int i = 0; i < nr_decided; i++)
		printf("%u", decisions[i].thread);
	printf("\n");
	exit(1);
}

static bool in(const volatile void *p, const void *what, size_t size)
{
	return (const char *)p >= (const char *)what && (const char *)p < (const char *)what + size;
}

/* Of all entries only one has more than one thread that cares. */
static bool is_shared(const volatile void *p)
{
	return in(p, &table, sizeof(table)) || in(p, &actives[sc->ref], sizeof(actives[0])) ||
	       in(p, (struct grant_entry_v1 *)shared_page + sc->ref, 8) ||
	       in(p, (union grant_entry_v2 *)shared_page + sc->ref, 16) ||
	       in(p, (grant_status_t *)status_page + sc->ref, 2) ||
	       in(p, handles, HANDLES * sizeof(handles[0]));
}

static void step(const volatile void *p)
{
	if (is_shared(p))
		swapcontext(&threads[running].context, &scheduler);
}

static unsigned long others_changes(const struct thread *t)
{
	return nr_changes - t->own_changes;
}

/* It looks again once in any case: others may have acted since it looked. */
static void wait_for_others(void)
{
	struct thread *t = &threads[running];

	t->waits = t->others == others_changes(t);
	t->others = others_changes(t);
	swapcontext(&t->context, &scheduler);
	t->waits = false;
}

static void thread_main(unsigned int i)
{
	sc->thread[i]();
	threads[i].done = true;
	swapcontext(&threads[i].context, &scheduler);
}

static bool can_run(unsigned int i)
{
	const struct thread *t = &threads[i];

	return !t->done && !(t->waits && t->others == others_changes(t));
}

/* Who goes on: as decided before, or the first of those who may. */
static bool decide(void)
{
	struct decision *d = &decisions[nr_decided];
	bool stay = can_run(running);
	unsigned int unfinished = 0;

	if (nr_decided == STEPS_MAX)
		fail("a run without end");
	d->nr = 0;
	if (stay)
		d->options[d->nr++] = (u8)running;
	for (unsigned int i = 0; i < nr_threads; i++) {
		unfinished += !threads[i].done;
		if (can_run(i) && i != running && (!stay || nr_switches < sc->bound + more))
			d->options[d->nr++] = (u8)i;
	}
	if (!unfinished)
		return false;
	if (!d->nr)
		fail("all wait for each other");
	if (nr_decided >= nr_replayed)
		d->at = 0;
	d->thread = d->options[d->at];
	nr_switches += stay && d->thread != running;
	running = d->thread;
	nr_decided++;
	return true;
}

/* All that threads wait for. */
struct snapshot {
	unsigned int version;
	struct grant_active active;
	u16 flags;
};

static struct snapshot look(void)
{
	return (struct snapshot){ table.version, actives[sc->ref], handles[0].flags };
}

static bool changed(const struct snapshot *before)
{
	return before->version != table.version || before->flags != handles[0].flags ||
	       memcmp(&before->active, &actives[sc->ref], sizeof(before->active));
}

static void set_up_mapping(void)
{
	handles[0] = (struct maptrack){
		.flags = GNTMAP_host_map | GNTMAP_device_map, .ref = sc->ref, .mfn = FRAME_1,
	};
	table.free_handle = 1;
	actives[sc->ref].writers = 2;
	actives[sc->ref].domid = WHO;
	((struct grant_entry_v1 *)shared_page + sc->ref)->flags |= USE_BITS;
	host_puts = device_puts = 0;
}

static void set_up(void)
{
	static void *shared[1] = { shared_page };
	static grant_status_t *status[1] = { (grant_status_t *)status_page };
	static struct grant_active *active[1] = { actives };
	static struct maptrack *maptrack[1] = { handles };

	memset(shared_page, 0, sizeof(shared_page));
	memset(status_page, 0, sizeof(status_page));
	memset(actives, 0, sizeof(actives));
	table = (struct grant_table){
		.d = &dom, .version = sc->version, .nr_frames = 1, .nr_status = 1,
		.nr_entries = grant_entries(sc->version, 1), .max_frames = 1, .max_version = 2,
		.shared = shared, .status = status, .active = active,
		.maptrack = maptrack, .nr_maptrack = 1, .max_maptrack = 1,
	};
	for (u32 i = 0; i < HANDLES; i++) {
		handles[i].ref = i + 1 < HANDLES ? i + 1 : MAPTRACK_NONE;
		taken[i] = false;
	}
	dom.grant = &table;
	users = writers = 0;
	ended = false;
	granted_frame = FRAME_1;
	if (sc->version == 1) {
		*((struct grant_entry_v1 *)shared_page + sc->ref) = (struct grant_entry_v1){
			.flags = GTF_permit_access, .domid = WHO, .frame = FRAME_1 };
	} else {
		union grant_entry_v2 *e = (union grant_entry_v2 *)shared_page + sc->ref;

		e->hdr.flags = GTF_permit_access;
		e->hdr.domid = WHO;
		e->full_page.frame = FRAME_1;
	}
	if (sc->mapped)
		set_up_mapping();
}

/* Each handle is free, once. */
static void check_handles(void)
{
	bool seen[HANDLES] = { false };
	unsigned int nr = 0;

	for (u32 h = (u32)table.free_handle; h != MAPTRACK_NONE; h = handles[h].ref, nr++) {
		if (h >= HANDLES || seen[h])
			fail("the stack of handles is broken");
		seen[h] = true;
	}
	if (nr != HANDLES)
		fail("a handle is lost");
}

static void check_end(void)
{
	u16 flags = table.version == 1 ?
		((struct grant_entry_v1 *)shared_page + sc->ref)->flags :
		((grant_status_t *)status_page)[sc->ref];

	if (actives[sc->ref].locked)
		fail("a lock is left");
	if (entry_in_use(&actives[sc->ref]))
		fail("a use is left");
	if (table.version == 0)
		fail("the version is left between");
	if (flags & USE_BITS)
		fail("a bit is left");
	check_handles();
	if (sc->mapped && (host_puts != 1 || device_puts != 1))
		fail("a part was let go of not once");
}

static void run_once(void)
{
	nr_switches = 0;

	set_up();
	nr_decided = 0;
	nr_changes = 0;
	running = 0;
	for (unsigned int i = 0; i < nr_threads; i++) {
		struct thread *t = &threads[i];

		t->done = t->waits = false;
		t->own_changes = 0;
		t->others = ~0UL;
		getcontext(&t->context);
		t->context.uc_stack.ss_sp = t->stack;
		t->context.uc_stack.ss_size = sizeof(t->stack);
		makecontext(&t->context, (void (*)(void))thread_main, 1, i);
	}
	while (decide()) {
		struct snapshot before = look();

		swapcontext(&scheduler, &threads[running].context);
		if (changed(&before)) {
			nr_changes++;
			threads[running].own_changes++;
		}
	}
	check_end();
}

/* The next list of decisions, by the last one that could have been another. */
static bool next_run(void)
{
	while (nr_decided) {
		struct decision *d = &decisions[nr_decided - 1];

		if (d->at + 1 < d->nr) {
			d->at++;
			nr_replayed = nr_decided;
			return true;
		}
		nr_decided--;
	}
	return false;
}

static void explore(const struct scenario *s)
{
	unsigned long runs = 0;

	sc = s;
	for (nr_threads = 0; nr_threads < THREADS_MAX && s->thread[nr_threads]; nr_threads++)
		;
	nr_replayed = 0;
	do {
		run_once();
		runs++;
	} while (next_run());
	printf("model_grant: %s: %lu runs: no violation\n", s->name, runs);
}

/* ---- what the threads do ---- */

static u16 bits_now(void)
{
	/* Seen as the guest would, in whichever format is in force when it looks. */
	if (table.version == 1)
		return ((struct grant_entry_v1 *)shared_page + sc->ref)->flags & USE_BITS;
	return ((grant_status_t *)status_page)[sc->ref] & USE_BITS;
}

static void use(bool write)
{
	struct grant_use u = { .domid = WHO, .write = write, .nr = 1 };
	u16 expected = write ? GTF_reading | GTF_writing : GTF_reading;

	if (grant_pin(&table, sc->ref, &u))
		return;
	users++;
	writers += write;
	if (ended)
		fail("in use after the grant was ended");
	if (u.target.mfn != granted_frame)
		fail("a frame that is not granted");
	step(&table);
	if (ended)
		fail("ended while in use");
	/* While the version changes the bits are nowhere. */
	if (table.version && (bits_now() & expected) != expected)
		fail("in use, and the guest cannot see it");
	users--;
	writers -= write;
	grant_unpin(&table, sc->ref, write, 1);
}

static void reader(void)
{
	use(false);
}

static void writer(void)
{
	use(true);
}

static void reader_twice(void)
{
	use(false);
	use(false);
}

/* Ends the grant as Linux does, and grants another frame instead. */
static void guest_v1(void)
{
	struct grant_entry_v1 *e = (struct grant_entry_v1 *)shared_page + sc->ref;

	for (unsigned int i = 0; i < 2; i++) {
		u16 flags = READ_ONCE(e->flags);

		if (flags & USE_BITS)
			continue;
		if (!__atomic_compare_exchange_n(&e->flags, &flags, 0, false, __ATOMIC_SEQ_CST,
						 __ATOMIC_SEQ_CST))
			continue;
		if (users)
			fail("the guest sees its grant ended that is in use");
		granted_frame = FRAME_2;
		WRITE_ONCE(e->frame, FRAME_2);
		WRITE_ONCE(e->flags, GTF_permit_access);
		return;
	}
}

static void guest_v2(void)
{
	union grant_entry_v2 *e = (union grant_entry_v2 *)shared_page + sc->ref;
	grant_status_t *status = (grant_status_t *)status_page + sc->ref;

	WRITE_ONCE(e->hdr.flags, 0);
	if (READ_ONCE(*status) & USE_BITS)
		return;
	if (users)
		fail("the guest sees its grant ended that is in use");
	granted_frame = FRAME_2;
	WRITE_ONCE(e->full_page.frame, FRAME_2);
	WRITE_ONCE(e->hdr.flags, GTF_permit_access);
}

/* No frame is granted again: so nobody may begin a use. */
static void guest_ends_v2(void)
{
	union grant_entry_v2 *e = (union grant_entry_v2 *)shared_page + sc->ref;

	WRITE_ONCE(e->hdr.flags, 0);
	if (!(READ_ONCE(((grant_status_t *)status_page)[sc->ref]) & USE_BITS))
		ended = true;
}

/* From writable to read-only, as the header says: if nobody writes. */
static void guest_makes_readonly(void)
{
	struct grant_entry_v1 *e = (struct grant_entry_v1 *)shared_page + sc->ref;
	u16 flags = READ_ONCE(e->flags);

	if (flags & GTF_writing)
		return;
	if (__atomic_compare_exchange_n(&e->flags, &flags, (u16)(flags | GTF_readonly), false,
					__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) && writers)
		fail("the guest sees its grant read-only that is written");
}

static void to_version_2(void)
{
	int rc = set_version(&table, 2);

	if (rc && (rc != -EBUSY || sc->ref < RESERVED))
		fail("an error that it has no reason for");
	if (!rc && sc->ref >= RESERVED && users)
		fail("the version changed while an entry is in use");
}

static void to_version_1(void)
{
	int rc = set_version(&table, 1);

	if (rc && (rc != -EBUSY || sc->ref < RESERVED))
		fail("an error that it has no reason for");
	if (!rc && sc->ref >= RESERVED && users)
		fail("the version changed while an entry is in use");
}

static void there_and_back(void)
{
	to_version_2();
	if (table.version == 2)
		to_version_1();
}

static u32 take(void)
{
	struct maptrack *m;
	u32 h = maptrack_get(&table, &m);

	if (h == MAPTRACK_NONE)
		return h;
	if (h >= HANDLES || taken[h])
		fail("a handle is given twice");
	taken[h] = true;
	return h;
}

static void give_back(u32 h)
{
	if (h == MAPTRACK_NONE)
		return;
	taken[h] = false;
	maptrack_put(&table, h);
}

static void one_handle(void)
{
	give_back(take());
}

/* The first comes back under the second: its successor is another then. */
static void two_handles(void)
{
	u32 first = take(), second = take();

	give_back(first);
	give_back(second);
}

static void three_handles(void)
{
	u32 first = take(), second = take(), third = take();

	give_back(second);
	give_back(first);
	give_back(third);
}

static void unmap(u64 host_addr, u64 bus)
{
	const struct unmap_args args = { .host_addr = host_addr, .dev_bus_addr = bus };
	struct unmap_batch b;

	unmap_begin(&b);
	/* A handle that is busy is no handle for the moment. */
	while (unmap_one(&b, &args) == GNTST_bad_handle && handles[0].flags)
		cpu_relax();
	unmap_finish_all(&b);
	grant_granter_put(b.granter);
}

static void unmap_host(void)
{
	unmap(PAGE_SIZE, 0);
}

static void unmap_device(void)
{
	unmap(0, FRAME_1 << PAGE_SHIFT);
}

static void unmap_both(void)
{
	unmap(PAGE_SIZE, FRAME_1 << PAGE_SHIFT);
}

int main(int argc, char **argv)
{
	static const struct scenario scenarios[] = {
		{ "v1, one use, ended", 1, REF, 99, { writer, guest_v1 } },
		{ "v1, two uses, ended", 1, REF, 3, { reader, writer, guest_v1 } },
		{ "v1, made read-only", 1, REF, 3, { reader_twice, writer, guest_makes_readonly } },
		{ "v2, one use, ended", 2, REF, 99, { writer, guest_v2 } },
		{ "v2, one use, ended for good", 2, REF, 99, { writer, guest_ends_v2 } },
		{ "v2, two uses, ended", 2, REF, 3, { reader, writer, guest_v2 } },
		{ "1 to 2", 1, REF, 2, { reader, writer, to_version_2 } },
		{ "1 to 2, reserved", 1, RESERVED_REF, 2, { reader, writer, to_version_2 } },
		{ "2 to 1, reserved", 2, RESERVED_REF, 2, { reader, writer, to_version_1 } },
		{ "2 to 1", 2, REF, 4, { reader_twice, to_version_1 } },
		{ "there and back, reserved", 1, RESERVED_REF, 4, { writer, there_and_back } },
		{ "handles", 1, REF, 5, { one_handle, three_handles } },
		{ "unmapped twice", 1, REF, 5, { unmap_both, unmap_both }, true },
		{ "unmapped in parts", 1, REF, 3, { unmap_host, unmap_device, unmap_host }, true },
		{ "handles, three threads", 1, REF, 3, { one_handle, two_handles, two_handles } },
	};

	more = argc > 1 ? 1 : 0;	/* "long" */
	for (unsigned int i = 0; i < ARRAY_SIZE(scenarios); i++)
		explore(&scenarios[i]);
	return 0;
}
