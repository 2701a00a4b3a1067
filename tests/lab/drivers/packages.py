# SPDX-License-Identifier: GPL-2.0-only
"""Debian packages unpacked beside the host: the software the labs boot.

Nothing is installed on the machine.  A Sysroot is a directory in the cache
that holds the contents of some packages of one Debian suite; apt runs with
its own state there and takes mirror and keyring from the host's sources, so
the suite may be another than the host's.
"""

import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import subprocess

CACHE = pathlib.Path(os.environ.get("HOSPES_LAB_CACHE", "~/.cache/hospes-lab")).expanduser()
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"

# What a Xen host needs besides its kernel; libraries come by name so that a
# library that is missing is found when the initramfs is built, not in it.
XEN_PACKAGES = (
	"xen-hypervisor-4.17-amd64", "xen-utils-4.17", "xen-utils-common", "xenstore-utils",
	"libxenmisc4.17", "libxencall1", "libxendevicemodel1", "libxenevtchn1",
	"libxenforeignmemory1", "libxengnttab1", "libxenhypfs1", "libxenstore4",
	"libxentoolcore1", "libxentoollog1", "libyajl2", "libuuid1", "libfdt1",
	"libnl-3-200", "libnl-route-3-200", "libc6", "libgcc-s1", "libncursesw6",
	"libtinfo6", "liblzma5", "libzstd1", "zlib1g", "libbz2-1.0", "liblzo2-2",
	"libpci3", "libudev1", "libpixman-1-0", "busybox-static", "kmod",
)


def run(*argv, **kw):
	"""subprocess.run that fails with the command's own words."""
	done = subprocess.run([str(a) for a in argv], stdout=subprocess.PIPE,
			      stderr=subprocess.STDOUT, text=True, check=False, **kw)
	if done.returncode:
		raise RuntimeError(f"{' '.join(map(str, argv))}\n{done.stdout}")
	return done.stdout


class Apt:
	"""apt with private state for one suite."""

	def __init__(self, suite):
		self.dir = CACHE / "apt" / suite
		for sub in ("lists/partial", "cache/archives/partial", "etc", "debs"):
			(self.dir / sub).mkdir(parents=True, exist_ok=True)
		(self.dir / "status").touch()
		self.opts = ["-o", f"Dir::State={self.dir}", "-o", f"Dir::State::status={self.dir}/status",
			     "-o", f"Dir::Cache={self.dir}/cache", "-o", f"Dir::Etc={self.dir}/etc",
			     "-o", "APT::Sandbox::User=root", "-o", "Acquire::Check-Valid-Until=false"]
		sources = self.dir / "etc/sources.list"
		if not sources.exists():
			text = self.sources(suite)
			run("apt-get", *self.opts, "-o", f"Dir::Etc::sourcelist={self.stage(text)}", "update")
			sources.write_text(text)

	def stage(self, text):
		path = self.dir / "etc/sources.new.list"
		path.write_text(text)
		return path

	@staticmethod
	def sources(suite):
		"""The host's Debian archives, with @suite in place of its own."""
		lines = set()
		fields = "$(ORIGIN)|$(LABEL)|$(REPO_URI)"
		for row in run("apt-get", "indextargets", "--format", fields,
			       "Created-By: Packages").splitlines():
			origin, label, uri = row.split("|")
			if origin != "Debian":
				continue
			name = f"{suite}-security" if "Security" in label else suite
			lines.add(f"deb [signed-by={KEYRING}] {uri} {name} main\n")
		if not lines:
			raise RuntimeError("no Debian archive among the host's apt sources: run 'apt-get update'")
		return "".join(sorted(lines))

	def kernel_release(self):
		"""Release (uname -r) of the suite's stock amd64 kernel."""
		out = run("apt-cache", *self.opts, "depends", "linux-image-amd64")
		return re.search(r"Depends: linux-image-(\S+-amd64)", out).group(1)

	def closure(self, packages):
		"""@packages and all that they depend on, essential packages aside."""
		out = run("apt-get", *self.opts, "-s", "-qq", "--no-install-recommends", "install",
			  *packages)
		return sorted(set(re.findall(r"^Inst (\S+)", out, re.M)))

	def unpack(self, packages, dest):
		debs = self.dir / "debs"
		for name in packages:
			if not list(debs.glob(f"{name}_*.deb")):
				run("apt-get", *self.opts, "download", name, cwd=debs)
			run("dpkg-deb", "-x", max(debs.glob(f"{name}_*.deb")), dest)


def sysroot(packages, suite="bookworm"):
	"""Directory with @packages of @suite unpacked; kept in the cache.

	A package named linux-image or linux-headers stands for that of the
	suite's stock amd64 kernel.
	"""
	CACHE.mkdir(parents=True, exist_ok=True)
	with open(CACHE / "lock", "w", encoding="ascii") as lock:
		fcntl.flock(lock, fcntl.LOCK_EX)
		apt = Apt(suite)
		kver = apt.kernel_release()
		names = [f"{p}-{kver}" if p in ("linux-image", "linux-headers") else p for p in packages]
		key = hashlib.sha256(" ".join(sorted(names)).encode()).hexdigest()[:12]
		root = CACHE / f"{suite}-{key}"
		if not root.exists():
			tmp = root.with_suffix(".new")
			shutil.rmtree(tmp, ignore_errors=True)
			tmp.mkdir()
			apt.unpack(names, tmp)
			tmp.rename(root)
	return root


def build_root(suite="bookworm"):
	"""(directory, release): a root to chroot into that can build modules for the
	stock kernel of @suite, with that suite's own compiler and kernel headers."""
	with open(CACHE / "lock.build", "w", encoding="ascii") as lock:
		fcntl.flock(lock, fcntl.LOCK_EX)
		apt = Apt(suite)
		kver = apt.kernel_release()
		root = CACHE / f"{suite}-build-{kver}"
		if not root.exists():
			names = apt.closure([f"linux-headers-{kver}", "base-files", "make", "gcc", "dash",
					     "bash", "coreutils", "sed", "grep", "mawk", "findutils",
					     "diffutils", "perl-base", "xz-utils"])
			tmp = root.with_suffix(".new")
			shutil.rmtree(tmp, ignore_errors=True)
			tmp.mkdir()
			# The first makes /bin and its like the links that the others expect.
			apt.unpack(["base-files", *names], tmp)
			if not (tmp / "usr/bin/awk").exists():
				(tmp / "usr/bin/awk").symlink_to("mawk")
			for sub in ("proc", "dev", "tmp", "work"):
				(tmp / sub).mkdir(exist_ok=True)
			tmp.rename(root)
	return root, kver


def xen_sysroot():
	"""Debian 12's Xen with its tools and libraries."""
	return sysroot(XEN_PACKAGES)


def kernel_sysroot(suite="bookworm"):
	"""(directory, release) of the stock kernel of @suite."""
	root = sysroot(["linux-image"], suite)
	modules = root / "lib/modules"
	if not modules.is_dir():
		modules = root / "usr/lib/modules"
	return root, next(modules.iterdir()).name
