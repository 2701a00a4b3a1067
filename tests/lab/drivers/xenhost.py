# SPDX-License-Identifier: GPL-2.0-only
"""Boot a Xen host in QEMU: hypervisor, dom0 kernel, initramfs; keep its console.

Emulation is slow and the machine is shared: at most HOSPES_QEMU_SLOTS (2)
emulators run at a time, one lock file each.
"""

import contextlib
import fcntl
import gzip
import hashlib
import lzma
import os
import pathlib
import queue
import random
import shutil
import subprocess
import threading

import packages

SLOTS = int(os.environ.get("HOSPES_QEMU_SLOTS", "2"))
# Whose stock kernel runs in dom0 and guests.
SUITE = os.environ.get("HOSPES_LAB_SUITE", "bookworm")
# Whose hypervisor: see hypervisor().
XEN = os.environ.get("HOSPES_LAB_XEN", "stock")
# Guests and domains 0 that it carries.
KINDS = ("pv",) if XEN == "hospes" else ("pv", "pvh")
TREE = pathlib.Path(__file__).resolve().parents[3]


@contextlib.contextmanager
def qemu_slot():
	"""Hold one of the emulator slots: waits in line for each, the first to come is it."""
	got = queue.SimpleQueue()
	lost = threading.Event()

	def wait_for(slot):
		with open(f"/tmp/qemu.lock.{slot}", "w", encoding="ascii") as lock:
			fcntl.flock(lock, fcntl.LOCK_EX)
			with choose:
				if lost.is_set():
					return
				lost.set()
			got.put(slot)
			done.wait()

	choose, done = threading.Lock(), threading.Event()
	for slot in random.sample(range(SLOTS), SLOTS):
		threading.Thread(target=wait_for, args=(slot,), daemon=True).start()
	try:
		got.get()
		yield
	finally:
		done.set()


def hypervisor(xen_root, dest):
	"""The hypervisor under test as QEMU's -kernel wants it: a plain 32-bit multiboot1 ELF.

	Debian's Xen; HOSPES_LAB_XEN=hospes stands for this tree's, a path for that file.
	"""
	dest = pathlib.Path(dest)
	if XEN == "stock":
		image = next((xen_root / "boot").glob("xen-*-amd64.gz"))
		dest.write_bytes(gzip.decompress(image.read_bytes()))
	elif XEN == "hospes":
		packages.run("make", "-s", "-C", TREE, "--no-print-directory", "hypervisor")
		shutil.copy2(TREE / "hypervisor/xen-hospes", dest)
	else:
		shutil.copy2(XEN, dest)
	return dest


def kernel(kernel_root, kver):
	"""The packaged vmlinuz."""
	return kernel_root / f"boot/vmlinuz-{kver}"


def vmlinux(kernel_root, kver, dest):
	"""The ELF inside the packaged vmlinuz: spares the toolstack the slow unpacking."""
	raw = kernel(kernel_root, kver).read_bytes()
	dest = pathlib.Path(dest)
	start = (raw[0x1f1] + 1) * 512 + int.from_bytes(raw[0x248:0x24c], "little")
	size = int.from_bytes(raw[0x24c:0x250], "little")
	payload = raw[start:start + size - 4]
	if payload[:4] == b"\x28\xb5\x2f\xfd":
		dest.write_bytes(subprocess.run(["zstd", "-dc"], input=payload, check=True,
						stdout=subprocess.PIPE).stdout)
	else:
		dest.write_bytes(lzma.decompress(payload))
	return dest


def boot(xen, dom0, initrd, log, *, xen_args="", dom0_args="", memory="2G", dom0_mem="1G",
	 cpu="qemu64,+npt", smp=1, qemu_args=(), timeout=300):
	"""Run one Xen host until it powers off; return its console text.

	@log receives the console as it comes.  RuntimeError if the host has not
	powered off within @timeout seconds.
	"""
	argv = ["nice", "qemu-system-x86_64", "-accel", "tcg", "-cpu", cpu, "-smp", smp, "-m", memory,
		"-display", "none", "-vga", "none", "-nic", "none", "-no-reboot", "-monitor", "none",
		"-serial", f"file:{log}", "-kernel", xen,
		"-append", f"console=com1 com1=115200 loglvl=all guest_loglvl=all dom0_mem={dom0_mem} "
			   f"{xen_args}",
		"-initrd", f"{dom0} console=hvc0 earlyprintk=xen panic=1 {dom0_args},{initrd}",
		*qemu_args]
	with qemu_slot():
		try:
			subprocess.run([str(a) for a in argv], timeout=timeout, check=True)
		except subprocess.TimeoutExpired:
			tail = pathlib.Path(log).read_text(errors="replace")[-3000:]
			raise RuntimeError(f"host did not power off in {timeout} s; console {log} ends:\n{tail}") from None
	return pathlib.Path(log).read_text(errors="replace").replace("\r", "")


def results(console):
	"""{name: passed} from the lines "ok - NAME" and "not ok - NAME" of @console."""
	found = {}
	for line in console.splitlines():
		head, sep, name = line.strip().partition("ok - ")
		if sep and head in ("", "not "):
			found[name] = head == "" and found.get(name, True)
	return found


def stock(suite=SUITE):
	"""(xen_root, kernel_root, kver): Debian 12's Xen, the stock kernel of @suite."""
	kernel_root, kver = packages.kernel_sysroot(suite)
	return packages.xen_sysroot(), kernel_root, kver


def build_modules(source, kver, dest):
	"""Build folder @source for @kver away from the tree; return {module name: path}, in @dest.

	With the host's compiler if it has the headers, else in a root of the
	suite under test. The build is kept, so only what has changed is compiled.
	"""
	name = f"{source.name}-{hashlib.sha256(str(source.resolve()).encode()).hexdigest()[:8]}"
	chroot, root, inside = [], pathlib.Path("/"), packages.CACHE / "build" / kver / name
	if not pathlib.Path(f"/lib/modules/{kver}/build").exists():
		root, _ = packages.build_root(SUITE)
		inside = pathlib.Path("/work") / name
		chroot = ["chroot", root]
	src = root / inside.relative_to("/")
	src.mkdir(parents=True, exist_ok=True)
	with open(src.with_suffix(".lock"), "w", encoding="ascii") as lock:
		fcntl.flock(lock, fcntl.LOCK_EX)
		shutil.copytree(source, src, symlinks=True, dirs_exist_ok=True,
				ignore=shutil.ignore_patterns("*.o", "*.ko", ".*", "*.mod*", "Module.symvers"))
		packages.run("nice", *chroot, "make", "-C", f"/lib/modules/{kver}/build", f"M={inside}",
			     "modules")
		return {path.stem: pathlib.Path(shutil.copy2(path, dest)) for path in src.rglob("*.ko")}
