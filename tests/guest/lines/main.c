// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupt lines of a device that does as it is told (QEMU's edu, at 00:02.0): by its
 * pin, then by message. It storms, and the line is masked, the log says whose it is,
 * and all else goes on; it is fast, and served, and left alone; and the line follows
 * the vCPU that takes it from CPU to CPU, as the I/O APIC and the device tell.
 */
#include "vcpus.h"
#include "domu.h"

#include <xen/platform.h>

const char *const test_name = "lines";

#define CPUS		2
#define US		1000UL
#define MS		1000000UL
#define PATIENCE	(100 * MS)	/* for one interrupt */

#define PCI(reg)	(0x80000000U | 2 << 11 | (reg))
#define PCI_ADD		{ .devfn = 2 << 3 }
#define PCI_COMMAND	0x04
#define PCI_BAR0	0x10
#define EDU_ID		0x11e81234U
/* Its registers. */
#define EDU_VERSION	0x00
#define EDU_RAISE	0x60
#define EDU_ACK		0x64

/* Slot 2's pin A comes by PIRQG, which the chipset connects to this pin. */
#define GSI		22
#define IOAPIC		0xfec00000UL
#define RTE(pin)	(0x10 + 2 * (pin))
#define RTE_MASKED	0x10000
#define MSI_TO_NOBODY	0xfe

static volatile u32 *edu;
static u32 irq_pirq, irq_port, timer_port;
static bool by_message;
static u32 taken;		/* interrupts that vCPU 1 took */

/* ---- Configuration space, by the ports ---- */

static void out32(u16 port, u32 val)
{
	__asm__ __volatile__("outl %0, %1" :: "a" (val), "Nd" (port));
}

static u32 in32(u16 port)
{
	u32 val;

	__asm__ __volatile__("inl %1, %0" : "=a" (val) : "Nd" (port));
	return val;
}

static u32 config_read(u32 reg)
{
	out32(0xcf8, PCI(reg));
	return in32(0xcfc);
}

static void config_write(u32 reg, u32 val)
{
	out32(0xcf8, PCI(reg));
	out32(0xcfc, val);
}

static u32 find_msi(void)
{
	u32 pos = config_read(0x34) & 0xfc;

	while (pos && (config_read(pos) & 0xff) != 5)
		pos = config_read(pos) >> 8 & 0xfc;
	return pos;
}

/* ---- Ports, polled ---- */

static void mask_port(u32 port)
{
	__atomic_fetch_or(&shared_info->evtchn_mask[port / 64], 1UL << port % 64,
			  __ATOMIC_SEQ_CST);
}

static bool take(u32 port)
{
	u64 bit = 1UL << port % 64;

	return __atomic_fetch_and(&shared_info->evtchn_pending[port / 64], ~bit,
				  __ATOMIC_SEQ_CST) & bit;
}

/* Sleep until one of two is pending, or a time has come. */
static void sleep_on(u32 a, u32 b, u64 until)
{
	u32 ports[] = { a, b };
	struct sched_poll poll = { .nr_ports = 2, .timeout = until };

	set_xen_guest_handle(poll.ports, ports);
	HC(sched_op, SCHEDOP_poll, &poll, 0, 0, 0);
}

/* vCPU @id waits for an interrupt. */
static bool wait_irq(unsigned int id, u64 ns)
{
	u64 until = read_clock(id) + ns;

	while (!take(irq_port)) {
		if (read_clock(id) > until)
			return false;
		sleep_on(irq_port, irq_port, until);
	}
	return true;
}

static void pause_for(u64 ns)
{
	u64 until = read_clock(0) + ns;

	while (read_clock(0) < until)
		sleep_on(timer_port, timer_port, until);
}

static void end_irq(void)
{
	struct physdev_eoi op = { .irq = irq_pirq };

	if (HC(physdev_op, PHYSDEVOP_eoi, &op, 0, 0, 0))
		fail();
}

/* As its driver would. */
static void serve(void)
{
	edu[EDU_ACK / 4] = ~0U;
	end_irq();
}

/* ---- Who is told what ---- */

static unsigned int count_in(const char *text, const char *what)
{
	unsigned int n = 0;

	while ((text = behind(text, what)))
		n++;
	return n;
}

/* ---- Where it goes ---- */

static u32 rte(unsigned int half)
{
	struct physdev_apic op = { .apic_physbase = IOAPIC, .reg = RTE(GSI) + half };

	CHECK_EQ(HC(physdev_op, PHYSDEVOP_apic_read, &op, 0, 0, 0), 0);
	return op.value;
}

static u32 destination(void)
{
	return by_message ? config_read(find_msi() + 4) >> 12 & 0xff : rte(1) >> 24;
}

static u32 apic_id_of(u32 cpu)
{
	struct xen_platform_op op = { .cmd = XENPF_get_cpuinfo,
				      .interface_version = XENPF_INTERFACE_VERSION };

	op.u.pcpu_info.xen_cpuid = cpu;
	CHECK_EQ(HC(platform_op, &op, 0, 0, 0, 0), 0);
	return op.u.pcpu_info.apic_id;
}

