// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many vCPUs at once: clocks, events, TLBs and page tables between them. With
 * one vCPU only the start is checked.
 */
#include "vcpus.h"
#include "domu.h"

const char *const test_name = "smp";

#define GUEST_RW	(PTE_P | PTE_RW | PTE_A | PTE_D | PTE_US)
#define GUEST_RO	(PTE_P | PTE_A | PTE_US)

/* Of all vCPUs together: where each is a thread of a busy machine, they wait for each other. */
#define CLOCK_READINGS	(2000 / nr)
#define REMAPS		(400 / nr)
#define EVENTS		(400 / nr)
#define PINS		(400 / nr)
#define TYPE_CHANGES	(20 / nr + 2)
#define DOWNS		(20 / nr + 2)
#define X87_TURNS	(200 / nr + 10)

/* ---- Clocks: nobody reads an earlier time than anybody did before ---- */

static u64 latest;
static u32 clock_lock;

static void compare_clocks(unsigned int id)
{
	for (unsigned int i = 0; i < CLOCK_READINGS; i++) {
		u64 now;

		while (__atomic_exchange_n(&clock_lock, 1, __ATOMIC_ACQUIRE))
			relax();
		now = read_clock(id);
		if (now < latest)
			fail();
		latest = now;
		__atomic_store_n(&clock_lock, 0, __ATOMIC_RELEASE);
		relax();
	}
}

static void clocks(void)
{
	begin(compare_clocks);
	compare_clocks(0);
	end("clocks never go back");
}

/* ---- Events: a token in a ring, then everybody to everybody ---- */

static u32 token, hops;		/* who has it; how often it was given on */

static void give_token_on(unsigned int id)
{
	hops++;
	__atomic_store_n(&token, (id + 1) % nr, __ATOMIC_SEQ_CST);
	send((id + 1) % nr);
}

static void wait_token(unsigned int id)
{
	while (__atomic_load_n(&token, __ATOMIC_SEQ_CST) != id && !READ_ONCE(stop))
		wait_event(id);
}

static void pass_token(unsigned int id)
{
	for (;;) {
		wait_token(id);
		if (READ_ONCE(stop))
			return;
		give_token_on(id);
	}
}

static void ring(void)
{
	hops = token = 0;
	begin(pass_token);
	for (unsigned int i = 0; i < EVENTS; i++) {
		give_token_on(0);
		wait_token(0);
	}
	CHECK_EQ(hops, EVENTS * nr);
	WRITE_ONCE(stop, 1);
	full_barrier();
	for (unsigned int id = 1; id < nr; id++)
		send(id);
	end("a token goes round");
}

static void send_to_all(unsigned int id)
{
	for (unsigned int i = 0; i < EVENTS; i++) {
		send((id + i) % nr);
		take_event(id);
	}
}

static void storm(void)
{
	begin(send_to_all);
	send_to_all(0);
	end("all send to all");
	for (unsigned int id = 0; id < nr; id++)
		take_event(id);
}

/* ---- TLBs: after a remapping nobody sees what was there ---- */

static volatile u64 *window;
static u64 *backing[2];
static u64 current_round;

static void watch_window(unsigned int id)
{
	u64 round, seen;

	while (!READ_ONCE(stop)) {
		round = __atomic_load_n(&current_round, __ATOMIC_SEQ_CST);
		seen = *window;
		if (seen < round)
			fail();
		relax();
	}
}

static long flush_by(unsigned int how, u64 pte)
{
	struct mmuext_op op = { .cmd = MMUEXT_TLB_FLUSH_ALL };
	unsigned long all = ~0UL;

	switch (how) {
	case 0:
		return remap((void *)window, pte, UVMF_INVLPG | UVMF_ALL);
	case 1:
		return remap((void *)window, pte, UVMF_TLB_FLUSH | (unsigned long)&all);
	case 2:
		return update_entry(pte_of((void *)window), pte) ?:
		       HC(mmuext_op, &op, 1, 0, DOMID_SELF, 0);
	default:
		op.cmd = MMUEXT_INVLPG_MULTI;
		op.arg1.linear_addr = (unsigned long)window;
		set_xen_guest_handle(op.arg2.vcpumask, &all);
		return update_entry(pte_of((void *)window), pte) ?:
		       HC(mmuext_op, &op, 1, 0, DOMID_SELF, 0);
	}
}

static void shootdown(void)
{
	window = alloc_pages(1);
	backing[0] = alloc_pages(1);
	backing[1] = alloc_pages(1);
	current_round = 0;
	begin(watch_window);
	for (u64 round = 1; round <= REMAPS; round++) {
		u64 *page = backing[round & 1];

		*page = round;
		CHECK_EQ(flush_by(round / 2 % 4, virt_to_mfn(page) << 12 | GUEST_RO), 0);
		__atomic_store_n(&current_round, round, __ATOMIC_SEQ_CST);
	}
	end("no stale translations");
}

/* ---- A page that becomes a table is writable to nobody, whatever TLBs remember ---- */

