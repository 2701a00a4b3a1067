# SPDX-License-Identifier: GPL-2.0-only
"""Shared by the driver labs; its presence puts this folder on sys.path."""

import pathlib

import pytest

import xenhost

TREE = pathlib.Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def stock():
	"""(xen_root, kernel_root, kver) of the machines under test."""
	return xenhost.stock()


@pytest.fixture(scope="session")
def own_modules(stock, tmp_path_factory):
	"""{module name: path} of this tree's modules for the kernel under test."""
	return xenhost.build_modules(TREE / "linux-drivers", stock[2], tmp_path_factory.mktemp("modules"))
