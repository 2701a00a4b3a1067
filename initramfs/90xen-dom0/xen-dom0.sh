#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Before udev: in domain 0, take the devices that are to be hidden from it,
# then load the drivers through which tools reach the hypervisor.

# features has bit 11 (XENFEAT_dom0) for domain 0 alone
xen_is_dom0() {
	[ -r /sys/hypervisor/properties/features ] || return 1
	read -r features < /sys/hypervisor/properties/features
	[ $((0x$features >> 11 & 1)) = 1 ]
}

# names devices in hide=, on the kernel command line or in modprobe.d
xen_hides_devices() {
	grep -Eq '(^| )xen[-_]pciback\.hide=' /proc/cmdline ||
		modprobe --showconfig 2> /dev/null | grep -Eq '^options xen[-_]pciback .*hide='
}

if xen_is_dom0; then
	if xen_hides_devices && ! modprobe xen-pciback; then
		echo "<3>xen-dom0: xen-pciback could not be loaded, so nothing is hidden;" \
			"see its message above for the device it did not like" > /dev/kmsg
	fi
	modprobe -a -q xen-privcmd xen-evtchn xen-gntdev xen-gntalloc
fi
