# SPDX-License-Identifier: GPL-2.0-only
"""Xen hosts with our block backend, or the stock one, and guests with disks.

A scenario is shell text for dom0, with the functions of DOM0_HEAD, and a set of
jobs, shell text for guests; `guest NAME TYPE JOB DISK...` boots one. Lines
"ok - X" and "not ok - X" on dom0's console are the verdicts; what a guest
prints is in its console log, to be waited for by `heard`.
"""

import pathlib
import subprocess

import initramfs
import xenhost

HERE = pathlib.Path(__file__).resolve().parent

DOM0_HEAD = r"""
echo 1 > /proc/sys/kernel/printk_devkmsg 2>/dev/null
dmesg -n 5
modprobe xenfs; mount -t xenfs xenfs /proc/xen
for m in xen-evtchn xen-gntdev xen-gntalloc; do modprobe $m; done
xenstored --pid-file /run/xen/xenstored.pid >/dev/null
xen-init-dom0 >/dev/null || echo "not ok - xen-init-dom0"
mkdir -p /var/log/xen/console
xenconsoled --log=guest --log-dir=/var/log/xen/console
LOG=/var/log/xen/console
verdict() { if [ "$1" = 0 ]; then echo "ok - $2"; else echo "not ok - $2"; fi; }
t() { n=$1; shift; "$@"; verdict $? "$n"; }
# heard NAME TEXT [SECONDS]: has the guest said so by then?
heard() {
	for i in $(seq $((${3:-300} * 2))); do
		grep -q "$2" $LOG/guest-$1.log 2>/dev/null && return 0
		xl domid $1 >/dev/null 2>&1 || break
		sleep 0.5
	done
	echo "# $1 did not say '$2'; it ends:"; tail -n 40 $LOG/guest-$1.log
	return 1
}
said() { sed -n "s/.*$2 //p" $LOG/guest-$1.log | tr -d '\r' | tail -n 1; }
# until SECONDS COMMAND...
until_ok() { s=$1; shift; for i in $(seq $((s * 5))); do "$@" 2>/dev/null >&2 && return 0; sleep 0.2; done; return 1; }
gone() { until_ok ${2:-30} sh -c "! xl domid $1"; }
domid() { xl domid $1; }
# QEMU's SVM resets a PVH guest now and then while that measures its TSC with interrupts off, on
# Debian's Xen, long before it has a console. It begins anew.
has_spoken() { [ -s $LOG/guest-$1.log ]; }
has_spoken_or_gone() { has_spoken $1 || ! xl domid $1; }
create() {
	for try in 1 2 3; do
		xl create -q /tmp/$1.cfg || return
		[ $2 = pvh ] || return 0
		until_ok 120 has_spoken_or_gone $1
		has_spoken $1 && return 0
		echo "# $1 ended before it said anything"
	done
	return 1
}
guest() {
	name=$1; type=$2; job=$3; shift 3; disks=
	for d in "$@"; do disks="$disks'$d',"; done
	rm -f $LOG/guest-$name.log
	cat > /tmp/$name.cfg <<E
name='$name'
type='$type'
memory=${MEM:-160}
vcpus=${VCPUS:-1}
kernel='/boot/vmlinux'
ramdisk='/boot/guest.img'
extra='console=hvc0 earlyprintk=xen panic=1 job=$job $EXTRA'
on_crash='destroy'
on_reboot='destroy'
disk=[$disks]
$CFG
E
	create $name $type
}
"""

GUEST_HEAD = r"""
dmesg -n ${loglevel:-4}
for w in $(cat /proc/cmdline); do case $w in job=*) JOB=${w#job=};; bf.*) BF="$BF ${w#bf.}";; esac; done
case $JOB in evil*) ;; *) modprobe xen-blkfront $(echo $BF | sed 's/pull=[0-9]*//');; esac
wait_for() { for i in $(seq 200); do [ -e $1 ] && return 0; sleep 0.1; done; echo "GUEST no $1"; return 1; }
say() { echo "GUEST $*"; }
must() { "$@" || { echo "GUEST FAILED $*"; sleep 2; poweroff -f; }; }
case $JOB in evil*) ;; *) wait_for /dev/xvda;; esac
"""


def blkio(work):
	"""Build the exerciser; it needs no library."""
	out = pathlib.Path(work) / "blkio"
	subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-static", "-o", out, HERE / "blkio.c"],
		       check=True)
	return out


def plug(work):
	"""Build what attaches and detaches disks by the store."""
	out = pathlib.Path(work) / "plug"
	subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-o", out, HERE.parent / "plug.c", "-lxenstore"],
		       check=True)
	return out


def guest_image(stock, work, jobs, io):
	"""A guest's initramfs: blkfront, the exerciser, one job by name."""
	xen_root, kernel_root, kver = stock
	img = initramfs.Initramfs(kernel_root, kver, xen_root)
	img.add_modules("xen-blkfront")
	if "evil" in jobs:
		built = xenhost.build_modules(HERE / "evil", kver, work)
		img.add_own_modules([built["evil-blkfront"]])
	img.add_file(io, "bin/blkio", 0o755)
	cases = "".join(f"{name})\n{text}\n;;\n" for name, text in jobs.items())
	img.set_init(GUEST_HEAD + f'case "$JOB" in\n{cases}*) say "no job $JOB";;\nesac\n')
	return img.write(pathlib.Path(work) / "guest.img")


def dom0_image(stock, work, own, scenario, jobs, extra_modules=()):
	"""dom0's initramfs with toolstack, guest kernel and image, and @scenario to run."""
	xen_root, kernel_root, kver = stock
	io = blkio(work)
	img = initramfs.Initramfs(kernel_root, kver, xen_root)
	img.add_modules("xenfs", "xen-privcmd", "xen-evtchn", "xen-gntdev", "xen-gntalloc",
			"xen-blkback", "brd", "loop", "null_blk", "dm-mod", *extra_modules)
	if own:
		img.add_own_modules(own)
	img.add_xen_tools()
	img.add_binaries("usr/lib/xen-4.17/bin/xen-init-dom0", "usr/lib/xen-4.17/bin/libxl-save-helper",
			 "/bin/bash", "/sbin/dmsetup", "/usr/bin/flock", plug(work))
	img.add_file(xen_root / "lib/x86_64-linux-gnu/libgcc_s.so.1",
		     "lib/x86_64-linux-gnu/libgcc_s.so.1")	# glibc loads it by name
	img.add_text("#!/bin/sh\nexec /usr/local/bin/bash \"$@\"\n", "bin/bash", 0o755)
	img.add_file(io, "bin/blkio", 0o755)
	img.add_file(guest_image(stock, work, jobs, io), "boot/guest.img")
	img.add_file(xenhost.vmlinux(kernel_root, kver, pathlib.Path(work) / "vmlinux"), "boot/vmlinux")
	img.set_init(DOM0_HEAD + scenario)
	return img.write(pathlib.Path(work) / "dom0.img")


def run(stock, work, own, scenario, jobs, **kw):
	"""Boot, run @scenario, return dom0's console."""
	work = pathlib.Path(work)
	xen_root, kernel_root, kver = stock
	image = dom0_image(stock, work, own, scenario, jobs, kw.pop("extra_modules", ()))
	kw.setdefault("memory", "3G")
	kw.setdefault("dom0_mem", "1536M")
	kw.setdefault("timeout", 1500)	# of a machine that others use too
	return xenhost.boot(xenhost.hypervisor(xen_root, work / "xen"),
			    xenhost.kernel(kernel_root, kver), image, work / "console.log", **kw)
