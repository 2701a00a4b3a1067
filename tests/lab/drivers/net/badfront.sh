# A guest whose frontend breaks the rules, beside a good one; run in dom0.
mkdir -p /guest2
sed 's/g1/bad/; s/00:01/00:09/; s/initrd/bad.img/' /guest/g1.cfg >/guest/bad.cfg
echo 'extra = "console=hvc0 panic=1 quiet badfront.seed='${SEED:-1}'"' >>/guest/bad.cfg
leaks() { echo "ports $(lsevtchn 0 | wc -l) irqs $(grep -c vif /proc/interrupts) vifs $(ls -d /sys/class/net/vif* 2>/dev/null | wc -l)"; }
before=$(leaks)
xl create /guest/g1.cfg >/dev/null
check good-up up g1
with_good=$(leaks)
check bad-create xl create /guest/bad.cfg
LOG=/var/log/xen/guest-bad.log
for try in $(seq 400); do
	grep -q 'BADFRONT done' $LOG && break
	# something to receive, and a sign of life of the host
	ping -c 1 -w 1 10.9.0.77 >/dev/null 2>&1
	sleep 0.5
done
sed -n 's/.*BADFRONT \(.*ok\) /\1 - /p' $LOG
check finished grep -q 'BADFRONT done' $LOG
check good-still-served netload both 10.9.0.2 4000000
xl destroy bad
settled() { for try in $(seq 40); do [ "$(leaks)" = "$1" ] && return 0; sleep 0.5; done; echo "$1 / $(leaks)"; return 1; }
check bad-no-leak settled "$with_good"
# a domain whose pages somebody still maps is listed without a name
check bad-no-pages test "$(xl list | wc -l)" = 3
xl destroy g1
check all-no-leak settled "$before"
check quiet sh -c "! dmesg | grep -E 'WARNING|BUG|Call Trace|refcount|stalled pool'"
check named sh -c "dmesg | grep -c 'domain 2: transmit queue 0: .*; its device is closed'"
dmesg | grep 'domain 2' | tail -40
