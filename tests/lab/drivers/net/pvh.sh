# A PVH guest's traffic; run in dom0 by test_net.py.
G=10.9.0.2
check create xl create /guest/g1.cfg
check up up g1
check ping ping -c 3 -w 20 $G
check ping6 ping6 -c 3 -w 20 fd09::2
check tcp-to-guest netload send $G 8000000
check tcp-from-guest netload recv $G 8000000
check tcp-both netload both $G 4000000
check udp-to-guest netload udpto $G 200 9000
check udp-from-guest netload udpfrom $G 200 9000 10.9.0.1
check shutdown xl destroy g1
check quiet sh -c "! dmesg | grep -E 'WARNING|BUG|Call Trace|refcount|stalled pool'"
