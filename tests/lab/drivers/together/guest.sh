# Runs as the rest of /init in the guest of test_together.py.
ip=/usr/local/bin/ip
modprobe xen-blkfront; modprobe xen-netfront
say() { echo "GUEST $*"; }
appears() { for i in $(seq 200); do [ -e $1 ] && return 0; sleep 0.1; done; say "FAILED no $1"; return 1; }
must() { "$@" || say "FAILED $*"; }
disk() {	# written by dom0 with 7, to be found with 9
	appears /dev/xvda || return
	must blkio check /dev/xvda 7
	must blkio fill /dev/xvda 9
	must blkio check /dev/xvda 9
	must blkio iops /dev/xvda r 4096 32 500
	must blkio sync /dev/xvda
	say disk done
}
appears /sys/class/net/eth0
$ip addr add 10.9.0.2/24 dev eth0
$ip link set eth0 up
[ -e /dev/xvda ] && disk &
say up
netload serve
