// SPDX-License-Identifier: GPL-2.0-only
/* core/debug_keys.c: what the keys show, and that none waits for a guest for ever. */
#include <hv/acpi.h>
#include <hv/debug_keys.h>
#include <hv/domain.h>
#include <hv/keyhandler.h>
#include <hv/mm.h>
#include <hv/panic.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/sched.h>
#include <hv/smp.h>
#include <hv/time.h>

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct vcpu *current;
struct percpu *percpu_of[MAX_CPUS];
unsigned int nr_cpus = 2, stub_cpu;
struct domain *domain_list, *hardware_domain;
unsigned long max_page, total_pages = 1 << 18;
u64 frame_chunks[FRAME_CHUNKS_MAX / 64];

static struct vcpu vcpus[2];
static struct vcpu *vcpu_pointers[2] = { &vcpus[0], &vcpus[1] };
static struct domain dom0 = {
	.domain_id = 0, .is_privileged = true, .max_vcpus = 2, .vcpu = vcpu_pointers,
	.tot_pages = 1 << 16, .max_pages = 1 << 17, .refcount = 2,
};

static void (*keys[128])(unsigned char key);
static char text[4096];
static u64 now, leaves_at;
static int pauses;

void printk(const char *fmt, ...)
{
	size_t used = strlen(text);
	va_list args;

	va_start(args, fmt);
	vsnprintf(text + used, sizeof(text) - used, fmt, args);
	va_end(args);
}

void register_keyhandler(unsigned char key, void (*fn)(unsigned char key), const char *desc)
{
	keys[key] = fn;
}

/* The clock goes on while one looks at it; a vCPU leaves its CPU at some time. */
u64 now_ns(void)
{
	now += NSEC_PER_MSEC;
	if (now >= leaves_at)
		vcpus[1].is_running = false;
	return now;
}

void vcpu_pause_nosync(struct vcpu *v)
{
	pauses++;
}

/* Waits for as long as it takes: what it waits for may wait for this CPU. */
void vcpu_pause(struct vcpu *v)
{
	fail();
}

void vcpu_unpause(struct vcpu *v)
{
	pauses--;
}

void pv_sync_loaded(struct vcpu *v)
{
	assert_false(v->is_running);
}

void snapshot_take(struct cpu_snapshot *s, const struct cpu_user_regs *regs)
{
	memset(s, 0, sizeof(*s));
	s->regs = *regs;
}

void snapshot_print(const struct cpu_snapshot *s)
{
	printk("<saved %lx>\n", (unsigned long)s->regs.rip);
}

void show_registers(const struct cpu_user_regs *regs)
{
	printk("<own>\n");
}

void show_stack_here(void)
{
	printk("<stack>\n");
}

void smp_show(unsigned int cpu)
{
	printk("<CPU%u>\n", cpu);
}

void machine_restart(void)
{
	abort();
}

unsigned long page_alloc_free_pages(void)
{
	return 1 << 10;
}

static int setup(void **state)
{
	static struct percpu cpus[2] = { { .online = true }, { .online = true } };
	static struct vcpu_info info;

	percpu_of[0] = &cpus[0];
	percpu_of[1] = &cpus[1];
	domain_list = hardware_domain = &dom0;
	for (unsigned int i = 0; i < 2; i++)
		vcpus[i] = (struct vcpu){
			.domain = &dom0, .vcpu_id = (u16)i, .processor = (u16)i,
			.vcpu_info = &info, .is_running = true, .regs.rip = 0x1000 + i,
		};
	current = &vcpus[0];
	leaves_at = 0;
	pauses = 0;
	text[0] = '\0';
	debug_keys_init();
	return 0;
}

static void registers_of_domain0(void **state)
{
	leaves_at = now + 20 * NSEC_PER_MSEC;
	keys['0']('0');
	assert_string_equal(text, "Domain 0, vCPU 0:\n<own>\nDomain 0, vCPU 1:\n<saved 1001>\n");
	assert_int_equal(pauses, 0);
}

/* In a call that waits for the vCPU under whose feet the key was handled, say. */
static void one_that_does_not_leave(void **state)
{
	leaves_at = ~0UL;
	keys['0']('0');
	assert_non_null(strstr(text, "vCPU 1:\nin a hypercall that takes long, on CPU1\n"));
	assert_int_equal(pauses, 0);
}

static void domains_and_memory(void **state)
{
	leaves_at = ~0UL;
	keys['q']('q');
	assert_non_null(strstr(text, "d0: references 2, pages 65536, privileged\n"));
	assert_non_null(strstr(text, "  v1: CPU1 running flags 0 pauses 0 upcall 0 mask 0\n"));
	keys['m']('m');
	assert_non_null(strstr(text, "d0: 65536 of at most 131072 pages\n"));
	assert_int_equal(memory_hypervisor_pages(), (1 << 18) - (1 << 16) - (1 << 10));
	percpu_of[1]->online = false;
	keys['d']('d');
	assert_null(strstr(text, "<CPU1>"));
	percpu_of[1]->online = true;
	keys['d']('d');
	assert_non_null(strstr(text, "<stack>\n<CPU1>"));
}

#define TEST(t)	cmocka_unit_test_setup(t, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(registers_of_domain0),
		TEST(one_that_does_not_leave),
		TEST(domains_and_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
