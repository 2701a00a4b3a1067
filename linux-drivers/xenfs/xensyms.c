// SPDX-License-Identifier: GPL-2.0-only
/*
 * xensyms: the hypervisor's symbols, one per line as in /proc/kallsyms, which
 * perf reads to name hypervisor addresses.
 *
 * The hypervisor numbers its symbols, not without gaps, and tells with each the
 * number of the next; the file position is that number.
 *
 * ABI: xen/interface/platform.h, XENPF_get_symbol.
 */
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <xen/interface/xen.h>
#include <xen/interface/platform.h>
#include <asm/xen/hypercall.h>

#include "files.h"

#define NAME_MAX_LEN	255

/**
 * struct xensyms - one open file
 * @next: number of the symbol after the one held
 * @address: its address
 * @type: its type letter
 * @name: its name
 */
struct xensyms {
	u32 next;
	u64 address;
	char type;
	char name[NAME_MAX_LEN + 1];
};

/* Fetch symbol number @nr; false after the last one. */
static bool fetch(struct xensyms *syms, u32 nr)
{
	struct xen_platform_op op = {
		.cmd = XENPF_get_symbol,
		.u.symdata.namelen = NAME_MAX_LEN,
		.u.symdata.symnum = nr,
	};

	/* A name that does not fit is cut short; the last byte stays 0. */
	memset(syms->name, 0, sizeof(syms->name));
	set_xen_guest_handle(op.u.symdata.name, syms->name);

	if (HYPERVISOR_platform_op(&op) || op.u.symdata.symnum == nr)
		return false;

	syms->next = op.u.symdata.symnum;
	syms->address = op.u.symdata.address;
	syms->type = op.u.symdata.type;
	return true;
}

static void *xensyms_start(struct seq_file *m, loff_t *pos)
{
	return *pos <= U32_MAX && fetch(m->private, *pos) ? m->private : NULL;
}

static void *xensyms_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct xensyms *syms = v;

	*pos = syms->next;
	return fetch(syms, syms->next) ? syms : NULL;
}

static void xensyms_stop(struct seq_file *m, void *v)
{
}

static int xensyms_show(struct seq_file *m, void *v)
{
	const struct xensyms *syms = v;

	seq_printf(m, "%016llx %c %s\n", syms->address, syms->type, syms->name);
	return 0;
}

static const struct seq_operations xensyms_seq_ops = {
	.start	= xensyms_start,
	.next	= xensyms_next,
	.stop	= xensyms_stop,
	.show	= xensyms_show,
};

static int xensyms_open(struct inode *inode, struct file *file)
{
	return seq_open_private(file, &xensyms_seq_ops, sizeof(struct xensyms));
}

const struct file_operations xensyms_fops = {
	.owner	 = THIS_MODULE,
	.open	 = xensyms_open,
	.read	 = seq_read,
	.llseek	 = seq_lseek,
	.release = seq_release_private,
};
