# SPDX-License-Identifier: GPL-2.0-only
"""blkback on Debian's Xen: what disks do for guests, and what guests do to them."""

import os
import re

import pytest

import blklab
import xenhost

# How often a disk is attached and detached.
CYCLES = os.environ.get("HOSPES_CYCLES", "200")

# Guests' jobs. "done" is what dom0 waits for; a job that fails says FAILED.
JOBS = {
	# Written by dom0 with 7, to be found with 9; pieces of 512 bytes to 1 MiB.
	"integrity": """
must blkio check /dev/xvda 7
must blkio fill /dev/xvda 9
must blkio check /dev/xvda 9
must blkio iops /dev/xvda r 4096 32 500
must blkio seq /dev/xvda r 1048576 4 32
must blkio sync /dev/xvda
say done
""",
	"churn": """
say churning
must blkio churn /dev/xvda 5 ${CHURN:-1000}
say done
""",
	"readonly": """
must blkio check /dev/xvda 7
blkio fill /dev/xvda 1 2>/dev/null && say FAILED wrote to a read-only disk
[ "$(cat /sys/block/xvda/ro)" = 1 ] || say FAILED not ro
say done
""",
	"discard": """
say gran $(cat /sys/block/xvda/queue/discard_granularity) max $(cat /sys/block/xvda/queue/discard_max_bytes)
must blkio fill /dev/xvda 3
must blkio sync /dev/xvda
say filled
sleep 4
must blkio discard /dev/xvda 0 8388608
must blkio sync /dev/xvda
say done
sleep 3
""",
	"nodiscard": """
say max $(cat /sys/block/xvda/queue/discard_max_bytes)
say done
""",
	"size": """
say size $(blkio size /dev/xvda)
for i in $(seq 300); do [ "$(blkio size /dev/xvda)" = 33554432 ] && break; sleep 0.1; done
say now $(blkio size /dev/xvda)
say done
""",
	# Works on whatever comes as xvdb until it goes, again and again.
	"hotplug": """
for w in $BF; do case $w in pull=*) PULL=${w#pull=};; esac; done
(blkio churn /dev/xvda 5 1000) &
say ready
n=0
while :; do
	if [ -b /dev/xvdb ]; then
		n=$((n + 1)); say attached $n
		must blkio churn /dev/xvdb 6 1
		say worked $n
		# Pulled while in use the frontend may hang, whatever the backend.
		[ $n = ${PULL:-0} ] && blkio churn /dev/xvdb 6 1000
		while [ -b /dev/xvdb ]; do sleep 0.1; done
		say detached $n
	fi
	sleep 0.1
done
""",
	# The frontend that breaks the rules; see evil/.
	"evil": "modprobe evil-blkfront $BF; sleep 1000\n",
	"sleep": "say ready\nsleep 1000\n",
}

INTEGRITY = r"""
modprobe brd rd_nr=1 rd_size=32768
modprobe xen-blkback max_queues=4
node() { xenstore-read /local/domain/$(domid g)/device/vbd/51712/$1 2>/dev/null; }
connected() { [ "$(node state)" = 4 ]; }
# integrity ORDER QUEUES SETTING...: all of the disk's data, both ways, over such rings
integrity() {
	order=$1; VCPUS=$2; shift 2
	what="order $order, $VCPUS queues${1:+, $*}"
	EXTRA="bf.max_ring_page_order=$order bf.max_queues=$VCPUS"
	for w in $*; do EXTRA="$EXTRA bf.$w"; done
	blkio fill /dev/ram0 7
	t "$what: starts" guest g KIND integrity phy:/dev/ram0,xvda,w
	t "$what: connected" until_ok 120 connected
	t "$what: pages" [ "$(node ring-page-order || echo 0)" = $order ]
	t "$what: queues" [ "$(node multi-queue-num-queues || echo 1)" = $VCPUS ]
	t "$what: guest" heard g "GUEST done" 400
	grep FAILED $LOG/guest-g.log
	gone g 60 || xl destroy g
	t "$what: on the disk" blkio check /dev/ram0 9
}
"""


def check(out):
	"""All verdicts hold and the kernel did not complain."""
	verdicts = xenhost.results(out)
	assert verdicts, out[-3000:]
	assert [name for name, ok in verdicts.items() if not ok] == [], out[-6000:]
	for bad in ("WARNING:", "BUG:", "Oops", "Call Trace", "blocked for more"):
		assert bad not in out
	return verdicts


@pytest.fixture(name="own")
def fixture_own(own_modules):
	return [own_modules["hospes-xenbus"], own_modules["xen-blkback"]]