/* ---- The device and its two ways to interrupt ---- */

static bool find_device(void)
{
	struct physdev_set_iopl iopl = { .iopl = 1 };
	struct physdev_pci_device_add add = PCI_ADD;
	u64 bar;

	CHECK_EQ(HC(physdev_op, PHYSDEVOP_set_iopl, &iopl, 0, 0, 0), 0);
	if (config_read(0) != EDU_ID)
		return false;
	CHECK_EQ(HC(physdev_op, PHYSDEVOP_pci_device_add, &add, 0, 0, 0), 0);
	bar = config_read(PCI_BAR0) & ~0xfU;
	config_write(PCI_COMMAND, 6);	/* memory; and messages, which are writes of its own */
	edu = alloc_pages(1);
	CHECK_EQ(remap((void *)edu, bar | PTE_P | PTE_RW | PTE_A | PTE_D | PTE_US | PTE_PCD,
		       UVMF_INVLPG), 0);
	return (edu[EDU_VERSION / 4] & 0xff) == 0xed;
}

static void bind(void)
{
	struct evtchn_bind_pirq op = { .pirq = irq_pirq };

	CHECK_EQ(HC(event_channel_op, EVTCHNOP_bind_pirq, &op, 0, 0, 0), 0);
	irq_port = op.port;
	mask_port(irq_port);
	take(irq_port);
}

static void bind_line(void)
{
	struct physdev_map_pirq map = { .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_GSI,
					.index = GSI, .pirq = GSI };

	CHECK_EQ(HC(physdev_op, PHYSDEVOP_map_pirq, &map, 0, 0, 0), 0);
	irq_pirq = map.pirq;
	bind();
}

static void bind_message(void)
{
	struct physdev_map_pirq map = { .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_MSI,
					.index = -1, .pirq = -1, .devfn = 2 << 3 };
	u32 pos = find_msi();

	by_message = true;
	CHECK_EQ(HC(physdev_op, PHYSDEVOP_map_pirq, &map, 0, 0, 0), 0);
	irq_pirq = map.pirq;
	bind();
	config_write(pos, config_read(pos) | 1U << 16);
}

static void unbind(void)
{
	struct evtchn_close close = { .port = irq_port };
	struct physdev_unmap_pirq unmap = { .domid = DOMID_SELF, .pirq = irq_pirq };

	CHECK_EQ(HC(event_channel_op, EVTCHNOP_close, &close, 0, 0, 0), 0);
	CHECK_EQ(HC(physdev_op, PHYSDEVOP_unmap_pirq, &unmap, 0, 0, 0), 0);
}

/* ---- Storms ---- */

static u64 next_tick;
static unsigned int ticks;

static void set_timer(void)
{
	struct vcpu_set_singleshot_timer t = { 0 };

	next_tick = read_clock(0) + 5 * MS;
	t.timeout_abs_ns = next_tick;
	CHECK_EQ(vcpu_op(VCPUOP_set_singleshot_timer, 0, &t), 0);
}

static void take_tick(void)
{
	if (!take(timer_port))
		return;
	ticks++;
	set_timer();
}

/* The device is never served, the interrupt ended all the same, for @ns. */
static unsigned int end_unserved(u64 ns)
{
	u64 until = read_clock(0) + ns;
	unsigned int n = 0;

	while (read_clock(0) < until) {
		take_tick();
		if (take(irq_port)) {
			end_irq();
			n++;
		} else {
			sleep_on(irq_port, timer_port, until);
		}
	}
	return n;
}

static void line_storms(void)
{
	const char *log;
	unsigned int n;

	new_log();
	ticks = 0;
	set_timer();
	edu[EDU_RAISE / 4] = 1;
	n = end_unserved(150 * MS);
	say("%u interrupts, %u ticks\n", n, ticks);
	/* A thousand, a rest of 10 ms, a thousand, 20 ms, a thousand, 40 ms, a thousand. */
	CHECK(n >= 3000 && n <= 5000);
	CHECK(ticks >= 20);
	CHECK(rte(0) & RTE_MASKED);
	log = new_log();
	CHECK(behind(log, "irq 22 (IO-APIC line, asserted by 0000:00:02.0): more than 1000 inter"));
	CHECK(behind(log, "masked for 10 ms\n"));
	CHECK(behind(log, "masked for 40 ms\n"));
	CHECK(count_in(log, "irq 22 (") <= 5);
	/* Served at last, it works as before. */
	edu[EDU_ACK / 4] = ~0U;
	pause_for(200 * MS);
	take(irq_port);
	end_irq();
	CHECK(!(rte(0) & RTE_MASKED));
	edu[EDU_RAISE / 4] = 1;
	CHECK(wait_irq(0, PATIENCE));
	serve();
	CHECK(!take(irq_port));
}