static volatile u64 *target;
static u32 writer_faulted;
extern char writer_fault[];
void writer_after_fault(void);
unsigned long stack_of_writer;

/* The writer's page fault: nothing of what it did matters, it starts afresh. */
__asm__("writer_fault:\n"
	"	mov	stack_of_writer(%rip), %rsp\n"
	"	call	writer_after_fault\n");

/*
 * Entries that are not present: the table is a valid one whatever is in them. By an
 * instruction that the hypervisor does not carry out in the guest's name on tables.
 */
static void write_target(unsigned int id)
{
	volatile u64 *to;

	if (id != 1)
		return;
	for (u64 i = 0; !READ_ONCE(stop); i++) {
		to = &target[i % 512];
		__asm__ __volatile__("stosq" : "+D" (to) : "a" (i << 1 & 0xffff0) : "memory");
	}
}

void writer_after_fault(void)
{
	__atomic_store_n(&writer_faulted, 1, __ATOMIC_SEQ_CST);
	while (!READ_ONCE(stop))
		relax();
	job_left(1);
}

static void set_fault_handler(unsigned int id)
{
	static struct trap_info table[] = {
		{ 14, 0, FLAT_KERNEL_CS, (unsigned long)writer_fault },
		{ 0 }
	};

	if (id == 1)
		CHECK_EQ(HC(set_trap_table, table, 0, 0, 0, 0), 0);
}

/* The sum of what is in the page stays, once it is a table. */
static u64 sum_of(const volatile u64 *page)
{
	u64 sum = 0;

	for (unsigned int i = 0; i < 512; i++)
		sum = sum * 31 + page[i];
	return sum;
}

static void type_change(void)
{
	u64 mfn, before;

	target = alloc_pages(1);
	mfn = virt_to_mfn((void *)target);
	stack_of_writer = (unsigned long)stack_top[1] & ~15UL;
	begin(set_fault_handler);
	end("a handler");
	for (unsigned int n = 0; n < TYPE_CHANGES; n++) {
		writer_faulted = 0;
		begin(write_target);
		for (unsigned int i = 0; i < 1000; i++)
			relax();
		/* No flush is asked for: it is the hypervisor's to see that one is needed. */
		CHECK_EQ(update_entry(pte_of((void *)target), mfn << 12 | GUEST_RO), 0);
		CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, mfn), 0);
		before = sum_of(target);
		for (unsigned int i = 0; i < 20; i++)
			if (sum_of(target) != before)
				fail();
		while (!__atomic_load_n(&writer_faulted, __ATOMIC_SEQ_CST))
			relax();
		end("a table is not written by another CPU");
		CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn), 0);
		CHECK_EQ(make_writable((void *)target), 0);
	}
}

/* ---- Page tables from two sides: pin against update, against another pin ---- */

static u64 *table, *mapped;
static u64 table_mfn, mapped_mfn;

static void change_entry(u64 val)
{
	struct mmu_update req = {
		.ptr = table_mfn << 12 | 8 | MMU_NORMAL_PT_UPDATE,
		.val = val,
	};

	/* Refused, or ordinary memory, or a table's entry: as the table's state is just then. */
	HC(mmu_update, &req, 1, 0, DOMID_SELF, 0);
}

static void update_table(unsigned int id)
{
	while (!READ_ONCE(stop)) {
		change_entry(mapped_mfn << 12 | (id & 1 ? GUEST_RW : GUEST_RO));
		change_entry(0);
		mmuext(MMUEXT_PIN_L1_TABLE, table_mfn);
		mmuext(MMUEXT_UNPIN_TABLE, table_mfn);
	}
}

/* Given away and gone: nothing has a reference any more, or it would not be free. */
static void give_up(void *va, u64 mfn)
{
	xen_pfn_t frame = mfn;
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
	u64 before = free_pages();

	set_xen_guest_handle(r.extent_start, &frame);
	CHECK_EQ(remap(va, 0, UVMF_INVLPG | UVMF_ALL), 0);
	CHECK_EQ(HC(memory_op, XENMEM_decrease_reservation, &r, 0, 0, 0), 1);
	CHECK_EQ(free_pages(), before + 1);
}

static void pins(void)
{
	table = alloc_pages(1);
	mapped = alloc_pages(1);
	table_mfn = virt_to_mfn(table);
	mapped_mfn = virt_to_mfn(mapped);
	CHECK_EQ(make_readonly(table), 0);
	begin(update_table);
	for (unsigned int i = 0; i < PINS; i++) {
		mmuext(MMUEXT_PIN_L1_TABLE, table_mfn);
		change_entry(mapped_mfn << 12 | GUEST_RW);
		mmuext(MMUEXT_UNPIN_TABLE, table_mfn);
	}
	end("pins and updates");
	while (mmuext(MMUEXT_UNPIN_TABLE, table_mfn) == 0)
		;
	CHECK_EQ(make_writable(table), 0);
	table[1] = 0;
	give_up(table, table_mfn);
	give_up(mapped, mapped_mfn);
}

