# SPDX-License-Identifier: GPL-2.0-only
"""Guest figures of scripts/bench: called with a machine that is logged in.

All times are domain 0's or the guest's own clock, which counts instructions,
so they do not depend on this machine's load.
"""

import pathlib
import re
import statistics

from guesthost import GuestHost

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
RUNS = 5
MIB = 64            # a bulk transfer's size
MB = MIB * 1.048576
QUICK = 64          # single requests for a latency
INIT = "#!/bin/sh\\necho started\\nexec sleep 1000000\\n"

RAM_DISK = "modprobe brd rd_nr=1 rd_size=131072"
SEND = "dd if=/dev/zero bs=64k >/dev/tcp/{}/5001"
RECEIVE = "cat </dev/tcp/{}/5001 >/dev/null"

# A server in domain 0 that takes or gives MIB mebibytes and prints the seconds.
SERVER = r"""
import socket, sys, time
server = socket.create_server(("", 5001))
print("ready", flush=True)
peer, _ = server.accept()
start, left = time.monotonic(), int(sys.argv[2]) << 20
block = bytes(1 << 16)
while left > 0:
    if sys.argv[1] == "take":
        got = len(peer.recv(1 << 16))
        if not got:
            break
        left -= got
    else:
        peer.sendall(block)
        left -= len(block)
peer.close()
print(time.monotonic() - start)
"""


def spread(values):
    """[median, lower quartile, upper quartile]."""
    if len(values) < 2:
        return [float(values[0])] * 3
    lower, median, upper = statistics.quantiles(values, n=4)
    return [median, lower, upper]


def seconds(host, command):
    """What COMMAND takes by domain 0's clock."""
    out = host.sh(f"from=$(date +%s%N); {command}; echo took $(($(date +%s%N) - from))", timeout=3600)
    return int(re.search(r"took (\d+)", out).group(1)) / 1e9


def put_inside(host, name, *files):
    """Copy files of domain 0 into the root filesystem of a guest that does not run."""
    host.sh(f"mount /dev/vg0/{name} /mnt; cp {' '.join(files)} /mnt/root/; umount /mnt", timeout=900)


def starting(host):
    """xl create to the guest's first process."""
    host.sh(f"printf '{INIT}' >/root/started; chmod +x /root/started")
    host.volume("guest1")
    put_inside(host, "guest1", "/root/started")
    config = host.config("guest1", 's/^extra.*/extra = "console=hvc0 quiet init=\\/root\\/started"/')
    times = []
    for _ in range(3):
        times.append(seconds(host, f"xl create -q {config}; "
                             "sleep 1000000 | xl console guest1 2>/dev/null | grep -q -m1 started"))
        host.sh("xl destroy guest1; kill $(pidof sleep) 2>/dev/null || true")
        host.until("! ls /sys/bus/xen-backend/devices | grep -q v")
    return spread(times)


def destroying(host, mib):
    """xl destroy of a guest with much memory; only its memory counts."""
    config = host.config("big", "/^ramdisk/d; /^root/d; /^extra/d; /^disk/d; /^vif/d",
                         's/^kernel.*/kernel = "\\/root\\/sleeper"/', f"s/^memory.*/memory = {mib}/")
    times = []
    for _ in range(RUNS):
        host.sh(f"xl create -q {config}", timeout=3600)
        times.append(seconds(host, "xl destroy big"))
    return spread(times)


def disk_figures(shell, device):
    """Direct reads and writes of DEVICE: MB/s, and microseconds for 4 KiB."""
    def took(options):
        out = shell(f"dd {options} 2>&1", timeout=3600)
        return float(re.search(r"copied, ([0-9.e-]+) s", out).group(1))

    bulk, small = f"bs=256k count={MIB * 4}", f"bs=4k count={QUICK}"
    read, write = f"if={device} of=/dev/null iflag=direct", f"if=/dev/zero of={device} oflag=direct"
    return {"disk-write": spread([MB / took(f"{write} {bulk}") for _ in range(RUNS)]),
            "disk-read": spread([MB / took(f"{read} {bulk}") for _ in range(RUNS)]),
            "disk-latency": spread([took(f"{read} {small}") / QUICK * 1e6 for _ in range(RUNS)])}


def disk(host):
    """The guest's disk is a RAM disk of domain 0."""
    host.sh(f"{RAM_DISK}; xl block-attach guest1 phy:/dev/ram0 xvdb w")
    with host.console("guest1") as guest:
        guest.shell("until [ -b /dev/xvdb ]; do sleep 0.1; done")
        figures = disk_figures(guest.shell, "/dev/xvdb")
    host.sh("xl block-detach guest1 xvdb")
    return figures


def transfers(shell, mode, start_peer):
    """MIB by TCP to (take) or from (give) a server here, RUNS times: MB/s."""
    values = []
    for _ in range(RUNS):
        shell(f"rm -f /run/took; python3 /root/server.py {mode} {MIB} >/run/took 2>&1 & "
              "until grep -q ready /run/took 2>/dev/null; do sleep 0.1; done")
        start_peer()
        shell("until [ $(wc -l </run/took) = 2 ]; do sleep 0.2; done", timeout=3600)
        values.append(MB / float(shell("tail -n 1 /run/took")))
    return spread(values)


def network(host):
    """TCP from and to the guest over the bridge."""
    address = host.sh("ip -4 -o address show dev xenbr0 scope global").split()[3].split("/")[0]

    def peer(command):
        return lambda: host.inside(
            "guest1", f"bash -c '{command.format(address)}' >/dev/null 2>&1 &")

    return {"net-from-guest": transfers(host.sh, "take", peer(SEND)),
            "net-to-guest": transfers(host.sh, "give", peer(RECEIVE))}


def measure_limits(machine):
    """What there is without a hypervisor: the RAM disk itself, TCP by loopback."""
    def peer():
        machine.shell(f"bash -c '{SEND.format('127.0.0.1')}' >/dev/null 2>&1 &")

    machine.shell(RAM_DISK)
    return {**disk_figures(machine.shell, "/dev/ram0"),
            "net": transfers(machine.shell, "take", peer)}


def inside(host):
    """bench.c in the guest."""
    lines = host.inside("guest1", "/root/bench", timeout=7200)
    return {f"guest {name}": [float(value) for value in values] for name, *values in
            re.findall(r"^BENCH (\S+) (\S+) (\S+) (\S+)\r?$", lines, re.MULTILINE)
            if name != "done" and not name.startswith("ticks")}


def measure(system, machine):
    """{name: [median, lower, upper]} of everything about guests."""
    host = GuestHost(system, machine)
    host.sh("systemctl start xen.service; udevadm settle", timeout=3600)
    figures = {"guest-start": starting(host), "guest-destroy": destroying(host, 2048)}
    host.volume("guest1")
    put_inside(host, "guest1", "/root/bench")
    host.sh(f"xl create -q {host.config('guest1')}", timeout=3600)
    host.inside("guest1", "/lib/systemd/systemd-networkd-wait-online --any", timeout=3600)
    return {**figures, **inside(host), **disk(host), **network(host)}


def files(scratch):
    """What must be put into domain 0's disk, as scripts/run's --put takes it."""
    server = scratch / "server.py"
    server.write_text(SERVER, encoding="ascii")
    return [f"{server}:/root/server.py", f"{TOP}/build/lab/sleeper:/root/sleeper"]
