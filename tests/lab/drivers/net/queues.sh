# Several queues, the rate limit, a guest that stops taking packets; run in dom0.
G=10.9.0.2
g() { netload sh $G "$@"; }
carrier() { # VALUE: within 20 s
	for try in $(seq 40); do [ "$(cat /sys/class/net/vif1.0/carrier)" = $1 ] && return 0; sleep 0.5; done
	return 1
}
within() { # LOW HIGH COMMAND...: its MiB/s
	low=$1 high=$2; shift 2
	"$@" | tee /tmp/within
	awk -v low=$low -v high=$high '/MiB/ { ok = $(NF - 1) >= low && $(NF - 1) <= high } END { exit !ok }' /tmp/within
}
check create xl create /guest/g1.cfg
check up up g1
check two-queues test $(ls -d /sys/class/net/vif1.0/queues/tx-* | wc -l) = 2
check split-events test $(grep -c 'vif1.0-q[01]-[tr]x' /proc/interrupts) = 4
check both-queues-used sh -c "netload both $G 8000000 && netload recv fd09::2 2000000 && netload recv $G 2000000"
check udp netload udpfrom $G 500 1400 10.9.0.1

# 2 MB/s from the guest, no limit to it
check rate-limits within 1 3 netload recv $G 8000000x
check rate-other-way within 4 10000 netload send $G 8000000x
xenstore-write /local/domain/0/backend/vif/1/0/rate 0,0
check rate-lifted within 4 10000 netload recv $G 8000000x
xenstore-write /local/domain/0/backend/vif/1/0/rate nonsense
check rate-nonsense sh -c "sleep 1; dmesg | grep 'is not BYTES,MICROSECONDS'"

# a paused guest takes nothing: what waits is dropped, then the carrier goes
xl pause g1
netload udpto $G 2000 1000 >/dev/null 2>&1 & load=$!
ping -q -c 3000 -i 0.01 -s 1000 $G >/dev/null 2>&1 & load2=$!
check stall-carrier-off carrier 0
check stall-expired sh -c "netload stats vif1.0 | grep -E 'guest_rx_expired [1-9]'"
xl unpause g1
check stall-carrier-on carrier 1
kill $load $load2
sleep 2
check after-stall ping -c 3 -w 20 $G
check after-stall-tcp netload both $G 2000000
xl destroy g1
check quiet sh -c "! dmesg | grep -E 'WARNING|BUG|Call Trace|refcount|leak|stalled pool'"