/* Two levels: the upper is validated, and let go, while the lower changes and is one by turns. */
static void upper_level(void)
{
	u64 *upper = alloc_pages(1), mfn = virt_to_mfn(upper);
	unsigned int pinned = 0, tries = 0;

	table = alloc_pages(1);
	mapped = alloc_pages(1);
	table_mfn = virt_to_mfn(table);
	mapped_mfn = virt_to_mfn(mapped);
	upper[3] = table_mfn << 12 | GUEST_RW;
	CHECK_EQ(make_readonly(table), 0);
	CHECK_EQ(make_readonly(upper), 0);
	begin(update_table);
	while (pinned < PINS / 2 && tries++ < 50 * PINS) {
		/* The lower may be memory that is written, for long if its writer waits. */
		if (mmuext(MMUEXT_PIN_L2_TABLE, mfn))
			continue;
		pinned++;
		/* It is a table as long as the upper one is, so this is to one. */
		change_entry(mapped_mfn << 12 | GUEST_RW);
		CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn), 0);
	}
	end("validation of two levels against updates");
	say("%u of %u were pinned\n", pinned, tries);
	while (mmuext(MMUEXT_UNPIN_TABLE, table_mfn) == 0)
		;
	/* Nobody else is at it: both are what they were. */
	CHECK_EQ(mmuext(MMUEXT_PIN_L2_TABLE, mfn), 0);
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn), 0);
	CHECK_EQ(make_writable(upper), 0);
	CHECK_EQ(make_writable(table), 0);
	table[1] = 0;
	give_up(upper, mfn);
	give_up(table, table_mfn);
	give_up(mapped, mapped_mfn);
}

/* The table that is being validated is taken from its place by another vCPU. */
static u64 *l1_entry_of_spare;
static u64 spare_mfn;

static void unmap_and_map(unsigned int id)
{
	u64 val = spare_mfn << 12 | GUEST_RW;

	while (!READ_ONCE(stop)) {
		update_entry(l1_entry_of_spare, 0);
		update_entry(l1_entry_of_spare, val);
		relax();
	}
}

static void validate_against_unmap(void)
{
	void *spare = alloc_pages(1);

	spare_mfn = virt_to_mfn(spare);
	l1_entry_of_spare = pte_of(spare);
	begin(unmap_and_map);
	for (unsigned int i = 0; i < PINS; i++) {
		/* Wants it as a table while others want it writable: one is refused. */
		long rc = mmuext(MMUEXT_PIN_L1_TABLE, spare_mfn);

		if (rc == 0)
			CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, spare_mfn), 0);
	}
	end("validate against unmap");
	CHECK_EQ(make_writable(spare), 0);
	give_up(spare, spare_mfn);
}

/* ---- Down and up again ---- */

static void go_down(unsigned int id)
{
	if (id == 1)
		vcpu_op(VCPUOP_down, id, NULL);
}

static void down_and_up(void)
{
	for (unsigned int i = 0; i < DOWNS; i++) {
		begin(go_down);
		while (vcpu_op(VCPUOP_is_up, 1, NULL) == 1)
			relax();
		CHECK_EQ(vcpu_op(VCPUOP_up, 1, NULL), 0);
		end("down and up");
	}
}

/* ---- Registers: where another vCPU used the x87 unit is not to be seen ---- */

static u32 x87_used_at;

static void use_x87(void)
{
	unsigned long at;

	__asm__ __volatile__("lea 1f(%%rip), %0; fninit; 1: fld1" : "=r" (at));
	WRITE_ONCE(x87_used_at, (u32)at);
}

static void x87_pointers(unsigned int id)
{
	u32 env[7];

	HC(fpu_taskswitch, 0, 0, 0, 0, 0);
	for (unsigned int i = 0; i < X87_TURNS; i++) {
		if (id & 1)
			use_x87();
		else
			__asm__ __volatile__("fninit");
		HC(sched_op, SCHEDOP_yield, 0, 0, 0, 0);
		__asm__ __volatile__("fnstenv %0" : "=m" (env));
		if (!(id & 1) && env[3] && env[3] == READ_ONCE(x87_used_at))
			fail();
	}
}

static void x87(void)
{
	begin(x87_pointers);
	x87_pointers(0);
	end("x87 pointers are one's own");
}

void test_main(void)
{
	static const struct {
		const char *name;
		void (*fn)(void);
	} steps[] = {
		{ "clocks", clocks },
		{ "a token in a ring", ring },
		{ "events from all to all", storm },
		{ "remapping", shootdown },
		{ "writable pages that become tables", type_change },
		{ "pins against updates", pins },
		{ "two levels against updates", upper_level },
		{ "validation against unmapping", validate_against_unmap },
		{ "down and up", down_and_up },
		{ "x87 pointers", x87 },
	};

	start_all(VCPUS_MAX);
	say("%u vCPUs\n", nr);
	for (unsigned int i = 0; nr > 1 && i < ARRAY_SIZE(steps); i++) {
		say("%s\n", steps[i].name);
		steps[i].fn();
	}
}
