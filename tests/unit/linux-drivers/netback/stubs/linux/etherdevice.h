/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/if_ether.h>
#include <linux/kernel.h>
static inline bool is_multicast_ether_addr(const u8 *addr)
{
	return addr[0] & 1;
}

static inline bool is_broadcast_ether_addr(const u8 *addr)
{
	return (addr[0] & addr[1] & addr[2] & addr[3] & addr[4] & addr[5]) == 0xff;
}
