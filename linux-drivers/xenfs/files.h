/* SPDX-License-Identifier: GPL-2.0-only */
/* The files of /proc/xen that are not another driver's. */
#ifndef HOSPES_XENFS_FILES_H
#define HOSPES_XENFS_FILES_H

#include <linux/fs.h>

extern const struct file_operations xsd_kva_fops;
extern const struct file_operations xsd_port_fops;
extern const struct file_operations xensyms_fops;

#endif
