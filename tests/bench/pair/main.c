// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domain 0 and one guest: what backends and tools do with a guest's memory and
 * events, and how long an event takes there and back.
 */
#include "domu.h"
#include "measure.h"

const char *const test_name = "pair";

#define RW		(PTE_P | PTE_RW | PTE_A | PTE_D | PTE_US)
#define FOREIGN		1024	/* frames that are mapped as the tools do */
#define BATCH		16	/* of Linux' privcmd: xen_remap_pfn() */
#define GRANTS		32	/* one request of a backend */
#define FIRST_REF	8	/* those below are the console's and xenstore's */
#define ROUNDS		20	/* of events in a sample */

static struct domu guest;
static xen_pfn_t frames[FOREIGN];	/* of the guest */
static u8 area[FOREIGN * PAGE_SIZE] __attribute__((aligned(4096)));
static u64 area_pte[FOREIGN];
static volatile struct grant_entry_v1 *entries;

static void populate(void)
{
	struct xen_memory_reservation r = { .nr_extents = FOREIGN, .domid = guest.id };
	struct xen_domctl op = { .u.max_mem.max_memkb = 4 * (FOREIGN + 64) };

	CHECK_EQ(domctl(XEN_DOMCTL_max_mem, guest.id, &op), 0);
	for (unsigned int i = 0; i < FOREIGN; i++)
		frames[i] = DOMU_PAGES + i;
	set_xen_guest_handle(r.extent_start, frames);
	CHECK_EQ(HC(memory_op, XENMEM_populate_physmap, &r, 0, 0, 0), FOREIGN);
}

/* ---- Foreign frames, in the batches of privcmd ---- */

static u64 set_area(u16 owner, const xen_pfn_t *mfns)
{
	struct mmu_update req[BATCH];
	u64 start = rdtsc();

	for (unsigned int i = 0; i < FOREIGN; i += BATCH) {
		for (unsigned int j = 0; j < BATCH; j++) {
			req[j].ptr = entry_machine_address(pte_of(area + (i + j) * PAGE_SIZE)) |
				     MMU_NORMAL_PT_UPDATE;
			req[j].val = mfns ? mfns[i + j] << 12 | RW : area_pte[i + j];
		}
		CHECK_EQ(HC(mmu_update, req, BATCH, 0, owner, 0), 0);
	}
	return rdtsc() - start;
}

static u64 map_foreign_frames(void)
{
	u64 took = set_area(guest.id, frames);

	CHECK_EQ(*pte_of(area + 5 * PAGE_SIZE) >> 12 & 0xffffffffff, frames[5]);
	set_area(DOMID_SELF, NULL);
	return took;
}

static u64 unmap_foreign_frames(void)
{
	set_area(guest.id, frames);
	return set_area(DOMID_SELF, NULL);
}

static void foreign(void)
{
	for (unsigned int i = 0; i < FOREIGN; i++)
		area_pte[i] = *pte_of(area + i * PAGE_SIZE);
	MEASURE("foreign-map-1024", 1, map_foreign_frames());
	MEASURE("foreign-unmap-1024", 1, unmap_foreign_frames());
}

/* ---- Grants ---- */

static void grant_frames(void)
{
	u64 list[1];
	struct gnttab_setup_table op = { .dom = guest.id, .nr_frames = 1 };

	set_xen_guest_handle(op.frame_list, list);
	CHECK_EQ(HC(grant_table_op, GNTTABOP_setup_table, &op, 1, 0, 0), 0);
	CHECK_EQ(op.status, 0);
	entries = alloc_pages(1);
	CHECK_EQ(map_foreign((void *)entries, list[0], guest.id, RW), 0);
	for (unsigned int i = 0; i < GRANTS; i++) {
		entries[FIRST_REF + i].domid = 0;
		entries[FIRST_REF + i].frame = frames[i];
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		entries[FIRST_REF + i].flags = GTF_permit_access;
	}
}

