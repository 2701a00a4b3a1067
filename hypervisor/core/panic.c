// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is printed when nothing can go on. The stack is walked by frame
 * pointers, which all of our C keeps; each address is checked to lie in this
 * CPU's stack block before it is read. No locks: others may hold them.
 */
#include <hv/panic.h>

#include <hv/acpi.h>
#include <hv/bug.h>
#include <hv/console.h>
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <hv/options.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/smp.h>
#include <hv/string.h>
#include <hv/time.h>
#include <asm/system.h>

#define REBOOT_DELAY_S		5
#define TRACE_MAX		32
#define GUEST_STACK_LINES	8
#define GUEST_STACK_WORDS	4	/* a line */

static bool on_this_stack(unsigned long addr)
{
	unsigned long sp = (unsigned long)get_cpu_info();

	return (addr ^ sp) < STACK_SIZE && IS_ALIGNED(addr, 8) &&
	       (addr & (STACK_SIZE - 1)) <= STACK_SIZE - 16 &&
	       STACK_PAGE_USED((addr & (STACK_SIZE - 1)) >> PAGE_SHIFT);
}

/**
 * stack_trace() - Where the calls that led somewhere return to.
 * @rbp:   frame pointer on this CPU's stack, anything else gives nothing
 * @trace: receives at most @max addresses, the innermost first
 * @max:   entries of @trace
 *
 * Context: any, NMI included.
 * Return: how many.
 */
unsigned int stack_trace(unsigned long rbp, unsigned long *trace, unsigned int max)
{
	unsigned int n = 0;

	while (n < max && on_this_stack(rbp)) {
		const unsigned long *frame = (const unsigned long *)rbp;

		if (!frame[1])
			break;
		trace[n++] = frame[1];
		if (frame[0] <= rbp)
			break;
		rbp = frame[0];
	}
	return n;
}

/* @rip: where it ended, 0 if that is here. */
static void print_trace(unsigned long rip, const unsigned long *trace, unsigned int n)
{
	printk("Call trace:\n");
	if (rip)
		printk("   [<%016lx>] R %pS\n", rip, (void *)rip);
	for (unsigned int i = 0; i < n; i++)
		printk("   [<%016lx>] F %pS\n", trace[i], (void *)trace[i]);
}

static void show_trace(unsigned long rip, unsigned long rbp)
{
	unsigned long trace[TRACE_MAX];

	print_trace(rip, trace, stack_trace(rbp, trace, TRACE_MAX));
}

/* As far as it is readable; a guest's rsp may point anywhere. */
static void show_guest_stack(unsigned long sp)
{
	u64 word[GUEST_STACK_WORDS];

	printk("Guest stack trace from rsp=%016lx:\n", sp);
	for (unsigned int i = 0; i < GUEST_STACK_LINES; i++, sp += sizeof(word)) {
		if (copy_from_guest(&word, sp)) {
			printk("  %016lx: not readable\n", sp);
			return;
		}
		printk("  %016lx %016lx %016lx %016lx\n", word[0], word[1], word[2], word[3]);
	}
}

static void print_registers(const struct cpu_snapshot *s)
{
	const struct cpu_user_regs *regs = &s->regs;
	const struct vcpu *v = s->running;

	printk("CPU:    %u\n", s->cpu);
	if ((regs->cs & 3) && v)
		printk("RIP:    %04x:[<%016lx>] (d%uv%u, %s)\n", regs->cs, (unsigned long)regs->rip,
		       v->domain->domain_id, v->vcpu_id, v->arch.kernel_mode ? "kernel" : "user");
	else
		printk("RIP:    %04x:[<%016lx>] %pS\n", regs->cs, (unsigned long)regs->rip,
		       (void *)(unsigned long)regs->rip);
	printk("RFLAGS: %016lx   vector %u, error code %04x\n", (unsigned long)regs->rflags,
	       regs->entry_vector, regs->error_code);
	printk("rax: %016lx   rbx: %016lx   rcx: %016lx\n", (unsigned long)regs->rax,
	       (unsigned long)regs->rbx, (unsigned long)regs->rcx);
	printk("rdx: %016lx   rsi: %016lx   rdi: %016lx\n", (unsigned long)regs->rdx,
	       (unsigned long)regs->rsi, (unsigned long)regs->rdi);
	printk("rbp: %016lx   rsp: %016lx   r8:  %016lx\n", (unsigned long)regs->rbp,
	       (unsigned long)regs->rsp, (unsigned long)regs->r8);
	printk("r9:  %016lx   r10: %016lx   r11: %016lx\n", (unsigned long)regs->r9,
	       (unsigned long)regs->r10, (unsigned long)regs->r11);
	printk("r12: %016lx   r13: %016lx   r14: %016lx\n", (unsigned long)regs->r12,
	       (unsigned long)regs->r13, (unsigned long)regs->r14);
	printk("r15: %016lx   cr2: %016lx   cr3: %016lx\n", (unsigned long)regs->r15,
	       s->cr2, s->cr3);
}

