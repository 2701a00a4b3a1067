# What every network backend must do; run in dom0 by test_net.py.
G=10.9.0.2
g() { netload sh $G "$@"; }
leaks() { # resources of dom0 that a detached device must have given back
	echo "ports $(lsevtchn 0 | wc -l)" \
	     "irqs $(grep -c vif /proc/interrupts)" \
	     "vifs $(ls -d /sys/class/net/vif* 2>/dev/null | wc -l)" \
	     "threads $(ps | grep -c '[v]if')"
}
settled() { # BEFORE: the same again, within 20 s
	for try in $(seq 40); do [ "$(leaks)" = "$1" ] && return 0; sleep 0.5; done
	echo "before: $1"; echo "after: $(leaks)"; return 1
}
gone() { for try in $(seq 60); do [ -e /sys/class/net/$1 ] || return 0; sleep 0.5; done; return 1; }
came() { for try in $(seq 60); do [ "$(cat /sys/class/net/$1/carrier 2>/dev/null)" = 1 ] && return 0; sleep 0.5; done; return 1; }

leaks_before=$(leaks)
check create xl create /guest/g1.cfg
check up up g1
check ping ping -c 3 -w 20 $G
check ping6 ping6 -c 3 -w 20 fd09::2
check ping-large ping -c 3 -w 20 -s 40000 $G
for chunk in 64 1448 8192 65536; do
	check tcp-to-guest-$chunk netload send $G 3000000 $chunk
	check tcp-from-guest-$chunk netload recv $G 3000000 $chunk
done
check tcp-both netload both $G 20000000
check tcp6-to-guest netload send fd09::2 8000000
check tcp6-from-guest netload recv fd09::2 8000000
for size in 1 64 1472 1473 9000 65000; do
	check udp-to-guest-$size netload udpto $G 200 $size
	check udp-from-guest-$size netload udpfrom $G 200 $size 10.9.0.1
done
check udp6-from-guest-40000 netload udpfrom fd09::2 50 40000 fd09::1

# without offloads, one end at a time
g netload offload eth0 off	# netfront keeps IPv4 checksums, not IPv6 ones
check tcp-from-guest-plain netload recv $G 3000000
check udp-from-guest-plain netload udpfrom $G 100 5000 10.9.0.1
check csum-off-host netload offload vif1.0 off
check tcp-to-guest-plain netload send $G 3000000
check udp-to-guest-plain netload udpto $G 100 5000
check tcp6-from-guest-plain netload recv fd09::2 3000000
g netload offload eth0 on
check csum-on-host netload offload vif1.0 on

# a guest's XDP program wants room before each packet
headroom() { test "$(xenstore-read /local/domain/$(xl domid g1)/device/vif/0/xdp-headroom)" $@; }
check xdp-on g netload xdp eth0 on
check xdp-headroom headroom -ge 256
check xdp-tcp-to-guest netload send $G 3000000
check xdp-udp-to-guest netload udpto $G 200 3000
check xdp-tcp-from-guest netload recv $G 3000000
check xdp-off g netload xdp eth0 off
check xdp-no-headroom headroom = 0
check xdp-off-tcp-to-guest netload send $G 3000000

# VLAN tags travel inside the frames
$ip link add link xenbr0 name vlan7 type vlan id 7
$ip addr add 10.7.0.1/24 dev vlan7
$ip link set vlan7 up
g "/usr/local/bin/ip link add link eth0 name vlan7 type vlan id 7; /usr/local/bin/ip addr add 10.7.0.2/24 dev vlan7; /usr/local/bin/ip link set vlan7 up"
check vlan-ping ping -c 3 -w 20 10.7.0.2
check vlan-tcp-to-guest netload send 10.7.0.2 3000000
check vlan-tcp-from-guest netload recv 10.7.0.2 3000000
check vlan-udp netload udpto 10.7.0.2 50 5000

# multicast: to a member, both ways
g "netload join 239.1.1.1 30 10.9.0.2 >/dev/null 2>&1 &"
$ip route add 239.1.0.0/16 dev xenbr0
sleep 1
check multicast-to-guest netload udpto $G 50 1000 239.1.1.1
g "ip route add 239.2.0.0/16 dev eth0"
netload join 239.2.2.2 15 10.9.0.1 & sleep 1
check multicast-from-guest netload udpfrom $G 50 1000 239.2.2.2

# jumbo frames
$ip link set vif1.0 mtu 9000; $ip link set xenbr0 mtu 9000
g "/usr/local/bin/ip link set eth0 mtu 9000"
check jumbo-ping ping -c 3 -w 20 -s 8900 $G
check jumbo-tcp-to-guest netload send $G 8000000
check jumbo-tcp-from-guest netload recv $G 8000000
check counters sh -c "grep vif1.0 /proc/net/dev | tee /dev/stderr | awk '{ exit !(\$2 > 1000000 && \$10 > 1000000) }'"
netload stats vif1.0

# a second device, plugged and unplugged, also under load
before=$(leaks)
check plug xl network-attach g1 mac=00:16:3e:00:00:02 bridge=xenbr0
check plug-carrier came vif1.1
g "for i in \$(seq 50); do [ -e /sys/class/net/eth1 ] && break; sleep 0.2; done; /usr/local/bin/ip addr add 10.9.0.3/24 dev eth1; /usr/local/bin/ip link set eth1 up"
check plug-ping ping -c 3 -w 20 10.9.0.3
netload send 10.9.0.3 4000000000x >/dev/null 2>&1 & load=$!
netload recv 10.9.0.3 4000000000x >/dev/null 2>&1 & load2=$!
sleep 3
check unplug-under-load xl network-detach g1 1
check unplug-gone gone vif1.1
kill $load $load2
check unplug-no-leak settled "$before"
check after-unplug-ping ping -c 3 -w 20 $G

i=0
while [ $i -lt ${CYCLES:-10} ]; do
	xl network-attach g1 mac=00:16:3e:00:00:02 bridge=xenbr0 >/dev/null && came vif1.1 || echo "cycle $i: no carrier"
	xl network-detach g1 $(basename $(ls -d /sys/class/net/vif1.[1-9]*) | sed s/vif1.//) >/dev/null; gone vif1.1 || break
	i=$((i + 1))
done
check cycles test $i = ${CYCLES:-10}
check cycles-no-leak settled "$before"

# the guest is killed while it sends and receives
netload send $G 4000000000x >/dev/null 2>&1 & load=$!
netload recv $G 4000000000x >/dev/null 2>&1 & load2=$!
sleep 3
check kill xl destroy g1
check kill-gone gone vif1.0
kill $load $load2
check kill-no-leak settled "$leaks_before"

check rmmod rmmod xen-netback
check modprobe modprobe xen-netback
check create-again xl create /guest/g1.cfg
check up-again up g1
check tcp-again netload recv $G 3000000
xl destroy g1
check end-no-leak settled "$leaks_before"
check quiet sh -c "! dmesg | grep -E 'WARNING|BUG|Call Trace|refcount|leak|stalled pool'"
