// SPDX-License-Identifier: GPL-2.0-only
/* A second domain. See domu.h. */
#include "domu.h"

#define TABLE		(PTE_P | PTE_RW | PTE_A | PTE_D | PTE_US)
#define RO		(PTE_P | PTE_A | PTE_US)
#define PATIENCE	200000	/* turns given away while waiting for an answer */

/* %rbx is the mailbox. Registers of a hypercall as in the ABI. */
__asm__(
"	.section .rodata\n"
"	.globl domu_code, domu_code_end\n"
"domu_code:\n"
"1:	mov (%rbx), %rax\n"
"	cmp 8(%rbx), %rax\n"
"	jne 2f\n"
"	mov $29, %eax\n"		/* sched_op, yield */
"	xor %edi, %edi\n"
"	xor %esi, %esi\n"
"	syscall\n"
"	jmp 1b\n"
"2:	mov 16(%rbx), %rax\n"
"	mov 24(%rbx), %rdi\n"
"	mov 32(%rbx), %rsi\n"
"	mov 40(%rbx), %rdx\n"
"	mov 48(%rbx), %r10\n"
"	mov 56(%rbx), %r8\n"
"	cmp $0x1000, %eax\n"
"	je 4f\n"
"	cmp $0x1001, %eax\n"
"	je 5f\n"
"	mov (%rbx), %r12\n"		/* until another is asked for */
"	xor %r13d, %r13d\n"
"	cmp $0x1002, %eax\n"
"	je 6f\n"
"	cmp $0x1003, %eax\n"
"	je 9f\n"
"	cmp $0x1004, %eax\n"
"	je 10f\n"
"	test $0x2000, %eax\n"
"	jnz 7f\n"
"	syscall\n"
"3:	mov %rax, 64(%rbx)\n"
"	mov (%rbx), %rax\n"
"	mov %rax, 8(%rbx)\n"
"	jmp 1b\n"
"4:	mov (%rdi), %rax\n"
"	jmp 3b\n"
"5:	mov %rsi, (%rdi)\n"
"	xor %eax, %eax\n"
"	jmp 3b\n"
"6:	inc %r13\n"
"	cmp (%rbx), %r12\n"
"	je 6b\n"
"8:	mov %r13, %rax\n"
"	jmp 3b\n"
"7:	mov 16(%rbx), %rax\n"
"	and $0xfff, %eax\n"
"	mov 24(%rbx), %rdi\n"
"	mov 32(%rbx), %rsi\n"
"	mov 40(%rbx), %rdx\n"
"	mov 48(%rbx), %r10\n"
"	mov 56(%rbx), %r8\n"
"	syscall\n"
"	inc %r13\n"
"	cmp (%rbx), %r12\n"
"	je 7b\n"
"	jmp 8b\n"
"9:	rdtsc\n"
"	shl $32, %rdx\n"
"	or %rdx, %rax\n"
"	jmp 3b\n"
"10:	mov %rdi, %rax\n"
"	mov %rsi, %rdi\n"
"	mov %rdx, %rsi\n"
"	call *%rax\n"
"	jmp 3b\n"
"domu_code_end:\n"
"	.previous\n");

extern const char domu_code[], domu_code_end[];

long domctl(unsigned int cmd, u16 domid, struct xen_domctl *op)
{
	op->cmd = cmd;
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op->domain = domid;
	return HC(domctl, op, 0, 0, 0, 0);
}

long sysctl(unsigned int cmd, struct xen_sysctl *op)
{
	op->cmd = cmd;
	op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	return HC(sysctl, op, 0, 0, 0, 0);
}

void pin_vcpu(u16 domid, unsigned int vcpu, u32 cpu)
{
	static u64 hard;
	struct xen_domctl op = { .u.vcpuaffinity = { .vcpu = vcpu,
						     .flags = XEN_VCPUAFFINITY_HARD } };

	hard = 1UL << cpu;
	set_xen_guest_handle(op.u.vcpuaffinity.cpumap_hard.bitmap, (void *)&hard);
	op.u.vcpuaffinity.cpumap_hard.nr_bits = 64;
	CHECK_EQ(domctl(XEN_DOMCTL_setvcpuaffinity, domid, &op), 0);
}

const char *new_log(void)
{
	static char log[16384];
	struct xen_sysctl op = { .u.readconsole = { .clear = 1, .count = sizeof(log) - 1 } };

	set_xen_guest_handle(op.u.readconsole.buffer, log);
	CHECK_EQ(sysctl(XEN_SYSCTL_readconsole, &op), 0);
	log[op.u.readconsole.count] = 0;
	return log;
}

