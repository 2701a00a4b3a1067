// SPDX-License-Identifier: GPL-2.0-only
/*
 * xsd_kva and xsd_port: what the kernel has set up for a xenstored in this
 * domain, the page of the kernel's own connection and its event channel.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <asm/xen/page.h>
#include <xen/xenbus.h>

#include "files.h"

static ssize_t kva_read(struct file *file, char __user *buf, size_t size, loff_t *off)
{
	char text[24];
	int len = scnprintf(text, sizeof(text), "0x%p", xen_store_interface);

	return simple_read_from_buffer(buf, size, off, text, len);
}

static int kva_mmap(struct file *file, struct vm_area_struct *vma)
{
	unsigned long size = vma->vm_end - vma->vm_start;

	if (size > PAGE_SIZE || vma->vm_pgoff)
		return -EINVAL;

	if (!xen_store_interface)
		return -ENODEV;

	return remap_pfn_range(vma, vma->vm_start, virt_to_pfn(xen_store_interface), size,
			       vma->vm_page_prot);
}

const struct file_operations xsd_kva_fops = {
	.owner	= THIS_MODULE,
	.read	= kva_read,
	.mmap	= kva_mmap,
	.llseek	= default_llseek,
};

static ssize_t port_read(struct file *file, char __user *buf, size_t size, loff_t *off)
{
	char text[16];
	int len = scnprintf(text, sizeof(text), "%u", (unsigned int)xen_store_evtchn);

	return simple_read_from_buffer(buf, size, off, text, len);
}

const struct file_operations xsd_port_fops = {
	.owner	= THIS_MODULE,
	.read	= port_read,
	.llseek	= default_llseek,
};
