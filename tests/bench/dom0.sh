#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Guests, measured from domain 0: started by init.c in the image's own root
# filesystem in place of its init, so that nothing else runs. What it shall do
# stands on the kernel's command line as bench.parts=NAME:NAME. Prints lines
# "BENCH name seconds 0 0" for each time, and what load and bench print.
cd /root || exit 1
exec </dev/null 2>&1
tools=/usr/lib/xen-4.17/bin
rounds=3

said() { echo "BENCH-STEP $*"; }

modules() {
	for module in "$@"; do modprobe "$module" || echo "BENCH-TROUBLE no $module"; done
}

running=

# trouble WHAT: all that may tell why, and nothing more is measured
trouble() {
	xl list
	xenstore-ls -f | grep -v "^/local/domain/0/memory" | tail -n 60
	tail -n 20 /var/log/xen/*.log
	dmesg | tail -n 20
	xl dmesg | tail -n 20
	ps ax
	echo "BENCH-TROUBLE $*"
}

# The disk that is measured: a RAM disk, as a logical volume lies on it.
volume() {
	modprobe brd rd_nr=1 rd_size=65536 && modules dm-mod
	dmsetup create --noudevsync bench \
		--table "0 $(cat /sys/block/ram0/size) linear /dev/ram0 0" && dmsetup mknodes bench
}

# The network that is measured: a bridge, a guest's or a namespace's end on it.
bridge() {
	ip link set lo up
	ip link add xenbr0 type bridge
	ip addr add 10.9.0.1/24 dev xenbr0
	ip link set xenbr0 up
}

tools() {
	modules xen-evtchn xen-gntdev xen-gntalloc xen-privcmd xen-blkback xen-netback
	mount -t xenfs xenfs /proc/xen
	mkdir -p /run/xen /run/xenstored /run/lock /var/lib/xen /var/log/xen /var/run/xen
	$tools/oxenstored --pid-file /run/xenstored.pid
	$tools/xen-init-dom0 >/dev/null
	$tools/xenconsoled --pid-file=/run/xenconsoled.pid
}

now() { date +%s%N; }

# took NAME FROM TO
took() { echo "BENCH $1 $((($3 - $2) / 1000))e-6 0 0"; }

# config NAME MEMORY WHAT: a guest with a disk and a network, as usual
config() {
	cat >"/run/$1.cfg" <<-END
		name = "$1"
		kernel = "/root/bench-vmlinux"
		ramdisk = "/root/bench-guest.cpio"
		extra = "console=hvc0 quiet bench.do=$3"
		memory = $2
		vcpus = 1
		disk = ["phy:/dev/mapper/bench,xvda,w"]
		vif = ["bridge=xenbr0"]
	END
}

create() {
	timeout 300 xl create -q "/run/$1.cfg" || trouble "xl create $1"
}

# read_until NAME PATTERN: what the guest says, up to there
read_until() {
	key=/local/domain/$(xl domid "$1")/console/tty
	until tty=$(xenstore-read "$key" 2>/dev/null) && [ -n "$tty" ]; do sleep 0.01; done
	timeout 600 sed "/$2/q" <"$tty" || trouble "$1 does not say '$2'"
}

start() {
	config start 128 start
	for _ in $(seq $rounds); do
		from=$(now)
		create start
		created=$(now)
		read_until start 'BENCH started' >/dev/null
		to=$(now)
		took guest-create "$from" "$created"
		took guest-start "$from" "$to"
		from=$(now)
		xl destroy start
		took guest-destroy-128M "$from" "$(now)"
	done
}

big() {
	printf '%s\n' 'name = "big"' 'kernel = "/root/bench-sleeper"' 'memory = 2048' >/run/big.cfg
	for _ in $(seq $rounds); do
		from=$(now)
		create big
		took guest-create-2G "$from" "$(now)"
		from=$(now)
		xl destroy big
		took guest-destroy-2G "$from" "$(now)"
	done
}

# what domain 0 has, and what nobody has
memory() {
	echo "BENCH dom0-kb $(cat /sys/devices/system/xen_memory/xen_memory0/info/current_kb) 0 0"
	echo "BENCH free-mb $(xl info | sed -n 's/^free_memory *: *//p') 0 0"
}

# inside WHAT: a guest that measures itself
inside() {
	config "$1" 256 "$1"
	create "$1"
	read_until "$1" 'BENCH done'
	[ "$1" = network ] || xl destroy "$1"
}

operations() { inside operations; }

own_disk() {
	./bench-load dom0-disk-write write /dev/mapper/bench 256 128
	./bench-load dom0-disk-read read /dev/mapper/bench 256 128
	./bench-load dom0-disk-latency latency /dev/mapper/bench 128
}

own_operations() { ./bench-operations; }

own_network() {
	./bench-load serve &
	ip netns add peer
	ip link add veth0 type veth peer name eth0 netns peer
	ip link set veth0 master xenbr0 up
	ip -n peer addr add 10.9.0.3/24 dev eth0
	ip -n peer link set eth0 up
	ip netns exec peer ./bench-load dom0-net send 10.9.0.1 16
	ip netns exec peer ./bench-load dom0-net-latency ping 10.9.0.1 50
}

disk() {
	own_disk
	inside disk
}

network() {
	own_network
	inside network
	./bench-load net-to-guest send 10.9.0.2 16
	xl destroy network
}

volume
bridge
for part in $(sed -n 's/.*bench.parts=\([^ ]*\).*/\1/p' /proc/cmdline | tr : ' '); do
	[ -n "$running" ] || [ "${part#own_}" != "$part" ] || { tools; running=yes; }
	said "$part"
	$part
done
said end
while :; do sleep 1000; done