const char *behind(const char *text, const char *what)
{
	for (; text && *text; text++) {
		unsigned int n = 0;

		while (what[n] && text[n] == what[n])
			n++;
		if (!what[n])
			return text + n;
	}
	return NULL;
}

u64 free_pages(void)
{
	struct xen_sysctl op = { 0 };

	CHECK_EQ(sysctl(XEN_SYSCTL_physinfo, &op), 0);
	return op.u.physinfo.free_pages;
}

int domu_info(u16 id, struct xen_domctl_getdomaininfo *info)
{
	struct xen_domctl op = { 0 };

	if (domctl(XEN_DOMCTL_getdomaininfo, id, &op) || op.domain != id)
		return 0;
	*info = op.u.getdomaininfo;
	return 1;
}

long map_foreign(void *va, u64 mfn, u16 owner, u64 flags)
{
	return HC(update_va_mapping_otherdomain, va, mfn << 12 | flags, UVMF_INVLPG, owner, 0);
}

u64 window_open(void *va)
{
	return *pte_of(va);
}

void window_close(void *va, u64 pte)
{
	CHECK_EQ(remap(va, pte, UVMF_INVLPG), 0);
}

static long create(struct domu *u, u16 id)
{
	struct xen_domctl op = { 0 };
	struct xen_domctl_createdomain *c = &op.u.createdomain;
	long rc;

	c->max_vcpus = 1;
	c->max_evtchn_port = 1023;
	c->max_grant_frames = 4;
	c->max_maptrack_frames = 4;
	c->grant_opts = 2;
	rc = domctl(XEN_DOMCTL_createdomain, id, &op);
	u->id = op.domain;
	return rc;
}

static long populate(struct domu *u)
{
	struct xen_memory_reservation r = { .nr_extents = DOMU_PAGES, .domid = u->id };
	struct xen_domctl op = { .u.max_mem.max_memkb = 4 * (DOMU_PAGES + 8) };
	long rc = domctl(XEN_DOMCTL_max_mem, u->id, &op);

	if (rc)
		return rc;
	for (unsigned int i = 0; i < DOMU_PAGES; i++)
		u->mfn[i] = i;
	set_xen_guest_handle(r.extent_start, u->mfn);
	rc = HC(memory_op, XENMEM_populate_physmap, &r, 0, 0, 0);
	return rc == DOMU_PAGES ? 0 : -12;
}

/* Page @n of the domain at the window. */
static long see(struct domu *u, unsigned int n)
{
	return map_foreign(u->window, u->mfn[n], u->id, TABLE);
}

static long fill(struct domu *u)
{
	u64 *page = u->window;
	long rc;

	rc = see(u, DOMU_L4);
	if (rc)
		return rc;
	page[0] = u->mfn[DOMU_L3] << 12 | TABLE;
	rc = see(u, DOMU_L3);
	page[0] = u->mfn[DOMU_L2] << 12 | TABLE;
	rc = rc ?: see(u, DOMU_L2);
	page[DOMU_BASE >> 21] = u->mfn[DOMU_L1] << 12 | TABLE;
	rc = rc ?: see(u, DOMU_L1);
	for (unsigned int i = 0; i < DOMU_PAGES; i++)
		page[i] = u->mfn[i] << 12 | (i <= DOMU_L1 ? RO : TABLE);
	rc = rc ?: see(u, DOMU_CODE);
	memcpy(page, domu_code, domu_code_end - domu_code);
	return rc ?: see(u, DOMU_MAILBOX);
}

static long set_context(struct domu *u)
{
	static struct vcpu_guest_context c;
	struct xen_domctl op = { 0 };

	memset(&c, 0, sizeof(c));
	c.flags = VGCF_in_kernel | VGCF_online;
	c.user_regs.rip = DOMU_VA(DOMU_CODE);
	c.user_regs.rsp = DOMU_VA(DOMU_FIRST + 1);
	c.user_regs.rbx = DOMU_VA(DOMU_MAILBOX);
	c.user_regs.rflags = 0x200;
	c.user_regs.cs = FLAT_KERNEL_CS;
	c.user_regs.ss = FLAT_KERNEL_SS;
	c.kernel_ss = FLAT_KERNEL_SS;
	c.kernel_sp = c.user_regs.rsp;
	c.ctrlreg[3] = u->mfn[DOMU_L4] << 12;
	set_xen_guest_handle(op.u.vcpucontext.ctxt, &c);
	return domctl(XEN_DOMCTL_setvcpucontext, u->id, &op);
}