static struct gnttab_map_grant_ref maps[GRANTS];
static struct gnttab_unmap_grant_ref unmaps[GRANTS];
static struct gnttab_copy copies[GRANTS];

static u64 map_and_unmap(unsigned int count)
{
	u64 start, took;

	for (unsigned int i = 0; i < count; i++)
		maps[i] = (struct gnttab_map_grant_ref){
			.host_addr = (u64)area + i * PAGE_SIZE, .flags = GNTMAP_host_map,
			.ref = FIRST_REF + i, .dom = guest.id, .status = 77,
		};
	start = rdtsc();
	CHECK_EQ(HC(grant_table_op, GNTTABOP_map_grant_ref, maps, count, 0, 0), 0);
	took = rdtsc() - start;
	for (unsigned int i = 0; i < count; i++) {
		CHECK_EQ(maps[i].status, 0);
		unmaps[i] = (struct gnttab_unmap_grant_ref){
			.host_addr = maps[i].host_addr, .handle = maps[i].handle, .status = 77,
		};
	}
	start = rdtsc();
	CHECK_EQ(HC(grant_table_op, GNTTABOP_unmap_grant_ref, unmaps, count, 0, 0), 0);
	took += rdtsc() - start;
	for (unsigned int i = 0; i < count; i++)
		CHECK_EQ(unmaps[i].status, 0);
	return took;
}

/* From the guest's page to one of ours, as netback does. */
static u64 copy(unsigned int count, u16 len)
{
	u64 start;

	for (unsigned int i = 0; i < count; i++) {
		copies[i] = (struct gnttab_copy){ .len = len, .flags = GNTCOPY_source_gref };
		copies[i].source.domid = guest.id;
		copies[i].source.u.ref = FIRST_REF + i;
		copies[i].dest.domid = DOMID_SELF;
		copies[i].dest.u.gmfn = area_pte[GRANTS + i] >> 12 & 0xffffffffff;
		copies[i].status = 77;
	}
	start = rdtsc();
	CHECK_EQ(HC(grant_table_op, GNTTABOP_copy, copies, count, 0, 0), 0);
	start = rdtsc() - start;
	for (unsigned int i = 0; i < count; i++)
		CHECK_EQ(copies[i].status, 0);
	return start;
}

static void grants(void)
{
	grant_frames();
	for (unsigned int i = 0; i < GRANTS; i++)
		CHECK_EQ(remap(area + i * PAGE_SIZE, 0, UVMF_INVLPG), 0);
	MEASURE("grant-map-unmap-1", 1, map_and_unmap(1));
	MEASURE("grant-map-unmap-32", GRANTS, map_and_unmap(GRANTS));
	MEASURE("grant-copy-1", 1, copy(1, PAGE_SIZE));
	MEASURE("grant-copy-32", GRANTS, copy(GRANTS, PAGE_SIZE));
	MEASURE("grant-copy-64B-32", GRANTS, copy(GRANTS, 64));
}

/* ---- Events: both sleep as an idle Linux does, and wake by the upcall ---- */

/*
 * The guest's side, in its page ECHO, with the port in %edi. At ECHO_SEND there
 * is struct evtchn_send, at 0x200 the upcall; the next page is the shared one.
 */
__asm__(
"	.section .rodata\n"
"	.globl echo_code, echo_upcall, echo_code_end\n"
"echo_code:\n"
"	mov %edi, %r12d\n"
"1:	movb $1, echo_code+0x1001(%rip)\n"	/* vcpu_info[0].evtchn_upcall_mask */
"	lock btr %r12, echo_code+0x1800(%rip)\n" /* evtchn_pending */
"	jc 2f\n"
"	mov $29, %eax\n"			/* sched_op, block */
"	mov $1, %edi\n"
"	xor %esi, %esi\n"
"	syscall\n"
"	jmp 1b\n"
"2:	mov $32, %eax\n"			/* event_channel_op, send */
"	mov $4, %edi\n"
"	lea echo_code+0x800(%rip), %rsi\n"
"	syscall\n"
"	jmp 1b\n"
"	.balign 0x200\n"
"echo_upcall:\n"
"	pop %rcx\n"
"	pop %r11\n"
"	movb $0, echo_code+0x1000(%rip)\n"	/* evtchn_upcall_pending */
"	movq $0, echo_code+0x1008(%rip)\n"	/* evtchn_pending_sel */
"	push $0\n"				/* iret: flags, rcx, r11, rax below rip */
"	push %rcx\n"
"	push %r11\n"
"	push %rax\n"
"	mov $23, %eax\n"
"	syscall\n"
"echo_code_end:\n"
"	.previous\n");

