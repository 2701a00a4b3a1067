# SPDX-License-Identifier: GPL-2.0-only
"""Which machines the scenarios run on."""

import itertools
import os

import pytest

# Both start the same image; stock is Debian's Xen 4.17, the reference.
HYPERVISORS = ["hospes", "stock"]

MACHINES = ["pc", "q35"]
FIRMWARE = ["bios", "uefi"]
MEMORY = ["512M", "4G", "16G"]
KERNELS = ["6.1", "6.12"]

# Each pair of values of two different columns occurs in one of these.
PAIRWISE = [
    ("pc", "bios", "512M", "6.1"),
    ("q35", "uefi", "512M", "6.12"),
    ("pc", "uefi", "4G", "6.1"),
    ("q35", "bios", "4G", "6.12"),
    ("pc", "bios", "16G", "6.12"),
    ("q35", "uefi", "16G", "6.1"),
]
# The reference is known to work: enough to see that image and scenarios do.
REFERENCE = [("pc", "bios", "4G", "6.12"), ("q35", "uefi", "4G", "6.1")]

# Who can run guests: hypervisor and drivers, ours or Debian's.
HOSTS = {
    "hospes": {"hypervisor": "hospes", "drivers": "hospes"},
    "drivers": {"hypervisor": "stock", "drivers": "hospes"},
    "debian": {"hypervisor": "stock", "drivers": "stock"},
}
# The same with Debian 13's kernel, our drivers being built for it (HOSPES_MODULES).
HOSTS |= {f"{name}-6.12": {**host, "kernel": "6.12"} for name, host in HOSTS.items()}
# Who does; of several, what the tools say is compared with what they say on the first.
GUEST_HOSTS = os.environ.get("HOSPES_GUEST_HOSTS", "hospes").split()

LONG = bool(os.environ.get("HOSPES_LONG"))


def boots():
    """Parameters for a scenario that takes (hypervisor, machine, firmware, mem, kernel)."""
    for hypervisor in HYPERVISORS:
        if LONG:
            rows = itertools.product(MACHINES, FIRMWARE, MEMORY, KERNELS)
        else:
            rows = REFERENCE if hypervisor == "stock" else PAIRWISE
        for row in rows:
            yield pytest.param(hypervisor, *row, id="-".join((hypervisor, *row)))


def hypervisors():
    """Hypervisors for the other scenarios: the reference only with --long."""
    return HYPERVISORS if LONG else HYPERVISORS[:1]


def host_must_have(mem):
    """Skip a machine that is bigger than what this one has free."""
    need_mib = int(mem[:-1]) * (1024 if mem.endswith("G") else 1)
    with open("/proc/meminfo", encoding="ascii") as file:
        free_kib = next(int(line.split()[1]) for line in file if line.startswith("MemAvailable"))
    if free_kib // 1024 < need_mib + 1024:
        pytest.skip(f"needs {need_mib + 1024} MiB of free memory, {free_kib // 1024} are")
