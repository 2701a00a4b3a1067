/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Each CPU's own data. struct cpu_info sits at the very top of the CPU's
 * stack block, so that it is found from the stack pointer alone; the larger
 * struct percpu hangs off it. Of another CPU only the fields marked public
 * may be touched.
 */
#ifndef HV_PERCPU_H
#define HV_PERCPU_H

#include <hv/types.h>
#include <hv/cpumask.h>
#include <hv/lib.h>
#include <hv/spinlock.h>
#include <asm/layout.h>

#include <xen/xen.h>

struct vcpu;
struct timer;
struct tss64;

/* asm-offsets.c gives entry.S the offsets. */
struct cpu_info {
	struct cpu_user_regs guest_regs;
	u64 scratch;			/* syscall entry parks %rax here */
	struct vcpu *running;
	struct percpu *percpu;
	u32 cpu;
	u32 unused;
};

#define NR_OWN_VECTORS	6	/* hv/irq.h: the highest ones */

struct percpu {
	/* public */
	u32 softirq_pending;		/* bit per enum softirq; set atomically */
	u32 apic_id;
	u32 acpi_id;
	bool online;
	u64 tsc_base;			/* its TSC when the system time was 0 */
	struct vcpu *idle;		/* runs when no guest does */
	struct vcpu *sched_current;	/* under this CPU's run-queue lock */

	/* public, asm/flush.h */
	u64 tlb_flush_time;		/* flush clock at this CPU's last full flush */
	bool tlb_idle;			/* no guest's tables loaded, nothing of one in its TLB */
	domid_t tlb_domid;		/* whose are loaded; DOMID_INVALID: they are changing */
	u32 flush_wanted;		/* FLUSH_WANT_*; set by others, atomically */
	u32 nmi_wanted;			/* arch/x86/smp.c: why others sent an NMI; atomic */
	u32 nmi_sent;			/* by others, ever; atomic */

	/* public, irq/irq.c */
	u64 own_irqs[NR_OWN_VECTORS];	/* taken here, by vector from VECTOR_FIRST_OWN on */

	/* public, core/timer.c: under timer_lock */
	spinlock_t timer_lock;
	struct timer *timers;		/* root of the heap: the earliest */
	struct timer *timer_running;	/* its handler is being called */
	u64 timer_deadline;		/* what the hardware is set to, ns; 0: nothing */

	/* private to the CPU */
	struct cpu_info *info;		/* top of its stack block */
	struct tss64 *tss;
	u64 *gdt_page;			/* page 14 for this CPU, direct map */
	struct vcpu *loaded;		/* whose registers, tables and FPU state the CPU holds */
	void *syscall_stub;		/* where LSTAR and CSTAR point */
	unsigned int irq_depth;
	unsigned int nmi_count;
	u32 nmi_taken;			/* of nmi_sent, and those that will not come */
	unsigned int mc_count, mc_told;	/* machine checks; those that the log knows of */
	bool nmi_for_dom0;		/* SOFTIRQ_NMI is to pass one on */
	u64 cr4_host;			/* CR4 for hypervisor; guests add what policy allows */
	u64 cr4_now;
};

extern struct percpu *percpu_of[MAX_CPUS];

static inline struct cpu_info *get_cpu_info(void)
{
	unsigned long sp;

	__asm__("mov %%rsp, %0" : "=r" (sp));
	return (struct cpu_info *)((sp | (STACK_SIZE - 1)) + 1) - 1;
}

#define this_cpu()		(get_cpu_info()->percpu)
#define smp_processor_id()	(get_cpu_info()->cpu)
#define current			(get_cpu_info()->running)
#define guest_cpu_regs()	(&get_cpu_info()->guest_regs)

#endif