@pytest.mark.parametrize("kind", xenhost.KINDS)
def test_integrity(stock, own, tmp_path, kind):
	"""Data of all request sizes over all ring orders and numbers of queues."""
	scenario = INTEGRITY.replace("KIND", kind) + """
integrity 0 1
integrity 1 2
integrity 2 4
# A frontend keeps pages for all it may have in flight, so not persistent with that many.
integrity 3 1 max_indirect_segments=256 feature_persistent=0
integrity 4 2 max_indirect_segments=256 feature_persistent=0
integrity 0 1 max_indirect_segments=256
echo 20 > /sys/module/xen_blkback/parameters/max_persistent_grants
integrity 1 1
rmmod xen-blkback; verdict $? "unload"
dmesg | grep -E 'WARNING:|BUG:|Call Trace'
"""
	verdicts = check(blklab.run(stock, tmp_path, own, scenario, JOBS, smp=2))
	assert len(verdicts) == 7 * 6 + 1


def test_abilities(stock, own, tmp_path):
	"""Read-only, discard, flush, block size, resize, statistics."""
	scenario = r"""
modprobe xen-blkback
modprobe brd rd_nr=2 rd_size=32768
modprobe null_blk nr_devices=1 memory_backed=1 bs=4096 gb=1
modprobe loop; modprobe dm-mod
stat_of() { cat /sys/bus/xen-backend/devices/vbd-$(domid $1)-51712/statistics/$2; }

blkio fill /dev/ram0 7
guest g KIND readonly phy:/dev/ram0,xvda,r
t "read-only" heard g "GUEST done"
t "no write went through" sh -c "! grep FAILED $LOG/guest-g.log"
gone g || xl destroy g
t "unchanged" blkio check /dev/ram0 7

truncate -s 16M /tmp/disk; losetup /dev/loop0 /tmp/disk
guest g KIND discard phy:/dev/loop0,xvda,w
t "filled" heard g "GUEST filled"
sync; full=$(du -k /tmp/disk | cut -f1)
t "discard" heard g "GUEST done"
now=$(du -k /tmp/disk | cut -f1)
t "discard frees space: $full to $now KiB" [ $now -le $((full - 8000)) ]
t "discards counted" [ $(stat_of g ds_req) -ge 1 ]
t "flushes counted" [ $(stat_of g f_req) -ge 1 ]
t "writes counted" [ $(stat_of g wr_sect) -ge 32768 ]
t "physical_device" [ "$(cat /sys/bus/xen-backend/devices/vbd-$(domid g)-51712/physical_device)" = 7:0 ]
t "mode" [ "$(cat /sys/bus/xen-backend/devices/vbd-$(domid g)-51712/mode)" = w ]
gone g || xl destroy g
guest g KIND nodiscard format=raw,vdev=xvda,access=rw,no-discard,target=/dev/loop0
heard g "GUEST done"
t "no-discard" grep -q "GUEST max 0" $LOG/guest-g.log
gone g || xl destroy g
losetup -d /dev/loop0

blkio size /dev/nullb0
export DM_DISABLE_UDEV=1	# there is none to make the node
dmsetup create lv --table "0 65536 linear /dev/nullb0 0"; dmsetup mknodes
blkio fill /dev/mapper/lv 7
guest g KIND integrity phy:/dev/mapper/lv,xvda,w
t "4096-byte blocks" heard g "GUEST done" 400
gone g || xl destroy g
t "4096-byte blocks on the disk" blkio check /dev/mapper/lv 9

dmsetup reload lv --table "0 32768 linear /dev/nullb0 0"; dmsetup resume lv
guest g KIND size phy:/dev/mapper/lv,xvda,w
heard g "GUEST size 16777216"
dmsetup reload lv --table "0 65536 linear /dev/nullb0 0"; dmsetup suspend lv; dmsetup resume lv
t "resize reaches the guest" heard g "GUEST now 33554432"
gone g || xl destroy g
dmsetup remove lv; verdict $? "disk is let go"
t "unload" rmmod xen-blkback
dmesg | grep -E 'WARNING:|BUG:|Call Trace'
"""
	check(blklab.run(stock, tmp_path, own, scenario.replace("KIND", xenhost.KINDS[-1]), JOBS))


