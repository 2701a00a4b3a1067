# SPDX-License-Identifier: GPL-2.0-only
"""privcmd, evtchn, gntdev, gntalloc and xenfs of this tree under a real Xen.

A stock dom0 kernel with only our modules for these roles runs the ioctl
programs in prog/, then Debian's xenstored, xenconsoled and xl with PV and PVH
guests.  dom0_init.sh is the story; every line "ok - " or "not ok - " it prints
counts.

HOSPES_LAB_MODULES=stock runs the same with the kernel's own modules, for
comparison: where they differ is written in Documentation/admin/drivers/.
"""

import os
import pathlib
import re

import pytest

import initramfs
import packages
import xenhost

HERE = pathlib.Path(__file__).parent
PROGRAMS = ("t_evtchn", "t_gnt", "t_privcmd", "t_foreign", "granter")
MODULES = ("xenfs", "xen-privcmd", "xen-evtchn", "xen-gntdev", "xen-gntalloc")
STOCK = os.environ.get("HOSPES_LAB_MODULES") == "stock"

# What a dom0 kernel or the hypervisor says when a driver has done wrong.
TROUBLE = re.compile(r"BUG:|WARNING: CPU|Oops|Bad rss-counter|Bad page|Kernel panic|general protection"
		     r"|xen:xen_\w+: cannot|Attempt to implicitly unmap|mm\.c:.*[Ee]rror")

# Programs whose checks must appear, by dom0 mode.
EXPECTED = {"pv": {"evtchn", "gnt", "privcmd", "foreign", "toolstack"},
	    "pvh": {"evtchn", "privcmd", "foreign", "toolstack"}}

MACHINE = {"pv": {},
	   "pvh": {"xen_args": "dom0=pvh",
		   "qemu_args": ("-machine", "q35", "-device", "amd-iommu,intremap=on")}}


def guest_config(kind):
	return (f'name="{kind}"\ntype="{kind}"\nkernel="/boot/vmlinux"\nramdisk="/boot/guest.img"\n'
		'extra="console=hvc0"\nmemory=160\nvcpus=1\n' + ("maxmem=192\n" if kind == "pv" else ""))


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
	"""{name: path} of the test programs, linked statically."""
	out = tmp_path_factory.mktemp("programs")
	for name in PROGRAMS:
		packages.run("gcc", "-O1", "-g", "-Wall", "-Werror", "-static", "-D__XEN_TOOLS__",
			     "-o", out / name, HERE / "prog" / f"{name}.c")
	return {name: out / name for name in PROGRAMS}


@pytest.fixture(scope="module")
def modules(request):
	"""Paths of the modules of this tree under test; empty for the kernel's own."""
	if STOCK:
		return []
	built = request.getfixturevalue("own_modules")
	return [built[name] for name in MODULES]


def new_image(stock, modules):
	xen_root, kernel_root, kver = stock
	img = initramfs.Initramfs(kernel_root, kver, xen_root)
	if modules:
		img.add_own_modules(modules)
	else:
		img.add_modules(*MODULES)
	return img


@pytest.fixture(scope="module")
def dom0_image(stock, modules, programs, tmp_path_factory):
	"""A function: dom0 mode -> initramfs."""
	tmp = tmp_path_factory.mktemp("images")
	_, kernel_root, kver = stock

	guest = new_image(stock, modules)
	guest.add_binaries(programs["granter"])
	guest.set_init((HERE / "guest_init.sh").read_text())
	guest.write(tmp / "guest.img")
	xenhost.vmlinux(kernel_root, kver, tmp / "vmlinux")

	def make(mode):
		# The stock ones lie beside ours, as on an installed system.
		img = new_image(stock, modules)
		img.add_modules(*MODULES)
		img.add_xen_tools()
		img.add_binaries(*programs.values())
		img.add_file(tmp / "vmlinux", "/boot/vmlinux")
		img.add_file(tmp / "guest.img", "/boot/guest.img")
		for kind in xenhost.KINDS:
			img.add_text(guest_config(kind), f"/etc/xen/{kind}.cfg")
		img.set_init(f"DOM0={mode} OWN={int(not STOCK)} KINDS='{' '.join(xenhost.KINDS)}'\n" + (HERE / "dom0_init.sh").read_text())
		return img.write(tmp / f"{mode}.img")

	return make


@pytest.mark.parametrize("mode", xenhost.KINDS)
def test_chardev(stock, dom0_image, mode, tmp_path):
	xen_root, kernel_root, kver = stock
	xen = xenhost.hypervisor(xen_root, tmp_path / "xen")
	console = xenhost.boot(xen, xenhost.kernel(kernel_root, kver), dom0_image(mode),
			       tmp_path / "console.txt", memory="3G", timeout=1500, **MACHINE[mode])
	results = xenhost.results(console)
	failed = [line for line in console.splitlines() if line.startswith("not ok - ")]
	trouble = [line for line in console.splitlines() if TROUBLE.search(line)]

	assert "LAB-END" in console, f"{tmp_path}/console.txt ends early"
	assert {name.partition(":")[0] for name in results} == EXPECTED[mode]
	assert not failed
	assert not trouble
