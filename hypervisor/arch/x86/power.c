// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine's end: sleep and power off at domain 0's word, reset by whatever
 * the board understands. Also called by panic(), so nothing here allocates or
 * takes a lock; registers in memory are mapped at boot.
 *
 * ABI: ACPI 6.4, 4.8.3 (PM1, reset and sleep control registers).
 */
#include <hv/acpi.h>

#include <hv/errno.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include <hv/options.h>
#include <hv/pci.h>
#include <hv/printk.h>
#include <hv/smp.h>
#include <hv/time.h>
#include <asm/system.h>

#define SLEEP_S5		5
#define PM1_WAKE_STATUS		0x8000
#define SLEEP_CONTROL_TYPE(t)	(((t) & 7) << 2)
#define SLEEP_CONTROL_ENABLE	0x20
#define POWER_OFF_WAIT_US	3000000

#define KBD_STATUS		0x64
#define KBD_INPUT_FULL		0x02
#define KBD_PULSE_RESET		0xfe
#define RESET_CONTROL		0xcf9
#define RESET_CONTROL_HARD	0x02
#define RESET_CONTROL_GO	0x04
#define RESET_CONTROL_POWER	0x08

#define BDA_RESET_FLAG		0x472
#define BDA_RESET_WARM		0x1234

/* How long a method gets to work before the next is tried. */
#define RESET_WAIT_US		100000

static volatile u8 *reset_register __ro_after_init;
static volatile u8 *sleep_register __ro_after_init;

static volatile u8 *__init map_register(const struct acpi_register *r)
{
	if (r->space != ACPI_SPACE_MEMORY || !r->address || r->address > PADDR_MASK)
		return NULL;
	return ioremap(r->address, 1);
}

/** power_init() - Map what a reset or sleep will write. Boot, after acpi_init(). */
void __init power_init(void)
{
	if (acpi.reset_supported)
		reset_register = map_register(&acpi.reset);
	if (acpi.hw_reduced)
		sleep_register = map_register(&acpi.sleep_control);
}

/* The write is the last thing that happens, unless the board ignores it. */
static int wait_for_power_off(void)
{
	udelay(POWER_OFF_WAIT_US);
	pr_err("ACPI: the machine did not power off\n");
	return -EIO;
}

/**
 * acpi_enter_sleep() - Write the PM1 control registers.
 * @pm1a:        value for PM1a_CNT, sleep type and enable included
 * @pm1b:        value for PM1b_CNT, if there is one
 * @sleep_state: 5
 *
 * ABI: platform.h, XENPF_enter_acpi_sleep.
 * Return: -EINVAL if there is no such state; -EOPNOTSUPP for one that the
 * hypervisor would have to survive; -ENODEV without the register; -EIO if
 * nothing happened. Not at all on success.
 */
int acpi_enter_sleep(u32 pm1a, u32 pm1b, u8 sleep_state)
{
	if (sleep_state < 1 || sleep_state > SLEEP_S5)
		return -EINVAL;
	if (sleep_state != SLEEP_S5)
		return -EOPNOTSUPP;
	if (!acpi.pm1a_cnt)
		return -ENODEV;
	pr_info("ACPI: power off\n");
	local_irq_disable();
	if (acpi.pm1a_sts)
		outw(PM1_WAKE_STATUS, acpi.pm1a_sts);
	if (acpi.pm1b_sts)
		outw(PM1_WAKE_STATUS, acpi.pm1b_sts);
	wbinvd();
	outw(pm1a, acpi.pm1a_cnt);
	if (acpi.pm1b_cnt)
		outw(pm1b, acpi.pm1b_cnt);
	return wait_for_power_off();
}

/**
 * acpi_enter_sleep_extended() - The same on hardware-reduced platforms.
 * @type_a:      sleep type from the firmware's _S5 object
 * @sleep_state: 5
 *
 * Return: as acpi_enter_sleep().
 */
