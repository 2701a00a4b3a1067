// SPDX-License-Identifier: GPL-2.0-only
/*
 * A domain of two vCPUs, us, that has TLBs flushed as fast as it can, by every call
 * there is for it; and an honest one that only computes. On a CPU of its own it is
 * not interrupted at all: its CPU never has our tables. On one that it shares with
 * a vCPU of ours it keeps its half.
 */
#include "vcpus.h"
#include "domu.h"

const char *const test_name = "flushes";

#define ROUNDS		300
#define RW		(PTE_P | PTE_RW | PTE_A | PTE_D | PTE_US)
#define MEASURE_NS	2000000000UL		/* of CPU time, of both together */
#define PERCENT_KEPT	95

static struct domu honest;
static void *page;		/* to be mapped again and again */
static void *table;		/* to be a table and memory by turns */

/* ---- One flush of each kind ---- */

static long ext(unsigned int cmd)
{
	static unsigned long both = 3;
	struct mmuext_op op = { .cmd = cmd };

	op.arg1.linear_addr = (unsigned long)page;
	set_xen_guest_handle(op.arg2.vcpumask, &both);
	return HC(mmuext_op, &op, 1, 0, DOMID_SELF, 0);
}

static long flush_all(void)
{
	return ext(MMUEXT_TLB_FLUSH_ALL);
}

static long flush_multi(void)
{
	return ext(MMUEXT_TLB_FLUSH_MULTI);
}

static long invlpg_all(void)
{
	return ext(MMUEXT_INVLPG_ALL);
}

static long invlpg_multi(void)
{
	return ext(MMUEXT_INVLPG_MULTI);
}

static long map_page(unsigned long flags)
{
	return remap(page, virt_to_mfn(page) << 12 | RW, flags);
}

static long remap_flush_all(void)
{
	return map_page(UVMF_TLB_FLUSH | UVMF_ALL);
}

static long remap_invlpg_all(void)
{
	return map_page(UVMF_INVLPG | UVMF_ALL);
}

static long remap_multi(void)
{
	static unsigned long both = 3;

	return map_page(UVMF_TLB_FLUSH | (unsigned long)&both);
}

/* Nobody asks for a flush: the hypervisor must, for a writable page becomes a table. */
static long change_type(void)
{
	u64 mfn = virt_to_mfn(table);

	return make_readonly(table) ?: mmuext(MMUEXT_PIN_L1_TABLE, mfn) ?:
	       mmuext(MMUEXT_UNPIN_TABLE, mfn) ?: make_writable(table);
}

static const struct {
	const char *name;
	long (*fn)(void);
} kinds[] = {
	{ "TLB_FLUSH_ALL", flush_all },
	{ "TLB_FLUSH_MULTI", flush_multi },
	{ "INVLPG_ALL", invlpg_all },
	{ "INVLPG_MULTI", invlpg_multi },
	{ "update_va_mapping, TLB_FLUSH, ALL", remap_flush_all },
	{ "update_va_mapping, INVLPG, ALL", remap_invlpg_all },
	{ "update_va_mapping, TLB_FLUSH, MULTI", remap_multi },
	{ "change of type", change_type },
};

/* ---- What the hypervisor counts of its CPUs ---- */

/* How often another CPU had this one flush, by debug key 'i'. */
static long flushes_of(unsigned int cpu)
{
	static char key = 'i', name[] = "CPU0:";
	struct xen_sysctl op = { .u.debug_keys.nr_keys = 1 };
	const char *at;
	long n = 0;

	name[3] = (char)('0' + cpu);
	set_xen_guest_handle(op.u.debug_keys.keys, &key);
	new_log();
	CHECK_EQ(sysctl(XEN_SYSCTL_debug_keys, &op), 0);
	at = behind(behind(new_log(), name), "TLB flush ");
	CHECK(at);
	for (; at && *at >= '0' && *at <= '9'; at++)
		n = n * 10 + *at - '0';
	return n;
}

/* ---- Who runs where ---- */

static struct xen_domctl_getvcpuinfo info_of(u16 domid, u32 vcpu)
{
	struct xen_domctl op = { .u.getvcpuinfo.vcpu = vcpu };

