# SPDX-License-Identifier: GPL-2.0-only
"""Shared by the driver labs; its presence puts this folder on sys.path."""

import os
import pathlib
import shutil

import pytest

import packages
import xenhost

TREE = pathlib.Path(__file__).resolve().parents[3]


def build_modules(kver, dest):
	"""Build linux-drivers for @kver away from the tree; return {name: path}.

	With the host's compiler if it has the headers, else in a root of the
	suite under test.
	"""
	src = pathlib.Path(dest) / "linux-drivers"
	chroot = []
	inside = src
	if not pathlib.Path(f"/lib/modules/{kver}/build").exists():
		root, _ = packages.build_root(xenhost.SUITE)
		inside = pathlib.Path("/work") / f"{os.getpid()}-{pathlib.Path(dest).name}"
		src = root / inside.relative_to("/")
		chroot = ["chroot", root]
	shutil.copytree(TREE / "linux-drivers", src, symlinks=True,
			ignore=shutil.ignore_patterns("*.o", "*.ko", "*.cmd", "*.mod*", "Module.symvers"))
	packages.run("nice", *chroot, "make", "-C", f"/lib/modules/{kver}/build", f"M={inside}", "modules")
	return {path.stem: path for path in src.rglob("*.ko")}


@pytest.fixture(scope="session")
def stock():
	"""(xen_root, kernel_root, kver) of the machines under test."""
	return xenhost.stock()


@pytest.fixture(scope="session")
def own_modules(stock, tmp_path_factory):
	"""{module name: path} of this tree's modules for the kernel under test."""
	return build_modules(stock[2], tmp_path_factory.mktemp("modules"))
