# SPDX-License-Identifier: GPL-2.0-only
"""Many guests, one after the other or at once, and tools that die halfway."""

import os

# Fast: its kernel only sleeps, so what is exercised is hypervisor and tools.
SLEEPER = ("s/^kernel.*/kernel = \"\\/root\\/sleeper\"/", "/^ramdisk/d; /^root/d; /^extra/d",
           "s/^memory.*/memory = 16/")
BARE = (*SLEEPER, "/^disk/d; /^vif/d")
CYCLES = int(os.environ.get("HOSPES_CYCLES", "200"))


def repeat(host, name, config, count):
    """Create and destroy COUNT times within one command."""
    host.sh(f"for i in $(seq {count}); do xl create -q {config} && xl destroy {name} || exit 1; done",
            timeout=count * 60 + 600)


def cycles(host):
    """Neither memory, nor ids, nor event channels, nor store entries are lost."""
    def store():
        return host.sh("xenstore-ls | grep -vE 'memory|target|token' | wc -l")

    bare = host.config("bare", *BARE)
    full = host.config("full", *SLEEPER)
    host.volume("full")
    repeat(host, "bare", bare, 2)
    repeat(host, "full", full, 2)
    free, entries = host.free_mib(), store()
    repeat(host, "bare", bare, CYCLES)
    repeat(host, "full", full, CYCLES // 10)
    host.until_free_again(free)
    host.until("! ls /sys/bus/xen-backend/devices | grep -q v")
    assert store() == entries


def crowd(host, count=100):
    """COUNT guests at once, all listed, all gone again."""
    free = host.free_mib()
    for number in range(1, count + 1):
        host.sh(f"xl create -q {host.config(f'crowd{number}', *BARE)}")
    assert len(host.sh("xl list | grep ^crowd").splitlines()) == count
    assert host.sh("xl vcpu-list | grep -c ^crowd") == str(count)
    host.sh("for name in $(xl list | grep -o '^crowd[0-9]*'); do xl destroy $name & done; wait",
            timeout=count * 30)
    host.note("xl list | wc -l")
    host.until_free_again(free)


def busy(host):
    """Destroyed while it writes: the volume is free for others at once."""
    free = host.free_mib()
    for _ in range(2):
        host.create("guest1")
        with host.console("guest1") as guest:
            guest.shell("while :; do dd if=/dev/zero of=/root/data bs=64k count=200 conv=fsync; done "
                        ">/dev/null 2>&1 &")
            guest.shell("until [ -s /root/data ]; do sleep 0.1; done")
        host.note("xl destroy guest1")
        host.until("! ls /sys/bus/xen-backend/devices | grep -q v")
        host.sh("lvremove -qq -f vg0/guest1")
        host.until_free_again(free)


def consoled(host):
    """xenconsoled dies and is started again: consoles go on."""
    host.create("guest1")
    assert host.inside("guest1", "echo before") == "before"
    host.sh("kill -9 $(pidof xenconsoled); while pidof xenconsoled; do sleep 0.1; done; "
            "/usr/lib/xen-4.17/bin/xenconsoled --pid-file=/run/xen/xenconsoled.pid")
    assert host.inside("guest1", "echo after") == "after"
    host.note("xl destroy guest1")


def killed(host):
    """xl create dies at ten points: what it left can be destroyed, nothing is lost."""
    free = host.free_mib()
    host.volume("guest1")
    config = host.config("guest1", *SLEEPER)
    host.sh(f"xl create -q {config}; xl destroy guest1")
    host.sh("date +%s%N >/run/from; xl create -q /run/guest1.cfg; "
            "echo $((($(date +%s%N) - $(cat /run/from)) / 1000000)) >/run/took; xl destroy guest1")
    took = int(host.sh("cat /run/took"))
    for point in range(1, 11):
        host.try_sh(f"timeout -s KILL {took * point / 11000:.3f} xl create -q {config} >/dev/null 2>&1")
        host.sh("for id in $(xl list | awk 'NR > 2 { print $(NF - 4) }'); do xl destroy $id; done")
        host.until("[ $(xl list | wc -l) = 2 ]")
        host.until_free_again(free)
    host.until("! pidof xl")
    host.sh(f"for dev in $(ls /sys/bus/xen-backend/devices); do echo $dev; done")
    host.sh(f"xl create -q {config}; xl destroy guest1")


def pvh(host):
    """In a container with nested paging; the reference only."""
    host.create("guest1", "$ a type = \"pvh\"")
    assert "dmesg" not in host.inside("guest1", "cat /sys/hypervisor/guest_type")
    host.note("xl destroy guest1")