static long pin(struct domu *u)
{
	struct mmuext_op op = { .cmd = MMUEXT_PIN_L4_TABLE, .arg1.mfn = u->mfn[DOMU_L4] };

	return HC(mmuext_op, &op, 1, 0, u->id, 0);
}

/* Pages for mailboxes, given back; NULL: none. */
static void *spare[8];

static void *take_window(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(spare); i++) {
		void *window = spare[i];

		spare[i] = NULL;
		if (window)
			return window;
	}
	return alloc_pages(1);
}

static void give_window(void *window)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(spare); i++) {
		if (!spare[i]) {
			spare[i] = window;
			return;
		}
	}
}

long domu_make(struct domu *u, u16 id)
{
	struct xen_domctl op = { .u.max_vcpus.max = 1 };
	long rc = create(u, id);

	u->window = NULL;
	if (rc)
		return rc;
	u->window = take_window();
	u->window_pte = *pte_of(u->window);
	u->mb = u->window;
	rc = domctl(XEN_DOMCTL_max_vcpus, u->id, &op);
	rc = rc ?: populate(u);
	rc = rc ?: fill(u);
	rc = rc ?: pin(u);
	return rc ?: set_context(u);
}

long domu_start(struct domu *u)
{
	struct xen_domctl op = { 0 };

	return domctl(XEN_DOMCTL_unpausedomain, u->id, &op);
}

void domu_ask(struct domu *u, u64 nr, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	volatile struct mailbox *mb = u->mb;

	mb->nr = nr;
	mb->args[0] = a1;
	mb->args[1] = a2;
	mb->args[2] = a3;
	mb->args[3] = a4;
	mb->args[4] = a5;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	mb->asked++;
}

bool domu_answered(const struct domu *u)
{
	return u->mb->answered == u->mb->asked;
}

static long answer(struct domu *u)
{
	for (unsigned int i = 0; !domu_answered(u); i++) {
		if (i == PATIENCE)
			return -4000;
		HC(sched_op, SCHEDOP_yield, 0, 0, 0, 0);
	}
	return u->mb->result;
}

long domu_do(struct domu *u, u64 nr, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	domu_ask(u, nr, a1, a2, a3, a4, a5);
	return answer(u);
}

void domu_begin(struct domu *u, u64 nr, u64 a1, u64 a2, u64 a3, u64 a4)
{
	domu_ask(u, nr, a1, a2, a3, a4, 0);
}

long domu_end(struct domu *u)
{
	u->mb->asked++;
	return answer(u);
}

long domu_do_with(struct domu *u, u64 nr, u64 a1, u64 a2, u64 a3, u64 a4, int arg,
		  void *buf, size_t len)
{
	u64 a[4] = { a1, a2, a3, a4 };
	long rc;

	memcpy((void *)u->mb->buffer, buf, len);
	a[arg - 1] = DOMU_BUF;
	rc = domu_do(u, nr, a[0], a[1], a[2], a[3], 0);
	memcpy(buf, (void *)u->mb->buffer, len);
	return rc;
}

void domu_unmap(struct domu *u)
{
	if (!u->window)
		return;
	window_close(u->window, u->window_pte);
	give_window(u->window);
	u->window = NULL;
}

long domu_kill(struct domu *u)
{
	struct xen_domctl op = { 0 };

	return domctl(XEN_DOMCTL_destroydomain, u->id, &op);
}

bool domu_stop(struct domu *u)
{
	struct xen_domctl_getdomaininfo info;
	long rc;

	domu_unmap(u);
	rc = domu_kill(u);
	CHECK(rc == 0 || rc == -3);
	for (unsigned int i = 0; i < 100; i++) {
		if (!domu_info(u->id, &info))
			return true;
		HC(sched_op, SCHEDOP_yield, 0, 0, 0, 0);
	}
	return false;
}

long domu_grant_frame(const struct domu *u, unsigned int idx, u64 *mfn)
{
	struct xen_mem_acquire_resource res = {
		.domid = u->id, .type = XENMEM_resource_grant_table, .frame = idx, .nr_frames = 1,
	};

	set_xen_guest_handle(res.frame_list, mfn);
	return HC(memory_op, XENMEM_acquire_resource, &res, 0, 0, 0);
}

u64 domu_shared_info(const struct domu *u)
{
	struct xen_domctl_getdomaininfo info;

	return domu_info(u->id, &info) ? info.shared_info_frame : 0;
}
