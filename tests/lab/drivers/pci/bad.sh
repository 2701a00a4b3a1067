# Runs as the rest of /init in the guest whose only frontend is badpci.ko.
insmod /badpci.ko
sleep 100000
