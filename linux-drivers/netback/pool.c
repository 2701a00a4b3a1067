// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages for guests' data, recycled by the network stack when it has freed a
 * packet. One pool per CPU serves all devices, so that what idle pools hold
 * grows with the CPUs and not with the guests.
 */
#include <linux/percpu.h>
#include <linux/version.h>
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
#include <net/page_pool/helpers.h>
#else
#include <net/page_pool.h>
#endif

#include "netback.h"

/* Pages that a pool keeps for reuse: one full ring of 64 KiB packets, fourfold. */
#define POOL_PAGES	1024

static DEFINE_PER_CPU(struct page_pool *, pool);

/**
 * nb_pool_init() - Make the pools.
 * Return: 0 or a negative errno, nothing left behind.
 */
int nb_pool_init(void)
{
	struct page_pool_params params = { .pool_size = POOL_PAGES };
	struct page_pool *p;
	int cpu;

	for_each_possible_cpu(cpu) {
		params.nid = cpu_to_node(cpu);
		p = page_pool_create(&params);
		if (IS_ERR(p)) {
			nb_pool_exit();
			return PTR_ERR(p);
		}
		per_cpu(pool, cpu) = p;
	}
	return 0;
}

/**
 * nb_pool_exit() - Give the pools up; pages still in packets follow by themselves.
 */
void nb_pool_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		page_pool_destroy(per_cpu(pool, cpu));
		per_cpu(pool, cpu) = NULL;
	}
}

/**
 * nb_pool_page() - A page for a packet that is marked by skb_mark_for_recycle().
 *
 * Its contents are old. Freed with the packet.
 *
 * Context: softirq, which makes us the pool's only taker.
 * Return: the page, NULL if there is no memory.
 */
struct page *nb_pool_page(void)
{
	return page_pool_dev_alloc_pages(this_cpu_read(pool));
}
