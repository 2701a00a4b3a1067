# SPDX-License-Identifier: GPL-2.0-only
"""What scripts/bench measures: a row a figure, and the boot that gives it."""

import collections

Row = collections.namedtuple("Row", "name title unit source goal more limit")
INSN, GUEST_US, RATE, SECONDS = "instructions", "guest µs", "MB/guest s", "guest s"


def row(name, title, unit, source, goal=None, more=False, limit=None):
    """@source: what boot measures it; @goal: how much of Xen's it may be, at most, or
    at least if @more is better; @limit: the bare kernel's figure that it is beside."""
    return Row(name, title, unit, source, goal, more, limit or name)


OPERATIONS = ["getppid", "fork+exit+wait", "fork+exec+wait", "page-fault", "mprotect-pair",
              "pipe-ping-pong", "nanosleep-1us", "clock_gettime"]

GROUPS = {
    "Domain 0": [row(name, name, INSN, "own_operations") for name in OPERATIONS] + [
        row("login", "power-on to login", SECONDS, "login"),
        row("image", "hypervisor's image in memory", "KiB", "memory"),
        row("memory", "hypervisor's memory, all of it", "KiB", "memory"),
        row("entry", "entry to dom0's first instruction", "million instructions", "entry", 0.5),
        row("entry-8", "entry to dom0, 8 CPUs", "million instructions", "entry-8", 0.7),
        row("entry-8-tiny", "entry to a tiny dom0, 8 CPUs", "million instructions", "entry-8-tiny", 0.7),
    ],
    "Domain 0 and a guest": [
        row("grant-map-unmap-1", "grant map + unmap, one", INSN, "pair", 0.7),
        row("grant-map-unmap-32", "grant map + unmap, each of 32", INSN, "pair", 0.7),
        row("grant-copy-1", "grant copy of 4 KiB, one", INSN, "pair", 0.7),
        row("grant-copy-32", "grant copy of 4 KiB, each of 32", INSN, "pair", 0.7),
        row("grant-copy-64B-32", "grant copy of 64 B, each of 32", INSN, "pair", 0.7),
        row("foreign-map-1024", "foreign map of 1,024 frames", INSN, "pair", 0.7),
        row("foreign-unmap-1024", "foreign unmap of 1,024 frames", INSN, "pair"),
        row("event-round-trip", "event to a guest and back, one CPU", INSN, "pair", 0.7),
        row("event-round-trip-cpus", "event to a guest and back, two CPUs", INSN, "pair-2", 0.7),
    ],
    "Lives of guests": [
        row("domain-create", "domain made, without memory", INSN, "life"),
        row("domain-create-of-100-first", "domain made, the first of 100", INSN, "life"),
        row("domain-create-of-100-last", "domain made, the last of 100", INSN, "life"),
        row("domain-create-of-100-last/first", "the last of 100 by the first", "of 1", "life"),
        row("domain-destroy-empty", "domain ended, without memory", INSN, "life"),
        row("domain-populate-2G", "2 GiB given to a domain", INSN, "life"),
        row("domain-destroy-2G", "domain of 2 GiB ended", INSN, "life", 0.6),
        row("memory-per-domain-bytes", "hypervisor's memory for a domain", "bytes", "life", 0.6),
        row("guest-create", "xl create, until it returns", SECONDS, "start"),
        row("guest-start", "xl create to the guest's init", SECONDS, "start", 0.9),
        row("guest-destroy-128M", "xl destroy of 128 MiB", SECONDS, "start"),
        row("guest-create-2G", "xl create of 2 GiB", SECONDS, "big"),
        row("guest-destroy-2G", "xl destroy of 2 GiB", SECONDS, "big", 0.6),
    ],
    "CPUs": [
        row("null-hypercall", "null hypercall", INSN, "cpus", 0.8),
        row("null-hypercall-4", "null hypercall, 4 vCPUs at once", INSN, "cpus", 0.8),
        row("ping-pong-cpus", "event ping-pong, two CPUs", INSN, "cpus", 0.8),
        row("remap-alone", "a page remapped, flushed here", INSN, "cpus"),
        row("tlb-shootdown-page", "a page remapped, flushed on 4 CPUs", INSN, "cpus", 0.8),
        row("tlb-shootdown-all", "the same, all of the TLBs", INSN, "cpus", 0.8),
        row("wake-by-event", "event to a sleeping vCPU's wake-up", INSN, "cpus", 0.8),
        row("wake-by-timer", "timer to a sleeping vCPU's wake-up", INSN, "cpus", 0.8),
        row("vcpu-switch", "switch of vCPUs on one CPU", INSN, "turns", 0.8),
        row("ping-pong-one-cpu", "event ping-pong, one CPU", INSN, "turns", 0.8),
        row("wake-beside-busy", "wake-up beside a busy vCPU", "guest ns", "turns", 0.8),
    ],
    "In a guest": [row(f"guest-{name}", name, INSN, "operations", 1.0, limit=name)
                   for name in OPERATIONS],
    "Disk and network": [
        row("dom0-disk-write", "dom0 writes to an LV", RATE, "disk", more=True),
        row("guest-disk-write", "a guest writes to it", RATE, "disk", more=True,
            limit="dom0-disk-write"),
        row("guest-disk-write/lv", "a guest's writes by the LV's", "of 1", "disk", more=True),
        row("dom0-disk-read", "dom0 reads from an LV", RATE, "disk", more=True),
        row("guest-disk-read", "a guest reads from it", RATE, "disk", more=True,
            limit="dom0-disk-read"),
        row("guest-disk-read/lv", "a guest's reads by the LV's", "of 1", "disk", more=True),
        row("dom0-disk-latency", "dom0 reads 4 KiB", GUEST_US, "disk"),
        row("guest-disk-latency", "a guest reads 4 KiB", GUEST_US, "disk",
            limit="dom0-disk-latency"),
        row("dom0-net", "TCP within dom0, by the bridge", RATE, "network", more=True),
        row("net-from-guest", "TCP, guest to dom0", RATE, "network", more=True, limit="dom0-net"),
        row("net-from-guest/dom0", "TCP, guest to dom0, by dom0's", "of 1", "network", more=True),
        row("net-to-guest", "TCP, dom0 to guest", RATE, "network", more=True, limit="dom0-net"),
        row("net-to-guest/dom0", "TCP, dom0 to guest, by dom0's", "of 1", "network", more=True),
        row("dom0-net-latency", "a byte there and back, within dom0", GUEST_US, "network"),
        row("net-latency", "a byte there and back, with a guest", GUEST_US, "network",
            limit="dom0-net-latency"),
    ],
}
ALL = [each for rows in GROUPS.values() for each in rows]