extern const char echo_code[], echo_upcall[], echo_code_end[];

#define ECHO		(DOMU_FIRST + 1)	/* above its stack */
#define ECHO_SEND	0x800
#define GUEST_SHARED	(ECHO + 1)	/* where the guest sees its shared page */

static u32 port;

/* A port of ours and one of the guest's, which is returned. */
static u32 connect(void)
{
	struct evtchn_alloc_unbound open = { .dom = guest.id, .remote_dom = 0 };
	struct evtchn_bind_interdomain bind = { .remote_dom = guest.id };

	CHECK_EQ(HC(event_channel_op, EVTCHNOP_alloc_unbound, &open, 0, 0, 0), 0);
	bind.remote_port = open.port;
	CHECK_EQ(HC(event_channel_op, EVTCHNOP_bind_interdomain, &bind, 0, 0, 0), 0);
	port = bind.local_port;
	return open.port;
}

static void start_echo(void)
{
	struct callback_register cb = {
		.type = CALLBACKTYPE_event, .flags = CALLBACKF_mask_events,
		.address = DOMU_VA(ECHO) + (echo_upcall - echo_code),
	};
	struct xen_domctl_getdomaininfo info;
	u32 there = connect();
	u64 pte;
	char *page;

	CHECK(domu_info(guest.id, &info));
	CHECK_EQ(DOMU_HC(&guest, update_va_mapping, DOMU_VA(GUEST_SHARED),
			 info.shared_info_frame << 12 | RW, UVMF_INVLPG, 0), 0);
	CHECK_EQ(DOMU_OP(&guest, callback_op, CALLBACKOP_register, &cb), 0);

	page = alloc_pages(1);
	pte = window_open(page);
	CHECK_EQ(map_foreign(page, guest.mfn[ECHO], guest.id, RW), 0);
	memcpy(page, echo_code, echo_code_end - echo_code);
	*(u32 *)(page + ECHO_SEND) = there;
	window_close(page, pte);
	domu_ask(&guest, DOMU_CALL, DOMU_VA(ECHO), there, 0, 0, 0);
}

static void sleep_until_event(void)
{
	struct vcpu_info *me = &shared_info->vcpu_info[0];
	unsigned long bit = 1UL << (port % 64);
	u64 *word = (u64 *)&shared_info->evtchn_pending[port / 64];

	for (;;) {
		me->evtchn_upcall_mask = 1;
		if (__atomic_fetch_and(word, ~bit, __ATOMIC_SEQ_CST) & bit)
			return;
		HC(sched_op, SCHEDOP_block, 0, 0, 0, 0);
	}
}

static u64 there_and_back(void)
{
	struct evtchn_send op = { .port = port };
	u64 start = rdtsc();

	for (unsigned int i = 0; i < ROUNDS; i++) {
		CHECK_EQ(HC(event_channel_op, EVTCHNOP_send, &op, 0, 0, 0), 0);
		sleep_until_event();
	}
	return rdtsc() - start;
}

static void events(void)
{
	start_echo();
	MEASURE("event-round-trip", ROUNDS, there_and_back());
	CHECK(events_seen > ROUNDS);
}

void test_main(void)
{
	calibrate();
	CHECK_EQ(domu_make(&guest, 0), 0);
	populate();
	foreign();
	grants();
	CHECK_EQ(domu_start(&guest), 0);
	events();
}
