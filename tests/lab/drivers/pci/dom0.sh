# Runs as the rest of /init in domain 0 of test_pci.py; $OWN is 1 if the modules of this
# tree are under test, $PARTS which of the functions below run. Three cards: 00:03.0 is named
# in hide= on the kernel's command line, 00:04.0 is handed over and back while all runs, 01:00.0
# is behind a root port that reports its errors.
dmesg -n 4
LOG=/var/log/xen/console/guest-g1.log
PB=/sys/bus/pci/drivers/pciback

verdict() {	# NAME COMMAND...: one line for whether the command succeeds
	name=$1; shift
	if "$@" >/tmp/out 2>&1; then echo "ok - $name"; else echo "not ok - $name"; fi
	sed 's/^/    /' /tmp/out
}
wait_for() {	# SECONDS COMMAND...
	n=$(($1 * 5)); shift
	while [ "$n" -gt 0 ]; do "$@" && return 0; sleep 0.2; n=$((n - 1)); done
	return 1
}
fails() { ! "$@"; }
driver() { basename "$(readlink /sys/bus/pci/devices/0000:$1/driver)" 2>/dev/null; }
driven_by() { [ "$(driver $1)" = "$2" ]; }
listed() { xl pci-assignable-list | tee /dev/stderr | grep -q "$1"; }
said() { grep -aqsE "$1" $LOG; }
heard() { [ "$(grep -aEc "$1" $LOG)" -ge "$2" ]; }
logged() { dmesg | grep -E "$1"; }
reads() { [ "$(cat $1)" = "$2" ]; }
writes() { echo "$2" > $1; }
held() { wait_for 30 listed "$1"; }
# A domain whose pages somebody still maps is listed without a name.
alone() { [ "$(xl list | wc -l)" = 2 ]; }
leaks() {
	echo "ports $(lsevtchn 0 | wc -l) irqs $(grep -c pciback /proc/interrupts)" \
	     "threads $(ps | grep -c '[p]ciback')"
}
back_to() { [ "$(leaks)" = "$1" ]; }
settled() { wait_for 20 back_to "$1" || { echo "$1, now $(leaks)"; return 1; }; }
# MSI-X off and unmasked, or else Xen gives the card to nobody; e1000e has the register at 0xa2.
msix_fresh() { hexdump -s 162 -n 2 -e '1/2 "%04x\n"' /sys/bus/pci/devices/0000:$1/config | tee /dev/stderr | grep -q '^[0-3]'; }

modprobe xenfs
mount -t xenfs xenfs /proc/xen
modprobe xen-evtchn; modprobe xen-gntdev
# The shell has a modprobe built in, which does not read the command line as this one does.
/usr/local/bin/modprobe xen-pciback
[ $OWN = 0 ] || verdict "pciback is this tree's" grep -q O /sys/module/xen_pciback/taint
modprobe e1000e
verdict "hidden device is held" driven_by 00:03.0 pciback
verdict "the other goes to its driver" driven_by 00:04.0 e1000e
verdict "slots" grep -qx 0000:00:03.0 $PB/slots
verdict "parameter hide" grep -q '(0000:00:03.0)' /sys/module/xen_pciback/parameters/hide
if [ $OWN = 1 ]; then
	verdict "a missing device of hide= is named" logged 'no device 0000:00:1e.5'
	verdict "an impossible one is named" logged 'hide: "\(00:99.0\)'
fi
xenstored --pid-file /run/xenstored.pid
for i in $(seq 100); do xenstore-exists / && break; sleep 0.1; done
xen-init-dom0
mkdir -p /var/log/xen/console
xenconsoled --log=guest --log-dir=/var/log/xen/console

guest_runs() {
	xl domid g1 && return
	dmesg | tail -n 40
	poweroff -f
}

take_second() { xl pci-assignable-add 00:04.0; }
give_second_back() { xl pci-assignable-remove -r 00:04.0; }

plug() {
	verdict "it can be assigned" listed '00:03.0'
	verdict "xl create" xl create /etc/xen/g1.cfg
	guest_runs
	cards_come_and_go
}

# On Hospes, which has no IOMMU, xl gives a card only to a PV guest that runs. It takes one
# from its driver, but then wants it quarantined, and does not give it back. (On Debian's Xen
# with iommu=0 it gives none at all.)
without_iommu() {
	take_second() { xl pci-assignable-add 00:04.0 2>&1 | grep 'failed to quarantine'; }
	give_second_back() {
		echo 0000:00:04.0 > $PB/unbind
		echo 00:04.0 > $PB/remove_slot
		echo 0000:00:04.0 > /sys/bus/pci/drivers_probe
	}
	verdict "it can be assigned" listed '00:03.0'
	xl create /etc/xen/g1.cfg 2>&1 | tee /tmp/why
	verdict "xl create says why not" grep -q 'passthrough not supported' /tmp/why
	verdict "no guest is left" fails xl domid g1
	verdict "xl create without the card" xl create /etc/xen/g1.cfg 'pci=[]'
	guest_runs
	verdict "xl pci-attach of the first card" xl pci-attach g1 00:03.0
	cards_come_and_go
	[ $OWN = 0 ] || quirks
	slots
}

