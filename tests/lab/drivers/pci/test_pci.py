# SPDX-License-Identifier: GPL-2.0-only
"""pciback on a real Xen: a card with MSI-X and DMA in a PV guest, and all that xl does with it.

One boot of a q35 machine with an IOMMU and three e1000e cards, one of them behind
a root port that reports its errors; dom0.sh is the story, every "ok - " or
"not ok - " it prints counts. It runs once with this tree's module and once with
the kernel's own, so that what both do is known; HOSPES_LAB_DRIVER=own or =stock
runs one of them, HOSPES_PCI_PARTS="bad worse" only those functions of the story;
"without_iommu" is another story, the only one on this tree's hypervisor.
"""

import os
import pathlib
import re

import pytest

import xenhost
from initramfs import Initramfs

HERE = pathlib.Path(__file__).parent
DRIVERS = os.environ.get("HOSPES_LAB_DRIVER", "own,stock").split(",")
ALL = "plug permissive intx errors bad worse passthrough"
PARTS = os.environ.get("HOSPES_PCI_PARTS", "without_iommu" if xenhost.XEN == "hospes" else ALL)
CPU = "max,-smap,-smep,-monitor,-rdtscp,-xsave"
OWN = ("hospes-xenbus", "xen-pciback")
HIDE = {"own": "(00:99.0)(0000:00:1e.5)(0000:00:03.0)", "stock": "(0000:00:03.0)"}

# What a dom0 kernel or the hypervisor says when a driver has done wrong.
TROUBLE = re.compile(r"BUG:|WARNING: CPU|Oops|Kernel panic|general protection|DMAR:.*[Ff]ault"
		     r"|nobody cared")

MACHINE = ("-machine", "q35", "-device", "intel-iommu,intremap=on",
	   "-netdev", "user,id=n1,net=10.1.0.0/24",
	   "-device", "e1000e,netdev=n1,addr=3,mac=52:54:00:00:00:01",
	   "-netdev", "user,id=n2,net=10.2.0.0/24",
	   "-device", "e1000e,netdev=n2,addr=4,mac=52:54:00:00:00:02",
	   "-device", "pcie-root-port,id=above,chassis=1,addr=5",
	   "-netdev", "user,id=n3,net=10.3.0.0/24",
	   "-device", "e1000e,netdev=n3,bus=above,mac=52:54:00:00:00:03")

GUEST_CFG = """
name = "{name}"
type = "pv"
kernel = "/guest/vmlinux"
ramdisk = "/guest/{initrd}"
extra = "console=hvc0 iommu=soft panic=1 net.ifnames=0 swiotlb=1024"
memory = 256
pci = ["00:03.0"]
on_poweroff = "destroy"
on_crash = "destroy"
"""


def guest_image(stock, dest):
	"""(vmlinux, initrd) of the guest."""
	xen_root, kernel_root, kver = stock
	img = Initramfs(kernel_root, kver, xen_root)
	img.add_modules("xen-pcifront", "e1000e")
	img.set_init((HERE / "guest.sh").read_text())
	return xenhost.vmlinux(kernel_root, kver, dest / "vmlinux"), img.write(dest / "guest.img")


def bad_image(stock, dest):
	"""initrd of a guest whose only frontend is badpci.ko, which works at breaking pciback."""
	xen_root, kernel_root, kver = stock
	img = Initramfs(kernel_root, kver, xen_root)
	img.add_file(xenhost.build_modules(HERE / "badpci", kver, dest)["badpci"], "badpci.ko")
	img.set_init((HERE / "bad.sh").read_text())
	return img.write(dest / "bad.img")


def dom0_image(stock, dest, driver, own, guest):
	"""The dom0 initramfs; ours beside the stock module, as on an installed system."""
	xen_root, kernel_root, kver = stock
	img = Initramfs(kernel_root, kver, xen_root)
	img.add_modules("xenfs", "xen-privcmd", "xen-evtchn", "xen-gntdev", "xen-pciback", "e1000e",
			"aer_inject")
	img.add_own_modules(own)
	img.add_xen_tools()
	img.add_binaries("usr/lib/xen-4.17/bin/xen-init-dom0", "bin/kmod")
	# This one reads xen-pciback.hide= from the kernel's command line, as a distribution's does.
	(img.stage / "usr/local/bin").mkdir(parents=True, exist_ok=True)
	(img.stage / "usr/local/bin/modprobe").symlink_to("/bin/kmod")
	img.add_file(guest[0], "guest/vmlinux")
	img.add_file(guest[1], "guest/initrd")
	if driver == "own":
		img.add_file(bad_image(stock, dest), "guest/bad")
	for name, initrd in (("g1", "initrd"), ("g2", "initrd"), ("bad", "bad")):
		img.add_text(GUEST_CFG.format(name=name, initrd=initrd), f"etc/xen/{name}.cfg")
	img.set_init(f"OWN={int(driver == 'own')}\nPARTS='{PARTS}'\n" + (HERE / "dom0.sh").read_text())
	return img.write(dest / "dom0.img")


seen = {}


def transcript(console):
	"""What the guests said of their devices, less what is another each time."""
	lines = [line for line in console.splitlines() if line.startswith("SEEN ")]
	# Whether a guest that is being destroyed still says so is chance.
	lines = [line for line in lines if not line.endswith("GUEST-DEVICES *")]
	lines = [line for line in lines if "GUEST-AGAIN" not in line]
	return [re.sub(r"(GUEST-IRQS) .*", r"\1", line) for line in lines]


@pytest.mark.parametrize("driver", DRIVERS)
def test_pci(stock, driver, request, tmp_path):
	built = request.getfixturevalue("own_modules") if driver == "own" else {}
	guest = guest_image(stock, tmp_path)
	img = dom0_image(stock, tmp_path, driver, [built[name] for name in OWN if built], guest)
	console = xenhost.boot(xenhost.hypervisor(stock[0], tmp_path / "xen"),
			       xenhost.kernel(stock[1], stock[2]), img, tmp_path / "console",
			       cpu=CPU, memory="3G", timeout=1500, qemu_args=MACHINE,
			       dom0_args=f"net.ifnames=0 xen-pciback.hide={HIDE[driver]}")
	assert "LAB-END" in console, f"{tmp_path}/console ends early:\n{console[-3000:]}"
	failed = [name for name, ok in xenhost.results(console).items() if not ok]
	trouble = [line for line in console.splitlines() if TROUBLE.search(line)]
	assert not failed, f"{failed}; see {tmp_path}/console"
	assert not trouble
	seen[driver] = transcript(console)


def test_guests_see_the_same():
	"""Addresses, registers, drivers, traffic: as with the kernel's own module."""
	if set(DRIVERS) != {"own", "stock"}:
		pytest.skip("needs both drivers")
	assert seen["own"] == seen["stock"] != []