static void messages_storm(void)
{
	const char *log;
	u64 until = read_clock(0) + 15 * MS;
	unsigned int n = 0;

	new_log();
	ticks = 0;
	set_timer();
	for (; destination() != MSI_TO_NOBODY && read_clock(0) < until; n += 200) {
		for (unsigned int i = 0; i < 200; i++)
			edu[EDU_RAISE / 4] = 1;
		take_tick();
	}
	say("%u messages, %u ticks\n", n, ticks);
	CHECK(n >= 10000 && n <= 12000);
	CHECK(ticks >= 1);
	log = new_log();
	CHECK(behind(log, " (PCI-MSI of 0000:00:02.0): more than 10000 interrupts in 10 ms: mas"));
	/* While it rests nothing comes; then what may have been lost is told of. */
	take(irq_port);
	edu[EDU_RAISE / 4] = 1;
	CHECK(!wait_irq(0, MS));
	CHECK(wait_irq(0, PATIENCE));
	CHECK(destination() != MSI_TO_NOBODY);
	pause_for(20 * MS);
	edu[EDU_RAISE / 4] = 1;
	CHECK(wait_irq(0, PATIENCE));
}

/* Fast, but every interrupt is what a driver waits for. */
static void fast_device(void)
{
	unsigned int n;

	new_log();
	for (n = 0; n < 600; n++) {
		u64 next = read_clock(0) + 20 * US;

		edu[EDU_RAISE / 4] = 1;
		if (!wait_irq(0, PATIENCE))
			break;
		serve();
		while (read_clock(0) < next)
			;
	}
	CHECK_EQ(n, 600);
	CHECK_EQ(count_in(new_log(), "irq "), 0);
}

/* ---- The line follows ---- */

static void take_interrupts(unsigned int id)
{
	while (!READ_ONCE(stop)) {
		if (!wait_irq(id, 5 * MS))
			continue;
		serve();
		__atomic_add_fetch(&taken, 1, __ATOMIC_SEQ_CST);
	}
}

static bool one_taken(void)
{
	u32 before = __atomic_load_n(&taken, __ATOMIC_SEQ_CST);
	u64 until = read_clock(0) + PATIENCE;

	edu[EDU_RAISE / 4] = 1;
	while (__atomic_load_n(&taken, __ATOMIC_SEQ_CST) == before) {
		if (read_clock(0) > until)
			return false;
		HC(sched_op, SCHEDOP_yield, 0, 0, 0, 0);
		relax();
	}
	return true;
}

/* How many interrupts it took until they went to @cpu; none is lost meanwhile. */
static unsigned int until_goes_to(u32 cpu)
{
	unsigned int n = 0;

	while (destination() != apic_id_of(cpu) && n < 20) {
		CHECK(one_taken());
		/* The vector that it came by before must be free again. */
		pause_for(2 * MS);
		n++;
	}
	return n;
}

static void follows(void)
{
	struct evtchn_bind_vcpu op = { .port = irq_port, .vcpu = 1 };

	pin_vcpu(0, 0, 0);
	pin_vcpu(0, 1, 1);
	taken = 0;
	CHECK_EQ(destination(), apic_id_of(0));
	begin(take_interrupts);
	/* Told of the vCPU, it goes there when it next fires; or was there at once. */
	pause_for(10 * MS);
	CHECK_EQ(HC(event_channel_op, EVTCHNOP_bind_vcpu, &op, 0, 0, 0), 0);
	CHECK(until_goes_to(1) <= 1);
	for (unsigned int i = 0; i < 4; i++)
		CHECK(one_taken());
	CHECK_EQ(destination(), apic_id_of(1));
	/* The scheduler moves the vCPU: seen elsewhere twice, it is followed. */
	for (u32 i = 0; i < 4; i++) {
		u32 cpu = i & 1;
		unsigned int n;

		pin_vcpu(0, 1, cpu);
		pause_for(10 * MS);
		n = until_goes_to(cpu);
		say("CPU%u after %u interrupts\n", cpu, n);
		CHECK(n >= 2 && n <= 4);
		for (unsigned int j = 0; j < 4; j++)
			CHECK(one_taken());
		CHECK_EQ(destination(), apic_id_of(cpu));
	}
	end("interrupts were ended");
	CHECK(!take(irq_port));
}

void test_main(void)
{
	struct evtchn_bind_virq timer = { .virq = VIRQ_TIMER };

	CHECK_EQ(HC(event_channel_op, EVTCHNOP_bind_virq, &timer, 0, 0, 0), 0);
	timer_port = timer.port;
	mask_port(timer_port);
	if (!find_device()) {
		check_at(false, "there is an edu device at 00:02.0", __FILE__, __LINE__);
		return;
	}
	pin_vcpu(0, 0, 0);
	start_all(CPUS);
	CHECK_EQ(nr, CPUS);
	bind_line();
	say("a line storms\n");
	line_storms();
	say("a line is fast\n");
	fast_device();
	say("a line follows\n");
	follows();
	unbind();
	bind_message();
	say("messages storm\n");
	messages_storm();
	say("messages follow\n");
	follows();
	unbind();
}
