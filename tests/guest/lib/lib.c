// SPDX-License-Identifier: GPL-2.0-only
/* The few things every tiny PV kernel shares. See guest.h. */
#include "guest.h"

struct start_info *start_info;
struct shared_info *shared_info;
struct trap_frame last_trap;
volatile int events_seen;
int failsafe_taken;
unsigned long failsafe_resume_rsp, failsafe_resume_rip;

static unsigned int passed, failed;
static unsigned long next_free_va;

extern char _image_end[], boot_stack_end[], failsafe_entry[];

void *(memset)(void *p, int c, size_t n)
{
	char *d = p;

	while (n--)
		*d++ = c;
	return p;
}

void *(memcpy)(void *to, const void *from, size_t n)
{
	char *d = to;
	const char *s = from;

	while (n--)
		*d++ = *s++;
	return to;
}

static void put(char *buf, size_t size, size_t *at, char c)
{
	if (*at < size)
		buf[(*at)++] = c;
}

static void put_number(char *buf, size_t size, size_t *at, u64 v, unsigned int base, int width)
{
	char digits[20];
	int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	while (width-- > n)
		put(buf, size, at, '0');
	while (n)
		put(buf, size, at, digits[--n]);
}

/* %s %d %u %x %lx %ld %lu %c */
void say(const char *fmt, ...)
{
	char buf[256];
	size_t n = 0;
	va_list args;

	va_start(args, fmt);
	for (; *fmt; fmt++) {
		bool is_long = false;
		long v;
		const char *s;

		if (*fmt != '%') {
			put(buf, sizeof(buf), &n, *fmt);
			continue;
		}
		if (*++fmt == 'l') {
			is_long = true;
			fmt++;
		}
		switch (*fmt) {
		case 's':
			for (s = va_arg(args, const char *); *s; s++)
				put(buf, sizeof(buf), &n, *s);
			break;
		case 'c':
			put(buf, sizeof(buf), &n, va_arg(args, int));
			break;
		case 'd':
			v = is_long ? va_arg(args, long) : va_arg(args, int);
			if (v < 0)
				put(buf, sizeof(buf), &n, '-');
			put_number(buf, sizeof(buf), &n, v < 0 ? -(u64)v : (u64)v, 10, 0);
			break;
		case 'u':
			put_number(buf, sizeof(buf), &n, is_long ? va_arg(args, u64) :
				   va_arg(args, unsigned int), 10, 0);
			break;
		case 'x':
			put_number(buf, sizeof(buf), &n, is_long ? va_arg(args, u64) :
				   va_arg(args, unsigned int), 16, 0);
			break;
		default:
			put(buf, sizeof(buf), &n, *fmt);
		}
	}
	va_end(args);
	HC(console_io, CONSOLEIO_write, n, buf, 0, 0);
}

void check_at(bool ok, const char *what, const char *file, int line)
{
	if (ok) {
		passed++;
		return;
	}
	failed++;
	say("FAILED %s:%d: %s\n", file, line, what);
}

void check_eq_at(long got, long want, const char *what, const char *file, int line)
{
	if (got == want) {
		passed++;
		return;
	}
	failed++;
	say("FAILED %s:%d: %s is %ld, expected %ld\n", file, line, what, got, want);
}

void finish(void)
{
	struct sched_shutdown arg = { .reason = SHUTDOWN_poweroff };

	if (!passed && !failed)
		failed++;
	say("TEST %s: %s (%u checks, %u failed)\n", test_name, failed ? "FAIL" : "PASS",
	    passed + failed, failed);
	for (;;)
		HC(sched_op, SCHEDOP_shutdown, &arg, 0, 0, 0);
}

static u64 *mfn_to_va(u64 mfn)
{
	/* The machine-to-phys table, readable to every guest. */
	u64 pfn = ((u64 *)0xffff800000000000UL)[mfn];

	return (u64 *)(VIRT_BASE + pfn * PAGE_SIZE);
}

