# Runs as the rest of /init in domain 0 of test_chardev.py. $DOM0 is pv or pvh, $OWN
# is 1 if the modules of this tree are under test, $KINDS the types of guests there are.
dmesg -n 8

verdict() {	# NAME COMMAND...: one line for whether the command succeeds
	name=$1; shift
	if "$@"; then echo "ok - toolstack: $name"; else echo "not ok - toolstack: $name"; fi
}

wait_for() {	# SECONDS COMMAND...
	n=$1; shift
	while [ "$n" -gt 0 ]; do "$@" && return 0; sleep 1; n=$((n - 1)); done
	return 1
}

no_domains() { [ "$(xl list | tail -n +2 | wc -l)" = 1 ]; }
evtchns() { lsevtchn 0 | wc -l; }
no_grants() {	# the hypervisor lists every grant that somebody maps
	xl debug-keys g
	! xl dmesg -c | sed -n '/gnttab_usage_print_all \[/,/gnttab_usage_print_all \]/p' |
		grep -q '^(XEN) *\[ *[0-9]'
}

for m in xenfs xen-evtchn xen-gntdev xen-gntalloc; do modprobe $m; done
# Out-of-tree modules are marked so; that modprobe took them shows the search order.
[ $OWN = 0 ] || for m in xenfs xen_privcmd xen_evtchn xen_gntdev xen_gntalloc; do
	verdict "$m is this tree's" grep -q O /sys/module/$m/taint
done
mount -t xenfs xenfs /proc/xen
verdict "this is the control domain" grep -q control_d /proc/xen/capabilities
verdict "hypervisor symbols" grep -q ' [Tt] [a-z_]*start$' /proc/xen/xensyms
t_evtchn
# A grant to ourselves takes the page away from us in an auto-translated domain.
[ $DOM0 = pvh ] || t_gnt

xenstored --pid-file /run/xenstored.pid
xen-init-dom0
mkdir -p /var/log/xen/console
xenconsoled --log=guest --log-dir=/var/log/xen/console
verdict "xenstored answers" xenstore-exists /local/domain/0/name
before=$(evtchns)

last=${KINDS##* }
verdict "xl create, paused" xl create -p /etc/xen/$last.cfg
[ $last = pvh ] || xl mem-max $last 190
t_privcmd $(xl domid $last) $DOM0 $last
verdict "xl destroy" xl destroy $last
verdict "nothing is left of it" wait_for 10 no_domains

for round in 1 2; do
	for type in $KINDS; do
		log=/var/log/xen/console/guest-$type.log
		verdict "xl create of a $type guest" xl create /etc/xen/$type.cfg
		verdict "its console through xenconsoled" wait_for 120 grep -qs "GREFS.*END" $log
		grep GUEST-UP $log
		t_foreign $(xl domid $type) $(sed -n 's/.*GREFS\(.*\)END.*/\1/p' $log)
		verdict "xl destroy of a $type guest" xl destroy $type
		verdict "nothing is left of the $type guest" wait_for 10 no_domains
		rm $log
	done
done
verdict "no event channel is left" [ "$(evtchns)" = "$before" ]
verdict "no grant is left" no_grants

kill $(pidof xenconsoled) $(pidof xenstored)
sleep 1
umount /proc/xen
verdict "modules can be removed" rmmod xenfs xen-evtchn xen-gntdev xen-gntalloc xen-privcmd
echo LAB-END
