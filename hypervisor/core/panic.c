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
#include <hv/options.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/string.h>
#include <asm/system.h>

#define REBOOT_DELAY_MS		5000
#define TRACE_MAX		32

static bool on_this_stack(unsigned long addr)
{
	unsigned long sp = (unsigned long)get_cpu_info();

	return (addr ^ sp) < STACK_SIZE && IS_ALIGNED(addr, 8) &&
	       (addr & (STACK_SIZE - 1)) <= STACK_SIZE - 16;
}

static void show_trace(unsigned long rip, unsigned long rbp)
{
	unsigned int i;

	printk("Call trace:\n");
	if (rip)
		printk("   [<%016lx>] R %pS\n", rip, (void *)rip);
	for (i = 0; i < TRACE_MAX && on_this_stack(rbp); i++) {
		const unsigned long *frame = (const unsigned long *)rbp;

		if (!frame[1])
			break;
		printk("   [<%016lx>] F %pS\n", frame[1], (void *)frame[1]);
		if (frame[0] <= rbp)
			break;
		rbp = frame[0];
	}
}

void show_registers(const struct cpu_user_regs *regs)
{
	bool guest = regs->cs & 3;
	struct vcpu *v = current;

	printk("CPU:    %u\n", smp_processor_id());
	if (guest && v)
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
	       read_cr2(), read_cr3());
	if (!guest)
		show_trace(regs->rip, regs->rbp);
}

void show_stack_here(void)
{
	show_trace(0, (unsigned long)__builtin_frame_address(0));
}

static void __noreturn stop_machine_for_good(void)
{
	local_irq_disable();
	if (opts.noreboot) {
		printk("Halted: 'noreboot' is set. Reset the machine by hand.\n");
		machine_halt();
	}
	printk("Reboot in %u seconds...\n", REBOOT_DELAY_MS / 1000);
	machine_restart(REBOOT_DELAY_MS);
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
	char text[256];
	va_list args;

	local_irq_disable();
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	panic_banner();
	printk("%s\n", text);
	printk("****************************************\n\n");
	stop_machine_for_good();
}

void bug(const char *what, const char *file, unsigned int line)
{
	local_irq_disable();
	panic_banner();
	printk("Hypervisor bug at %s:%u: %s\n", file, line, what);
	show_stack_here();
	printk("****************************************\n\n");
	stop_machine_for_good();
}

void warn(const char *what, const char *file, unsigned int line)
{
	pr_warn("Hypervisor warning at %s:%u: %s\n", file, line, what);
	show_stack_here();
}

void fatal_exception(const struct cpu_user_regs *regs)
{
	local_irq_disable();
	panic_banner();
	printk("Exception %u in the hypervisor, error code %04x\n", regs->entry_vector,
	       regs->error_code);
	show_registers(regs);
	printk("****************************************\n\n");
	stop_machine_for_good();
}
