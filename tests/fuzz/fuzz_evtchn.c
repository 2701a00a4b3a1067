// SPDX-License-Identifier: GPL-2.0-only
/*
 * Three domains that send arbitrary event_channel_op calls, write arbitrary words
 * into the memory they share with the hypervisor, and die meanwhile. An input is
 * a list of records of 16 bytes:
 *
 *	byte 0	  command; 14: write args at a place in shared memory; 15: the
 *		  same, or the domain dies a little, or takes a global VIRQ
 *	byte 1	  domain and vCPU that call
 *	byte 2-15 the argument structure's first bytes, the rest zeros
 *
 * Found would be: any access outside, any BUG_ON, a page reference or a
 * binding left when all domains are gone, or a hang.
 */
#include "../unit/evtchn_host.h"

#define RECORD		16
#define MAX_RECORDS	512

static void scribble(unsigned int dom, const u8 *data)
{
	u32 where, value;

	memcpy(&where, data, sizeof(where));
	memcpy(&value, data + 4, sizeof(value));
	if (data[8] & 1)
		where = where % (sizeof(struct shared_info) / 4);
	else
		where = where % (4 * PAGE_SIZE / 4);
	if (data[8] & 1)
		((u32 *)&shared[dom])[where] = value;
	else
		((u32 *)mfn_to_virt(_mfn(host_gfn(dom, 0))))[where] = value;
}

static void call(unsigned int cmd, const u8 *data)
{
	u8 arg[64] __attribute__((aligned(8))) = { 0 };

	memcpy(arg, data, RECORD - 2);
	/* Of all frame numbers few exist: keep to those. */
	if (cmd == EVTCHNOP_init_control || cmd == EVTCHNOP_expand_array) {
		u64 gfn = host_gfn(domain_index(current->domain), data[0] % 8);

		memcpy(arg, data[0] & 0x80 ? data : (u8 *)&gfn, sizeof(gfn));
		memcpy(arg + 8, data + 8, 2);
		arg[12] = data[12];
	}
	do_event_channel_op(cmd, (unsigned long)arg, 0, 0, 0);
}

/* Dying, a domain makes no calls; what it still has goes by pieces. */
static void control(struct domain *d, const u8 *data)
{
	switch (data[9] & 3) {
	case 0:
		if (d->domain_id && !(data[10] & 7))
			d->dying = DOM_DYING;
		if (d->dying) {
			virq_clear_handlers(d);
			evtchn_close_all(d);
		}
		break;
	case 1:
		virq_set_handler(d, data[10] % (NR_VIRQS + 2));
		break;
	default:
		virq_send_global(VIRQ_CONSOLE + data[10] % 3);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	host_start();
	for (unsigned int i = 0; i < MAX_RECORDS && size >= RECORD; i++) {
		unsigned int dom = (data[1] & 3) % HOST_DOMAINS;

		current = &vcpus[dom][(data[1] >> 2 & 3) % HOST_VCPUS];
		preempt = data[1] & 0x80;
		fail_alloc = data[1] & 0x40 ? 1 + (data[1] >> 4 & 3) : 0;
		if ((data[0] & 15) == 15 && data[10] & 1)
			control(current->domain, data + 2);
		else if ((data[0] & 15) >= 14)
			scribble(dom, data + 2);
		else if (!current->domain->dying)
			call(data[0] & 15, data + 2);
		if (data[1] & 0x10 && !current->domain->dying) {
			virq_send_vcpu(current, data[2] % NR_VIRQS);
			evtchn_send_pirq(current->domain, data[3]);
		}
		data += RECORD;
		size -= RECORD;
	}
	preempt = false;
	fail_alloc = 0;
	host_stop();
	return 0;
}
