// SPDX-License-Identifier: GPL-2.0-only
/*
 * Three domains that send arbitrary memory_op calls, map each other's frames
 * and use them as tables, and die in the midst of it. An input is a list of
 * records of 48 bytes:
 *
 *	byte 0	  command; from 48 on what guests do by other calls
 *	byte 1	  who calls, and what is to fail or interrupt it
 *	byte 2-7  frame or place in memory
 *	byte 8-47 the argument structure
 *
 * All addresses lead into one piece of memory, so that arguments, lists and
 * answers overlap at will. Found would be: any access outside, any BUG_ON, a count
 * that is not that of the frames, memory left when all domains are gone.
 */
#include "../unit/memory_host.h"

#define RECORD		48
#define MAX_RECORDS	256
#define MAX_ROUNDS	64	/* of one call */
#define ARG		0x1000UL
#define NR_HELD		64

static struct {
	struct page_info *pg;
	bool typed;
} held[NR_HELD];
static unsigned int nr_held;

/* A frame of somebody's, most likely. */
static struct page_info *some_frame(const u8 *data)
{
	u16 n;

	memcpy(&n, data, sizeof(n));
	return mfn_to_page(_mfn(data[2] & 1 ? ((u64 *)guest)[n % (GUEST_BYTES / 8)] % HOST_FRAMES :
				HOST_FIRST + n % (HOST_FRAMES - HOST_FIRST)));
}

/* A mapping, as another domain's table or a grant would hold it. */
static void hold(struct page_info *pg, domid_t owner, const u8 *data)
{
	bool typed = data[3] & 1;

	if (nr_held == NR_HELD ||
	    !(typed ? !page_get_and_type(pg, owner, PT_WRITABLE) : page_get(pg, owner)))
		return;
	held[nr_held].pg = pg;
	held[nr_held++].typed = typed;
}

static void let_go(unsigned int i)
{
	if (!nr_held)
		return;
	i %= nr_held;
	if (held[i].typed)
		page_put_and_type(held[i].pg);
	else
		page_put(held[i].pg);
	held[i] = held[--nr_held];
}

static void pin_or_unpin(struct page_info *pg, domid_t owner, const u8 *data)
{
	bool idle;

	if (!(data[3] & 1)) {
		/* Contents are settled while it is no table. */
		if (!page_get_and_type(pg, owner, PT_WRITABLE)) {
			u64 child = mfn_x(page_to_mfn(pg)) ^ (data[4] >> 4);

			*(u64 *)page_to_virt(pg) = data[4] & 1 ? child : 0;
			page_put_and_type(pg);
		}
		page_pin(pg, owner, PT_L1 + data[3] / 2 % 4);
		return;
	}
	if (!page_get(pg, owner))
		return;
	page_unpin(pg, &idle);
	page_put(pg);
}

static void other_call(unsigned int cmd, const u8 *data)
{
	struct page_info *pg = some_frame(data);
	domid_t owner = domains[data[5] % HOST_DOMAINS].domain_id;
	struct domain *d = &domains[data[5] % HOST_DOMAINS];

	switch (cmd % 6) {
	case 0:
		hold(pg, owner, data);
		break;
	case 1:
		let_go(data[0]);
		break;
	case 2:
		pin_or_unpin(pg, owner, data);
		break;
	case 3:
		run_page_softirq();
		break;
	case 4:
		memcpy(&guest[(data[0] | data[1] << 8) & ~7], data + 6, RECORD - 8);
		break;
	default:
		if (d->domain_id && data[3] < 16) {
			d->dying = DOM_DYING;
			page_claim(d, 0);
		}
		if (d->dying)
			domain_relinquish_memory(d);
	}
}

static void call(unsigned int cmd, const u8 *data)
{
	long rc;

	memcpy(&guest[ARG], data + 6, RECORD - 8);
	memset(&guest[ARG + RECORD - 8], 0, 64);
	/* Half of all lists begin at a place of the record's choosing. */
	if (data[0] & 1) {
		u64 va = 0x10000 + (data[1] << 8);

		memcpy(&guest[ARG], &va, sizeof(va));
	}
	rc = do_memory_op(cmd, ARG, 0, 0, 0);
	for (unsigned int i = 0; rc == -ERESTART && i < MAX_ROUNDS; i++)
		rc = do_memory_op(continued.args[0], continued.args[1], 0, 0, 0);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	host_start();
	nr_held = 0;
	for (unsigned int i = 0; i < GUEST_BYTES / 8; i++)
		((u64 *)guest)[i] = HOST_FIRST + i % 0x3000;
	for (unsigned int i = 0; i < MAX_RECORDS && size >= RECORD; i++) {
		current = &vcpus[(data[1] & 3) % HOST_DOMAINS];
		preempt = data[1] & 4;
		fail_copy = data[1] & 8 ? 1 + (data[1] >> 4) : 0;
		fail_alloc = data[0] & 0x40 ? 1 + (data[1] >> 4) : 0;
		if ((data[0] & 63) < 48)
			call(data[0] & 31, data + 2);
		else
			other_call(data[0] & 63, data + 2);
		data += RECORD;
		size -= RECORD;
	}
	fail_alloc = 0;
	host_check();
	while (nr_held)
		let_go(0);
	host_stop();
	return 0;
}