	CHECK_EQ(domctl(XEN_DOMCTL_getvcpuinfo, domid, &op), 0);
	return op.u.getvcpuinfo;
}

/* ---- Alone on its CPU ---- */

static void hold_tables(unsigned int id)
{
	while (!READ_ONCE(stop))
		relax();
}

static void alone(void)
{
	pin_vcpu(honest.id, 0, 2);
	domu_begin(&honest, DOMU_SPIN, 0, 0, 0, 0);
	while (info_of(honest.id, 0).cpu != 2)
		relax();
	begin(hold_tables);
	for (unsigned int k = 0; k < ARRAY_SIZE(kinds); k++) {
		long before[2] = { flushes_of(1), flushes_of(2) };

		for (unsigned int i = 0; i < ROUNDS; i++)
			CHECK_EQ(kinds[k].fn(), 0);
		before[0] = flushes_of(1) - before[0];
		before[1] = flushes_of(2) - before[1];
		say("%s: our CPU was interrupted %ld times, the honest one's %ld\n",
		    kinds[k].name, before[0], before[1]);
		CHECK(before[0] >= ROUNDS);
		CHECK_EQ(before[1], 0);
	}
	end("tables are held");
	CHECK(domu_end(&honest) > 0);
}

/* We manage it, and may map what it has: a frame of its that changes its type is ours to flush. */
static void its_frames(void)
{
	struct mmuext_op op = { .cmd = MMUEXT_PIN_L1_TABLE };
	const unsigned int n = DOMU_FIRST + 3;
	long before;

	op.arg1.mfn = honest.mfn[n];
	pin_vcpu(honest.id, 0, 2);
	begin(hold_tables);
	before = flushes_of(1);
	CHECK_EQ(DOMU_HC(&honest, update_va_mapping, DOMU_VA(n),
			 honest.mfn[n] << 12 | PTE_P | PTE_A | PTE_US, UVMF_INVLPG, 0), 0);
	CHECK_EQ(domu_do_with(&honest, __HYPERVISOR_mmuext_op, 0, 1, 0, DOMID_SELF, 1, &op,
			      sizeof(op)), 0);
	CHECK(flushes_of(1) > before);
	end("tables are held");
}

/* ---- With one of ours ---- */

/* Of every kind but the change of type: both of us would change the one table. */
static void flush_some(void)
{
	for (unsigned int k = 0; k < ARRAY_SIZE(kinds) - 1; k++)
		if (kinds[k].fn())
			fail();
	relax();
}

static void flush_on(unsigned int id)
{
	while (!READ_ONCE(stop))
		flush_some();
}

/* CPU time of vCPU 1 and of the honest one. */
static u64 times(u64 t[2])
{
	t[0] = info_of(0, 1).cpu_time;
	t[1] = info_of(honest.id, 0).cpu_time;
	return t[0] + t[1];
}

static void together(void)
{
	u64 before[2], after[2], sum;

	pin_vcpu(honest.id, 0, 1);
	domu_begin(&honest, DOMU_SPIN, 0, 0, 0, 0);
	begin(flush_on);
	while (info_of(honest.id, 0).cpu != 1)
		relax();
	sum = times(before);
	while (times(after) < sum + MEASURE_NS)
		flush_some();
	sum = times(after) - sum;
	say("on one CPU with us it had %lu of 1000\n", 1000 * (after[1] - before[1]) / sum);
	CHECK((after[1] - before[1]) * 200 >= sum * PERCENT_KEPT);
	end("flushes");
	CHECK(domu_end(&honest) > 0);
}

void test_main(void)
{
	u64 memory = free_pages();

	page = alloc_pages(1);
	table = alloc_pages(1);
	pin_vcpu(0, 0, 0);
	start_all(2);
	CHECK_EQ(nr, 2);
	pin_vcpu(0, 1, 1);
	CHECK_EQ(domu_make(&honest, 0), 0);
	CHECK_EQ(domu_start(&honest), 0);
	alone();
	its_frames();
	together();
	CHECK(domu_stop(&honest));
	CHECK(free_pages() + 16 >= memory);
}
