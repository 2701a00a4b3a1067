# Runs as the rest of /init in the guest of test_pci.py: tells of the devices that
# come and go, and what they can do.
modprobe e1000e
modprobe xen-pcifront
ip link set lo up

devices() { (cd /sys/bus/pci/devices && echo *); }

use() {	# INTERFACE: DHCP would do, but the network is QEMU's and known
	ip addr flush dev $1
	ip link set $1 up
	for i in $(seq 100); do [ "$(cat /sys/class/net/$1/carrier 2>/dev/null)" = 1 ] && break; sleep 0.2; done
	ip addr add $2/24 dev $1
	ping -c 3 -w 20 $3 >/dev/null && echo "GUEST-PING $1 $3 ok" || echo "GUEST-PING $1 $3 lost"
	echo "GUEST-IRQS $(awk -v n=$1 '$NF ~ n { s += $2 } END { print s + 0 }' /proc/interrupts)"
	ip addr flush dev $1
	ip link set $1 down
}

again() {	# INTERFACE: to the machine's end
	ip addr add 10.3.0.15/24 dev $1
	ip link set $1 up
	while :; do
		ping -c 1 -w 5 10.3.0.2 >/dev/null && echo "GUEST-AGAIN ok" || echo "GUEST-AGAIN lost"
		echo "GUEST-AGAIN ups $(cat /sys/class/net/$1/carrier_up_count)."
		sleep 1
	done
}

last=
while :; do
	now=$(devices)
	if [ "$now" != "$last" ]; then
		echo "GUEST-DEVICES $now"
		for d in $now; do
			case " $last " in *" $d "*) continue ;; esac
			p=/sys/bus/pci/devices/$d
			for i in $(seq 100); do [ -d $p/net ] && break; sleep 0.1; done
			[ -d $p/net ] || { echo "GUEST-DEVICE $d has no driver"; continue; }
			n=$(ls $p/net)
			echo "GUEST-DEVICE $d $n $(cat $p/net/*/address) $(basename $(readlink $p/driver))"
			case $(cat $p/net/*/address) in
			*:01) use $n 10.1.0.15 10.1.0.2 ;;
			*:02) use $n 10.2.0.15 10.2.0.2 ;;
			*:03) again $n ;;
			esac
			echo "GUEST-MSIX $(ls $p/msi_irqs 2>/dev/null | wc -l)"
			echo "GUEST-CONFIG $(hexdump -n 64 -v -e '1/1 "%02x"' $p/config)"
			echo "GUEST-DONE $d"
		done
		last=$now
	fi
	sleep 0.2
done
