// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs xen-netback/<vif>/: the rings of each queue ("io_ring_qN", write
 * "kick" to poll them now) and the hash settings ("ctrl").
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>

#include "netback.h"

static struct dentry *nb_debugfs_root;

static void show_rings(struct seq_file *m, const struct nb_queue *q)
{
	const struct xen_netif_tx_sring *tx = q->tx.sring;
	const struct xen_netif_rx_sring *rx = q->rx.sring;

	seq_printf(m, "Queue %u\n", q->id);
	seq_printf(m, "TX: nr_ents %u req prod %u cons %u event %u rsp prod %u pvt %u event %u\n",
		   q->tx.nr_ents, tx->req_prod, q->tx.req_cons, tx->req_event, tx->rsp_prod,
		   q->tx.rsp_prod_pvt, tx->rsp_event);
	seq_printf(m, "RX: nr_ents %u req prod %u cons %u event %u rsp prod %u pvt %u event %u\n",
		   q->rx.nr_ents, rx->req_prod, q->rx.req_cons, rx->req_event, rx->rsp_prod,
		   q->rx.rsp_prod_pvt, rx->rsp_event);
	seq_printf(m, "NAPI state: tx %lx rx %lx\n", q->tx_napi.state, q->rx_napi.state);
	seq_printf(m, "Credit: bytes %llu window %llu ns left %llu timer %s\n",
		   q->vif->credit.bytes, q->vif->credit.window_ns, q->vif->credit.left,
		   timer_pending(&q->vif->credit_timer) ? "pending" : "off");
	seq_printf(m, "Rx internal queue: len %u max %lu pkts %u+%u %s%s\n",
		   q->rx_list_bytes, NB_RX_QUEUE_BYTES, skb_queue_len(&q->rx_list),
		   skb_queue_len(&q->rx_pending),
		   netif_tx_queue_stopped(netdev_get_tx_queue(q->vif->dev, q->id)) ?
		   "stopped" : "running", q->rx_stalled ? ", guest stalled" : "");
}

static int io_ring_show(struct seq_file *m, void *v)
{
	show_rings(m, m->private);
	return 0;
}

static int io_ring_open(struct inode *inode, struct file *file)
{
	return single_open(file, io_ring_show, inode->i_private);
}

static ssize_t io_ring_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	struct nb_queue *q = ((struct seq_file *)file->private_data)->private;
	char word[8] = { };

	if (count >= sizeof(word) || copy_from_user(word, buf, count))
		return count >= sizeof(word) ? -EINVAL : -EFAULT;
	if (!sysfs_streq(word, "kick")) {
		netdev_warn(q->vif->dev, "io_ring_q%u knows no word but \"kick\"\n", q->id);
		return -EINVAL;
	}
	local_bh_disable();
	napi_schedule(&q->tx_napi);
	napi_schedule(&q->rx_napi);
	local_bh_enable();
	return count;
}

static const struct file_operations io_ring_fops = {
	.owner		= THIS_MODULE,
	.open		= io_ring_open,
	.read		= seq_read,
	.write		= io_ring_write,
	.llseek		= seq_lseek,
	.release	= single_release,
};

static int ctrl_show(struct seq_file *m, void *v)
{
	const struct nb_vif *vif = m->private;
	const struct nb_hash *hash = &vif->hash;
	unsigned int i;

	seq_printf(m, "Hash Algorithm: %s\n",
		   hash->algorithm == XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ ? "TOEPLITZ" : "NONE");
	seq_printf(m, "Hash Flags:%s%s%s%s\n",
		   hash->types & XEN_NETIF_CTRL_HASH_TYPE_IPV4 ? " IPv4" : "",
		   hash->types & XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP ? " IPv4+TCP" : "",
		   hash->types & XEN_NETIF_CTRL_HASH_TYPE_IPV6 ? " IPv6" : "",
		   hash->types & XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP ? " IPv6+TCP" : "");
	seq_printf(m, "Hash Key: %*phN\n", NB_HASH_KEY_MAX, hash->key);
	seq_puts(m, "Hash Mapping:");
	for (i = 0; i < min_t(u32, READ_ONCE(hash->map_size), NB_HASH_MAP_MAX); i++)
		seq_printf(m, " %u", hash->map[i]);
	seq_putc(m, '\n');
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(ctrl);

/**
 * nb_debugfs_init() - Make the module's directory.
 */
void nb_debugfs_init(void)
{
	nb_debugfs_root = debugfs_create_dir("xen-netback", NULL);
}

/**
 * nb_debugfs_exit() - Remove it.
 */
void nb_debugfs_exit(void)
{
	debugfs_remove_recursive(nb_debugfs_root);
}

/**
 * nb_debugfs_add() - Show a connected device.
 * @vif: device with its queues
 */
void nb_debugfs_add(struct nb_vif *vif)
{
	char name[24];
	unsigned int i;

	vif->debugfs = debugfs_create_dir(vif->dev->name, nb_debugfs_root);
	for (i = 0; i < vif->nr_queues; i++) {
		snprintf(name, sizeof(name), "io_ring_q%u", i);
		debugfs_create_file(name, 0600, vif->debugfs, &vif->queues[i], &io_ring_fops);
	}
	if (vif->ctrl_ring)
		debugfs_create_file("ctrl", 0400, vif->debugfs, vif, &ctrl_fops);
}

/**
 * nb_debugfs_del() - Undo it, waiting for readers; harmless when repeated.
 * @vif: the device
 */
void nb_debugfs_del(struct nb_vif *vif)
{
	debugfs_remove_recursive(vif->debugfs);
	vif->debugfs = NULL;
}
