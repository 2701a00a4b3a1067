// SPDX-License-Identifier: GPL-2.0-only
/* irq/irq.c and irq/pirq.c between a made-up I/O APIC and made-up event channels. */
#include <hv/acpi.h>
#include <hv/errno.h>
#include <hv/evtchn.h>
#include <hv/irq.h>
#include <hv/irq_desc.h>
#include <hv/mm.h>
#include <hv/msi.h>
#include <hv/percpu.h>
#include <hv/pirq.h>
#include <hv/printk.h>
#include <hv/time.h>

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PINS	24

struct acpi_info acpi;
struct percpu *percpu_of[MAX_CPUS];
unsigned int nr_cpus = 1;
struct vcpu *current;
unsigned long max_page = 1;
u64 frame_chunks[FRAME_CHUNKS_MAX / 64] = { 1 };

unsigned int stub_cpu;
static struct percpu cpu0, cpu1;
static struct domain *dom[3];
static struct vcpu vcpus[3];
static u64 now;

/* What the controller was told last. */
static struct {
	bool masked;
	unsigned int setups;
} lines[NR_IRQS];

static unsigned int apic_eois;
static unsigned int sent[3];
static bool port_bound = true;
static struct timer *pending_timer;
static u64 pending_ns;		/* when it was last set for */

void panic(const char *fmt, ...)
{
	abort();
}

void bug(const char *what, const char *file, unsigned int line)
{
	abort();
}

static char said[256];	/* last */
static unsigned int times_said;

void printk_level(enum log_level level, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(said, sizeof(said), fmt, args);
	va_end(args);
	times_said++;
}

void *hv_alloc(size_t size)
{
	return calloc(1, size);
}

void *hv_alloc_array(size_t size, size_t n)
{
	return calloc(n, size);
}

void hv_free(void *p)
{
	free(p);
}

u64 now_ns(void)
{
	return now;
}

void timer_init(struct timer *t, void (*fn)(void *data), void *data, unsigned int cpu)
{
	t->fn = fn;
	t->data = data;
}

void timer_set(struct timer *t, u64 expires_ns)
{
	pending_timer = t;
	pending_ns = expires_ns;
}

void timer_stop(struct timer *t)
{
	if (pending_timer == t)
		pending_timer = NULL;
}

void timer_migrate(struct timer *t, unsigned int cpu)
{
	t->cpu = cpu;
}

bool msi_is_block(const struct msi_desc *m)
{
	return false;
}

bool msi_is_maskable(const struct msi_desc *m)
{
	return true;
}

static unsigned int nr_asserting;

unsigned int pci_devs_asserting(struct pci_sbdf *list, unsigned int max)
{
	unsigned int n = nr_asserting < max ? nr_asserting : max;

	for (unsigned int i = 0; i < n; i++)
		list[i] = (struct pci_sbdf){ .bus = i, .devfn = 0x1f };
	return n;
}

struct pci_sbdf msi_sbdf(const struct msi_desc *m)
{
	return (struct pci_sbdf){ .bus = 1 };
}

void apic_eoi(void)
{
	apic_eois++;
}

static int taken_on;	/* where the vCPU is; -1: where the line fires */

int evtchn_send_pirq(struct domain *d, u32 pirq)
{
	sent[d->domain_id]++;
	if (!port_bound)
		return -ENOENT;
	return taken_on < 0 ? (int)stub_cpu : taken_on;
}

void msi_domain_release(struct domain *d)
{
}

static int type_rc;
static int type_refs;

int page_get_and_type(struct page_info *pg, domid_t owner, enum page_type type)
{
	if (!type_rc)
		type_refs++;
	return type_rc;
}

bool page_put_and_type(struct page_info *pg)
{
	type_refs--;
	return false;
}

static void line_setup(struct irq_desc *desc)
{
	lines[desc->irq].masked = true;
	lines[desc->irq].setups++;
}