@pytest.mark.parametrize("kind", xenhost.KINDS)
def test_comings_and_goings(stock, own, tmp_path, kind):
	"""Hot plug and unplug under load, a killed guest, unloading, and nothing left of them."""
	scenario = r"""
modprobe brd rd_nr=3 rd_size=16384
modprobe xen-blkback
for i in 0 1; do dd if=/dev/zero of=/dev/ram$i bs=1M count=16 2>/dev/null; done
ports() { lsevtchn 0 | wc -l; }
irqs() { grep -c blkback /proc/interrupts; }
mem() { sed -n 's/^MemFree: *\([0-9]*\) kB/\1/p' /proc/meminfo; }

EXTRA="bf.pull=21"
guest g KIND hotplug phy:/dev/ram0,xvda,w
heard g "GUEST ready"
sleep 1
p0=$(ports); i0=$(irqs); m0=$(mem)
cycle() {
	xl block-attach g phy:/dev/ram1 xvdb w || return 1
	heard g "GUEST worked $1 *" 60 || return 1
	xl block-detach g xvdb || return 1
	heard g "GUEST detached $1 *" 30
}
bad=0
for n in $(seq 20); do cycle $n || bad=1; done
verdict $bad "20 times attached and detached under load"
sleep 1
t "no event channel left: $p0, $(ports)" [ $(ports) = $p0 ]
t "no interrupt left: $i0, $(irqs)" [ $(irqs) = $i0 ]
t "memory: $m0, $(mem) kB free" [ $(mem) -ge $((m0 - 16384)) ]
xl block-attach g phy:/dev/ram1 xvdb w
heard g "GUEST worked 21" 60; sleep 1
t "pulled while in use" xl block-detach g xvdb --force
t "and gone" until_ok 20 sh -c "! ls /sys/bus/xen-backend/devices/ | grep -q 51728"
t "no interrupt left" [ $(irqs) = $i0 ]
t "in use: not unloaded" sh -c "! rmmod xen-blkback 2>/dev/null"

EXTRA=
xl destroy g
t "killed under load" gone g
t "device gone" until_ok 30 sh -c "! ls /sys/bus/xen-backend/devices/ | grep -q vbd"
t "no interrupt left" [ $(irqs) = 0 ]
t "disk is sane after the crash" blkio sane /dev/ram0 5
sleep 1
t "unload" rmmod xen-blkback
t "unload the layer" rmmod hospes-xenbus
t "load again" modprobe xen-blkback
blkio fill /dev/ram2 7
guest g KIND integrity phy:/dev/ram2,xvda,w
t "works again" heard g "GUEST done" 400
gone g 60
dmesg | grep -E 'WARNING:|BUG:|Call Trace|vbd' | tail -n 20
"""
	scenario = scenario.replace("KIND", kind)
	check(blklab.run(stock, tmp_path, own, scenario, JOBS))


def grants_in_use(out, mark):
	"""Grants that the hypervisor lists as mapped after dom0 said "GRANTS @mark"."""
	told = out[out.index(f"GRANTS {mark}"):out.index(f"GRANTS end {mark}")]
	assert "gnttab_usage_print_all ] done" in told
	return len(re.findall(r"^\(XEN\)\s+\[0x[0-9a-f]+\]", told, re.M))


@pytest.mark.parametrize("kind", xenhost.KINDS)
def test_cycles(stock, own, tmp_path, kind):
	"""Many times attached and detached; by the store alone, as the toolstack takes its time."""
	scenario = r"""
modprobe brd rd_nr=2 rd_size=4096
modprobe xen-blkback
guest g KIND sleep phy:/dev/ram0,xvda,w
heard g "GUEST ready"
count() { echo "$(lsevtchn 0 | wc -l) ports, $(grep -c blkback /proc/interrupts) interrupts," \
	       "$(ls /sys/bus/xen-backend/devices | wc -l) devices, $(ps | grep -c '[b]lkback') threads"; }
slab() { sed -n 's/^Slab: *\([0-9]*\) kB/\1/p' /proc/meminfo; }
grants() { sleep 1; echo "GRANTS $1"; xl debug-keys g; sleep 2; echo "GRANTS end $1"; }

t "attached and detached" plug 14 $(domid g) /dev/ram1 1:1
sleep 1; before=$(count); s0=$(slab); grants before
t "and CYCLES times more" plug CYCLES $(domid g) /dev/ram1 1:1
sleep 1; after=$(count); s1=$(slab); grants after
t "nothing is left: $before; $after" [ "$before" = "$after" ]
t "kernel memory: $s0, $s1 kB" [ $s1 -le $((s0 + 1024)) ]
xl destroy g
t "gone" until_ok 30 sh -c '[ $(xl list | wc -l) = 2 ]'
t "unload" rmmod xen-blkback
dmesg | grep -E 'WARNING:|BUG:|Call Trace|vbd' | tail -n 20
"""
	scenario = scenario.replace("KIND", kind).replace("CYCLES", CYCLES)
	out = blklab.run(stock, tmp_path, own, scenario, JOBS)
	check(out)
	# fewer when those that the other disk keeps have aged meanwhile
	assert grants_in_use(out, "before") >= grants_in_use(out, "after") > 0


