# SPDX-License-Identifier: GPL-2.0-only
"""Disks and network interfaces that come and go while the guest runs."""

from guests.life import BLOCK, MAC, NETWORK, PLACE

WAIT = "until {}; do sleep 0.2; done; "


def disks(host):
    """An LV attached, written through, detached; then read-only; then one in use."""
    host.sh("lvcreate -qq -L 64M -n extra vg0; dd if=/dev/zero of=/dev/vg0/extra bs=1M count=4 2>/dev/null")
    host.note("xl block-attach guest1 phy:/dev/vg0/extra xvdb w")
    host.note("xl block-list guest1", BLOCK)
    assert host.inside("guest1", WAIT.format("[ -b /dev/xvdb ]") + "lsblk -b -n -d -o SIZE /dev/xvdb; "
                       "yes guest | head -c 1048576 | dd of=/dev/xvdb bs=64k conv=fsync 2>/dev/null"
                       ) == str(64 << 20)
    host.note("xl block-detach guest1 xvdb")
    host.sh("yes guest | head -c 1048576 | cmp -n 1048576 - /dev/vg0/extra")
    host.until("! [ -e /sys/bus/xen-backend/devices/vbd-*-51728 ]")

    host.note("xl block-attach guest1 phy:/dev/vg0/extra xvdb r")
    assert host.inside("guest1", WAIT.format("[ -b /dev/xvdb ]") + "blockdev --getro /dev/xvdb; "
                       "echo x 2>/dev/null >/dev/xvdb || echo refused").split() == ["1", "refused"]
    host.note("xl block-detach guest1 xvdb")
    assert host.inside("guest1", WAIT.format("! [ -e /dev/xvdb ]") + "echo gone") == "gone"

    host.sh("mke2fs -q -F /dev/vg0/extra; mount /dev/vg0/extra /mnt")
    host.note("xl block-attach guest1 phy:/dev/vg0/extra xvdc w", PLACE, fails=True, says="mounted")
    host.note("xl block-attach guest1 phy:/dev/vg0/none xvdc w", PLACE, fails=True, says="/dev/vg0/none")
    host.sh("umount /mnt")
    host.note("xl block-list guest1", BLOCK)
    host.note("xl block-detach guest1 xvdz", PLACE, fails=True)
    host.sh("lvremove -qq -f vg0/extra")


def interfaces(host):
    """A second interface joins the bridge and carries packets; a bad bridge is named."""
    host.note("xl network-attach guest1 mac=00:16:3e:00:00:02 bridge=xenbr0 vifname=second")
    host.sh("ip link show second; [ -e /sys/class/net/xenbr0/brif/second ]")
    out = host.inside("guest1", WAIT.format("ip link show eth1 >/dev/null 2>&1 || ip link show enX1 >/dev/null 2>&1") +
                      "grep -l 00:16:3e:00:00:02 /sys/class/net/*/address | cut -d/ -f5 >/run/second; "
                      "ip addr add 192.0.2.2/24 dev $(cat /run/second); ip link set $(cat /run/second) up; cat /run/second")
    assert out
    host.sh("ip addr add 192.0.2.1/24 dev xenbr0 && ping -c 3 -W 60 192.0.2.2 && "
            "ip addr del 192.0.2.1/24 dev xenbr0")
    host.note("xl network-list guest1", MAC, NETWORK)
    host.note("xl network-detach guest1 1")
    host.until("! [ -e /sys/class/net/second ]")
    assert host.inside("guest1", WAIT.format("! [ -e /sys/class/net/$(cat /run/second) ]") + "echo gone") == "gone"
    host.note("xl network-attach guest1 bridge=nosuch", MAC, PLACE, fails=True, says="nosuch")
    host.note("xl network-detach guest1 7", PLACE, fails=True)


def devices(host):
    free = host.free_mib()
    host.create("guest1")
    disks(host)
    interfaces(host)
    host.note("xl destroy guest1")
    host.until_free_again(free)
