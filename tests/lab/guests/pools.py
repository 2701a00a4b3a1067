# SPDX-License-Identifier: GPL-2.0-only
"""Pools of CPUs with schedulers of their own, and a guest that moves among them."""

from guests.life import LEFT, PLACE

# Which CPU a vCPU is on, and how long it ran.
WHERE = (r"(?m)^(guest1 +\d+ +\d+) .*", r"\1 WHERE")


def runs_on(host, *cpus):
    """guest1 answers, and each of its vCPUs is on one of these CPUs."""
    host.inside("guest1", "true")
    on = host.sh("xl vcpu-list guest1 | awk 'NR > 1 { print $4 }'").split()
    assert len(on) == 2 and set(on) <= {str(cpu) for cpu in cpus}, on


def pools(host):
    host.note("xl cpupool-list -c")
    host.note("xl cpupool-cpu-remove Pool-0 1-3")
    host.sh("""printf 'name="still"\\nsched="null"\\ncpus=["2-3"]\\n' >/run/still.cfg""")
    host.note("xl cpupool-create /run/still.cfg")
    host.note("xl cpupool-create 'name=\"fair\"' 'sched=\"credit2\"' 'cpus=[\"1\"]'")
    host.note("xl cpupool-create 'name=\"fair\"'", PLACE, fails=True)
    host.note("xl cpupool-list")
    host.create("guest1", "s/^vcpus.*/vcpus=2/", "$apool=\"still\"")
    runs_on(host, 2, 3)
    host.note("xl list -c", LEFT)
    host.note("xl vcpu-list guest1", WHERE)
    host.note("xl cpupool-destroy still", PLACE, fails=True)
    host.note("xl cpupool-migrate guest1 fair; xl list -c", LEFT)
    runs_on(host, 1)
    host.note("xl sched-credit2 -d guest1 -w 300; xl sched-credit2 -d guest1")
    host.note("xl cpupool-cpu-add fair 0", PLACE, fails=True)
    host.note("xl cpupool-cpu-remove fair 1", PLACE, fails=True)
    host.note("xl cpupool-migrate guest1 Pool-0; xl list -c", LEFT)
    runs_on(host, 0)
    host.note("xl cpupool-migrate Domain-0 still", PLACE, fails=True)
    host.note("xl cpupool-migrate guest1 still; xl cpupool-rename still quiet; xl list -c", LEFT)
    runs_on(host, 2, 3)
    host.note("xl shutdown -w guest1", timeout=900)
    host.note("xl cpupool-destroy quiet; xl cpupool-destroy fair; xl cpupool-list -c")
    host.note("xl cpupool-cpu-add Pool-0 1-3; xl cpupool-list -c")
