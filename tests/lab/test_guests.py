# SPDX-License-Identifier: GPL-2.0-only
"""Guests as an administrator makes them: one script, run on each hypervisor.

Each scenario runs on every host of HOSPES_GUEST_HOSTS (matrix.py; "debian drivers
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


SHORT_RUN = {"basic": basic}
LONG_RUN = {
    "life": life.life,
    "devices": devices.devices,
    "memory": memory.memory,
    "errors": errors.errors,
    "destroy": life.destroy,
    "hotplug": life.hotplug,
    "actions": actions.actions,
    "tools": tools.tools,
    "image": tools.image,
    "walk": walk.walk,
    "cycles": load.cycles,
    "crowd": load.crowd,
    "busy": load.busy,
    "consoled": load.consoled,
    "killed": load.killed,
    "pvh": load.pvh,
    "kernel": life.kernel,
    "pygrub": life.pygrub,
    "toolstacks": toolstacks.toolstacks,
}
SCENARIOS = LONG_RUN if LONG else SHORT_RUN
# Scenarios for Debian's Xen alone.
NOT_YET = {"pvh"}


def same_words(transcripts):
    """The transcripts of all hypervisors are line by line the same."""
    (first, reference), *others = transcripts.items()
    for name, lines in others:
        diff = "\n".join(difflib.unified_diff(reference, lines, first, name, lineterm=""))
        assert not diff, f"the tools speak differently:\n{diff}"


def run_on(boot, name, scenario, disk):
    """One scenario on one host; returns its transcript, which is also kept."""
    shown = scenario == "basic"
    host = GuestHost(HOSTS[name]["hypervisor"], boot(
        **HOSTS[name], guests="1" if shown else "0", append_xen="dom0_mem=1G,max:1G",
        put=[f"{TOP}/build/lab/sleeper:/root/sleeper"],
        qemu=["-drive", f"if=none,id=second,file={disk},format=raw,snapshot=on,cache=unsafe",
              "-device", "ide-hd,drive=second,serial=second"]))
    host.start(shown)
    try:
        SCENARIOS[scenario](host)
    finally:
        (CONSOLES / f"guests-{scenario}-{name}.transcript").write_text(
            "\n".join(host.transcript) + "\n", encoding="utf-8")
    host.machine.end()
    return host.transcript


def second_disk(scenario, folder):
    """2 GiB of nothing, or what the scenario needs."""
    if scenario == "toolstacks":
        return subprocess.run([TOP / "scripts" / "image", "--tools"], check=True, text=True,
                              stdout=subprocess.PIPE).stdout.strip()
    path = folder / "empty.raw"
    with path.open("wb") as file:
        file.truncate(2 << 30)
    return path


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_guests(boot, tmp_path, scenario):
    hosts = [name for name in GUEST_HOSTS
             if scenario not in NOT_YET or HOSTS[name]["hypervisor"] == "stock"]
    if not hosts:
        pytest.skip("Debian's Xen only: HOSPES_GUEST_HOSTS=debian")
    disk = second_disk(scenario, tmp_path)
    same_words({name: run_on(boot, name, scenario, disk) for name in hosts})
