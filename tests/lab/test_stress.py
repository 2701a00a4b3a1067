# SPDX-License-Identifier: GPL-2.0-only
"""Page tables made, changed and thrown away as fast as domain 0 can."""

import re
import time

import pytest

from matrix import LONG, hypervisors

SECONDS = 120 if LONG else 20
SETTLE_S = 120

COUNTS = re.compile(r"(?P<own>\d+) KiB the hypervisor's.*d0: (?P<pages>\d+) of.*"
                    r"descriptors (?P<descriptors>\d+),.*pinned (?P<pinned>\d+), validated", re.S)

# Processes that domain 0 may have started by itself meanwhile; the test's own are dozens.
STRAYS = 6


def page_counts(machine):
    """Our hypervisor's account of domain 0's pages (debug key m)."""
    report = machine.debug_key("m", r"pinned \d+, validated tables \d+\r*\n")
    return {name: int(count) for name, count in COUNTS.search(report).groupdict().items()}


def back(before, now):
    """Whether a page was neither lost nor left with a type nobody asked for."""
    return (now["own"] == before["own"] and now["pages"] == before["pages"]
            and now["descriptors"] <= before["descriptors"]
            and now["pinned"] <= before["pinned"] + STRAYS)


def check_counts(machine, before):
    until = time.monotonic() + SETTLE_S
    while not back(before, now := page_counts(machine)):
        assert time.monotonic() < until, f"page counts were {before} and stay {now}"
        time.sleep(5)


@pytest.mark.parametrize("hypervisor", hypervisors())
def test_stress(boot, hypervisor):
    """Also the end: a reboot fails or warns if page counts are off."""
    ours = hypervisor == "hospes"
    machine = boot(hypervisor=hypervisor, mem="2G", append_xen="loglvl=all guest_loglvl=all")
    machine.login()
    before = page_counts(machine) if ours else None
    machine.shell(f"stress-ng --vm 2 --fork 4 --mmap 2 -t {SECONDS}",
                  timeout=SECONDS * 20 + 600)
    assert machine.try_shell("dmesg | grep -E 'BUG|WARNING|Bad page'")[0] == 1
    if ours:
        check_counts(machine, before)
    machine.child.send("poweroff\r")
    assert machine.ends() == 0
