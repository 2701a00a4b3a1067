# SPDX-License-Identifier: GPL-2.0-only
"""Images for the network labs: a guest that serves netload, a dom0 that drives it."""

import pathlib

import packages
import xenhost
from initramfs import Initramfs

HERE = pathlib.Path(__file__).parent

GUEST = "10.9.0.2"

# Without what QEMU's emulation of Xen's PV guests gets wrong.
CPU = "max,-smap,-smep,-monitor,-rdtscp,-xsave"
# With the nested paging that PVH guests need.
CPU_HVM = "qemu64,+npt"

GUEST_INIT = """
ip=/usr/local/bin/ip
modprobe xen-netfront {netfront}
modprobe 8021q
for i in $(seq 100); do [ -e /sys/class/net/eth0 ] && break; sleep 0.1; done
sysctl -q -w net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
$ip addr add 10.9.0.2/24 dev eth0
$ip link set eth0 up
$ip -6 addr add fd09::2/64 dev eth0 nodad
echo GUEST-UP
netload serve
"""

# The shell prefers its own ip, which knows less.
DOM0_INIT = """
ip=/usr/local/bin/ip
modprobe xenfs
mount -t xenfs xenfs /proc/xen
modprobe xen-evtchn; modprobe xen-gntdev
modprobe bridge; modprobe 8021q
xenstored --pid-file /run/xenstored.pid 2>/dev/null
for i in $(seq 100); do xenstore-exists / && break; sleep 0.1; done
xen-init-dom0
xenconsoled --log=guest --log-dir=/var/log/xen
sysctl -q -w net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
$ip link add xenbr0 type bridge forward_delay 0
$ip link set xenbr0 up
$ip addr add 10.9.0.1/24 dev xenbr0
$ip -6 addr add fd09::1/64 dev xenbr0 nodad
modprobe xen-netback {netback}
grep '^xen_netback' /proc/modules

check() {{ # NAME COMMAND...: one line of verdict
	name=$1; shift
	if "$@" >/tmp/out 2>&1; then echo "ok - $name"; else echo "not ok - $name"; fi
	sed 's/^/    /' /tmp/out
}}
up() {{ # NAME: wait until the guest serves
	for i in $(seq 300); do
		xl domid $1 >/dev/null 2>&1 || return 1
		netload sh {guest} true 2>/dev/null && return 0
		sleep 0.2
	done
	return 1
}}
"""

GUEST_CFG = """
name = "g1"
type = "{kind}"
kernel = "/guest/vmlinux"
ramdisk = "/guest/initrd"
extra = "console=hvc0 quiet panic=1 net.ifnames=0"
memory = {memory}
vcpus = {vcpus}
vif = ["mac=00:16:3e:00:00:01,bridge=xenbr0{vif}"]
on_poweroff = "destroy"
on_crash = "destroy"
"""

# The stock hotplug script and what it calls.
SCRIPT_PROGRAMS = ("/usr/bin/bash", "/usr/sbin/ip", "/usr/bin/flock", "/usr/bin/stat")


def netload(dest):
	"""Build netload; return its path."""
	out = pathlib.Path(dest) / "netload"
	packages.run("gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", out, HERE / "netload.c")
	return out


def guest_image(stock, dest, *, netfront="", init=GUEST_INIT, own=()):
	"""(vmlinux, initrd) of the guest."""
	_, kernel_root, kver = stock
	dest = pathlib.Path(dest)
	img = Initramfs(kernel_root, kver, stock[0])
	img.add_modules("xen-netfront", "8021q")
	img.add_own_modules(own)
	img.add_binaries(netload(dest), "/usr/sbin/ip")
	img.set_init(init.format(netfront=netfront))
	return (xenhost.vmlinux(kernel_root, kver, dest / "vmlinux"), img.write(dest / "guest.img"))


def bad_guest_image(stock, dest, badfront):
	"""initrd of a guest whose only frontend is badfront.ko."""
	img = Initramfs(stock[1], stock[2], stock[0])
	img.add_own_modules([badfront])
	img.set_init("modprobe badfront $(sed 's/.*badfront.seed=/seed=/; s/ .*//' /proc/cmdline)\n"
		     "sleep 100000\n")
	return img.write(pathlib.Path(dest) / "bad.img")


def host_image(stock, dest, guest, body, *, modules=(), netback="", memory=192, vcpus=1, vif="",
	       kind="pv", files=None):
	"""The dom0 initramfs that runs shell text @body; @modules hide stock ones."""
	xen_root, kernel_root, kver = stock
	dest = pathlib.Path(dest)
	img = Initramfs(kernel_root, kver, xen_root)
	img.add_modules("xenfs", "xen-privcmd", "xen-evtchn", "xen-gntdev", "bridge", "8021q",
			"xen-netback")
	img.add_own_modules(modules)
	img.add_xen_tools()
	img.add_binaries("usr/lib/xen-4.17/bin/xen-init-dom0")
	img.add_binaries(netload(dest), *SCRIPT_PROGRAMS)
	for program in ("bash", "ip"):	# the scripts' PATH finds busybox' own before these
		(img.stage / "bin" / program).symlink_to(f"/usr/local/bin/{program}")
	img.add_file(guest[0], "guest/vmlinux")
	img.add_file(guest[1], "guest/initrd")
	img.add_text(GUEST_CFG.format(memory=memory, vcpus=vcpus, vif=vif, kind=kind), "guest/g1.cfg")
	for src, to in (files or {}).items():
		img.add_file(src, to)
	img.set_init(DOM0_INIT.format(netback=netback, guest=GUEST) + body)
	return img.write(dest / "dom0.img")
