# SPDX-License-Identifier: GPL-2.0-only
"""Memory given and taken: the guest's target, its maximum, and domain 0's."""

from guests.life import LEFT

TOTAL = "sed -n 's/MemTotal: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo"


def memory(host):
    host.create("guest1", "$ a maxmem = 384")
    before = int(host.inside("guest1", TOTAL))
    free = host.free_mib()
    host.note("xl mem-set guest1 192")
    host.until("[ $(xl info free_memory) -ge %d ]" % (free + 60))
    host.until("xl list guest1 | tail -n 1 | grep -Eq '^guest1 +[0-9]+ +192 '")
    assert int(host.inside("guest1", TOTAL)) <= before - 60 * 1024
    host.note("xl list guest1", LEFT)

    host.note("xl mem-set guest1 320")
    host.until("xl list guest1 | tail -n 1 | grep -Eq '^guest1 +[0-9]+ +320 '")
    assert int(host.inside("guest1", TOTAL)) >= before + 60 * 1024
    host.note("xl mem-set guest1 1024", fails=True)
    host.note("xl mem-max guest1 352")
    host.note("xl list -l guest1 | grep -E 'max_memkb|target_memkb'")
    host.note("xl mem-max guest1 100", fails=True)
    host.note("xl mem-set nobody 100", fails=True)

    domain0(host)
    host.note("xl destroy guest1")


def domain0(host):
    """Domain 0's balloon gives memory to the hypervisor and takes it back."""
    free = host.free_mib()
    current = "/sys/devices/system/xen_memory/xen_memory0/info/current_kb"
    was = int(host.sh(f"cat {current}"))
    target = was // 1024 - 128
    host.note(f"xl mem-set Domain-0 {target}", (str(target), "TARGET"))
    host.until(f"[ $(cat {current}) -le {(target + 1) * 1024} ]")
    host.until(f"[ $(xl info free_memory) -ge {free + 120} ]")
    host.note("xl mem-set Domain-0 %d" % (was // 1024), (str(was // 1024), "WAS"))
    host.until(f"[ $(cat {current}) -ge {was - 2048} ]")
