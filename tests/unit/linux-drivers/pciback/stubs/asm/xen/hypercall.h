/* SPDX-License-Identifier: GPL-2.0-only */
int HYPERVISOR_physdev_op(int cmd, void *arg);
