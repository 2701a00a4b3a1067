# Runs as the rest of /init in domain 0 of test_together.py; $OWN names the modules under test,
# $CYCLES says how often a disk is attached and detached.
ip=/usr/local/bin/ip
G=10.9.0.2
LOG=/var/log/xen/guest-g1.log
t() {	# NAME COMMAND...: one line of verdict
	name=$1; shift
	if "$@" >/tmp/out 2>&1; then echo "ok - $name"; else echo "not ok - $name"; sed 's/^/    /' /tmp/out; fi
}
within() { n=$(($1 * 5)); shift; while [ $n -gt 0 ]; do "$@" && return 0; sleep 0.2; n=$((n - 1)); done; return 1; }
fails() { ! "$@"; }
g() { netload sh $G "$@"; }
said() { grep -q "GUEST $1" $LOG; }
# What devices that are gone must have given back; a domain whose pages are mapped has no name.
leaks() {
	echo "ports $(lsevtchn 0 | wc -l) irqs $(grep -cE 'vif|blkback' /proc/interrupts)" \
	     "devices $(ls /sys/bus/xen-backend/devices | wc -l) threads $(ps | grep -cE '[v]if|[b]lkback')" \
	     "domains $(xl list | wc -l)"
}
same() { now=$(leaks); [ "$now" = "$1" ] || { echo "$1, now $now"; return 1; }; }

for m in xenfs xen-privcmd xen-evtchn xen-gntdev xen-gntalloc xen-blkback xen-netback xen-pciback; do
	modprobe $m || echo "not ok - modprobe $m"
done
mount -t xenfs xenfs /proc/xen
for m in $OWN; do t "$m is this tree's" grep -q O /sys/module/$m/taint; done
modprobe bridge; modprobe brd rd_nr=2 rd_size=16384
xenstored --pid-file /run/xenstored.pid
for i in $(seq 100); do xenstore-exists / && break; sleep 0.1; done
xen-init-dom0
xenconsoled --log=guest --log-dir=/var/log/xen
$ip link add xenbr0 type bridge forward_delay 0
$ip link set xenbr0 up
$ip addr add 10.9.0.1/24 dev xenbr0
xl info | grep -E 'xen_version|xen_major|release|free_memory'
cat >/boot/g1.cfg <<C
name = "g1"
type = "pv"
kernel = "/boot/vmlinux"
ramdisk = "/boot/guest.img"
extra = "console=hvc0 quiet panic=1 net.ifnames=0"
memory = 192
vif = ["mac=00:16:3e:00:00:01,bridge=xenbr0"]
disk = ["phy:/dev/ram0,xvda,w"]
on_poweroff = "destroy"
on_crash = "destroy"
C
answers() { netload sh $G true 2>/dev/null; }

before=$(leaks)
blkio fill /dev/ram0 7
t "xl create" xl create /boot/g1.cfg
t "guest up" within 120 answers
t "disk" within 200 said "disk done"
t "disk without a fault" fails said FAILED
t "ping" ping -c 3 -w 20 $G
t "large ping" ping -c 3 -w 20 -s 40000 $G
t "tcp to the guest" netload send $G 8000000
t "tcp from the guest" netload recv $G 8000000
t "tcp both ways" netload both $G 4000000
t "udp to the guest" netload udpto $G 200 9000
t "udp from the guest" netload udpfrom $G 200 9000 10.9.0.1

with_guest=$(leaks)
cycle() {	# a second disk and a second interface
	xl block-attach g1 phy:/dev/ram1 xvdb w && g "for i in \$(seq 100); do [ -b /dev/xvdb ] && break; sleep 0.1; done; blkio churn /dev/xvdb 5 1" &&
	xl network-attach g1 mac=00:16:3e:00:00:02 bridge=xenbr0 && within 20 grep -q 1 /sys/class/net/vif$1.1/carrier &&
	xl block-detach g1 xvdb && xl network-detach g1 1 && within 20 same "$with_guest"
}
for n in 1 2 3; do t "plugged and unplugged, $n" cycle $(xl domid g1); done

slab() { sed -n 's/^Slab: *\([0-9]*\) kB/\1/p' /proc/meminfo; }
no_more() { echo "$1 kB of kernel memory, now $(slab)"; [ $(slab) -le $(($1 + 1024)) ]; }
# By the store alone.
by_store() { plug $1 $(xl domid g1) /dev/ram1 1:1; }
t "attached and detached by the store" by_store 14
kept=$(slab)
t "and $CYCLES times more" by_store $CYCLES
t "nothing of them is left" within 20 same "$with_guest"
t "nor memory" no_more $kept

dd if=/dev/zero of=/dev/ram0 bs=1M count=16 2>/dev/null
g "(blkio churn /dev/xvda 5 1000) >/dev/null 2>&1 &"
netload send $G 4000000000x >/dev/null 2>&1 & load=$!
netload recv $G 4000000000x >/dev/null 2>&1 & load2=$!
sleep 2
t "killed under load" xl destroy g1
kill $load $load2
t "nothing is left" within 30 same "$before"
t "the disk is sane" blkio sane /dev/ram0 5
sleep 1
t "modules can be removed" rmmod xen-netback xen-blkback xen-pciback hospes-xenbus
t "and loaded" modprobe xen-blkback
modprobe xen-netback
blkio fill /dev/ram0 7
mv $LOG $LOG.first
t "xl create again" xl create /boot/g1.cfg
t "guest up again" within 120 answers
t "disk again" within 200 said "disk done"
t "data on the disk" blkio check /dev/ram0 9
xl destroy g1
t "nothing is left again" within 30 same "$before"
t "no complaint of the kernel" fails sh -c "dmesg | grep -E 'WARNING|BUG|Call Trace|refcount|stalled pool'"
xl info | grep free_memory
echo LAB-END