static void line_mask(struct irq_desc *desc)
{
	lines[desc->irq].masked = true;
}

static void line_unmask(struct irq_desc *desc)
{
	lines[desc->irq].masked = false;
}

#define CONTROLLER { .name = "IO-APIC", .setup = line_setup, .mask = line_mask, \
		     .unmask = line_unmask }
const struct irq_controller ioapic_controller = CONTROLLER;
const struct irq_controller i8259_controller = CONTROLLER;
const struct irq_controller msi_controller = CONTROLLER;

void i8259_init(void)
{
}

bool i8259_is_level(unsigned int line)
{
	return false;
}

void ioapic_init(void)
{
	nr_gsis = PINS;
}

bool ioapic_present(void)
{
	return true;
}

bool ioapic_has_gsi(unsigned int gsi)
{
	return gsi < PINS;
}

static struct domain *make_domain(unsigned int id)
{
	struct domain *d = calloc(1, sizeof(*d));

	d->domain_id = id;
	d->is_hardware_domain = id == 0;
	assert_int_equal(pirq_domain_init(d), 0);
	vcpus[id].domain = d;
	return d;
}

/* irq.c has no way back: it is set up once, and every test leaves it clean. */
static int setup_once(void **state)
{
	percpu_of[0] = &cpu0;
	cpu0.online = cpu1.online = true;
	acpi.isa_irq[9].valid = acpi.isa_irq[9].level = true;
	acpi.isa_irq[9].gsi = 9;
	acpi.isa_irq[0].valid = true;
	acpi.isa_irq[0].gsi = 2;
	percpu_of[1] = &cpu1;
	if (irq_init_cpu(0) || irq_init_cpu(1))
		return -1;
	irq_init();
	mmap((void *)FRAME_TABLE_START, 4096, PROT_READ | PROT_WRITE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	mmap((void *)DIRECTMAP_START, 4096, PROT_READ | PROT_WRITE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	return 0;
}

static int setup(void **state)
{
	memset(sent, 0, sizeof(sent));
	apic_eois = 0;
	stub_cpu = 0;
	nr_cpus = 1;
	port_bound = true;
	taken_on = -1;
	pending_timer = NULL;
	type_rc = 0;
	for (unsigned int i = 0; i < 3; i++)
		dom[i] = make_domain(i);
	return 0;
}

static int teardown(void **state)
{
	for (unsigned int i = 0; i < 3; i++) {
		pirq_domain_destroy(dom[i]);
		pirq_domain_free(dom[i]);
		free(dom[i]);
	}
	return type_refs ? -1 : 0;
}

static void bind(unsigned int domid, unsigned int irq, bool share)
{
	assert_int_equal(pirq_map(dom[domid], irq, irq), 0);
	assert_int_equal(pirq_guest_bind(&vcpus[domid], irq, share), 0);
}

/* The line is asserted; does an interrupt come? */
static bool raise_irq(unsigned int irq)
{
	struct irq_desc *desc = irq_to_desc(irq);
	struct cpu_user_regs regs = { .entry_vector = desc->vector };

	if (lines[irq].masked)
		return false;
	do_irq(&regs);
	return true;
}

static void level_line_waits_for_its_end(void **state)
{
	bind(0, 9, true);
	assert_true(raise_irq(9));
	assert_int_equal(sent[0], 1);
	assert_int_equal(apic_eois, 1);
	assert_false(raise_irq(9));
	pirq_guest_eoi(dom[0], 9);
	assert_true(raise_irq(9));
	/* A second end of the same interrupt is no end of the next. */
	pirq_guest_eoi(dom[0], 9);
	pirq_guest_eoi(dom[0], 9);
	assert_true(raise_irq(9));
	assert_false(raise_irq(9));
}

static void shared_line_waits_for_all(void **state)
{
	bind(0, 20, true);
	bind(1, 20, true);
	assert_true(irq_is_shared(20));
	assert_true(raise_irq(20));
	assert_int_equal(sent[0] + sent[1], 2);
	pirq_guest_eoi(dom[0], 20);
	pirq_guest_eoi(dom[0], 20);
	pirq_guest_eoi(dom[2], 20);
	assert_false(raise_irq(20));
	pirq_guest_eoi(dom[1], 20);
	assert_true(raise_irq(20));
	/* One that goes away owes nothing. */
	pirq_guest_eoi(dom[0], 20);
	pirq_guest_unbind(dom[1], 20);
	assert_true(raise_irq(20));
}

static void nobody_to_tell(void **state)
{
	bind(0, 21, false);
	port_bound = false;
	assert_true(raise_irq(21));
	assert_true(raise_irq(21));
	pirq_guest_unbind(dom[0], 21);
	assert_false(raise_irq(21));
}

static void sharing_is_by_agreement(void **state)
{
	bind(0, 22, false);
	assert_int_equal(pirq_map(dom[1], 22, 22), 0);
	assert_int_equal(pirq_guest_bind(&vcpus[1], 22, true), -EBUSY);
	pirq_guest_unbind(dom[0], 22);
	assert_int_equal(pirq_guest_bind(&vcpus[1], 22, true), 0);
	assert_int_equal(pirq_guest_bind(&vcpus[0], 22, false), -EBUSY);
	assert_int_equal(pirq_guest_bind(&vcpus[0], 22, true), 0);
	assert_int_equal(pirq_guest_bind(&vcpus[0], 22, true), -EBUSY);
}

static void own_handler(void *data)
{
	++*(unsigned int *)data;
}

static void own_line_is_not_lent(void **state)
{
	static unsigned int count;

	assert_int_equal(irq_request_gsi(4, own_handler, &count, "test"), 0);
	assert_int_equal(irq_request_gsi(4, own_handler, &count, "test"), -EBUSY);
	assert_int_equal(irq_request_gsi(PINS, own_handler, &count, "test"), -EINVAL);
	assert_int_equal(pirq_map(dom[0], 4, 4), 0);
	assert_int_equal(pirq_guest_bind(&vcpus[0], 4, true), -EBUSY);
	assert_true(raise_irq(4));
	assert_int_equal(count, 1);
	assert_int_equal(sent[0], 0);
}

/* The timer that is set fires when it is due. */
static void time_passes(void)
{
	struct timer *t = pending_timer;

	assert_non_null(t);
	pending_timer = NULL;
	if (now < pending_ns)
		now = pending_ns;
	t->fn(t->data);
}

static void assert_said(const char *which, const char *what)
{
	char want[sizeof(said)];

	snprintf(want, sizeof(want), "%s: %s", which, what);
	assert_string_equal(said, want);
}

static unsigned int fire_until_masked(unsigned int irq)
{
	unsigned int n = 0;

	while (n < 100000 && raise_irq(irq)) {
		n++;
		if (irq_is_level(irq))
			pirq_guest_eoi(dom[0], irq);
	}
	return n;
}

static void edge_storm_is_throttled(void **state)
{
	unsigned int n;

	now = 1000000000;
	bind(0, 5, false);
	assert_in_range(fire_until_masked(5), 9000, 11000);
	time_passes();
	assert_said("irq 5 (IO-APIC line)",
		    "more than 10000 interrupts in 10 ms: masked for 10 ms\n");
	n = sent[0];
	time_passes();
	assert_int_equal(now, 1010000000);
	assert_int_equal(sent[0], n + 1);	/* what may have been lost */
	assert_true(raise_irq(5));
	/* The same number over a longer time is no storm. */
	pending_timer = NULL;
	for (unsigned int i = 0; i < 100000; i++) {
		now += 2000;
		assert_true(raise_irq(5));
	}
	assert_null(pending_timer);
}

/* The guest ends each interrupt, the device goes on asserting its line. */
static void level_storm_is_throttled(void **state)
{
	unsigned int n;
	u64 start;

	now = 2000000000;
	nr_asserting = 2;
	bind(0, 20, true);
	assert_in_range(fire_until_masked(20), 900, 1100);
	pirq_guest_eoi(dom[0], 20);
	assert_true(lines[20].masked);
	time_passes();
	assert_said("irq 20 (IO-APIC line, asserted by 0000:00:03.7, 0000:01:03.7)",
		    "more than 1000 interrupts in 10 ms: masked for 10 ms\n");
	/* It has not gone away, so nobody is told that it may have. */
	n = sent[0];
	time_passes();
	assert_int_equal(sent[0], n);
	assert_false(lines[20].masked);
	/* It goes on: each rest is longer, up to a limit, and told of until then. */
	times_said = 0;
	for (unsigned int i = 1; i <= 8; i++) {
		assert_in_range(fire_until_masked(20), 900, 1100);
		start = now;
		time_passes();
		if (now == start)
			time_passes();
		assert_int_equal(now - start, (i < 6 ? 10000000UL << i : 640000000UL));
	}
	assert_int_equal(times_said, 6);
	assert_non_null(strstr(said, "640 ms"));
	/* Once it was calm a storm is a new one. Nobody may be known to be at fault. */
	nr_asserting = 0;
	now += 20000000;
	assert_in_range(fire_until_masked(20), 900, 1100);
	time_passes();
	assert_non_null(strstr(said, "asserted by no known device)"));
	assert_non_null(strstr(said, "for 10 ms"));
	/* A CPU that goes, or a guest that comes, does not end the rest. */
	bind(1, 20, true);
	irq_set_cpu(20, 0);
	assert_true(lines[20].masked);
	time_passes();
	assert_false(lines[20].masked);
}

static void fast_level_line_is_left_alone(void **state)
{
	now = 4000000000;
	bind(0, 21, false);
	for (unsigned int i = 0; i < 10000; i++) {
		now += 11000;
		assert_true(raise_irq(21));
		pirq_guest_eoi(dom[0], 21);
		assert_false(lines[21].masked);
	}
	assert_null(pending_timer);
}

/* The hypervisor's own, too: its handler would find its CPU busy for ever. */
static void own_line_storms(void **state)
{
	static unsigned int count;

	now = 5000000000;
	assert_int_equal(irq_set_gsi_mode(16, true, true), 0);
	assert_int_equal(irq_request_gsi(16, own_handler, &count, "test"), 0);
	assert_in_range(fire_until_masked(16), 900, 1100);
	time_passes();
	time_passes();
	assert_false(lines[16].masked);
}

static void mode_is_fixed_while_in_use(void **state)
{
	assert_int_equal(irq_set_gsi_mode(18, false, false), 0);
	bind(0, 18, false);
	assert_int_equal(irq_set_gsi_mode(18, false, false), 0);
	assert_int_equal(irq_set_gsi_mode(18, true, false), -EEXIST);
	assert_int_equal(irq_set_gsi_mode(PINS, true, false), -EINVAL);
	assert_int_equal(irq_set_gsi_mode(~0U, true, false), -EINVAL);
	pirq_guest_unbind(dom[0], 18);
	assert_int_equal(irq_set_gsi_mode(18, true, true), 0);
	assert_true(irq_is_level(18));
}

/* Vectors run out, come back, and are never those of others. */
static void vectors(void **state)
{
	unsigned int irqs[NR_IRQS], n = 0;
	int irq;

	for (;;) {
		irq = irq_alloc_msi(1);
		if (irq < 0 || irq_setup_msi(irq, 1, 0, (struct msi_desc *)&now))
			break;
		assert_in_range(irq_to_desc(irq)->vector, VECTOR_FIRST_DYNAMIC,
				VECTOR_LAST_DYNAMIC);
		assert_int_not_equal(irq_to_desc(irq)->vector, VECTOR_GUEST_SYSCALL);
		irqs[n++] = irq;
	}
	assert_in_range(n, 100, 191);
	while (n--)
		irq_free_msi(irqs[n]);
	irq = irq_alloc_msi(32);
	assert_int_equal(irq_setup_msi(irq, 32, 0, (struct msi_desc *)&now), 0);
	assert_int_equal(irq_to_desc(irq)->vector % 32, 0);
	assert_int_equal(irq_to_desc(irq + 31)->vector, irq_to_desc(irq)->vector + 31);
	for (unsigned int i = 0; i < 32; i++)
		irq_free_msi(irq + i);
}

static void numbers_of_a_domain(void **state)
{
	int a, b;

	assert_int_equal(pirq_map(dom[1], pirq_count(dom[1]), 3), -EINVAL);
	assert_int_equal(pirq_to_irq(dom[1], ~0U), -EINVAL);
	assert_int_equal(pirq_unmap(dom[1], ~0U), -EINVAL);
	assert_int_equal(pirq_guest_bind(&vcpus[1], 3, false), -EINVAL);
	assert_int_equal(pirq_map(dom[1], 3, 3), 0);
	assert_int_equal(pirq_map(dom[1], 3, 3), 0);
	assert_int_equal(pirq_map(dom[1], 3, 5), -EBUSY);
	assert_int_equal(pirq_of_irq(dom[1], 3), 3);
	assert_int_equal(pirq_of_irq(dom[0], 3), -ENOENT);

	a = pirq_reserve(dom[1], false, 1);
	b = pirq_reserve(dom[1], false, 4);
	assert_int_equal(a, pirq_count(dom[1]) - 1);
	assert_int_equal(b, a - 4);
	assert_int_equal(pirq_to_irq(dom[1], a), -EINVAL);
	assert_int_equal(pirq_guest_bind(&vcpus[1], a, false), -EINVAL);
	assert_int_equal(pirq_map(dom[1], a, 6), 0);
	while (pirq_reserve(dom[1], false, 1) >= 0)
		;
	assert_int_equal(pirq_reserve(dom[1], false, 1), -ENOSPC);
	pirq_unmap(dom[1], b);
	assert_int_equal(pirq_reserve(dom[1], false, 1), b);
}

static void eoi_page_tells_who_needs_it(void **state)
{
	u8 *map = (u8 *)DIRECTMAP_START;

	memset(map, 0, 4096);
	bind(0, 9, true);
	type_rc = -EBUSY;
	assert_int_equal(pirq_set_eoi_page(dom[0], 0, false), -EINVAL);
	type_rc = 0;
	assert_int_equal(pirq_set_eoi_page(dom[0], 1, false), -EINVAL);
	assert_int_equal(pirq_set_eoi_page(dom[0], 0, false), 0);
	assert_int_equal(pirq_set_eoi_page(dom[0], 0, true), -EBUSY);
	assert_false(pirq_auto_unmask(dom[0]));
	assert_int_equal(map[1], 2);
	bind(0, 6, false);		/* edge */
	bind(0, 17, true);		/* level */
	assert_int_equal(map[0], 0);
	assert_int_equal(map[2], 2);
	pirq_unmap(dom[0], 17);
	assert_int_equal(map[2], 0);
}

/* A domain dies with an interrupt in service: the others' line goes on. */
static void death_ends_interrupts(void **state)
{
	bind(0, 19, true);
	bind(1, 19, true);
	assert_true(raise_irq(19));
	pirq_guest_eoi(dom[0], 19);
	pirq_domain_destroy(dom[1]);
	assert_true(raise_irq(19));
	assert_int_equal(sent[1], 1);
	pirq_guest_eoi(dom[1], 19);
	pirq_guest_unbind(dom[1], 19);
}

static void stray_vectors(void **state)
{
	struct cpu_user_regs regs = { .entry_vector = 0xe0 };

	do_irq(&regs);
	assert_int_equal(apic_eois, 1);
	regs.entry_vector = VECTOR_SPURIOUS;
	do_irq(&regs);
	regs.entry_vector = 0x27;	/* 8259 */
	do_irq(&regs);
	assert_int_equal(apic_eois, 1);
	assert_int_equal(cpu0.irq_depth, 0);
}

/* An interrupt by a vector of a CPU; was it the line's? */
static bool vector_fires(unsigned int cpu, u8 vector)
{
	struct cpu_user_regs regs = { .entry_vector = vector };
	unsigned int before = sent[0];

	stub_cpu = cpu;
	do_irq(&regs);
	stub_cpu = 0;
	return sent[0] != before;
}

/* A message is on its way while another CPU takes its line away, and has the vector still. */
static void message_of_a_freed_line(void **state)
{
	int irq = irq_alloc_msi(1);
	u8 vector, again;

	assert_true(irq >= PINS);
	assert_int_equal(irq_setup_msi(irq, 1, 0, NULL), 0);
	vector = irq_to_desc(irq)->vector;
	irq_free_msi(irq);
	assert_int_equal(vector_assign(irq, 1, 0, &again), 0);
	assert_int_equal(again, vector);
	assert_false(vector_fires(0, vector));
	assert_int_equal(apic_eois, 1);
	vector_release(0, vector);
}

static void line_follows_its_vcpu(void **state)
{
	struct irq_desc *desc;
	u8 old, new;

	nr_cpus = 2;
	bind(0, 5, false);
	desc = irq_to_desc(5);
	old = desc->vector;
	assert_int_equal(desc->cpu, 0);
	vcpus[0].processor = 1;
	pirq_guest_move(&vcpus[0], 5);
	vcpus[0].processor = 0;
	/* Nothing happens to a line that may be firing just now. */
	assert_int_equal(desc->cpu, 0);
	assert_true(vector_fires(0, old));
	assert_int_equal(desc->cpu, 1);
	assert_false(lines[5].masked);
	new = desc->vector;
	/* A message on its way to the old vector is not lost; then the vector is free. */
	assert_true(vector_fires(0, old));
	assert_true(vector_fires(1, new));
	assert_non_null(pending_timer);
	assert_int_equal(pending_timer->cpu, 0);
	pending_timer->fn(pending_timer->data);
	assert_int_equal(vector_to_irq(0, old), -ENOENT);
	assert_false(vector_fires(0, old));
	assert_true(vector_fires(1, new));
	/* Back, at once while it is masked; twice in a row waits for the first. */
	pirq_guest_move(&vcpus[0], 5);
	assert_true(vector_fires(1, new));
	assert_int_equal(desc->cpu, 0);
	irq_set_cpu(5, 1);
	assert_true(vector_fires(0, desc->vector));
	assert_int_equal(desc->cpu, 0);
	pending_timer->fn(pending_timer->data);
	assert_int_equal(vector_to_irq(1, new), -ENOENT);
	assert_true(vector_fires(0, desc->vector));
	assert_int_equal(desc->cpu, 1);
	pending_timer->fn(pending_timer->data);
}

/* Moved by the scheduler, the vCPU is followed when it was found there twice. */
static void line_follows_the_scheduler(void **state)
{
	struct irq_desc *desc;
	u8 old;

	nr_cpus = 2;
	bind(0, 7, false);
	desc = irq_to_desc(7);
	old = desc->vector;
	assert_true(vector_fires(0, old));
	taken_on = 1;
	assert_true(vector_fires(0, old));
	taken_on = 0;
	assert_true(vector_fires(0, old));
	taken_on = 1;
	assert_true(vector_fires(0, old));
	assert_int_equal(desc->wanted_cpu, 0);
	assert_true(vector_fires(0, old));
	assert_int_equal(desc->cpu, 0);
	assert_true(vector_fires(0, old));
	assert_int_equal(desc->cpu, 1);
	pending_timer->fn(pending_timer->data);
	assert_true(vector_fires(1, desc->vector));
	assert_int_equal(desc->cpu, 1);
	/* Whoever asks for another CPU gets it, and is followed from there. */
	irq_set_cpu(7, 0);
	assert_true(vector_fires(1, desc->vector));
	assert_int_equal(desc->cpu, 0);
	pending_timer->fn(pending_timer->data);
}

/* All that was sent to old vectors has arrived. */
static void old_vectors_end(void)
{
	for (unsigned int irq = 0; irq < nr_gsis; irq++)
		if (irq_to_desc(irq) && irq_to_desc(irq)->old_vector)
			irq_to_desc(irq)->old_timer.fn(irq_to_desc(irq));
}

static void lines_leave_a_cpu(void **state)
{
	struct irq_desc *desc, *idle;
	u8 old;

	nr_cpus = 2;
	bind(0, 12, false);
	bind(0, 6, false);
	desc = irq_to_desc(12);
	idle = irq_to_desc(6);
	irq_set_cpu(12, 1);
	assert_true(vector_fires(0, desc->vector));
	assert_int_equal(desc->cpu, 1);
	/* It has just come: what it sent to its old vector is waited for. */
	assert_int_equal(irq_cpu_leave(1), -EAGAIN);
	old_vectors_end();
	irq_set_cpu(6, 1);
	old = desc->vector;
	assert_int_equal(irq_cpu_leave(1), -EAGAIN);
	assert_int_equal(desc->cpu, 0);
	assert_false(lines[12].masked);
	assert_int_equal(idle->wanted_cpu, 0);
	assert_true(vector_fires(1, old));
	assert_int_equal(irq_cpu_leave(1), -EAGAIN);
	old_vectors_end();
	assert_int_equal(irq_cpu_leave(1), 0);
	assert_true(vector_fires(0, desc->vector));
	/* Offline, it gets none. */
	cpu1.online = false;
	irq_set_cpu(12, 1);
	assert_true(vector_fires(0, desc->vector));
	assert_int_equal(desc->cpu, 0);
	old_vectors_end();
	cpu1.online = true;
}

static void masked_line_moves_at_once(void **state)
{
	struct irq_desc *desc;

	nr_cpus = 2;
	bind(0, 9, true);
	desc = irq_to_desc(9);
	assert_true(vector_fires(0, desc->vector));
	assert_true(lines[9].masked);
	irq_set_cpu(9, 1);
	assert_int_equal(desc->cpu, 1);
	assert_true(lines[9].masked);
	pirq_guest_eoi(dom[0], 9);
	assert_false(lines[9].masked);
	assert_true(vector_fires(1, desc->vector));
	pending_timer->fn(pending_timer->data);
	/* No such line, no such CPU's vector: nothing to do. */
	irq_set_cpu(NR_IRQS, 0);
	irq_set_cpu(9, 1);
	assert_int_equal(desc->cpu, 1);
}

#define TEST(t)	cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(level_line_waits_for_its_end),
		TEST(shared_line_waits_for_all),
		TEST(nobody_to_tell),
		TEST(sharing_is_by_agreement),
		TEST(own_line_is_not_lent),
		TEST(edge_storm_is_throttled),
		TEST(level_storm_is_throttled),
		TEST(fast_level_line_is_left_alone),
		TEST(own_line_storms),
		TEST(mode_is_fixed_while_in_use),
		TEST(vectors),
		TEST(numbers_of_a_domain),
		TEST(eoi_page_tells_who_needs_it),
		TEST(death_ends_interrupts),
		TEST(stray_vectors),
		TEST(message_of_a_freed_line),
		TEST(line_follows_its_vcpu),
		TEST(line_follows_the_scheduler),
		TEST(lines_leave_a_cpu),
		TEST(masked_line_moves_at_once),
	};

	return cmocka_run_group_tests(tests, setup_once, NULL);
}
