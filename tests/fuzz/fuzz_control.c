// SPDX-License-Identifier: GPL-2.0-only
/*
 * A control domain that sends arbitrary domctls and sysctls, and one that may
 * not. An input is a list of records:
 *
 *	byte 0	   bit 0: sysctl; bit 1: the other domain calls; bit 2: version 0x17;
 *		   bits 4-7: which allocation fails, 0: none
 *	byte 1	   command
 *	byte 2	   domain that is named
 *	byte 3	   a multiple of 256: where the caller's memory is written
 *	byte 4-131 the argument's union; of its words, those whose top byte is
 *		   0x5a point into the caller's memory
 *	byte 132-  64 bytes for the caller's memory
 *
 * Found would be: any access outside, any BUG_ON, a reference or a pause that is
 * not given back, or a hang.
 */
#include "../unit/control_host.h"

#define UNION_BYTES	128
#define MEMORY_BYTES	64
#define RECORD		(4 + UNION_BYTES + MEMORY_BYTES)
#define MAX_RECORDS	64
#define OP_VA		HOST_VA
#define MAX_CONTINUED	4

static void aim(u8 *bytes)
{
	for (unsigned int i = 0; i < UNION_BYTES; i += 8) {
		u64 word;

		memcpy(&word, bytes + i, 8);
		if (word >> 56 == 0x5a) {
			word = HOST_VA + word % HOST_BYTES;
			memcpy(bytes + i, &word, 8);
		}
	}
}

static void call_domctl(const u8 *data)
{
	struct xen_domctl op = {
		.cmd = data[1] < 250 ? data[1] : data[1] - 250U + 998,
		.interface_version = data[0] & 4 ? 0x17 : 0x15,
		.domain = data[2] < 200 ? data[2] % HOST_DOMAINS : 0x7fb0 + data[2],
	};

	memcpy(&op.u, data + 4, UNION_BYTES);
	aim((u8 *)&op.u);
	memcpy(host_memory + (OP_VA - HOST_VA), &op, sizeof(op));
	for (unsigned int i = 0; i < MAX_CONTINUED; i++) {
		continued = 0;
		do_domctl(OP_VA, 0, 0, 0, 0);
		if (!continued)
			break;
	}
}

static void call_sysctl(const u8 *data)
{
	struct xen_sysctl op = { .cmd = data[1], .interface_version = 0x15 };

	memcpy(&op.u, data + 4, UNION_BYTES);
	aim((u8 *)&op.u);
	memcpy(host_memory + (OP_VA - HOST_VA), &op, sizeof(op));
	do_sysctl(OP_VA, 0, 0, 0, 0);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct vcpu *control, *other;

	host_start();
	control = current;
	other = host_domains[1]->vcpu[0];
	for (unsigned int i = 0; i < MAX_RECORDS && size >= RECORD; i++) {
		/* The other one may be gone. */
		bool as_other = data[0] & 2 && host_domains[1] && host_domains[1]->vcpu[0] == other;

		current = as_other ? other : control;
		if (as_other && (host_domains[1]->pause_count || host_domains[1]->dying))
			current = control;
		fail_alloc = data[0] >> 4;
		memcpy(host_memory + (data[3] << 8), data + 4 + UNION_BYTES, MEMORY_BYTES);
		if (data[0] & 1)
			call_sysctl(data);
		else
			call_domctl(data);
		data += RECORD;
		size -= RECORD;
	}
	current = control;
	fail_alloc = 0;
	host_stop();
	return 0;
}
