// SPDX-License-Identifier: GPL-2.0-only
/*
 * The local APIC: end of interrupt, interprocessor interrupts, one-shot timer.
 * Registers by MSR (x2APIC) where the CPU has that and every APIC id fits the
 * interrupt messages, else through a mapped page. Per-CPU hardware; no locks.
 *
 * Intel SDM vol. 3, chapter 11; AMD APM vol. 2, chapter 16.
 */
#include <hv/acpi.h>
#include <hv/bug.h>
#include <hv/irq.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include <hv/options.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/time.h>
#include <hv/timer.h>
#include <asm/apic.h>
#include <asm/system.h>

#define CPUID1_EDX_APIC		BIT(9)
#define CPUID1_ECX_X2APIC	BIT(21)
#define CPUID1_ECX_TSC_DEADLINE	BIT(24)

#define APIC_BASE_ENABLE	BIT(11)
#define APIC_BASE_X2APIC	BIT(10)
#define APIC_BASE_DEFAULT	0xfee00000UL

static volatile u32 *regs __ro_after_init;
static bool enabled __ro_after_init;
static bool x2apic __ro_after_init;
static bool tsc_deadline __ro_after_init;

/* Timer ticks per 2^32 ns, for machines without the TSC-deadline mode. */
static u64 ticks_mult __ro_after_init;

static u32 apic_read(u32 reg)
{
	return x2apic ? rdmsr(MSR_X2APIC + (reg >> 4)) : regs[reg / 4];
}

static void apic_write(u32 reg, u32 v)
{
	if (x2apic)
		wrmsr(MSR_X2APIC + (reg >> 4), v);
	else
		regs[reg / 4] = v;
}

bool apic_enabled(void)
{
	return enabled;
}

u32 apic_id(void)
{
	if (!enabled)
		return 0;
	return x2apic ? apic_read(APIC_ID) : apic_read(APIC_ID) >> 24;
}

/** apic_eoi() - End of interrupt for the highest vector in service. */
void apic_eoi(void)
{
	if (likely(enabled))
		apic_write(APIC_EOI, 0);
}

static void icr_write(u32 dest, u32 command)
{
	unsigned long flags;

	if (!enabled)
		return;
	if (x2apic) {
		smp_mb();	/* the MSR write does not order earlier stores */
		wrmsr(MSR_X2APIC + (APIC_ICR >> 4), (u64)dest << 32 | command);
		return;
	}
	flags = local_irq_save();
	while (regs[APIC_ICR / 4] & APIC_ICR_BUSY)
		cpu_relax();
	regs[APIC_ICR2 / 4] = dest << 24;
	regs[APIC_ICR / 4] = command;
	local_irq_restore(flags);
}

/**
 * send_ipi() - Interrupt another CPU.
 * @cpu:    CPU number, online
 * @vector: one of VECTOR_*
 *
 * Context: any, interrupts on or off.
 */
void send_ipi(unsigned int cpu, u8 vector)
{
	icr_write(percpu_of[cpu]->apic_id, vector);
}

/**
 * send_nmi_ipi() - The same, whether it has interrupts off or not.
 * @cpu: CPU number, online
 */
void send_nmi_ipi(unsigned int cpu)
{
	icr_write(percpu_of[cpu]->apic_id, APIC_DM_NMI | APIC_ICR_ASSERT);
}

/**
 * send_init() - Reset a CPU; it then waits for send_startup().
 * @id: APIC id of any CPU but this
 */
void __init send_init(u32 id)
{
	icr_write(id, APIC_DM_INIT | APIC_ICR_ASSERT);
}

/**
 * send_startup() - Let a CPU that waits after a reset run real-mode code.
 * @id:   APIC id
 * @page: frame number below 1 MiB of the code
 */
void __init send_startup(u32 id, u8 page)
{
	icr_write(id, APIC_DM_STARTUP | APIC_ICR_ASSERT | page);
}

static void error_interrupt(void)
{
	u32 esr;

	apic_write(APIC_ESR, 0);	/* latches what is to be read */
	esr = apic_read(APIC_ESR);
	pr_warn("APIC: error on CPU%u: status %#x\n", smp_processor_id(), esr);
}

