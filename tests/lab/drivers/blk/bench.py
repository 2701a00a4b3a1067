#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Our block backend beside the stock one, in one boot of one host.

	bench.py [--icount] [--type pv] [--cpus 2] MODULE.ko...	hospes-xenbus.ko first

The disk is a RAM disk of dom0, so that nothing but the path is measured. With
--icount a nanosecond is an instruction of whoever runs (hypervisor, dom0,
guest), and figures repeat to 1 %; without it they are wall time of an emulator
on a shared machine and say little. With two CPUs dom0 has the first and the
guest the second; their instructions still add up. Prints one line per driver
and setting: ns per 4 KiB read and write one at a time, requests per second at
depth 32, MiB/s of 1 MiB requests at depth 4.
"""

import argparse
import sys
import tempfile

import pathlib
sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1]), str(pathlib.Path(__file__).parent)]
import blklab
import xenhost

SCENARIO = r"""
modprobe brd rd_nr=1 rd_size=65536
blkio fill /dev/ram0 7
# The emulated CPU has no invariant TSC, so each read would be emulated.
CFG="tsc_mode='native'
PINNED"
result() { echo "RESULT $1: $(grep -E '^(lat|iops|seq) ' $LOG/guest-g.log | tr -d '\r' | tr '\n' ' ')"; }
echo "RESULT dom0 itself: $(blkio lat /dev/ram0 r 4096 2000) $(blkio iops /dev/ram0 r 4096 32 4000) $(blkio seq /dev/ram0 r 1048576 4 128)"
for persistent in 1 0; do for driver in ours stock; do
	if [ $driver = ours ]; then
		modprobe xen-blkback feature_persistent=$persistent
	else
		insmod $(find /lib/modules/*/kernel -name 'xen-blkback.ko*') feature_persistent=$persistent
	fi
	guest g TYPE bench phy:/dev/ram0,xvda,w
	heard g "GUEST done" 300 && result "$driver persistent=$persistent"
	gone g 60
	rmmod xen-blkback; rmmod hospes-xenbus 2>/dev/null
done; done
"""

JOBS = {"bench": """
blkio lat /dev/xvda r 4096 1000
blkio lat /dev/xvda w 4096 1000
blkio iops /dev/xvda r 4096 32 3000
blkio iops /dev/xvda w 4096 32 3000
blkio seq /dev/xvda r 1048576 4 64
blkio seq /dev/xvda w 1048576 4 64
say done
"""}

ICOUNT = ("-icount", "shift=0,sleep=off", "-rtc", "clock=vm")


def main():
	args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
	args.add_argument("--icount", action="store_true", help="count instructions")
	args.add_argument("--type", default="pvh", choices=("pv", "pvh"), help="of the guest")
	args.add_argument("--cpus", type=int, default=1, choices=(1, 2))
	args.add_argument("modules", nargs="+", help="ours")
	args = args.parse_args()
	scenario = SCENARIO.replace("TYPE", args.type)
	scenario = scenario.replace("PINNED", "cpus='1'" if args.cpus == 2 else "")
	with tempfile.TemporaryDirectory() as work:
		out = blklab.run(xenhost.stock(), work, args.modules, scenario, JOBS, timeout=1200,
				 smp=args.cpus, qemu_args=ICOUNT if args.icount else (),
				 xen_args="dom0_max_vcpus=1 dom0_vcpus_pin")
	for line in out.splitlines():
		if line.startswith("RESULT "):
			print(line.removeprefix("RESULT "))


if __name__ == "__main__":
	main()
