/* SPDX-License-Identifier: GPL-2.0-only */
/* Where Debian 12's kernel (6.1) and Debian 13's (6.12) differ for this driver. */
#ifndef HOSPES_BLKBACK_COMPAT_H
#define HOSPES_BLKBACK_COMPAT_H

#include <linux/blkdev.h>
#include <linux/file.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)

typedef struct file *disk_handle_t;

static inline disk_handle_t disk_open(dev_t devt, bool readonly)
{
	return bdev_file_open_by_dev(devt, BLK_OPEN_READ | (readonly ? 0 : BLK_OPEN_WRITE),
				     NULL, NULL);
}

static inline struct block_device *disk_bdev(disk_handle_t handle)
{
	return file_bdev(handle);
}

static inline void disk_close(disk_handle_t handle, bool readonly)
{
	bdev_fput(handle);
}

#else

typedef struct block_device *disk_handle_t;

static inline fmode_t disk_mode(bool readonly)
{
	return FMODE_READ | (readonly ? 0 : FMODE_WRITE);
}

static inline disk_handle_t disk_open(dev_t devt, bool readonly)
{
	return blkdev_get_by_dev(devt, disk_mode(readonly), NULL);
}

static inline struct block_device *disk_bdev(disk_handle_t handle)
{
	return handle;
}

static inline void disk_close(disk_handle_t handle, bool readonly)
{
	blkdev_put(handle, disk_mode(readonly));
}

#endif
#endif
