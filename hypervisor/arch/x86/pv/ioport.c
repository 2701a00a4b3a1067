// SPDX-License-Identifier: GPL-2.0-only
/*
 * I/O ports of domain 0. Most go to the hardware as they are; those of devices
 * that the hypervisor drives are absent (read as all ones, writes dropped);
 * and a few that two index at once are kept apart: each side has its own PCI
 * address and CMOS index, of which only one is in the hardware at a time.
 *
 * Other domains have what their toolstack lets them have, and nothing that is
 * emulated for domain 0 (control/domctl_access.c).
 *
 * latch_lock guards domain 0's two latches.
 *
 * ABI: abi/physdev.rst.
 */
#include <asm/pv.h>

#include <hv/acpi.h>
#include <hv/domain.h>
#include <hv/ioport.h>
#include <hv/lib.h>
#include <hv/options.h>
#include <hv/bug.h>
#include <hv/pci.h>
#include <hv/serial.h>
#include <hv/spinlock.h>
#include <asm/platform_timer.h>
#include <asm/system.h>

#define PCI_ADDRESS		0xcf8
#define PCI_DATA		0xcfc
#define PCI_ADDRESS_ENABLE	0x80000000U
#define RTC_INDEX		0x70
#define RTC_DATA		0x71
#define RTC_INDEX_MASK		0x7f
#define PIT_CH2			0x42
#define PIT_MODE		0x43
#define PORT_B			0x61
#define PORT_B_WRITABLE		0x0f

#define DENIED_MAX		16
#define UART_PORTS		8

struct port_range {
	u16 first, last;
};

/* Interrupt controllers, the PIT, resets: what a hypercall is for. */
static struct port_range denied[DENIED_MAX] __ro_after_init = {
	{ 0x20, 0x21 }, { 0xa0, 0xa1 }, { 0x4d0, 0x4d1 },
	{ 0x40, 0x43 }, { 0x61, 0x61 },
	{ 0x92, 0x92 }, { 0xcf9, 0xcf9 },
};

static unsigned int nr_denied __ro_after_init = 7;

static spinlock_t latch_lock = SPINLOCK_INIT;
static u32 pci_address;
static u8 rtc_index;

/**
 * ioport_deny() - Keep ports from every domain.
 * @first: port
 * @nr:    how many
 *
 * Context: boot, before domain 0 runs.
 * Return: false if the table is full.
 */
bool __init ioport_deny(u16 first, unsigned int nr)
{
	if (nr_denied == DENIED_MAX || !nr)
		return false;
	denied[nr_denied++] = (struct port_range){ first, first + nr - 1 };
	return true;
}

/**
 * ioport_init() - Deny the ports of our serial lines and of the PM timer.
 *
 * The PM timer is hidden because Xen hides it: Linux then keeps to the clock
 * that costs no exit. Context: boot, after acpi_init() and console_init_serial().
 */
void __init ioport_init(void)
{
	if (acpi.pm_timer_port)
		ioport_deny(acpi.pm_timer_port, 4);
	for (unsigned int i = 0; i < ARRAY_SIZE(opts.com); i++)
		if (serial_claims_port(opts.com[i].io_base))
			ioport_deny(opts.com[i].io_base, UART_PORTS);
}

static u32 all_ones(unsigned int bytes)
{
	return ~0U >> (8 * (4 - bytes));
}

static bool overlaps(const struct port_range *r, u16 port, unsigned int bytes)
{
	return port <= r->last && port + bytes > r->first;
}

/**
 * ioport_grant_machine() - Let a domain have all ports that were not denied.
 * @d: the hardware domain, new
 *
 * Context: boot, after the last ioport_deny().
 */
void __init ioport_grant_machine(struct domain *d)
{
	int rc = rangeset_add(&d->access.ioports, 0, 0xffff);

	for (unsigned int i = 0; i < nr_denied && !rc; i++)
		rc = rangeset_remove(&d->access.ioports, denied[i].first, denied[i].last);
	if (rc)
		panic("Out of memory for the list of I/O ports");
}

static u32 port_in(u16 port, unsigned int bytes)
{
	switch (bytes) {
	case 1:
		return inb(port);
	case 2:
		return inw(port);
	}
	return inl(port);
}

static void port_out(u16 port, unsigned int bytes, u32 val)
{
	switch (bytes) {
	case 1:
		outb(val, port);
		break;
	case 2:
		outw(val, port);
		break;
	default:
		outl(val, port);
	}
}

/* Ports that are emulated. Each handles one width at one place, or a range. */

static u32 pci_data_read(u16 port, unsigned int bytes)
{
	u32 address, val = ~0U;

	spin_lock(&latch_lock);
	address = pci_address;
	spin_unlock(&latch_lock);
	if (address & PCI_ADDRESS_ENABLE)
		val = pci_cf8_read(address, (port & 3), bytes);
	return val;
}

static void pci_data_write(u16 port, unsigned int bytes, u32 val)
{
	u32 address;

	spin_lock(&latch_lock);
	address = pci_address;
	spin_unlock(&latch_lock);
	if (address & PCI_ADDRESS_ENABLE)
		pci_cf8_write_guest(address, (port & 3), bytes, val);
}

static u32 pci_address_read(u16 port, unsigned int bytes)
{
	return READ_ONCE(pci_address);
}

static void pci_address_write(u16 port, unsigned int bytes, u32 val)
{
	spin_lock(&latch_lock);
	pci_address = val;
	spin_unlock(&latch_lock);
}

static u32 rtc_index_read(u16 port, unsigned int bytes)
{
	return READ_ONCE(rtc_index);
}

