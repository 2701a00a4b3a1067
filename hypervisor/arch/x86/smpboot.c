// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starting the other CPUs, one at a time, during boot.
 *
 * The boot CPU makes all that the new one needs: its area, stack, descriptor
 * tables, run queue and idle vCPU. The new one loads it, compares clocks, says
 * that it is online and idles. One that fails is reset again, so that it cannot
 * come late, and named; the next one takes over its number and its area.
 *
 * Intel SDM vol. 3, 9.4 (MP initialization protocol), 11.6 (issuing IPIs).
 */
#include <hv/smp.h>

#include <hv/acpi.h>
#include <hv/bug.h>
#include <hv/irq.h>
#include <hv/mce.h>
#include <hv/mm.h>
#include <hv/options.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/sched.h>
#include <hv/string.h>
#include <hv/time.h>
#include <asm/cpu.h>
#include <asm/desc.h>
#include <asm/entry.h>
#include <asm/paging.h>
#include <asm/system.h>

/* SDM: 10 ms after INIT, 200 us between the two startup interrupts. */
#define INIT_WAIT_US	10000
#define STARTUP_WAIT_US	200
/* From the startup interrupt to C code, and from there to online. */
#define ALIVE_WAIT_US	1000000
#define ONLINE_WAIT_US	10000000

/* CPUID leaf of levels of threads and cores, and its type for the lowest. */
#define CPUID_TOPOLOGY		0xb
#define CPUID_TOPOLOGY_SMT	1

/* Free of the interrupt vectors below and the extended BIOS data area above. */
#define LOW_FIRST	0x1000UL
#define LOW_END		0x9f000UL

enum ap_state { AP_STARTING, AP_ALIVE, AP_REFUSED, AP_ONLINE };

extern char trampoline_start[], trampoline_params[], trampoline_end[];
extern pte_t boot_l3[];

struct trampoline_params {
	u64 cr3;		/* below 4 GiB */
	u64 stack;
	void (*entry)(void);
};

/* The hypervisor's tables, and low memory as itself; below 4 GiB with the image. */
static pte_t ap_l4[PT_ENTRIES] __initdata __aligned(PAGE_SIZE);
static u32 ap_state __initdata;	/* enum ap_state */

static void __init ap_say(enum ap_state state)
{
	__atomic_store_n(&ap_state, state, __ATOMIC_RELEASE);
}

/* The first C code of another CPU; interrupts are off. */
static void __init __noreturn start_secondary(void)
{
	struct percpu *p = get_cpu_info()->percpu;

	write_cr3(virt_to_paddr_directmap(idle_l4));
	desc_init_cpu(p);
	cpu_init(p);
	mtrr_load();
	mce_init_cpu();
	if (!apic_init_ap()) {
		ap_say(AP_REFUSED);
		for (;;)
			__asm__ __volatile__("cli; hlt");
	}
	cpu_check_same();
	ap_say(AP_ALIVE);
	tsc_sync_target();
	__atomic_store_n(&p->online, true, __ATOMIC_SEQ_CST);
	ap_say(AP_ONLINE);
	local_irq_enable();
	reset_stack_and_jump(p->info, idle_loop);
}

/* What CPU number nr_cpus needs, unless an earlier candidate for the number left it. */
static struct percpu *__init prepare(const struct acpi_cpu *a)
{
	unsigned int cpu = nr_cpus;
	struct percpu *p = percpu_of[cpu];
	void *stack;

	if (!p) {
		p = hv_new(struct percpu);
		stack = vmap_stack();
		if (!p || !stack || irq_init_cpu(cpu))
			return NULL;
		spin_lock_init(&p->timer_lock);
		p->info = stack_cpu_info(stack);
		p->info->percpu = p;
		p->info->cpu = cpu;
		percpu_of[cpu] = p;
		desc_prepare_cpu(p);
		sched_init_cpu(cpu);
		p->info->running = p->idle;
	}
	p->apic_id = a->apic_id;
	p->acpi_id = a->acpi_id;
	p->tsc_base = this_cpu()->tsc_base;
	p->tlb_idle = true;
	return p;
}

/* False when @usec have gone by and the CPU still is in state @from. */
static bool __init wait_for_ap(enum ap_state from, unsigned int usec)
{
	while (__atomic_load_n(&ap_state, __ATOMIC_ACQUIRE) == from && usec) {
		udelay(10);
		usec -= min(usec, 10U);
	}
	return __atomic_load_n(&ap_state, __ATOMIC_ACQUIRE) != from;
}

