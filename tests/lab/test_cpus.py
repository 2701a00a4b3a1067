# SPDX-License-Identifier: GPL-2.0-only
"""Domain 0 on machines of few and many CPUs, and CPUs that come and go under it."""

import os
import re

import pytest

from matrix import LONG

COUNTS = [1, 2, 4, 8, 16] if LONG else [2]
ROUNDS = 3
STRESS_S = int(os.environ.get("HOSPES_STRESS_S", "60"))

# The hypervisor's own findings in a debug build.
CHECKS = re.compile(r"Lock check:|Watchdog:|watchdog: CPU\d+ takes no NMI|Assertion")

# Time that any CPU has seen, no other sees again.
CLOCKS = """last=0; for round in 1 2 3 4 5; do
for cpu in $(seq 0 $(($(nproc) - 1))); do
now=$(taskset -c $cpu cut -d " " -f 1 /proc/uptime | tr -d .)
[ $now -ge $last ] || exit 1; last=$now
done; done"""


def check_clocks(machine):
    machine.shell(f"sh -c '{CLOCKS}'")


def virtual_cpus_come_and_go(machine, cpus):
    """Those that domain 0's kernel takes from itself."""
    for cpu in range(1, cpus):
        node = f"/sys/devices/system/cpu/cpu{cpu}/online"
        machine.shell(f"echo 0 > {node} && [ $(cat {node}) = 0 ]")
        machine.shell(f"echo 1 > {node} && [ $(cat {node}) = 1 ]")
    assert machine.shell("nproc") == str(cpus)


def physical_cpus_come_and_go(machine, cpus):
    """Those that the administrator takes from the hypervisor."""
    for cpu in range(1, cpus):
        for what, state in (("offline", 0), ("online", 1)):
            machine.shell(f"xen-hptool cpu-{what} {cpu}")
            node = f"/sys/devices/system/xen_cpu/xen_cpu{cpu}/online"
            machine.shell(f"! [ -e {node} ] || until [ $(cat {node}) = {state} ]; do sleep .2; done")
    assert machine.try_shell("xen-hptool cpu-offline 0")[0] != 0


@pytest.mark.parametrize("cpus", COUNTS)
def test_cpus(boot, cpus):
    """All of them boot and are used; with --long, under load, too.

    HOSPES_STRESS_S: for how long.
    """
    machine = boot(mem="2G", smp=cpus, append_xen="loglvl=all guest_loglvl=all watchdog")
    machine.login()
    assert machine.shell("nproc") == str(cpus)
    check_clocks(machine)
    machine.shell("modprobe -a xen-privcmd xen-evtchn; ls /proc/xen/privcmd /dev/xen/privcmd "
                  "2>/dev/null | grep -q .")
    if LONG:
        machine.shell(f"stress-ng --quiet --cpu {cpus} --fork 2 --mmap 2 --switch {cpus} "
                      f"-t {STRESS_S} >/run/stress.log 2>&1 & stress=$!")
    rounds = 0
    while rounds < ROUNDS or LONG and machine.try_shell("kill -0 $stress")[0] == 0:
        virtual_cpus_come_and_go(machine, cpus)
        physical_cpus_come_and_go(machine, cpus)
        rounds += 1
    if LONG:
        machine.shell("wait; ! grep -E 'fail|unsuccessful' /run/stress.log",
                      timeout=STRESS_S * 20 + 600)
    check_clocks(machine)
    machine.shell("! dmesg | grep -E 'BUG|WARNING|Bad page|detected stall'")
    machine.child.send("poweroff\r")
    assert machine.ends() == 0
    assert not CHECKS.search(machine.seen)