/* The top bit would mask the machine's NMI. */
static void rtc_index_write(u16 port, unsigned int bytes, u32 val)
{
	spin_lock(&latch_lock);
	rtc_index = val & RTC_INDEX_MASK;
	spin_unlock(&latch_lock);
}

static u32 rtc_data_read(u16 port, unsigned int bytes)
{
	unsigned long flags;
	u32 val;

	spin_lock_irqsave(&rtc_lock, flags);
	outb(READ_ONCE(rtc_index), RTC_INDEX);
	val = inb(RTC_DATA);
	spin_unlock_irqrestore(&rtc_lock, flags);
	return val;
}

static void rtc_data_write(u16 port, unsigned int bytes, u32 val)
{
	unsigned long flags;

	spin_lock_irqsave(&rtc_lock, flags);
	outb(READ_ONCE(rtc_index), RTC_INDEX);
	outb(val, RTC_DATA);
	spin_unlock_irqrestore(&rtc_lock, flags);
}

/* Channel 2 drives the speaker and nothing of ours. */
static u32 pit_read(u16 port, unsigned int bytes)
{
	return inb(port);
}

static void pit_ch2_write(u16 port, unsigned int bytes, u32 val)
{
	outb(val, port);
}

static u32 pit_mode_read(u16 port, unsigned int bytes)
{
	return ~0U;	/* write-only on the chip */
}

static void pit_mode_write(u16 port, unsigned int bytes, u32 val)
{
	bool channel2 = (val & 0xc0) == 0x80;
	bool read_back_2 = (val & 0xc0) == 0xc0 && !(val & 0x06);

	if (channel2 || read_back_2)
		outb(val, port);
}

static void port_b_write(u16 port, unsigned int bytes, u32 val)
{
	outb((inb(PORT_B) & ~PORT_B_WRITABLE) | (val & PORT_B_WRITABLE), PORT_B);
}

static const struct emulated_port {
	u16 first, last;
	u8 width;	/* only accesses of so many bytes; 0: any that stays inside */
	u32 (*read)(u16 port, unsigned int bytes);
	void (*write)(u16 port, unsigned int bytes, u32 val);
} emulated[] = {
	{ PCI_DATA, PCI_DATA + 3, 0, pci_data_read, pci_data_write },
	{ PCI_ADDRESS, PCI_ADDRESS + 3, 4, pci_address_read, pci_address_write },
	{ RTC_INDEX, RTC_INDEX, 1, rtc_index_read, rtc_index_write },
	{ RTC_DATA, RTC_DATA, 1, rtc_data_read, rtc_data_write },
	{ PIT_CH2, PIT_CH2, 1, pit_read, pit_ch2_write },
	{ PIT_MODE, PIT_MODE, 1, pit_mode_read, pit_mode_write },
	{ PORT_B, PORT_B, 1, pit_read, port_b_write },
};

static const struct emulated_port *find_emulated(u16 port, unsigned int bytes)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(emulated); i++) {
		const struct emulated_port *e = &emulated[i];

		if (port >= e->first && port + bytes - 1 <= e->last &&
		    (!e->width || e->width == bytes))
			return e;
	}
	return NULL;
}

/* A wider access that covers part of an emulated one would bypass its latch. */
static bool touches_latched(u16 port, unsigned int bytes)
{
	static const struct port_range latched[] = {
		{ PCI_DATA, PCI_DATA + 3 }, { RTC_INDEX, RTC_DATA },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(latched); i++)
		if (overlaps(&latched[i], port, bytes))
			return true;
	return false;
}

/* Domain 0's alone, whatever another domain was granted. */
static bool touches_emulated(u16 port, unsigned int bytes)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(emulated); i++) {
		const struct port_range r = { emulated[i].first, emulated[i].last };

		if (overlaps(&r, port, bytes))
			return true;
	}
	return false;
}

static bool goes_to_hardware(const struct domain *d, u16 port, unsigned int bytes)
{
	if (d->is_hardware_domain ? touches_latched(port, bytes) : touches_emulated(port, bytes))
		return false;
	return rangeset_contains(&d->access.ioports, port, port + bytes - 1UL);
}

/* Domain 0's devices that two index at once. */
static const struct emulated_port *find_emulated_for(const struct domain *d, u16 port,
						     unsigned int bytes)
{
	return d->is_hardware_domain ? find_emulated(port, bytes) : NULL;
}

/**
 * pv_ioport_read() - IN, after privilege level and bitmap have allowed it.
 * @v:     the running vCPU
 * @port:  first port
 * @bytes: 1, 2 or 4
 * @val:   filled in, upper bits 0
 *
 * Return: true; false would be #GP, which no port that is not there gives.
 */
bool pv_ioport_read(struct vcpu *v, u16 port, unsigned int bytes, u32 *val)
{
	const struct emulated_port *e = find_emulated_for(v->domain, port, bytes);

	*val = all_ones(bytes);
	if (e)
		*val &= e->read(port, bytes);
	else if (goes_to_hardware(v->domain, port, bytes))
		*val = port_in(port, bytes);
	return true;
}

/**
 * pv_ioport_write() - OUT, after privilege level and bitmap have allowed it.
 * @v:     the running vCPU
 * @port:  first port
 * @bytes: 1, 2 or 4
 * @val:   value
 *
 * Return: true, as pv_ioport_read().
 */
bool pv_ioport_write(struct vcpu *v, u16 port, unsigned int bytes, u32 val)
{
	const struct emulated_port *e = find_emulated_for(v->domain, port, bytes);

	if (e)
		e->write(port, bytes, val);
	else if (goes_to_hardware(v->domain, port, bytes))
		port_out(port, bytes, val);
	return true;
}
