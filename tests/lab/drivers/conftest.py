# SPDX-License-Identifier: GPL-2.0-only
"""Shared by the driver labs; its presence puts this folder on sys.path."""

import pathlib
import shutil

import pytest

import packages
import xenhost

TREE = pathlib.Path(__file__).resolve().parents[3]


def build_modules(kver, dest):
	"""Build linux-drivers for @kver in @dest, away from the tree; return {name: path}."""
	kdir = pathlib.Path(f"/lib/modules/{kver}/build")
	if not kdir.exists():
		pytest.skip(f"no headers of {kver}: install linux-headers-{kver}")
	src = pathlib.Path(dest) / "linux-drivers"
	shutil.copytree(TREE / "linux-drivers", src, symlinks=True,
			ignore=shutil.ignore_patterns("*.o", "*.ko", "*.cmd", "*.mod*", "Module.symvers"))
	packages.run("make", "-C", kdir, f"M={src}", "modules")
	return {path.stem: path for path in src.rglob("*.ko")}


@pytest.fixture(scope="session")
def stock():
	"""(xen_root, kernel_root, kver) of the machines under test."""
	return xenhost.stock()


@pytest.fixture(scope="session")
def own_modules(stock, tmp_path_factory):
	"""{module name: path} of this tree's modules for the kernel under test."""
	return build_modules(stock[2], tmp_path_factory.mktemp("modules"))
