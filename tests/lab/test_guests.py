# SPDX-License-Identifier: GPL-2.0-only
"""Guests as an administrator makes them: one script, run on each hypervisor.

Each test's scenarios run on every host of HOSPES_GUEST_HOSTS (matrix.py; "debian drivers
hospes" for all), in the same machine, and what the tools said must be the same.
"""

import difflib
import subprocess

import pytest

from conftest import CONSOLES, TOP
from guesthost import GuestHost
from guests import actions, devices, errors, life, load, memory, toolstacks, tools, walk
from matrix import GUEST_HOSTS, HOSTS, LONG


def basic(host):
    """What everybody does, after what scripts/run shows; all on one machine."""
    host.inside("guest1", "true")
    host.note("xl shutdown -w guest1", timeout=900)
    life.life(host, life.lists, life.pause, life.vcpus, devices.disks, devices.interfaces,
              memory.shrink, memory.domain0, life.rename)


# The scenarios of a test run one after the other on one machine.
SHORT_RUN = {"basic": [basic]}
LONG_RUN = {
    "people": [life.life, devices.devices, memory.memory, errors.errors, life.destroy, life.hotplug],
    "tools": [tools.tools, actions.actions, load.killed],
    "systems": [tools.image, walk.walk, life.kernel, life.pygrub],
    "cycles": [load.cycles],
    "crowd": [load.crowd],
    "loads": [load.busy, load.consoled],
    "toolstacks": [toolstacks.toolstacks],
    "pvh": [load.pvh],
}
SCENARIOS = LONG_RUN if LONG else SHORT_RUN
# Machines other than the usual one. Memory that nobody uses is not touched, so this one has room.
MACHINE = {"append_xen": "dom0_mem=1G,max:1G"}
MACHINES = {"crowd": {"append_xen": "dom0_mem=2G,max:2G bootscrub=no", "mem": "20G"}}
# For Debian's Xen alone.
NOT_YET = {"pvh"}


def same_words(transcripts):
    """The transcripts of all hypervisors are line by line the same."""
    (first, reference), *others = transcripts.items()
    for name, lines in others:
        diff = "\n".join(difflib.unified_diff(reference, lines, first, name, lineterm=""))
        assert not diff, f"the tools speak differently:\n{diff}"


def run_on(boot, name, test, disk):
    """The scenarios of one test on one host; returns their transcript, which is also kept."""
    shown = test == "basic"
    host = GuestHost(HOSTS[name]["hypervisor"], boot(
        **HOSTS[name], **MACHINES.get(test, MACHINE), guests="1" if shown else "0",
        put=[f"{TOP}/build/lab/sleeper:/root/sleeper"],
        qemu=["-drive", f"if=none,id=second,file={disk},format=raw,snapshot=on,cache=unsafe",
              "-device", "ide-hd,drive=second,serial=second"]))
    host.start(shown)
    try:
        for scenario in SCENARIOS[test]:
            host.transcript.append(f"## {scenario.__name__}")
            scenario(host)
            host.clear()
    finally:
        (CONSOLES / f"guests-{test}-{name}.transcript").write_text(
            "\n".join(host.transcript) + "\n", encoding="utf-8")
    host.machine.end()
    return host.transcript


def second_disk(test, folder):
    """2 GiB of nothing, or what the test needs."""
    if test == "toolstacks":
        return subprocess.run([TOP / "scripts" / "image", "--tools"], check=True, text=True,
                              stdout=subprocess.PIPE).stdout.strip()
    path = folder / "empty.raw"
    with path.open("wb") as file:
        file.truncate(2 << 30)
    return path


@pytest.mark.parametrize("test", SCENARIOS)
def test_guests(boot, tmp_path, test):
    hosts = [name for name in GUEST_HOSTS
             if test not in NOT_YET or HOSTS[name]["hypervisor"] == "stock"]
    if not hosts:
        pytest.skip("Debian's Xen only: HOSPES_GUEST_HOSTS=debian")
    disk = second_disk(test, tmp_path)
    same_words({name: run_on(boot, name, test, disk) for name in hosts})
