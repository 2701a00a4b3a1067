// SPDX-License-Identifier: GPL-2.0-only
/*
 * Three domains that send arbitrary event_channel_op calls and write arbitrary
 * words into the memory they share with the hypervisor. An input is a list of
 * records of 16 bytes:
 *
 *	byte 0	  command, 14-15: write args at a place in shared memory
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

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	host_start();
	for (unsigned int i = 0; i < MAX_RECORDS && size >= RECORD; i++) {
		unsigned int dom = (data[1] & 3) % HOST_DOMAINS;

		current = &vcpus[dom][(data[1] >> 2 & 3) % HOST_VCPUS];
		preempt = data[1] & 0x80;
		fail_alloc = data[1] & 0x40 ? 1 + (data[1] >> 4 & 3) : 0;
		if ((data[0] & 15) < 14)
			call(data[0] & 15, data + 2);
		else
			scribble(dom, data + 2);
		if (data[1] & 0x10) {
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