u64 *table_at(const void *va, int level)
{
	u64 *table = (u64 *)start_info->pt_base;
	int shift = 39, l = 4;

	for (;; shift -= 9, l--) {
		u64 *entry = &table[(unsigned long)va >> shift & 511];

		if (l == level)
			return entry;
		if (!(*entry & PTE_P))
			return NULL;
		table = mfn_to_va((*entry & PTE_ADDR) >> 12);
	}
}

u64 *pte_of(const void *va)
{
	return table_at(va, 1);
}

u64 virt_to_mfn(const void *va)
{
	return (*pte_of(va) & PTE_ADDR) >> 12;
}

u64 entry_machine_address(const u64 *entry)
{
	return virt_to_mfn(entry) * PAGE_SIZE + ((unsigned long)entry & (PAGE_SIZE - 1));
}

/* Behind the boot stack page there is mapped slack, half a megabyte at least. */
void *alloc_pages(unsigned int nr)
{
	void *p = (void *)next_free_va;

	next_free_va += nr * PAGE_SIZE;
	(memset)(p, 0, nr * PAGE_SIZE);
	return p;
}

long update_entry(const u64 *entry, u64 val)
{
	struct mmu_update req = {
		.ptr = entry_machine_address(entry) | MMU_NORMAL_PT_UPDATE,
		.val = val,
	};

	return HC(mmu_update, &req, 1, 0, DOMID_SELF, 0);
}

long remap(void *va, u64 pte, unsigned long flags)
{
	return HC(update_va_mapping, va, pte, flags, 0, 0);
}

long make_readonly(void *va)
{
	return remap(va, virt_to_mfn(va) << 12 | PTE_P | PTE_A | PTE_US, UVMF_INVLPG);
}

long make_writable(void *va)
{
	return remap(va, virt_to_mfn(va) << 12 | PTE_P | PTE_RW | PTE_A | PTE_D | PTE_US,
		     UVMF_INVLPG);
}

long mmuext(unsigned int cmd, u64 mfn)
{
	struct mmuext_op op = { .cmd = cmd };

	op.arg1.mfn = mfn;
	return HC(mmuext_op, &op, 1, 0, DOMID_SELF, 0);
}

u64 system_time(void)
{
	const volatile struct vcpu_time_info *t = &shared_info->vcpu_info[0].time;
	u64 ns;
	u32 lo, hi, version;

	do {
		version = t->version & ~1U;
		__asm__ __volatile__("lfence; rdtsc" : "=a" (lo), "=d" (hi) :: "memory");
		ns = ((u64)hi << 32 | lo) - t->tsc_timestamp;
		ns = t->tsc_shift < 0 ? ns >> -t->tsc_shift : ns << t->tsc_shift;
		ns = t->system_time + (u64)(((__uint128_t)ns * t->tsc_to_system_mul) >> 32);
		__asm__ __volatile__("" ::: "memory");
	} while (t->version != version);
	return ns;
}

static u64 random_state = 20260101;

void random_seed(void)
{
	const char *s = (const char *)start_info->cmd_line;

	for (; *s; s++) {
		if (s[0] == 's' && s[1] == 'e' && s[2] == 'e' && s[3] == 'd' && s[4] == '=') {
			random_state = 0;
			for (s += 5; *s >= '0' && *s <= '9'; s++)
				random_state = random_state * 10 + *s - '0';
			break;
		}
	}
	say("%s: seed=%lu\n", test_name, random_state);
}

u32 random_below(u32 n)
{
	random_state = random_state * 6364136223846793005UL + 1442695040888963407UL;
	return (u32)(random_state >> 33) % n;
}

u64 random_word(void)
{
	static const u64 odd[] = {
		0, 1, 2, 63, 64, 1023, 1024, 4095, 4096, DOMID_SELF, DOMID_IO, DOMID_XEN,
		DOMID_INVALID, DOMID_FIRST_RESERVED - 1, 0xffff, 0x10000, 0x7fffffff, 0x80000000,
		0xffffffff, 0x100000000, ~0UL, ~0UL - 7, 1UL << 63, 0x7fffffffffffffff,
		0x00007ffffffff000, 0xffff800000000000, 0xffff82d000000000, 0xffff830000000000,
	};

	switch (random_below(4)) {
	case 0:
		return odd[random_below(ARRAY_SIZE(odd))];
	case 1:
		return random_below(64);
	case 2:
		return random_below(0x40000);
	default:
		return (u64)random_below(0x7fffffff) << 32 | random_below(0x7fffffff);
	}
}