/* With @p->apic_id reset before: true when it is online. */
static bool __init start(const struct percpu *p, u8 page, struct trampoline_params *params)
{
	params->stack = (unsigned long)p->info & ~15UL;
	ap_say(AP_STARTING);
	tsc_sync_prepare();
	smp_mb();	/* all of it, before the CPU runs */
	send_startup(p->apic_id, page);
	if (!wait_for_ap(AP_STARTING, STARTUP_WAIT_US)) {
		/* The second does nothing to a CPU that took the first. */
		send_startup(p->apic_id, page);
		if (!wait_for_ap(AP_STARTING, ALIVE_WAIT_US))
			return false;
	}
	if (ap_state == AP_REFUSED)
		return false;
	tsc_sync_source();
	return wait_for_ap(AP_ALIVE, ONLINE_WAIT_US);
}

/* How many low bits of an APIC id tell the threads of one core apart. */
static unsigned int __init thread_bits(void)
{
	u32 a, b, c, d, max;

	cpuid_count(0, 0, &max, &b, &c, &d);
	if (max < CPUID_TOPOLOGY)
		return 0;
	cpuid_count(CPUID_TOPOLOGY, 0, &a, &b, &c, &d);
	return (c >> 8 & 0xff) == CPUID_TOPOLOGY_SMT ? a & 31 : 0;
}

/* With smt=0: is a thread of the same core in use? */
static bool __init is_sibling(u32 id)
{
	unsigned int bits = thread_bits();

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		if (percpu_of[cpu]->apic_id >> bits == id >> bits)
			return true;
	return false;
}

static bool __init wanted(const struct acpi_cpu *a)
{
	return a->enabled && a->apic_id != this_cpu()->apic_id &&
	       (opts.smt != 0 || !is_sibling(a->apic_id));
}

static void __init bring_up(const struct acpi_cpu *a, u8 page, struct trampoline_params *params)
{
	struct percpu *p = prepare(a);

	if (!p)
		panic("No memory for CPU%u; start fewer by maxcpus=%u", nr_cpus, nr_cpus);
	if (start(p, page, params)) {
		sched_cpu_up(nr_cpus++);
		return;
	}
	send_init(a->apic_id);
	pr_err("SMP: CPU with APIC id %u (firmware's processor %u) did not come up: left out\n",
	       a->apic_id, a->acpi_id);
}

static unsigned int __init cpu_limit(void)
{
	return opts.nosmp ? 1 : min_t(unsigned int, opts.max_cpus, MAX_CPUS);
}

static void __init reset_all(void)
{
	for (unsigned int i = 0; i < acpi.nr_cpus; i++)
		if (wanted(&acpi.cpu[i]))
			send_init(acpi.cpu[i].apic_id);
	udelay(INIT_WAIT_US);
}

/* A page of RAM that a startup interrupt can name; 0: none. */
static unsigned long __init low_page(const struct e820_map *map)
{
	unsigned long best = 0;

	for (unsigned int i = 0; i < map->nr; i++) {
		const struct e820_entry *e = &map->entry[i];
		u64 start = max(ROUND_UP(e->addr, PAGE_SIZE), LOW_FIRST);
		u64 end = min(ROUND_DOWN(e->addr + e->size, PAGE_SIZE), LOW_END);

		if (e->type == E820_RAM && start < end)
			best = max(best, end - PAGE_SIZE);
	}
	return best;
}

/* The page is borrowed: whatever the loader or firmware left there comes back. */
static void __init bring_up_all(unsigned long page, void *saved)
{
	char *low = paddr_to_virt(page);
	struct trampoline_params *params = (void *)(low + (trampoline_params - trampoline_start));

	BUG_ON(trampoline_end - trampoline_start > (long)PAGE_SIZE);
	copy_page(saved, low);
	memcpy(low, trampoline_start, trampoline_end - trampoline_start);
	memcpy(ap_l4, idle_l4, PAGE_SIZE);
	ap_l4[0] = image_virt_to_phys(boot_l3) | PTE_P | PTE_RW | PTE_A;
	params->cr3 = image_virt_to_phys(ap_l4);
	params->entry = start_secondary;

	reset_all();
	for (unsigned int i = 0; i < acpi.nr_cpus && nr_cpus < cpu_limit(); i++)
		if (wanted(&acpi.cpu[i]))
			bring_up(&acpi.cpu[i], page >> PAGE_SHIFT, params);
	copy_page(low, saved);
}

/**
 * smp_init() - Start the other CPUs.
 * @map: the machine's memory map
 *
 * As many as the firmware lists and maxcpus=, nosmp and smt= permit.
 * Context: boot, with scheduler, timers and local APIC; interrupts on.
 */
void __init smp_init(const struct e820_map *map)
{
	unsigned long page = low_page(map);
	void *saved;

	mtrr_save();
	if (!apic_enabled() || cpu_limit() < 2 || acpi.nr_cpus < 2)
		return;
	saved = hv_page_alloc(0);
	if (!page || !saved) {
		pr_err("SMP: no memory below 1 MiB to start CPUs in: one CPU is used\n");
		return;
	}
	bring_up_all(page, saved);
	hv_page_free(saved, 0);
	pr_info("Brought up %u CPUs\n", nr_cpus);
}