cards_come_and_go() {
	verdict "the guest finds its card" wait_for 240 said 'GUEST-DONE 0000:00:00.0'
	verdict "driven by e1000e" said 'GUEST-DEVICE 0000:00:00.0 eth[0-9]+ 52:54:00:00:00:01 e1000e'
	verdict "MSI-X" said 'GUEST-MSIX [1-9]'
	verdict "ping" said 'GUEST-PING eth[0-9]+ 10.1.0.2 ok'
	verdict "owned by the guest" fails listed '00:03.0'
	verdict "two guests cannot have it" fails xl create /etc/xen/g2.cfg
	xl destroy g2 2>/dev/null
	dom=$(xl domid g1)
	verdict "where the guest sees it" \
		[ "$(xenstore-read /local/domain/0/backend/pci/$dom/0/vdev-0)" = "0000:00:00.00" ]
	verdict "root bus" [ "$(xenstore-read /local/domain/0/backend/pci/$dom/0/root-0)" = "0000:00" ]
	grep pciback /proc/interrupts

	verdict "the second is taken" take_second
	verdict "taken from its driver" driven_by 00:04.0 pciback
	verdict "in the list of slots" grep -q 0000:00:04.0 $PB/slots
	verdict "xl pci-assignable-list" listed '00:04.0'
	verdict "xl pci-attach" xl pci-attach g1 00:04.0
	verdict "the guest finds the second card" wait_for 120 said 'GUEST-DONE 0000:00:01.0'
	verdict "ping on it" said 'GUEST-PING eth[0-9]+ 10.2.0.2 ok'
	verdict "xl pci-list" xl pci-list g1
	verdict "xl pci-detach" xl pci-detach g1 00:04.0
	verdict "the guest has one card again" wait_for 60 heard 'GUEST-DEVICES 0000:00:00.0.?$' 2
	verdict "xl pci-attach again" xl pci-attach g1 00:04.0
	verdict "and ping again" wait_for 120 heard 'GUEST-PING eth[0-9]+ 10.2.0.2 ok' 2
	verdict "xl pci-detach of the first" xl pci-detach g1 00:03.0
	verdict "the second stays" wait_for 60 said 'GUEST-DEVICES 0000:00:01.0.?$'
	none=$(grep -c 'GUEST-DEVICES \*' $LOG)
	verdict "xl pci-detach of the second" xl pci-detach g1 00:04.0
	verdict "no card is left" wait_for 60 heard 'GUEST-DEVICES \*' $((none + 1))
	verdict "the second is given back" give_second_back
	verdict "back at its driver" wait_for 20 driven_by 00:04.0 e1000e
	verdict "and out of the slots" fails grep -q 0000:00:04.0 $PB/slots
	N=$(ls /sys/bus/pci/devices/0000:00:04.0/net)
	ip link set $N up; ip addr add 10.2.0.15/24 dev $N
	verdict "it works in domain 0" wait_for 30 ping -c 1 -w 2 10.2.0.2
	ip addr flush dev $N; ip link set $N down
	verdict "xl destroy" xl destroy g1
}

quirks() {	# to read them once one was written makes the kernel's own module of 6.1 oops
	verdict "node quirks takes" writes $PB/quirks 00:03.0-44:2:ff
	verdict "node quirks shows" grep -q '00000044:2:000000ff' $PB/quirks
	verdict "node quirks refuses" fails writes $PB/quirks 00:03.0-44
}

slots() {
	verdict "new_slot with wildcard" writes $PB/new_slot '0a:05.*'
	verdict "makes eight" [ "$(grep -c 0000:0a:05 $PB/slots)" = 8 ]
	verdict "remove_slot" writes $PB/remove_slot '0a:05.3'
	verdict "leaves seven" [ "$(grep -c 0000:0a:05 $PB/slots)" = 7 ]
	verdict "new_slot refuses" fails writes $PB/new_slot 'ga:05.3'
}

permissive() {
	verdict "xl create, permissive" xl create /etc/xen/g1.cfg 'pci=["00:03.0,permissive=1"]'
	verdict "it is the guest's again" wait_for 240 said 'GUEST-PING eth[0-9]+ 10.1.0.2 ok'
	verdict "node permissive" grep -q 0000:00:03.0 $PB/permissive
	verdict "node irq_handlers" grep -E '^0000:00:03.0:(on|off):(not )?acking:[0-9]+$' $PB/irq_handlers
	[ $OWN = 0 ] || quirks
	verdict "node allow_interrupt_control" writes $PB/allow_interrupt_control 00:03.0
	slots
	verdict "xl shutdown by destroy while in use" xl destroy g1
	verdict "held again" held 00:03.0
}

