// SPDX-License-Identifier: GPL-2.0-only
/* All vCPUs of a tiny kernel at work. See vcpus.h. */
#include "vcpus.h"

#define STACK_PAGES	2

unsigned int nr;
u32 stop, errors;
void *stack_top[VCPUS_MAX];

static u32 ports[VCPUS_MAX];		/* an IPI port of each */
static u32 up;				/* vCPUs that have come up */
static void (*job)(unsigned int id);
static u32 job_nr, done;		/* jobs begun; vCPUs that finished this one */
static u32 jobs_seen[VCPUS_MAX];

long vcpu_op(unsigned int cmd, unsigned int id, void *arg)
{
	return HC(vcpu_op, cmd, id, arg, 0, 0);
}

void fail(void)
{
	__atomic_add_fetch(&errors, 1, __ATOMIC_SEQ_CST);
}

void send(unsigned int id)
{
	struct evtchn_send op = { .port = ports[id] };

	if (HC(event_channel_op, EVTCHNOP_send, &op, 0, 0, 0))
		fail();
}

bool take_event(unsigned int id)
{
	unsigned long bit = 1UL << (ports[id] % 64);

	return __atomic_fetch_and(&shared_info->evtchn_pending[ports[id] / 64], ~bit,
				  __ATOMIC_SEQ_CST) & bit;
}

bool wait_until(unsigned int id, u64 deadline_ns)
{
	struct sched_poll poll = { .nr_ports = 1, .timeout = deadline_ns };

	set_xen_guest_handle(poll.ports, &ports[id]);
	HC(sched_op, SCHEDOP_poll, &poll, 0, 0, 0);
	return take_event(id);
}

void wait_event(unsigned int id)
{
	while (!take_event(id) && !wait_until(id, 0))
		;
}

static void __attribute__((noreturn)) secondary_loop(unsigned int id)
{
	for (;;) {
		wait_event(id);
		if (__atomic_load_n(&job_nr, __ATOMIC_ACQUIRE) == jobs_seen[id])
			continue;
		jobs_seen[id] = job_nr;
		job(id);
		__atomic_add_fetch(&done, 1, __ATOMIC_SEQ_CST);
	}
}

void job_left(unsigned int id)
{
	__atomic_add_fetch(&done, 1, __ATOMIC_SEQ_CST);
	secondary_loop(id);
}

static void secondary(unsigned int id)
{
	__atomic_add_fetch(&up, 1, __ATOMIC_SEQ_CST);
	secondary_loop(id);
}

void begin(void (*fn)(unsigned int id))
{
	job = fn;
	stop = errors = 0;
	done = 0;
	__atomic_add_fetch(&job_nr, 1, __ATOMIC_RELEASE);
	for (unsigned int id = 1; id < nr; id++)
		send(id);
}

void end(const char *what)
{
	__atomic_store_n(&stop, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&done, __ATOMIC_SEQ_CST) != nr - 1)
		relax();
	check_at(!errors, what, __FILE__, __LINE__);
	if (errors)
		say("%s: %u errors\n", what, errors);
}

static void bind_port(unsigned int id)
{
	struct evtchn_bind_ipi op = { .vcpu = id };

	CHECK_EQ(HC(event_channel_op, EVTCHNOP_bind_ipi, &op, 0, 0, 0), 0);
	ports[id] = op.port;
	/* Polled, never delivered. */
	shared_info->evtchn_mask[op.port / 64] |= 1UL << (op.port % 64);
}

static void start(unsigned int id, void (*fn)(unsigned int id))
{
	static struct vcpu_guest_context c;

	memset(&c, 0, sizeof(c));
	stack_top[id] = (char *)alloc_pages(STACK_PAGES) + STACK_PAGES * PAGE_SIZE - 8;
	c.flags = VGCF_in_kernel;
	c.user_regs.rip = (unsigned long)fn;
	c.user_regs.rsp = (unsigned long)stack_top[id];
	c.user_regs.rdi = id;
	c.user_regs.cs = FLAT_KERNEL_CS;
	c.user_regs.ss = FLAT_KERNEL_SS;
	c.kernel_sp = c.user_regs.rsp;
	c.kernel_ss = FLAT_KERNEL_SS;
	c.ctrlreg[3] = virt_to_mfn((void *)start_info->pt_base) << 12;
	CHECK_EQ(vcpu_op(VCPUOP_initialise, id, &c), 0);
	CHECK_EQ(vcpu_op(VCPUOP_up, id, NULL), 0);
}

void start_all(unsigned int max)
{
	while (nr < VCPUS_MAX && nr < max && vcpu_op(VCPUOP_is_up, nr, NULL) >= 0)
		nr++;
	for (unsigned int id = 0; id < nr; id++)
		bind_port(id);
	for (unsigned int id = 1; id < nr; id++)
		start(id, secondary);
	while (__atomic_load_n(&up, __ATOMIC_SEQ_CST) != nr - 1)
		relax();
	for (unsigned int id = 0; id < nr; id++)
		CHECK_EQ(vcpu_op(VCPUOP_is_up, id, NULL), 1);
}

u64 rdtsc(void)
{
	u32 lo, hi;

	__asm__ __volatile__("lfence; rdtsc" : "=a" (lo), "=d" (hi) :: "memory");
	return lo | (u64)hi << 32;
}

u64 read_clock(unsigned int id)
{
	const struct vcpu_time_info *t = &shared_info->vcpu_info[id].time;
	u64 delta, ns;
	u32 version;

	do {
		version = READ_ONCE(t->version) & ~1U;
		__asm__ __volatile__("" ::: "memory");
		delta = rdtsc() - t->tsc_timestamp;
		delta = t->tsc_shift < 0 ? delta >> -t->tsc_shift : delta << t->tsc_shift;
		ns = t->system_time + (u64)(((__uint128_t)delta * t->tsc_to_system_mul) >> 32);
		__asm__ __volatile__("" ::: "memory");
	} while (READ_ONCE(t->version) != version);
	return ns;
}
