#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The stock netback and ours beside each other, in one boot of Debian's Xen.

	bench.py [WORKDIR]

QEMU runs two CPUs by instruction count (-icount), so times are proportional to
the instructions of both and hardly depend on the load of this machine. Domain 0
has the first CPU, the guest the other. The modules are those built in the tree.
"""

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
PHASES = {1: ("guest to dom0, TCP, per MiB", 32), 2: ("dom0 to guest, TCP, per MiB", 32),
	  3: ("guest to dom0, 64 B, each", 10000), 4: ("dom0 to guest, 64 B, each", 10000),
	  5: ("guest to dom0, 1400 B writes, per MiB", 8), 6: ("ping, each", 200), 7: ("guest to nobody, 64 B, each", 10000),
	  8: ("dom0 to nobody in the guest, 64 B, each", 10000)}
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


def run(work):
	stock = xenhost.stock()
	plugin = work / "libinsncount.so"
	packages.run("gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-o", plugin,
		     HERE / "insncount.c")
	guest = netlab.guest_image(stock, work)
	img = netlab.host_image(stock, work, guest, (HERE / "bench.sh").read_text(),
				modules=[DRIVERS / "xenbus/hospes-xenbus.ko",
					 DRIVERS / "netback/xen-netback.ko"])
	hits = "".join(f",hit={addr}" for addr in addresses())
	return xenhost.boot(xenhost.hypervisor(stock[0], work / "xen"),
			    xenhost.kernel(stock[1], stock[2]), img, work / "console", cpu=netlab.CPU, smp=2,
			    xen_args="dom0_max_vcpus=1 dom0_vcpus_pin", timeout=1500,
			    qemu_args=["-icount", "shift=1,sleep=off",
				       "-plugin", f"{plugin},out={work}/counts{hits}"])


def phases(work):
	"""{phase: [counts of stock, counts of own]}, each per unit."""
	rows = [[int(x) for x in line.split()] for line in (work / "counts").read_text().splitlines()]
	found = {}
	for a, b in zip(rows, rows[1:]):
		if a[0] in PHASES and b[0] == a[0] + 1:
			per = PHASES[a[0]][1]
			found.setdefault(a[0], []).append([(y - x) / per for x, y in zip(a[1:], b[1:])])
	return found


def main():
	work = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp(prefix="netbench-"))
	work.mkdir(exist_ok=True)
	console = run(work)
	print(console[console.index("BEGIN stock"):console.index("END own")])
	columns = ["kernel", "xen", "user", "dom0 CPU", *HITS]
	for number, (stock, own) in phases(work).items():
		print(PHASES[number][0])
		for name, a, b in zip(columns, stock, own):
			print(f"  {name:12} stock {a:14.2f}  own {b:14.2f}  ratio {b / a if a else 0:6.2f}")


if __name__ == "__main__":
	main()