int acpi_enter_sleep_extended(u8 type_a, u8 sleep_state)
{
	u8 val = SLEEP_CONTROL_TYPE(type_a) | SLEEP_CONTROL_ENABLE;

	if (sleep_state < 1 || sleep_state > SLEEP_S5)
		return -EINVAL;
	if (sleep_state != SLEEP_S5)
		return -EOPNOTSUPP;
	if (!sleep_register && acpi.sleep_control.space != ACPI_SPACE_IO)
		return -ENODEV;
	pr_info("ACPI: power off\n");
	local_irq_disable();
	wbinvd();
	if (sleep_register)
		*sleep_register = val;
	else
		outb(val, acpi.sleep_control.address);
	return wait_for_power_off();
}

static void reset_by_acpi(void)
{
	const struct acpi_register *r = &acpi.reset;

	if (!acpi.reset_supported)
		return;
	pr_info("Reset: ACPI reset register\n");
	if (reset_register)
		*reset_register = acpi.reset_value;
	else if (r->space == ACPI_SPACE_IO)
		outb(acpi.reset_value, r->address);
	else if (r->space == ACPI_SPACE_PCI_CONFIG)	/* 15:0 register, 31:16 fn, 47:32 dev */
		pci_write8((struct pci_sbdf){ .devfn = PCI_DEVFN(r->address >> 32 & 0x1f,
								 r->address >> 16 & 7) },
			   r->address & 0xff, acpi.reset_value);
}

static void reset_by_keyboard(void)
{
	pr_info("Reset: keyboard controller\n");
	for (unsigned int i = 0; i < 0x10000 && (inb(KBD_STATUS) & KBD_INPUT_FULL); i++)
		cpu_relax();
	outb(KBD_PULSE_RESET, KBD_STATUS);
}

static void write_reset_control(u8 kind)
{
	pr_info("Reset: port 0xcf9, %s\n",
		kind & RESET_CONTROL_POWER ? "power cycle" : "hard reset");
	outb(kind & ~RESET_CONTROL_GO, RESET_CONTROL);
	udelay(50);
	outb(kind, RESET_CONTROL);
}

static void reset_by_chipset(void)
{
	write_reset_control(RESET_CONTROL_HARD | RESET_CONTROL_GO);
}

static void reset_by_power_cycle(void)
{
	write_reset_control(RESET_CONTROL_POWER | RESET_CONTROL_HARD | RESET_CONTROL_GO);
}

static void reset_by_triple_fault(void)
{
	static const struct {
		u16 limit;
		u64 base;
	} __packed no_idt;

	pr_info("Reset: triple fault\n");
	__asm__ __volatile__("lidt %0; int3" :: "m" (no_idt));
}

static void (*const methods[])(void) = {
	[REBOOT_TRIPLE] = reset_by_triple_fault,
	[REBOOT_KBD] = reset_by_keyboard,
	[REBOOT_ACPI] = reset_by_acpi,
	[REBOOT_PCI] = reset_by_chipset,
	[REBOOT_POWER] = reset_by_power_cycle,
};

/**
 * machine_restart() - Reset the machine.
 *
 * What reboot= names is tried first, then ACPI's register, the keyboard
 * controller, the chip set, and the CPU's own way out. With reboot=warm the
 * firmware is told to skip its memory test, by a word in the BIOS data area.
 * Context: any.
 */
void machine_restart(void)
{
	static const u8 order[] = { REBOOT_ACPI, REBOOT_KBD, REBOOT_PCI, REBOOT_TRIPLE };

	local_irq_disable();
	smp_stop_others();
	*(volatile u16 *)paddr_to_virt(BDA_RESET_FLAG) = opts.reboot_warm ? BDA_RESET_WARM : 0;
	if (opts.reboot != REBOOT_AUTO) {
		methods[opts.reboot]();
		udelay(RESET_WAIT_US);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(order); i++) {
		methods[order[i]]();
		udelay(RESET_WAIT_US);
	}
	machine_halt();
}

/** machine_halt() - Stop all CPUs for good. Context: any. */
void machine_halt(void)
{
	local_irq_disable();
	smp_stop_others();
	for (;;) {
		local_irq_disable();
		__asm__ __volatile__("hlt");
	}
}
