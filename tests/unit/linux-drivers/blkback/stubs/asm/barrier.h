/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#define virt_rmb()	__sync_synchronize()
#define virt_wmb()	__sync_synchronize()
#define virt_mb()	__sync_synchronize()