static bool __init ids_fit_messages(void)
{
	for (unsigned int i = 0; i < acpi.nr_cpus; i++)
		if (acpi.cpu[i].enabled && acpi.cpu[i].apic_id > 254)
			return false;
	return true;
}

/* On already, or wanted and possible: MSIs carry 8 bits of APIC id without an IOMMU. */
static bool __init choose_x2apic(u64 base, u32 ecx)
{
	if (base & APIC_BASE_X2APIC)
		return true;
	if (!(ecx & CPUID1_ECX_X2APIC) || opts.x2apic == 0)
		return false;
	return ids_fit_messages();
}

static bool __init map_registers(void)
{
	paddr_t base = rdmsr(MSR_APIC_BASE) & PTE_ADDR_MASK;

	/* The MSR is what the CPU does; the table is what firmware believes. */
	if (acpi.lapic_address && acpi.lapic_address != base)
		pr_warn("APIC: firmware says %#lx, the CPU %#lx: using the CPU's\n",
			acpi.lapic_address, base);
	regs = ioremap(base ? base : APIC_BASE_DEFAULT, PAGE_SIZE);
	return regs;
}

/* Local pins: LINT0 takes the 8259 if there is no I/O APIC, LINT1 the NMI. */
static void __init setup_lint(bool bsp)
{
	u8 nmi = acpi.present ? acpi.lint_nmi_mask : 2;
	u32 lint0 = bsp && (opts.noapic || !acpi.nr_ioapics) ? APIC_DM_EXTINT : APIC_LVT_MASKED;

	apic_write(APIC_LVT0, nmi & 1 ? APIC_DM_NMI : lint0);
	apic_write(APIC_LVT1, nmi & 2 ? APIC_DM_NMI : APIC_LVT_MASKED);
}

static void __init drop_stale_interrupts(void)
{
	/* Firmware may leave vectors in service; each takes one end of interrupt. */
	for (unsigned int i = 0; i < 256; i++) {
		u32 isr = 0;

		for (unsigned int word = 0; word < 8; word++)
			isr |= apic_read(APIC_ISR + word * 0x10);
		if (!isr)
			return;
		apic_write(APIC_EOI, 0);
	}
}

static void __init setup_cpu(bool bsp)
{
	if (!x2apic) {
		apic_write(APIC_DFR, 0xffffffff);
		apic_write(APIC_LDR, 0);
	}
	apic_write(APIC_TPR, 0);
	apic_write(APIC_LVTT, APIC_LVT_MASKED);
	apic_write(APIC_LVTPC, APIC_LVT_MASKED);
	if ((apic_read(APIC_VERSION) >> 16 & 0xff) >= 5)
		apic_write(APIC_LVTTHMR, apic_read(APIC_LVTTHMR) | APIC_LVT_MASKED);
	/* Until this, mask bits of the local vector table cannot be cleared. */
	apic_write(APIC_SPIV, APIC_SPIV_ENABLE | VECTOR_SPURIOUS);
	setup_lint(bsp);
	drop_stale_interrupts();
	apic_write(APIC_ESR, 0);
	apic_write(APIC_LVTERR, VECTOR_ERROR);
	apic_write(APIC_TDCR, APIC_TDCR_DIV1);
	apic_write(APIC_LVTT, VECTOR_TIMER | (tsc_deadline ? APIC_LVTT_TSC_DEADLINE : 0));
	if (tsc_deadline)
		smp_mb();	/* SDM 11.5.4.1: the mode is in force before the first deadline */
}

/* By which name the firmware's processor objects know it; ~0 if by none. */
static u32 __init acpi_id_of(u32 id)
{
	for (unsigned int i = 0; i < acpi.nr_cpus; i++)
		if (acpi.cpu[i].apic_id == id)
			return acpi.cpu[i].acpi_id;
	return ~0U;
}

static void __init switch_on(u64 base)
{
	base |= APIC_BASE_ENABLE;
	wrmsr(MSR_APIC_BASE, base);	/* x2APIC is entered from xAPIC mode only */
	if (x2apic)
		wrmsr(MSR_APIC_BASE, base | APIC_BASE_X2APIC);
}