# Figures that are one divided by another of the same system.
FRACTIONS = {
    "domain-create-of-100-last/first": ("domain-create-of-100-last", "domain-create-of-100-first"),
    "guest-disk-write/lv": ("guest-disk-write", "dom0-disk-write"),
    "guest-disk-read/lv": ("guest-disk-read", "dom0-disk-read"),
    "net-from-guest/dom0": ("net-from-guest", "dom0-net"),
    "net-to-guest/dom0": ("net-to-guest", "dom0-net"),
}

# What domain 0 does for a row (dom0.sh), and what a bare kernel does in its place; the
# quick ones first.
LINUX = {"memory": None, "start": None, "big": None, "disk": "own_disk", "network": "own_network",
         "operations": "own_operations", "own_operations": "own_operations"}

Tiny = collections.namedtuple("Tiny", "kernel cpus mem options")
TINY = {
    "pair": Tiny("pair", 1, "1G", "dom0_mem=64M"),
    "pair-2": Tiny("pair", 2, "1G", "dom0_mem=64M dom0_max_vcpus=1 dom0_vcpus_pin"),
    "life": Tiny("life", 1, "4G", "dom0_mem=64M"),
    "cpus": Tiny("cpus", 4, "512M", "dom0_mem=64M dom0_vcpus_pin"),
    "turns": Tiny("turns", 1, "512M", "dom0_mem=64M dom0_max_vcpus=2-2"),
}
# The same kernel elsewhere: only these of its figures, under other names.
RENAMED = {"pair-2": {"event-round-trip": "event-round-trip-cpus"}}


def add_fractions(figures):
    """Into FIGURES, {name: [median, lower, upper]}, what is computed of others."""
    for name, (part, whole) in FRACTIONS.items():
        if part in figures and whole in figures:
            middle = figures[whole][0]
            figures[name] = [value / middle for value in figures[part]]


def verdict(each, ours, xen):
    """Ours by Xen's, and whether that is within the goal: (ratio, None or bool)."""
    if not ours or not xen or not xen[0]:
        return None, None
    ratio = ours[0] / xen[0]
    if each.goal is None:
        return ratio, None
    return ratio, ratio >= each.goal if each.more else ratio <= each.goal
