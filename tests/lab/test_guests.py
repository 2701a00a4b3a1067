# SPDX-License-Identifier: GPL-2.0-only
"""Guests as an administrator makes them: one script, run on each hypervisor.

Each scenario runs on every hypervisor of HOSPES_GUEST_HOSTS ("stock hospes"
for both), in the same machine, and what the tools said there must be the same.
"""

import difflib
import subprocess

import pytest

from conftest import CONSOLES, TOP
from guesthost import GuestHost
from guests import actions, devices, errors, life, load, memory, toolstacks, tools, walk
from matrix import GUEST_HOSTS, LONG


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
# Scenarios for one hypervisor alone.
ONLY = {"pvh": "stock"}


def same_words(transcripts):
    """The transcripts of all hypervisors are line by line the same."""
    (first, reference), *others = transcripts.items()
    for name, lines in others:
        diff = "\n".join(difflib.unified_diff(reference, lines, first, name, lineterm=""))
        assert not diff, f"the tools speak differently:\n{diff}"


def run_on(boot, hypervisor, scenario, disk):
    """One scenario on one hypervisor; returns its transcript, which is also kept."""
    shown = scenario == "basic"
    host = GuestHost(hypervisor, boot(
        hypervisor=hypervisor, guests="1" if shown else "0", append_xen="dom0_mem=1G,max:1G",
        put=[f"{TOP}/build/lab/sleeper:/root/sleeper"],
        qemu=["-drive", f"file={disk},format=raw,snapshot=on,cache=unsafe"]))
    host.start(shown)
    try:
        SCENARIOS[scenario](host)
    finally:
        (CONSOLES / f"guests-{scenario}-{hypervisor}.transcript").write_text(
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
    disk = second_disk(scenario, tmp_path)
    same_words({hypervisor: run_on(boot, hypervisor, scenario, disk)
                for hypervisor in GUEST_HOSTS if ONLY.get(scenario, hypervisor) == hypervisor})