bad() {	# [SETTING]: of the guest that works at breaking the driver, and then a good one
	[ $OWN = 1 ] || return
	BAD=/var/log/xen/console/guest-bad.log
	before=$(leaks)
	echo "    $before"
	verdict "xl create of a bad guest" xl create /etc/xen/bad.cfg "$@"
	verdict "it did its worst" wait_for 400 grep -qs 'BADPCI done' $BAD
	grep 'BADPCI' $BAD | tr -d '\r'
	grep -q 'BADPCI not' $BAD; verdict "domain 0 did what it should" [ $? = 1 ]
	verdict "all its cases ran" [ "$(grep -c 'BADPCI ok' $BAD)" = 19 ]
	verdict "it is named" logged 'pci pci-[0-9]*-0: domain [0-9]*: .*its device is closed'
	verdict "xl destroy of the bad guest" xl destroy bad
	verdict "its card is held again" held '00:03.0'
	verdict "with MSI-X as after a reset" msix_fresh 00:03.0
	verdict "nothing of it is left" wait_for 20 alone
	verdict "no port, interrupt or thread either" settled "$before"
	verdict "a good guest gets the card" xl create /etc/xen/g1.cfg
	verdict "and it works" wait_for 240 said 'GUEST-PING eth[0-9]+ 10.1.0.2 ok'
	xl destroy g1
	rm $LOG
	verdict "held once more" held '00:03.0'
	mv $BAD /var/log/xen/console/bad-before.log
}

# The same with all registers open to it: what it leaves in them must not stay.
worse() { bad 'pci=["00:03.0,permissive=1"]'; }

intx() {	# a guest that has no MSI uses the card's interrupt line
	verdict "xl create without MSI" xl create /etc/xen/g1.cfg 'extra="console=hvc0 iommu=soft net.ifnames=0 swiotlb=1024 pci=nomsi"'
	verdict "INTx: ping" wait_for 240 said 'GUEST-PING eth[0-9]+ 10.1.0.2 ok'
	verdict "INTx: no MSI-X" wait_for 20 said 'GUEST-MSIX 0'
	verdict "INTx: interrupts came" said 'GUEST-IRQS [1-9]'
	verdict "INTx: xl destroy" xl destroy g1
	verdict "INTx: held again" held 00:03.0
}

broken() {	# the card reports a poisoned TLP, an error that is not fatal
	{ printf '\001\000\000\000\000\020'; dd if=/dev/zero bs=26 count=1; } 2>/dev/null >/tmp/error
	dd if=/tmp/error of=/dev/aer_inject bs=32 2>/dev/null
}

errors() {	# the card reports one, and the guest's driver gets over it
	verdict "xl pci-assignable-add, below a port" xl pci-assignable-add 01:00.0
	verdict "AER: xl create" xl create /etc/xen/g1.cfg 'pci=["01:00.0"]'
	verdict "AER: ping" wait_for 240 said 'GUEST-AGAIN ok'
	modprobe aer_inject
	verdict "AER: an error" broken
	verdict "AER: recovery" wait_for 100 logged 'device recovery successful'
	verdict "AER: the guest's link is up again" wait_for 100 said 'GUEST-AGAIN ups 2[.]'
	n=$(grep -c 'GUEST-AGAIN ok' $LOG)
	verdict "AER: and ping" wait_for 100 heard 'GUEST-AGAIN ok' $((n + 3))
	verdict "AER: xl destroy" xl destroy g1
	verdict "AER: held again" held 01:00.0
}

passthrough() {	# the guest sees the machine's own addresses
	verdict "rmmod" rmmod xen_pciback
	/usr/local/bin/modprobe xen-pciback passthrough=1
	verdict "xl create, passthrough" xl create /etc/xen/g1.cfg
	verdict "the machine's address" wait_for 240 said 'GUEST-DONE 0000:00:03.0'
	verdict "passthrough: ping" said 'GUEST-PING eth[0-9]+ 10.1.0.2 ok'
	dom=$(xl domid g1)
	verdict "passthrough: vdev-0" \
		[ "$(xenstore-read /local/domain/0/backend/pci/$dom/0/vdev-0)" = "0000:00:03.00" ]
	verdict "passthrough: xl destroy" xl destroy g1
	verdict "passthrough: held again" held 00:03.0
}

for part in $PARTS; do
	$part
	# What the guests saw, for comparison between drivers; "worse" and "bad" have their own.
	[ -e $LOG ] || continue
	sed -n "s/^.*\(GUEST-[A-Z]* .*\)/SEEN $part \1/p" $LOG | tr -d '\r'
	mv $LOG /var/log/xen/console/$part.log
done
verdict "unbind" writes $PB/unbind 0000:00:03.0
verdict "module can be removed" rmmod xen_pciback
dmesg | grep -iE 'pciback|BUG|WARNING|Oops|xen_pci' | sed 's/^/    /'
echo LAB-END
