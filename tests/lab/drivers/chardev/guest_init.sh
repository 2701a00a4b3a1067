# Runs as the rest of /init in the guests of test_chardev.py.
echo "GUEST-UP $(cat /sys/hypervisor/guest_type)"
while :; do sleep 5; done
