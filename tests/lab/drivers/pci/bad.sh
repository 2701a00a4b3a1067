# Runs as the rest of /init in the guest whose only frontend is badpci.ko.
dmesg -n 8	# what it says is the verdict
insmod /badpci.ko
sleep 100000
