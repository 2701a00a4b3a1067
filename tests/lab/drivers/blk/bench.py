#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Our block backend beside the stock one, in one boot of one host.

	bench.py [--icount | --count] [--type pv] [--cpus 2] MODULE.ko...	hospes-xenbus.ko first

The disk is a RAM disk of dom0, so that nothing but the path is measured. With
--icount a nanosecond is an instruction of whoever runs (hypervisor, dom0,
guest), and figures repeat to 1 %; without it they are wall time of an emulator
on a shared machine and say little. With two CPUs dom0 has the first and the
guest the second, but the emulator runs them in turn on one clock: their
instructions add up, what they would do at the same time is not gained. Prints
one line per driver and setting: ns per 4 KiB read and write one at a time,
requests per second at depth 32, MiB/s of 1 MiB requests at depth 4; then what
our driver's are of the stock driver's, and its reads of those in dom0 itself.

--count has fewer jobs and tells of them also how many instructions each of two
CPUs executes for a request: the one that executes more sets the pace of two real
ones.
"""

import argparse
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

# pylint: disable=wrong-import-position
import blklab
import packages
import xenhost

SCENARIO = r"""
modprobe brd rd_nr=1 rd_size=65536
blkio fill /dev/ram0 7
# The emulated CPU has no invariant TSC, so each read would be emulated.
CFG="tsc_mode='native'
PINNED"
result() { echo "RESULT $1: $(grep -E '^(lat|iops|seq) ' $LOG/guest-g.log | tr -d '\r' | tr '\n' ' ')"; }
# To look for the guest's end by programs costs dom0's CPU, so seldom.
finished() { for i in $(seq 300); do grep -q "GUEST done" $LOG/guest-g.log && break; sleep 1; done 2>/dev/null; }
echo "RESULT dom0 itself: $(blkio lat /dev/ram0 r 4096 2000) $(blkio iops /dev/ram0 r 4096 32 4000) $(blkio seq /dev/ram0 r 1048576 4 128)"
for persistent in PERSISTENT; do for driver in ours stock; do
	if [ $driver = ours ]; then
		modprobe xen-blkback feature_persistent=$persistent
	else
		insmod $(find /lib/modules/*/kernel -name 'xen-blkback.ko*') feature_persistent=$persistent
	fi
	guest g TYPE bench phy:/dev/ram0,xvda,w
	finished; heard g "GUEST done" 1 && result "$driver persistent=$persistent"
	gone g 60
	rmmod xen-blkback; rmmod hospes-xenbus 2>/dev/null
done; done
"""

TIMED = """
blkio lat /dev/xvda r 4096 1000
blkio lat /dev/xvda w 4096 1000
blkio iops /dev/xvda r 4096 32 3000
blkio iops /dev/xvda w 4096 32 3000
blkio seq /dev/xvda r 1048576 4 192
blkio seq /dev/xvda w 1048576 4 192
say done
"""
COLUMNS = ("read", "write", "read, depth 32", "write, depth 32", "1 MiB reads", "1 MiB writes")
OF_DOM0 = ("read", "read, depth 32", "1 MiB reads")	# what is measured in dom0 itself, too

# What is counted: name, command, its count in a first and a second run, requests per count.
# The first takes off what starting a program costs.
COUNTED = (("read", "lat /dev/xvda r 4096", 200, 1000, 1.1),
	   ("read, depth 32", "iops /dev/xvda r 4096 32", 960, 3840, 1),
	   ("1 MiB reads", "seq /dev/xvda r 1048576 4", 16, 80, 1))

ICOUNT = ("-icount", "shift=0,sleep=off", "-rtc", "clock=vm")


def counted_job():
	"""The guest's commands: each once to get warm, then a mark before each and one at the end."""
	runs = [f"blkio {cmd} {count}" for _, cmd, few, many, _ in COUNTED for count in (few, many)]
	lines = [f"blkio {cmd} {few}" for _, cmd, few, _, _ in COUNTED]
	for number, run in enumerate(runs, 1):
		lines += [f"blkio mark {number}", run]
	return "\n".join([*lines, f"blkio mark {len(runs) + 1}", "say done"]) + "\n"


def plugin(work):
	"""QEMU arguments to count, and the file with the counts."""
	built, out = pathlib.Path(work) / "libinsncount.so", pathlib.Path(work) / "counts"
	packages.run("gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-o", built,
		     HERE.parent / "net/insncount.c")
	return ("-plugin", f"{built},out={out}"), out


def print_counts(text, names):
	"""@text: a line "MARK KERNEL XEN USER CPU0" per mark, all marks for each of @names."""
	rows = [[int(word) for word in line.split()[1:]] for line in text.splitlines()]
	marks = 2 * len(COUNTED) + 1
	for number, name in enumerate(names):
		at = rows[number * marks:(number + 1) * marks]
		cost = [[y - x for x, y in zip(a, b)] for a, b in zip(at, at[1:])]
		for what, (job, _, few, many, each) in enumerate(COUNTED):
			kernel, xen, user, cpu0 = [(y - x) / ((many - few) * each)
						   for x, y in zip(cost[2 * what], cost[2 * what + 1])]
			print(f"{name}: {job}: dom0's CPU {cpu0:.0f}, the guest's {kernel + xen + user - cpu0:.0f}; "
			      f"of both the hypervisor {xen:.0f}")


def read_results(console, counting):
	"""{setting: {column: value}}; of what is counted the first runs say nothing."""
	found = {}
	for line in console.splitlines():
		if not line.startswith("RESULT "):
			continue
		name, _, text = line.removeprefix("RESULT ").partition(": ")
		values = [int(word) for word in text.split()[1::2]]
		if name == "dom0 itself":
			found[name] = dict(zip(OF_DOM0, values))
		elif counting:
			found[name] = dict(zip([job[0] for job in COUNTED], values[len(COUNTED) + 1::2]))
		else:
			found[name] = dict(zip(COLUMNS, values))
	return found


def ratios(results):
	"""Lines that compare; of latencies less is better, of the others more."""
	for name, ours in results.items():
		other = results.get(name.replace("ours", "stock"))
		if not name.startswith("ours") or not other:
			continue
		for whose, base in (("the stock driver's", other), ("dom0's own", results["dom0 itself"])):
			yield f"{name}: of {whose}: " + ", ".join(f"{column} {ours[column] / base[column]:.2f}"
								 for column in ours if column in base)


def main():
	args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
	args.add_argument("--icount", action="store_true", help="time is counted in instructions")
	args.add_argument("--count", action="store_true", help="count each CPU's instructions; implies "
			  "--icount --cpus 2")
	args.add_argument("--type", default="pvh", choices=("pv", "pvh"), help="of the guest")
	args.add_argument("--cpus", type=int, default=1, choices=(1, 2))
	args.add_argument("--persistent", default="1 0", help="feature_persistent, values in a row")
	args.add_argument("--timeout", type=int, default=1200, help="seconds of this machine")
	args.add_argument("modules", nargs="+", help="ours")
	args = args.parse_args()
	cpus = 2 if args.count else args.cpus
	scenario = SCENARIO.replace("TYPE", args.type).replace("PERSISTENT", args.persistent)
	scenario = scenario.replace("PINNED", "cpus='1'" if cpus == 2 else "")
	with tempfile.TemporaryDirectory() as work:
		qemu_args, counts = ICOUNT if args.icount or args.count else (), None
		if args.count:
			more, counts = plugin(work)
			qemu_args += more
		job = counted_job() if args.count else TIMED
		out = blklab.run(xenhost.stock(), work, args.modules, scenario, {"bench": job},
				 timeout=args.timeout, smp=cpus, qemu_args=qemu_args,
				 xen_args="dom0_max_vcpus=1 dom0_vcpus_pin")
		results = read_results(out, args.count)
		for name, values in results.items():
			print(f"{name}: " + ", ".join(f"{column} {value}" for column, value in values.items()))
		print("\n".join(ratios(results)))
		if args.count:
			print_counts(counts.read_text(encoding="ascii"), [name for name in results if "=" in name])


if __name__ == "__main__":
	main()
