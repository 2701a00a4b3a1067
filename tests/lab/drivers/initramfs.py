# SPDX-License-Identifier: GPL-2.0-only
"""Small initramfs images for dom0 and guests of the driver labs.

	img = Initramfs(kernel_root, kver, xen_root)
	img.add_modules("xen-evtchn", "dm-mod")		# stock, with what they depend on
	img.add_own_modules(["linux-drivers/evtchn/xen-evtchn.ko"])	# to updates/
	img.add_binaries("usr/sbin/xl", built_test)	# with their libraries
	img.set_init("xl list")				# shell text, run by busybox
	img.write("dom0.img")

Modules are loaded inside by `modprobe NAME`: depmod has run, with the search
order of an installed system, so a module in updates/ hides the stock one.
"""

import os
import pathlib
import re
import shutil
import stat
import tempfile

from packages import run

LIB_DIRS = ("lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu",
	    "usr/lib/xen-4.17/lib/x86_64-linux-gnu", "lib", "usr/lib")

# /init of every image: the mounts a distribution's initramfs would have made,
# then the caller's text, then power off, whatever the text's end.
INIT_HEAD = """#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /run /tmp /var/lib/xen /var/lib/xenstored /var/log/xen /var/run
/bin/busybox mount -t devtmpfs dev /dev
exec </dev/console >/dev/console 2>&1
/bin/busybox --install -s /bin
export PATH=/usr/local/bin:/usr/lib/xen-4.17/bin:/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs tmp /run
mount -t tmpfs tmp /tmp
mkdir -p /dev/pts /dev/shm /run/xen /run/xenstored /run/lock /var/run/xen /var/run/xenstored
mount -t devpts pts /dev/pts
mount -t tmpfs shm /dev/shm
ln -sf /proc/self/fd /dev/fd
for i in in:0 out:1 err:2; do ln -sf /proc/self/fd/${i#*:} /dev/std${i%:*}; done
ip link set lo up 2>/dev/null
dmesg -n 4
"""
INIT_TAIL = """
sync
poweroff -f
"""