/**
 * snapshot_take() - Note what this CPU was doing.
 * @s:    filled in
 * @regs: saved on this CPU
 *
 * Context: any, NMI included.
 */
void snapshot_take(struct cpu_snapshot *s, const struct cpu_user_regs *regs)
{
	/* Nothing is pushed above SS, and a stack may end there. */
	memset(&s->regs, 0, sizeof(s->regs));
	memcpy(&s->regs, regs, offsetof(struct cpu_user_regs, es));
	s->cpu = smp_processor_id();
	s->running = current;
	s->cr2 = read_cr2();
	s->cr3 = read_cr3();
	s->nr_trace = regs->cs & 3 ? 0 : stack_trace(regs->rbp, s->trace, ARRAY_SIZE(s->trace));
}

/** snapshot_print() - Print what snapshot_take() noted, on whatever CPU. */
void snapshot_print(const struct cpu_snapshot *s)
{
	print_registers(s);
	if (!(s->regs.cs & 3))
		print_trace(s->regs.rip, s->trace, s->nr_trace);
}

/**
 * show_registers() - Print registers, and the stack that they belong to.
 * @regs: saved on this CPU; a guest's are those of the running vCPU
 *
 * A guest's stack is read through its own page tables: words of it are shown,
 * as nothing says how the guest keeps its frames.
 * Context: any; reads guest memory, faults included.
 */
void show_registers(const struct cpu_user_regs *regs)
{
	struct cpu_snapshot s;

	snapshot_take(&s, regs);
	snapshot_print(&s);
	if (regs->cs & 3)
		show_guest_stack(regs->rsp);
}

void show_stack_here(void)
{
	show_trace(0, (unsigned long)__builtin_frame_address(0));
}

/**
 * reboot_or_halt() - The machine cannot go on: reset it, unless noreboot is set.
 *
 * People get a countdown to read the console in.
 * Context: any.
 */
void reboot_or_halt(void)
{
	local_irq_disable();
	smp_stop_others();
	console_start_sync();
	if (opts.noreboot) {
		printk("Halted: 'noreboot' is set. Reset the machine by hand.\n");
		machine_halt();
	}
	for (unsigned int left = REBOOT_DELAY_S; left; left--) {
		printk("Reboot in %u second%s...\n", left, left > 1 ? "s" : "");
		for (unsigned int ms = 0; ms < 1000; ms++)
			udelay(1000);
	}
	machine_restart();
}

/* Where it all ends if telling about the end fails, too. */
static void __noreturn halt_silently(void)
{
	for (;;)
		__asm__ __volatile__("cli; hlt");
}

static void panic_banner(void)
{
	static unsigned int depth;

	/* Of two CPUs that fail at once, one tells. */
	smp_stop_others();
	if (++depth > 2)
		halt_silently();
	console_force_unlock();
	console_start_sync();
	printk("\n");
	printk("****************************************\n");
	printk("Panic on CPU %u:\n", smp_processor_id());
}

void panic(const char *fmt, ...)
{
	char text[512];
	va_list args;

	local_irq_disable();
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	panic_banner();
	printk("%s\n", text);
	printk("****************************************\n\n");
	reboot_or_halt();
}

void bug(const char *what, const char *file, unsigned int line)
{
	local_irq_disable();
	panic_banner();
	printk("Hypervisor bug at %s:%u: %s\n", file, line, what);
	show_stack_here();
	printk("****************************************\n\n");
	reboot_or_halt();
}

void warn(const char *what, const char *file, unsigned int line)
{
	pr_warn("Hypervisor warning at %s:%u: %s\n", file, line, what);
	show_stack_here();
}

static __printf(2, 3) void __noreturn fatal(const struct cpu_user_regs *regs, const char *fmt, ...)
{
	char text[128];
	va_list args;

	local_irq_disable();
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	panic_banner();
	printk("%s\n", text);
	show_registers(regs);
	printk("****************************************\n\n");
	reboot_or_halt();
}

void fatal_exception(const struct cpu_user_regs *regs)
{
	fatal(regs, "Exception %u in the hypervisor, error code %04x", regs->entry_vector,
	      regs->error_code);
}

/**
 * fatal_nmi() - End the machine as nmi=fatal asks.
 * @regs:   what the NMI interrupted
 * @source: what the chip set says about its reason
 */
void fatal_nmi(const struct cpu_user_regs *regs, const char *source)
{
	fatal(regs, "NMI (%s), and nmi=fatal is set", source);
}
