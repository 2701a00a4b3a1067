# Routed and NAT set-ups by the stock hotplug scripts; run in dom0 by test_net.py.
G=10.9.0.2
gone() { for try in $(seq 60); do [ -e /sys/class/net/$1 ] || return 0; sleep 0.5; done; return 1; }
traffic() {
	check $1-up up g1
	check $1-ping ping -c 3 -w 20 $G
	check $1-tcp-to-guest netload send $G 4000000
	check $1-tcp-from-guest netload recv $G 4000000
	check $1-udp-from-guest netload udpfrom $G 100 9000 $2
}
# the bridge is no more than dom0's own address now
sed "s/bridge=xenbr0/script=vif-route,ip=$G,gatewaydev=xenbr0/" /guest/g1.cfg >/guest/route.cfg
create() { xl create $1 && return; cat /var/log/xen/xen-hotplug.log; return 1; }
check route-create create /guest/route.cfg
check route-no-bridge test ! -e /sys/class/net/vif1.0/master
check route-host-route sh -c "$ip route get $G | grep 'dev vif1.0 src 10.9.0.1'"
check route-proxy-arp test $(cat /proc/sys/net/ipv4/conf/vif1.0/proxy_arp) = 1
traffic route 10.9.0.1
xl destroy g1
check route-gone gone vif1.0

# vif-nat gives dom0 the address 127 above the guest's
sed "s/bridge=xenbr0/script=vif-nat,ip=$G/" /guest/g1.cfg >/guest/nat.cfg
check nat-create create /guest/nat.cfg
check nat-address sh -c "$ip addr show dev vif2.0 | grep 10.9.0.129"
check nat-host-route sh -c "$ip route get $G | grep 'dev vif2.0 src 10.9.0.129'"
traffic nat 10.9.0.129
xl destroy g1
check nat-gone gone vif2.0
check quiet sh -c "! dmesg | grep -E 'WARNING|BUG|Call Trace|refcount|stalled pool'"
