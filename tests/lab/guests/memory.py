# SPDX-License-Identifier: GPL-2.0-only
"""Memory given and taken: the guest's target, its maximum, and domain 0's."""

from guests.life import LEFT, PLACE

TOTAL = "sed -n 's/MemTotal: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo"


def memory(host):
    host.create("guest1", "$ a maxmem = 384")
    shrink(host)
    grow(host)
    domain0(host)
    host.note("xl destroy guest1")


def target(host, mib):
    """Set guest1's target; returns when the guest is there, with what it then has in KiB."""
    host.note(f"xl mem-set guest1 {mib}")
    host.until(f"xl list guest1 | tail -n 1 | grep -Eq \"^guest1 +[0-9]+ +{mib} \"")
    host.note("xl list guest1", LEFT)
    return int(host.inside("guest1", TOTAL))


def shrink(host):
    """What the guest gives, the hypervisor has; and back."""
    free = host.free_mib()
    before = int(host.inside("guest1", TOTAL))
    assert target(host, 192) <= before - 60 * 1024
    host.until_free_again(free + 60)
    assert target(host, 256) >= before - 4 * 1024


def grow(host):
    """Up to the maximum and no further."""
    before = int(host.inside("guest1", TOTAL))
    assert target(host, 320) >= before + 60 * 1024
    host.note("xl mem-set guest1 1024", PLACE, fails=True)
    host.note("xl mem-max guest1 352")
    host.note("xl list -l guest1 | grep -E 'max_memkb|target_memkb'")
    host.note("xl mem-max guest1 100", PLACE, fails=True)
    host.note("xl mem-set nobody 100", PLACE, fails=True)


def domain0(host):
    """Domain 0's balloon gives memory to the hypervisor and takes it back."""
    free = host.free_mib()
    current = "/sys/devices/system/xen_memory/xen_memory0/info/current_kb"
    was = int(host.sh(f"cat {current}"))
    lower = was // 1024 - 128
    host.note(f"xl mem-set Domain-0 {lower}", (str(lower), "LOWER"))
    host.until(f"[ $(cat {current}) -le {(lower + 1) * 1024} ]")
    host.until(f"[ $(xl info free_memory) -ge {free + 120} ]")
    host.note("xl mem-set Domain-0 %d" % (was // 1024), (str(was // 1024), "WAS"))
    host.until(f"[ $(cat {current}) -ge {was - 2048} ]")
