// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory for guests' data, recycled by the network stack when it has freed a
 * packet: whole pages, and shares of pages for the heads of packets. A kernel
 * with init_on_alloc (Debian's default) zeroes each page that it hands out;
 * recycled ones are not zeroed again. One pair of pools per CPU serves all
 * devices, so that what idle pools hold grows with the CPUs and not with the
 * guests.
 */
#include <linux/percpu.h>
#include <linux/skbuff.h>
#include <linux/version.h>
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
#include <net/page_pool/helpers.h>
#else
#include <net/page_pool.h>
#endif

#include "netback.h"

/* Later kernels share out the pages of any pool. */
#ifndef PP_FLAG_PAGE_FRAG
#define PP_FLAG_PAGE_FRAG	0
#endif

/* Pages that a pool keeps for reuse: one full ring of the largest, fourfold. */
#define POOL_PAGES	1024
#define POOL_HEAD_PAGES	512

#define HEADROOM	(NET_SKB_PAD + NET_IP_ALIGN)
#define HEAD_SIZE(len)	(SKB_DATA_ALIGN(HEADROOM + (len)) + \
			 SKB_DATA_ALIGN(sizeof(struct skb_shared_info)))

static DEFINE_PER_CPU(struct page_pool *, pool);
static DEFINE_PER_CPU(struct page_pool *, heads);

static int pool_create(struct page_pool **where, int cpu, unsigned int pages, unsigned int flags)
{
	struct page_pool_params params = {
		.pool_size = pages,
		.flags = flags,
		.nid = cpu_to_node(cpu),
	};
	struct page_pool *p = page_pool_create(&params);

	if (IS_ERR(p))
		return PTR_ERR(p);
	*where = p;
	return 0;
}

/**
 * nb_pool_init() - Make the pools.
 * Return: 0 or a negative errno, nothing left behind.
 */
int nb_pool_init(void)
{
	int cpu, rc;

	for_each_possible_cpu(cpu) {
		rc = pool_create(per_cpu_ptr(&pool, cpu), cpu, POOL_PAGES, 0);
		if (!rc)
			rc = pool_create(per_cpu_ptr(&heads, cpu), cpu, POOL_HEAD_PAGES,
					 PP_FLAG_PAGE_FRAG);
		if (rc) {
			nb_pool_exit();
			return rc;
		}
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
		page_pool_destroy(per_cpu(heads, cpu));
		per_cpu(pool, cpu) = NULL;
		per_cpu(heads, cpu) = NULL;
	}
}

/**
 * nb_pool_skb() - A packet whose head and pages are recycled when it is freed.
 * @len:	octets of its linear area, up to NB_TX_LINEAR_MAX
 *
 * The contents are old. The linear area lies within one page, which neighbours
 * share: the hypervisor looks a page up once for all copies that follow each
 * other into it.
 *
 * Context: softirq, which makes us the pool's only taker.
 * Return: the packet, NULL if there is no memory.
 */
struct sk_buff *nb_pool_skb(unsigned int len)
{
	struct page_pool *p = this_cpu_read(heads);
	unsigned int size = HEAD_SIZE(len), offset;
	struct sk_buff *skb;
	struct page *page;

	BUILD_BUG_ON(HEAD_SIZE(NB_TX_LINEAR_MAX) > PAGE_SIZE);
	page = page_pool_dev_alloc_frag(p, &offset, size);
	if (!page)
		return NULL;
	skb = napi_build_skb(page_address(page) + offset, size);
	if (!skb) {
		page_pool_recycle_direct(p, page);
		return NULL;
	}
	skb_mark_for_recycle(skb);
	skb_reserve(skb, HEADROOM);
	__skb_put(skb, len);
	return skb;
}

/**
 * nb_pool_page() - A page for a packet of nb_pool_skb().
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
