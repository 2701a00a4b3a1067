# SPDX-License-Identifier: GPL-2.0-only
"""All of this tree's modules in one dom0, and a guest that uses them.

A PV guest with a disk and a network interface: data and traffic checked, both
plugged and unplugged (HOSPES_CYCLES times), killed under load, modules unloaded
and loaded again.
HOSPES_LAB_XEN=hospes does it on this tree's hypervisor, HOSPES_LAB_SUITE=trixie
with Debian 13's kernel in dom0 and guest.
"""

import os
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE.parent / "blk"), str(HERE.parent / "net")]

# pylint: disable=wrong-import-position
import blklab
import netlab
import xenhost
from initramfs import Initramfs

CYCLES = os.environ.get("HOSPES_CYCLES", "200")
STOCK = ("xenfs", "xen-privcmd", "xen-evtchn", "xen-gntdev", "xen-gntalloc", "xen-blkback",
	 "xen-netback", "bridge", "brd")


def guest_image(stock, dest, blkio, netload):
	img = Initramfs(stock[1], stock[2], stock[0])
	img.add_modules("xen-blkfront", "xen-netfront", "8021q")
	img.add_binaries(netload, "/usr/sbin/ip")
	img.add_file(blkio, "bin/blkio", 0o755)
	img.set_init((HERE / "guest.sh").read_text())
	return img.write(dest / "guest.img")


def dom0_image(stock, dest, own):
	xen_root, kernel_root, kver = stock
	blkio, netload = blklab.blkio(dest), netlab.netload(dest)
	img = Initramfs(kernel_root, kver, xen_root)
	img.add_modules(*STOCK)
	img.add_own_modules(own.values())
	img.add_xen_tools()
	img.add_binaries(netload, blklab.plug(dest), *netlab.SCRIPT_PROGRAMS)
	(img.stage / "bin/bash").symlink_to("/usr/local/bin/bash")
	img.add_file(blkio, "bin/blkio", 0o755)
	img.add_file(xenhost.vmlinux(kernel_root, kver, dest / "vmlinux"), "boot/vmlinux")
	img.add_file(guest_image(stock, dest, blkio, netload), "boot/guest.img")
	names = " ".join(name.replace("-", "_") for name in own)
	img.set_init(f"OWN='{names}'\nCYCLES={CYCLES}\n" + (HERE / "dom0.sh").read_text())
	return img.write(dest / "dom0.img")


def test_together(stock, own_modules, tmp_path):
	console = xenhost.boot(xenhost.hypervisor(stock[0], tmp_path / "xen"),
			       xenhost.kernel(stock[1], stock[2]), dom0_image(stock, tmp_path, own_modules),
			       tmp_path / "console", cpu=netlab.CPU, memory="3G", dom0_mem="1536M", timeout=1500)
	found = xenhost.results(console)
	assert "LAB-END" in console, f"{tmp_path}/console ends early:\n{console[-3000:]}"
	assert [name for name, ok in found.items() if not ok] == [], f"see {tmp_path}/console"
