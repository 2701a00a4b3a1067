#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# dracut module: what a domain 0 needs before its root filesystem is there.
# Included in images for any machine, and in one for this machine when this
# machine is a domain 0. Called by dracut, with its functions at hand.

# called by dracut
check() {
	[[ ${hostonly:-} ]] || return 0
	[[ -r /sys/hypervisor/type && $(< /sys/hypervisor/type) == xen ]] || return 255
	return 0
}

# called by dracut
depends() {
	echo kernel-modules
}

# called by dracut: kernels without one of these have it built in, or no use for it
installkernel() {
	hostonly='' instmods -o xen-privcmd xen-evtchn xen-gntdev xen-gntalloc xenfs xen-pciback
}

# called by dracut
install() {
	# the hook must see the options of xen-pciback, wherever they are kept
	inst_multiple -o grep '/etc/modprobe.d/*.conf' '/lib/modprobe.d/*.conf'
	# udev loads drivers for the devices it finds: be there before it
	inst_hook pre-udev 05 "$moddir/xen-dom0.sh"
}
