# SPDX-License-Identifier: GPL-2.0-only
"""Page tables made, changed and thrown away as fast as domain 0 can."""

import pytest

from matrix import LONG, hypervisors

SECONDS = 120 if LONG else 20


@pytest.mark.parametrize("hypervisor", hypervisors())
def test_stress(boot, hypervisor):
    """Also the end: a reboot fails or warns if page counts are off."""
    machine = boot(hypervisor=hypervisor, mem="1G", append_xen="loglvl=all guest_loglvl=all")
    machine.login()
    machine.shell(f"stress-ng --vm 2 --vm-bytes 25% --fork 4 --mmap 2 -t {SECONDS}",
                  timeout=SECONDS * 20 + 600)
    assert machine.try_shell("dmesg | grep -E 'BUG|WARNING|Bad page'")[0] == 1
    machine.child.send("poweroff\r")
    assert machine.ends() == 0
