/* SPDX-License-Identifier: GPL-2.0-only */
/* The thread of a test is alone: any barrier does. */
#ifndef STUB_BARRIER_H
#define STUB_BARRIER_H

#define virt_rmb()	__sync_synchronize()	/* reads before reads */
#define virt_wmb()	__sync_synchronize()	/* writes before writes */
#define virt_mb()	__sync_synchronize()	/* all before all */

#endif
