# The drivers in one boot, each with a fresh guest; run in dom0 by bench.py, which sets
# MIB and PACKETS, how much to send, and DRIVERS.
G=10.9.0.2
burst() { for round in $(seq $((PACKETS / 400))); do netload $1 $G 400 64 $2; done | awk '{ came += $7 } END { print came " came" }'; }
starts() { for start; do netload recv $G 1x; done >/dev/null; }
measure() { # NAME: the marks number the phases of bench.py
	echo "BEGIN $1"
	xl create /guest/g1.cfg >/dev/null
	up g1 || echo "$1: the guest does not answer"
	netload recv $G 4194304x >/dev/null; netload send $G 4194304x >/dev/null
	netload mark 0; starts 1
	netload mark 0; starts 1 2 3 4 5 6 7 8 9 10 11
	netload mark 1; netload recv $G $((MIB * 1048576))x
	netload mark 2; netload send $G $((MIB * 1048576))x
	netload mark 3; burst udpfrom 10.9.0.1
	netload mark 4; burst udpto
	netload mark 5; netload recv $G $((MIB * 262144))x 1400
	netload mark 6; ping -q -c 200 -i 0.002 $G | tail -1
	# nobody there: what is left is the drivers' and the bridge's work
	netload sh $G /usr/local/bin/ip neigh add 10.9.0.77 lladdr 00:16:3e:00:00:77 dev eth0
	netload mark 7; netload sh $G netload flood 10.9.0.77 $PACKETS 64
	netload mark 8; netload flood $G $PACKETS 64
	netload mark 9
	cat /proc/net/dev | grep vif
	netload stats vif$(xl domid g1).0
	xl destroy g1
	while ls /sys/class/net/vif* >/dev/null 2>&1; do sleep 0.2; done
	echo "END $1"
}
use() {
	rmmod xen-netback
	case $1 in
	stock) insmod /lib/modules/$(uname -r)/kernel/drivers/net/xen-netback/xen-netback.ko ;;
	own) modprobe xen-netback ;;
	esac
}
for driver in $DRIVERS; do
	use $driver
	measure $driver
done
