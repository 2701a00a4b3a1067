// SPDX-License-Identifier: GPL-2.0-only
/*
 * Grants from two CPUs at once: a copy against the end of the grant, two unmaps
 * of one handle, unmap against copy and against a change of version. One vCPU
 * does what the other tries to spoil; both count what must not have been.
 */
#include "guest.h"

const char *const test_name = "races";

#define RW		(PTE_P | PTE_RW | PTE_A | PTE_D | PTE_US)
#define HOST		GNTMAP_host_map
#define IN_USE		(GTF_reading | GTF_writing)
#define REF		30
#define ROUNDS		1500
#define MEETINGS	200	/* of the two, at least */
#define OPEN		0x0be0be0be0be0beUL	/* in the page while it is granted */
#define SECRET		0x5ec2e75ec2e75ec2UL

#define load(x)		__atomic_load_n(&(x), __ATOMIC_SEQ_CST)
#define store(x, v)	__atomic_store_n(&(x), v, __ATOMIC_SEQ_CST)
#define add(x)		__atomic_add_fetch(&(x), 1, __ATOMIC_SEQ_CST)

static volatile struct grant_entry_v1 *entries;
static volatile u64 *granted;
static u64 *into[2];		/* where each vCPU's copies go */
static u8 *at[2];		/* where each maps */
static u32 handle;		/* that both know */

static void (*job)(void);
static u32 job_nr, job_done, stop;
static u32 errors, hits, misses;

static void relax(void)
{
	__asm__ __volatile__("pause" ::: "memory");
}

static void __attribute__((noreturn)) second_vcpu(void)
{
	for (u32 seen = 0;; seen++) {
		while (load(job_nr) == seen)
			relax();
		job();
		add(job_done);
	}
}

static void start_second(void)
{
	static struct vcpu_guest_context c;
	char *stack = alloc_pages(2);

	c.flags = VGCF_in_kernel;
	c.user_regs.rip = (unsigned long)second_vcpu;
	c.user_regs.rsp = c.kernel_sp = (unsigned long)stack + 2 * PAGE_SIZE - 8;
	c.user_regs.cs = FLAT_KERNEL_CS;
	c.user_regs.ss = c.kernel_ss = FLAT_KERNEL_SS;
	c.ctrlreg[3] = virt_to_mfn((void *)start_info->pt_base) << 12;
	CHECK_EQ(HC(vcpu_op, VCPUOP_initialise, 1, &c, 0, 0), 0);
	CHECK_EQ(HC(vcpu_op, VCPUOP_up, 1, 0, 0, 0), 0);
}

/* The other runs @theirs, over and over, while we run @ours. */
static void against(const char *what, void (*theirs)(void), void (*ours)(void))
{
	stop = errors = hits = misses = 0;
	job = theirs;
	add(job_nr);
	ours();
	store(stop, 1);
	while (load(job_done) != job_nr)
		relax();
	say("%s: %u met the grant, %u came too late\n", what, hits, misses);
	CHECK_EQ(errors, 0);
	CHECK(hits > 0);
}

/* Until both have been at it often enough, however the machine shares its time. */
static bool enough(unsigned int rounds)
{
	return rounds >= ROUNDS * 200 ||
	       (rounds >= ROUNDS && load(hits) >= MEETINGS);
}

static void fail_if(bool bad)
{
	if (bad)
		add(errors);
}

static int copy_to(u64 *to)
{
	struct gnttab_copy op = {
		.source = { .u.ref = REF, .domid = 0 },
		.dest = { .u.gmfn = virt_to_mfn(to), .domid = DOMID_SELF },
		.len = PAGE_SIZE, .flags = GNTCOPY_source_gref,
	};

	fail_if(HC(grant_table_op, GNTTABOP_copy, &op, 1, 0, 0) != 0);
	return op.status;
}

static int map(u8 *va, u32 flags, u32 *h)
{
	struct gnttab_map_grant_ref op = {
		.host_addr = (u64)va, .flags = flags, .ref = REF, .dom = 0,
	};

	fail_if(HC(grant_table_op, GNTTABOP_map_grant_ref, &op, 1, 0, 0) != 0);
	*h = op.handle;
	return op.status;
}

static int unmap(u8 *va, u32 h)
{
	struct gnttab_unmap_grant_ref op = { .host_addr = (u64)va, .handle = h };

	fail_if(HC(grant_table_op, GNTTABOP_unmap_grant_ref, &op, 1, 0, 0) != 0);
	return op.status;
}

static void fill(u64 what)
{
	for (unsigned int i = 0; i < PAGE_SIZE / 8; i += 64)
		granted[i] = what;
	granted[PAGE_SIZE / 8 - 1] = what;
}

static void grant(void)
{
	entries[REF].domid = 0;
	entries[REF].frame = (u32)virt_to_mfn((void *)granted);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	store(entries[REF].flags, GTF_permit_access);
}

