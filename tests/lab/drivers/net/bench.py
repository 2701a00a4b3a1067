#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The stock netback and ours beside each other, in one boot of Debian's Xen.

	bench.py [--mib 32] [--packets 10000] [--drivers "stock own"] [WORKDIR]

QEMU runs two CPUs by instruction count (-icount), so times are proportional to
the instructions of both and hardly depend on the load of this machine. Domain 0
has the first CPU, the guest the other.
"""

import argparse
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

# pylint: disable=wrong-import-position
import netlab
import packages
import xenhost

DRIVERS = HERE.parents[3] / "linux-drivers"
# What the marks of bench.sh begin: its name, of the amounts asked for which and what part, and
# how often programs are started for it. What that costs, and the mark, is taken off.
PHASES = {0: ("start of a program, each", "once", 1, "never"),
	  1: ("guest to dom0, TCP, per MiB", "mib", 1, "once"),
	  2: ("dom0 to guest, TCP, per MiB", "mib", 1, "once"),
	  3: ("guest to dom0, 64 B, each", "packets", 1, "bursts"),
	  4: ("dom0 to guest, 64 B, each", "packets", 1, "bursts"),
	  5: ("guest to dom0, 1400 B writes, per MiB", "mib", 4, "once"),
	  6: ("ping, each", "pings", 1, "never"),
	  7: ("guest to nobody, 64 B, each", "packets", 1, "once"),
	  8: ("dom0 to nobody in the guest, 64 B, each", "packets", 1, "once")}
# Functions of the hypervisor whose entries are counted.
HITS = {"hypercalls": "pv_hypercall", "grant": "do_grant_table_op",
	"event": "do_event_channel_op", "event sent": "evtchn_send",
	"block": "do_sched_op", "timer": "do_set_timer_op", "iret": "do_iret",
	"stack switch": "do_stack_switch", "segment": "do_set_segment_base",
	"descriptor": "do_update_descriptor", "FPU": "do_fpu_taskswitch",
	"page tables": "do_mmu_update", "CR3, flush": "do_mmuext_op",
	"multicall": "do_multicall", "TLB flush": "flush_area_mask"}


def addresses():
	"""Where Debian's Xen has them, by its debug package."""
	root = packages.sysroot(["xen-hypervisor-4.17-amd64-dbg"])
	table = next(root.rglob("xen-syms-4.17-amd64.map")).read_text().split("\n")
	where = {row.split()[2]: row.split()[0] for row in table if len(row.split()) == 3}
	return [where[name] for name in HITS.values()]


def run(work, args):
	stock = xenhost.stock()
	plugin = work / "libinsncount.so"
	packages.run("gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-o", plugin,
		     HERE / "insncount.c")
	guest = netlab.guest_image(stock, work)
	built = xenhost.build_modules(DRIVERS, stock[2], work)
	body = f"MIB={args.mib}\nPACKETS={args.packets}\nDRIVERS='{args.drivers}'\n"
	img = netlab.host_image(stock, work, guest, body + (HERE / "bench.sh").read_text(),
				modules=[built["hospes-xenbus"], built["xen-netback"]])
	hits = "".join(f",hit={addr}" for addr in addresses())
	return xenhost.boot(xenhost.hypervisor(stock[0], work / "xen"),
			    xenhost.kernel(stock[1], stock[2]), img, work / "console", cpu=netlab.CPU, smp=2,
			    xen_args="dom0_max_vcpus=1 dom0_vcpus_pin", timeout=1500,
			    qemu_args=["-icount", "shift=1,sleep=off",
				       "-plugin", f"{plugin},out={work}/counts{hits}"])


def phases(work, args):
	"""{phase: {driver: counts}}, each per unit."""
	amounts = {"never": 0, "once": 1, "mib": args.mib, "packets": args.packets, "pings": 200,
		   "bursts": args.packets // 400}
	drivers = iter(args.drivers.split())
	rows = [[int(x) for x in line.split()] for line in (work / "counts").read_text().splitlines()]
	found = {}
	for a, b in zip(rows, rows[1:]):
		counts = [y - x for x, y in zip(a[1:], b[1:])]
		if a[0] == 0 == b[0]:
			driver = next(drivers)
			first = counts
			continue
		if a[0] == 0: # ten starts more than the first time
			start = counts = [(y - x) / 10 for x, y in zip(first, counts)]
			mark = [x - y for x, y in zip(first, start)]
		elif a[0] in PHASES and b[0] == a[0] + 1:
			n = amounts[PHASES[a[0]][3]]
			counts = [x - y * n - z for x, y, z in zip(counts, start, mark)]
		else:
			continue
		_, amount, part, _ = PHASES[a[0]]
		found.setdefault(a[0], {})[driver] = [n * part / amounts[amount] for n in counts]
	return found


def main():
	parse = argparse.ArgumentParser(description=__doc__.splitlines()[0])
	parse.add_argument("--mib", type=int, default=32)
	parse.add_argument("--packets", type=int, default=10000)
	parse.add_argument("--drivers", default="stock own")
	parse.add_argument("work", nargs="?", type=pathlib.Path)
	args = parse.parse_args()
	work = args.work or pathlib.Path(tempfile.mkdtemp(prefix="netbench-"))
	work.mkdir(exist_ok=True)
	console = run(work, args)
	print(console[console.index("BEGIN"):console.rindex("END")])
	columns = ["kernel", "xen", "user", "dom0 CPU", *HITS]
	for number, counts in phases(work, args).items():
		print(PHASES[number][0], *counts)
		for row in zip(columns, *counts.values()):
			ratio = f"  {row[-1] / row[1]:.2f}" if row[1] and len(row) > 2 else ""
			print(f"  {row[0]:12}", *(f"{n:14.2f}" for n in row[1:]), ratio)


if __name__ == "__main__":
	main()