def test_frontend_state_jumps(stock, own, tmp_path):
	"""A frontend's nodes written wildly: the device closes, works again, dom0 is unharmed."""
	scenario = r"""
modprobe brd rd_nr=2 rd_size=16384
modprobe xen-blkback
guest g KIND sleep phy:/dev/ram0,xvda,w phy:/dev/ram1,xvdb,w
heard g "GUEST ready"
D=$(domid g)
FE=/local/domain/$D/device/vbd/51728
BE=/local/domain/0/backend/vbd/$D/51728
be_is() { [ "$(xenstore-read $BE/state)" = $1 ]; }
# What was there: the guest's own connection.
be_is 4; verdict $? "connected"
for s in 1 3 4 6 1 4 3 1 5 6 1 0 8 7 2 9 4 1; do
	[ $s = 0 ] || xenstore-write $FE/state $s
	sleep 0.2
done
t "alive after jumps" xenstore-ls $BE
xenstore-write $FE/state 6; until_ok 5 be_is 6; verdict $? "closed"
try() {	# NODE VALUE: a handshake with this node wrong
	old=$(xenstore-read $FE/$1 2>/dev/null)
	xenstore-write $FE/state 1; until_ok 5 be_is 2 || { echo "not ok - not open for $1=$2"; return; }
	xenstore-write -- $FE/$1 "$2" $FE/state 3
	until_ok 5 be_is 6; verdict $? "refused: $1=$2"
	if [ -n "$old" ]; then xenstore-write -- $FE/$1 "$old"; else xenstore-rm $FE/$1; fi
	xenstore-write $FE/state 6; sleep 0.2
}
try ring-ref 4000000000
try ring-ref 0x8
try ring-ref abc
try ring-ref ""
try ring-ref 99999999999999999999
try event-channel 0
try event-channel 65000
try event-channel x
try ring-page-order 5
try ring-page-order 4294967295
try ring-page-order 2
try multi-queue-num-queues 0
try multi-queue-num-queues 1000
try multi-queue-num-queues -1
try multi-queue-num-queues "1 1"
try protocol alpha-abi
try feature-persistent 7
i=0; while [ $i -lt 60 ]; do xenstore-write $FE/state $((i * 7 % 10)); i=$((i + 1)); done
sleep 1
xl destroy g
t "gone" until_ok 30 sh -c "! ls /sys/bus/xen-backend/devices/ | grep -q vbd"
t "no page left" until_ok 20 sh -c '[ $(xl list | wc -l) = 2 ]'
t "no interrupt left" [ $(grep -c blkback /proc/interrupts) = 0 ]
t "unload" rmmod xen-blkback
dmesg | grep -iE 'vbd' | tail -n 60
dmesg | grep -E 'WARNING:|BUG:|Call Trace'
"""
	check(blklab.run(stock, tmp_path, own, scenario.replace("KIND", xenhost.KINDS[-1]), JOBS))


@pytest.mark.parametrize("kind", xenhost.KINDS)
def test_evil_frontends(stock, own, tmp_path, kind):
	"""Each rule broken once, then at random; dom0 is unharmed and nothing is left behind."""
	scenario = r"""
modprobe brd rd_nr=2 rd_size=16384
modprobe xen-blkback
blkio fill /dev/ram1 7
for pers in 0 1; do
	EXTRA="bf.persistent=$pers bf.rounds=20 bf.seed=$((RANDOM))"
	guest g KIND evil phy:/dev/ram0,xvda,w
	t "persistent=$pers: ran" heard g "GUEST evil done" 600
	tr -d '\r' < $LOG/guest-g.log | sed -n "s/.*GUEST \(.*ok - \)/\1persistent=$pers /p"
	xl destroy g
	t "persistent=$pers: gone" until_ok 30 sh -c "! ls /sys/bus/xen-backend/devices/ | grep -q vbd"
	t "persistent=$pers: no page left" until_ok 20 sh -c '[ $(xl list | wc -l) = 2 ]'
	t "persistent=$pers: no interrupt left" [ $(grep -c blkback /proc/interrupts) = 0 ]
done
EXTRA=
guest g KIND integrity phy:/dev/ram1,xvda,w
t "an honest guest after them" heard g "GUEST done" 400
gone g 60
t "unload" rmmod xen-blkback
dmesg | grep -iE 'vbd' | tail -n 40
dmesg | grep -E 'WARNING:|BUG:|Call Trace'
"""
	out = blklab.run(stock, tmp_path, own, scenario.replace("KIND", kind), JOBS)
	assert len(check(out)) >= 2 * 70