static void revoke(void)
{
	for (;;) {
		u16 flags = load(entries[REF].flags);

		if (!(flags & IN_USE) &&
		    __atomic_compare_exchange_n(&entries[REF].flags, &flags, 0, false,
						__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return;
		relax();
	}
}

static bool has_secret(const u64 *p)
{
	for (unsigned int i = 0; i < PAGE_SIZE / 8; i++)
		if (p[i] == SECRET)
			return true;
	return false;
}

/* ---- A grant that ends while it is copied or mapped ---- */

static void copy_on(void)
{
	while (!load(stop)) {
		if (copy_to(into[1]) == GNTST_okay) {
			fail_if(has_secret(into[1]));
			add(hits);
		} else {
			add(misses);
		}
	}
}

static void map_on(void)
{
	u32 h;

	while (!load(stop)) {
		if (map(at[1], HOST | GNTMAP_readonly, &h) == GNTST_okay) {
			fail_if(*(volatile u64 *)at[1] == SECRET);
			fail_if(((volatile u64 *)at[1])[PAGE_SIZE / 8 - 1] == SECRET);
			fail_if(unmap(at[1], h) != GNTST_okay);
			add(hits);
		} else {
			add(misses);
		}
	}
}

/* What is ours alone again must not be seen by anybody. */
static void grant_and_revoke(void)
{
	for (unsigned int i = 0; !enough(i); i++) {
		fill(OPEN);
		grant();
		for (unsigned int j = 0; j < i % 50; j++)
			relax();
		revoke();
		fill(SECRET);
	}
	fill(0);
}

/* ---- One handle, two who end it ---- */

static u32 turn, ended[2];

static void unmap_handle(unsigned int who)
{
	if (unmap(at[0], load(handle)) == GNTST_okay)
		add(ended[who]);
}

static void unmap_with(void)
{
	for (u32 seen = 0; !load(stop);) {
		if (load(turn) <= seen) {
			relax();
			continue;
		}
		seen = load(turn);
		unmap_handle(1);
		store(handle, ~0U);
	}
}

static void unmap_twice(void)
{
	for (unsigned int i = 0; i < ROUNDS / 2; i++) {
		u32 before = ended[0] + ended[1], h;

		fail_if(map(at[0], HOST, &h) != GNTST_okay);
		store(handle, h);
		add(turn);
		unmap_handle(0);
		while (load(handle) != ~0U)
			relax();
		fail_if(ended[0] + ended[1] != before + 1);
		fail_if(entries[REF].flags != GTF_permit_access);
	}
	hits = ended[0];
	misses = ended[1];
}

/* ---- Unmap against copy of the same entry, by which its bits come and go ---- */

static void map_and_unmap(void)
{
	u32 h;

	for (unsigned int i = 0; !enough(i); i++) {
		fail_if(map(at[0], HOST, &h) != GNTST_okay);
		fail_if((load(entries[REF].flags) & IN_USE) != IN_USE);
		fail_if(unmap(at[0], h) != GNTST_okay);
	}
}

/* ---- The version changes, or must not ---- */

static void change_version(void)
{
	for (unsigned int i = 0; !enough(i); i += 10) {
		struct gnttab_set_version op = { .version = 2 };
		long rc = HC(grant_table_op, GNTTABOP_set_version, &op, 1, 0, 0);

		if (rc == -16)
			continue;
		fail_if(rc != 0);
		/* All entries are clear by that. */
		op.version = 1;
		do
			rc = HC(grant_table_op, GNTTABOP_set_version, &op, 1, 0, 0);
		while (rc == -16);
		fail_if(rc != 0);
		grant();
	}
}

void test_main(void)
{
	struct gnttab_setup_table op = { .dom = DOMID_SELF, .nr_frames = 1 };
	u64 list[1];

	set_xen_guest_handle(op.frame_list, list);
	CHECK_EQ(HC(grant_table_op, GNTTABOP_setup_table, &op, 1, 0, 0), 0);
	entries = alloc_pages(1);
	CHECK_EQ(remap((void *)entries, list[0] << 12 | RW, UVMF_INVLPG), 0);
	granted = alloc_pages(1);
	for (unsigned int i = 0; i < 2; i++) {
		into[i] = alloc_pages(1);
		at[i] = alloc_pages(1);
	}
	start_second();

	against("copy against revoke", copy_on, grant_and_revoke);
	against("map against revoke", map_on, grant_and_revoke);
	grant();
	against("unmap against unmap", unmap_with, unmap_twice);
	against("copy against unmap", copy_on, map_and_unmap);
	against("map against unmap", map_on, map_and_unmap);
	against("copy against set_version", copy_on, change_version);
	against("map against set_version", map_on, change_version);
	CHECK_EQ(entries[REF].flags, GTF_permit_access);
	revoke();
	/* Nobody holds the page any more. */
	fill(0);
	memset((void *)granted, 0, PAGE_SIZE);
	CHECK_EQ(make_readonly((void *)granted), 0);
	CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn((void *)granted)), 0);
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn((void *)granted)), 0);
}