class Initramfs:
	"""One image in the making: a staging directory, written out as newc cpio."""

	def __init__(self, kernel_root, kver, tools_root):
		self.kernel_root = pathlib.Path(kernel_root)
		self.kver = kver
		self.tools_root = pathlib.Path(tools_root)
		self.stage = pathlib.Path(tempfile.mkdtemp(prefix="hospes-initramfs-"))
		self.depends = None
		for sub in ("bin", "dev", "etc", "sbin", f"lib/modules/{kver}/updates"):
			(self.stage / sub).mkdir(parents=True)
		(self.stage / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
		(self.stage / "etc/group").write_text("root:x:0:\n")
		(self.stage / "root").mkdir()
		shutil.copy2(self.tools_root / "bin/busybox", self.stage / "bin/busybox")

	# files

	def add_file(self, src, dest, mode=None):
		"""Copy @src to @dest (absolute inside the image)."""
		to = self.stage / str(dest).lstrip("/")
		to.parent.mkdir(parents=True, exist_ok=True)
		shutil.copy2(src, to)
		if mode is not None:
			to.chmod(mode)

	def add_text(self, text, dest, mode=0o644):
		"""Write @text to @dest (absolute inside the image)."""
		to = self.stage / str(dest).lstrip("/")
		to.parent.mkdir(parents=True, exist_ok=True)
		to.write_text(text)
		to.chmod(mode)

	def add_tree(self, path):
		"""Copy directory @path of the tools' packages to the same place."""
		rel = str(path).lstrip("/")
		shutil.copytree(self.tools_root / rel, self.stage / rel, symlinks=True, dirs_exist_ok=True)

	def add_binaries(self, *paths):
		"""Add programs and the shared libraries that they name.

		A relative path is taken from the tools' packages and keeps its
		place; an absolute one is a program of the host's and goes to
		/usr/local/bin.
		"""
		for path in map(pathlib.Path, paths):
			src = path if path.is_absolute() else self.tools_root / path
			self.add_file(src, f"usr/local/bin/{path.name}" if path.is_absolute() else path)
			self._add_libraries(src)
			# libc loads this one by itself when a thread is cancelled.
			self._add_library("libgcc_s.so.1")

	def add_xen_tools(self):
		"""The toolstack: xl, C xenstored, xenconsoled, xenstore-*, hotplug scripts."""
		for prog in ("xl", "xenstored", "xenconsoled", "lsevtchn", "xen-diag", "xen-init-dom0"):
			path = f"usr/lib/xen-4.17/bin/{prog}"
			if (self.tools_root / path).exists():
				self.add_binaries(path)
		for prog in ("read", "write", "ls", "list", "rm", "watch", "exists", "chmod"):
			self.add_binaries(f"usr/bin/xenstore-{prog}")
		self.add_tree("etc/xen")

	def _find_library(self, name):
		for root in (self.tools_root, pathlib.Path("/")):
			for sub in LIB_DIRS:
				if (root / sub / name).exists():
					return root / sub / name
		raise RuntimeError(f"library {name} is in no package of {self.tools_root} nor on this host: "
				   "add its package to XEN_PACKAGES in packages.py")

	def _add_libraries(self, elf):
		dyn = run("readelf", "-l", "-d", elf)
		interp = re.search(r"interpreter: (/\S+)\]", dyn)
		names = re.findall(r"\(NEEDED\).*\[(.+)\]", dyn)
		if interp and not (self.stage / interp.group(1).lstrip("/")).exists():
			self.add_file(self._find_library(pathlib.Path(interp.group(1)).name), interp.group(1))
		for name in names:
			self._add_library(name)

	def _add_library(self, name):
		if not (self.stage / "lib/x86_64-linux-gnu" / name).exists():
			src = self._find_library(name)
			self.add_file(src, f"lib/x86_64-linux-gnu/{name}")
			self._add_libraries(src)

	# modules

	def _module_dir(self):
		for sub in ("lib/modules", "usr/lib/modules"):
			if (self.kernel_root / sub / self.kver).is_dir():
				return self.kernel_root / sub / self.kver
		raise RuntimeError(f"no modules of {self.kver} in {self.kernel_root}")

	def _depmod(self, base):
		run("depmod", "-b", base, self.kver, executable=self.tools_root / "bin/kmod")

	def _stock_depends(self):
		"""modules.dep of the stock kernel: name with dashes as _ -> paths, itself first."""
		if self.depends is None:
			dep = self._module_dir() / "modules.dep"
			if not dep.exists():
				self._depmod(self._module_dir().parents[2])
			self.depends = {}
			for line in dep.read_text().splitlines():
				path, _, rest = line.partition(":")
				name = re.sub(r"\.ko(\..z|\.zst)?$", "", pathlib.Path(path).name)
				self.depends[name.replace("-", "_")] = [path, *rest.split()]
		return self.depends

	def add_modules(self, *names):
		"""Add stock modules by name, with the modules they depend on."""
		for name in names:
			paths = self._stock_depends().get(name.replace("-", "_"))
			if paths is None:
				raise RuntimeError(f"{self.kver} has no module {name} (it may be built in)")
			for path in paths:
				self.add_file(self._module_dir() / path, f"lib/modules/{self.kver}/{path}")

	def add_own_modules(self, paths):
		"""Add modules built from this tree, where make modules_install puts them."""
		for path in map(pathlib.Path, paths):
			self.add_file(path, f"lib/modules/{self.kver}/updates/{path.name}")

	# output

	def set_init(self, body):
		"""Make shell text @body what the image runs after the usual mounts."""
		self.add_text(INIT_HEAD + body + INIT_TAIL, "init", 0o755)

	def write(self, path):
		"""Write the image to @path and drop the staging directory."""
		for meta in ("modules.order", "modules.builtin", "modules.builtin.modinfo"):
			if (self._module_dir() / meta).exists():
				self.add_file(self._module_dir() / meta, f"lib/modules/{self.kver}/{meta}")
		self._depmod(self.stage)
		with open(path, "wb") as out:
			write_cpio(self.stage, out)
		shutil.rmtree(self.stage)
		return pathlib.Path(path)


def _cpio_entry(out, ino, name, mode, data=b"", rdev=(0, 0)):
	head = "070701" + "".join(f"{v:08x}" for v in (
		ino, mode, 0, 0, 1, 0, len(data), 0, 0, *rdev, len(name) + 1, 0))
	raw = head.encode() + name.encode() + b"\0"
	out.write(raw + b"\0" * (-len(raw) % 4) + data + b"\0" * (-len(data) % 4))


def write_cpio(top, out):
	"""Write directory @top as a newc archive owned by root, plus /dev/console."""
	ino = 1
	for base, dirs, files in os.walk(top):
		dirs.sort()
		for name in [*dirs, *sorted(files)]:
			path = pathlib.Path(base) / name
			rel = str(path.relative_to(top))
			st = path.lstat()
			data = b""
			if stat.S_ISLNK(st.st_mode):
				data = os.readlink(path).encode()
			elif stat.S_ISREG(st.st_mode):
				data = path.read_bytes()
			_cpio_entry(out, ino, rel, st.st_mode, data)
			ino += 1
	_cpio_entry(out, ino, "dev/console", stat.S_IFCHR | 0o600, rdev=(5, 1))
	_cpio_entry(out, 0, "TRAILER!!!", 0)