/* Where catch_trap() continues, and whether an exception is expected. */
static unsigned long resume_rip, resume_rsp, resume_rbp;
static bool expected;

void guest_trap(struct trap_frame *f);

void guest_trap(struct trap_frame *f)
{
	if (f->vector == 32) {
		events_seen++;
		shared_info->vcpu_info[0].evtchn_upcall_pending = 0;
		shared_info->vcpu_info[0].evtchn_pending_sel = 0;
		return;
	}
	last_trap = *f;
	if (!expected) {
		say("unexpected exception %lu, error code %lx, rip %lx, cr2 %lx\n", f->vector,
		    f->error_code, f->rip, shared_info ? shared_info->vcpu_info[0].arch.cr2 : 0);
		check_at(false, "no unexpected exception", "guest_trap", 0);
		finish();
	}
	expected = false;
	f->rip = resume_rip;
	f->rsp = resume_rsp;
	f->rbp = resume_rbp;
}

int catch_trap(void (*fn)(void *arg), void *arg)
{
	volatile int result = -1;

	expected = true;
	last_trap.vector = ~0UL;
	__asm__ __volatile__(
		"	push %%rbp\n"
		"	mov %%rsp, %[rsp]\n"
		"	mov %%rbp, %[rbp]\n"
		"	lea 1f(%%rip), %%rax\n"
		"	mov %%rax, %[rip]\n"
		"	call *%[fn]\n"
		"1:	pop %%rbp\n"
		: [rsp] "=m" (resume_rsp), [rbp] "=m" (resume_rbp), [rip] "=m" (resume_rip),
		  "+D" (arg), [fn] "+S" (fn)
		:
		: "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
		  "memory", "cc");
	expected = false;
	if (last_trap.vector != ~0UL)
		result = last_trap.vector;
	return result;
}

extern char trap_0[], trap_1[], trap_3[], trap_4[], trap_5[], trap_6[], trap_7[], trap_10[],
	trap_11[], trap_12[], trap_13[], trap_14[], trap_16[], trap_17[], trap_19[], trap_32[],
	trap_33[];

static void set_callback(unsigned int type, void *address)
{
	struct callback_register cb = { .type = type, .flags = CALLBACKF_mask_events,
					.address = (unsigned long)address };

	CHECK_EQ(HC(callback_op, CALLBACKOP_register, &cb, 0, 0, 0), 0);
}

static void set_traps(void)
{
#define T(v)	{ v, 0, FLAT_KERNEL_CS, (unsigned long)trap_##v }
	static struct trap_info table[] = {
		T(0), T(1), T(3), T(4), T(5), T(6), T(7), T(10), T(11), T(12), T(13), T(14),
		T(16), T(17), T(19),
		{ 0x80, 3, FLAT_KERNEL_CS, (unsigned long)trap_33 },
		{ 0 }
	};

	CHECK_EQ(HC(set_trap_table, table, 0, 0, 0, 0), 0);
	set_callback(CALLBACKTYPE_event, trap_32);
	set_callback(CALLBACKTYPE_failsafe, failsafe_entry);
}

void guest_main(void);

void guest_main(void)
{
	static u8 window[PAGE_SIZE] __attribute__((aligned(4096)));

	next_free_va = start_info->pt_base + (start_info->nr_pt_frames + 1) * PAGE_SIZE;
	set_traps();
	CHECK_EQ(remap(window, start_info->shared_info | PTE_P | PTE_RW | PTE_A | PTE_D | PTE_US,
		       UVMF_INVLPG), 0);
	shared_info = (struct shared_info *)window;
	test_main();
	finish();
}