/**
 * apic_init_ap() - Enable the local APIC of a CPU that starts.
 *
 * Context: interrupts off.
 * Return: false if it has another id than the one it was started by.
 */
bool __init apic_init_ap(void)
{
	switch_on(rdmsr(MSR_APIC_BASE));
	setup_cpu(false);
	return apic_id() == this_cpu()->apic_id;
}

/**
 * apic_init_bsp() - Enable the boot CPU's local APIC.
 *
 * Without one, or with nolapic, the 8259 and the PIT do its work.
 * Context: boot, after acpi_init(), interrupts off.
 */
void __init apic_init_bsp(void)
{
	u32 a, b, ecx, edx;
	u64 base;

	cpuid_count(1, 0, &a, &b, &ecx, &edx);
	if (!(edx & CPUID1_EDX_APIC) || opts.nolapic) {
		pr_info("APIC: %s: timer by PIT, interrupts by 8259, one CPU\n",
			opts.nolapic ? "disabled by nolapic" : "the CPU has none");
		return;
	}
	base = rdmsr(MSR_APIC_BASE);
	x2apic = choose_x2apic(base, ecx);
	if (!x2apic && !map_registers())
		panic("APIC: no address space to map its registers\n");
	switch_on(base);
	enabled = true;
	tsc_deadline = ecx & CPUID1_ECX_TSC_DEADLINE;
	irq_set_vector_handler(VECTOR_TIMER, timer_interrupt);
	irq_set_vector_handler(VECTOR_ERROR, error_interrupt);
	setup_cpu(true);
	this_cpu()->apic_id = apic_id();
	this_cpu()->acpi_id = acpi_id_of(apic_id());
	pr_info("APIC: %s mode, id %u, timer by %s\n", x2apic ? "x2APIC" : "xAPIC", apic_id(),
		tsc_deadline ? "TSC deadline" : "one-shot count");
}

/**
 * apic_timer_count_start() - Let the timer count, to learn its speed.
 *
 * Context: boot, interrupts off.
 * Return: false if that is not needed: it follows the TSC, or there is none.
 */
bool __init apic_timer_count_start(void)
{
	if (!enabled || tsc_deadline)
		return false;
	apic_write(APIC_LVTT, APIC_LVT_MASKED | VECTOR_TIMER);
	apic_write(APIC_TMICT, 0xffffffff);
	return true;
}

/** apic_timer_count() - Ticks since apic_timer_count_start(). */
u32 __init apic_timer_count(void)
{
	return 0xffffffff - apic_read(APIC_TMCCT);
}

/**
 * apic_timer_count_end() - Take the timer into use.
 * @ticks: counted
 * @ns:    in this time
 */
void __init apic_timer_count_end(u64 ticks, u64 ns)
{
	apic_write(APIC_TMICT, 0);
	apic_write(APIC_LVTT, VECTOR_TIMER);
	if (!ticks || !ns)
		panic("APIC: the timer does not count; boot with nolapic to use the PIT\n");
	ticks_mult = (ticks << 32) / ns;
	pr_info("APIC: timer runs at %lu kHz\n", ticks * 1000000 / ns);
}

/**
 * apic_timer_set() - Arm this CPU's timer.
 * @tsc:      deadline by the TSC
 * @delta_ns: from now to the same moment; 0 fires at once
 *
 * A count too long for the register fires early; whoever asked looks at the
 * clock and asks again.
 */
void apic_timer_set(u64 tsc, u64 delta_ns)
{
	u64 ticks;

	if (tsc_deadline) {
		wrmsr(MSR_TSC_DEADLINE, tsc ? tsc : 1);
		return;
	}
	ticks = ((__uint128_t)delta_ns * ticks_mult) >> 32;
	apic_write(APIC_TMICT, clamp(ticks, 1UL, 0xffffffffUL));
}

/** apic_timer_stop() - Disarm this CPU's timer. */
void apic_timer_stop(void)
{
	if (tsc_deadline)
		wrmsr(MSR_TSC_DEADLINE, 0);
	else
		apic_write(APIC_TMICT, 0);
}
