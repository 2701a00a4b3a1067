# SPDX-License-Identifier: GPL-2.0-only
"""From power-on to domain 0's login and off again, on every kind of machine."""

import re

import pytest

from matrix import boots, host_must_have, hypervisors

VERSION = {"hospes": r"Xen version: 4\.17\.7-hospes", "stock": r"Xen version: 4\.17"}


def check_domain0(machine, hypervisor, kernel):
    """What a tool finds that asks where it is."""
    assert machine.shell("uname -r").startswith(kernel + ".")
    assert machine.shell("cat /sys/hypervisor/type") == "xen"
    features = int(machine.shell("cat /sys/hypervisor/properties/features"), 16)
    assert features, "no features in /sys/hypervisor/properties/features"
    assert re.search(VERSION[hypervisor], machine.shell("dmesg"))
    assert machine.shell("findmnt -n -o SOURCE,FSTYPE /").split() == ["/dev/sda3", "ext4"]


def check_network(machine):
    """The card got an address by DHCP and reaches the emulator's gateway."""
    machine.shell("/lib/systemd/systemd-networkd-wait-online --any -o routable --timeout=280")
    assert "10.0.2.15/24" in machine.shell("ip -4 -brief address show scope global")
    machine.shell("ping -c 3 -W 60 10.0.2.2")


@pytest.mark.parametrize("hypervisor, chipset, firmware, mem, kernel", boots())
def test_boot(boot, hypervisor, chipset, firmware, mem, kernel):
    host_must_have(mem)
    machine = boot(hypervisor=hypervisor, machine=chipset, mem=mem, kernel=kernel,
                   uefi=firmware == "uefi")
    machine.login()
    check_domain0(machine, hypervisor, kernel)
    check_network(machine)
    machine.child.send("poweroff\r")
    assert machine.ends() == 0


@pytest.mark.parametrize("hypervisor", hypervisors())
def test_reboot(boot, hypervisor):
    machine = boot(hypervisor=hypervisor)
    machine.login()
    before = machine.shell("cat /proc/sys/kernel/random/boot_id")
    machine.child.send("reboot\r")
    machine.login()
    assert machine.shell("cat /proc/sys/kernel/random/boot_id") != before


@pytest.mark.parametrize("hypervisor", hypervisors())
def test_command_lines(boot, hypervisor):
    """GRUB_CMDLINE_XEN and the kernel's words arrive where they belong."""
    machine = boot(hypervisor=hypervisor, append_xen="loglvl=all", append_dom0="lab.word=1 quiet")
    machine.login()
    assert "lab.word=1 quiet" in machine.shell("cat /proc/cmdline")
    assert re.search(r"\(XEN\).*[Cc]ommand line:.* com1=115200,8n1 console=com1,vga loglvl=all",
                     machine.seen)


@pytest.mark.parametrize("hypervisor", hypervisors())
def test_update_grub(boot, hypervisor):
    """The stock tool, run in domain 0, makes the same menu again."""
    machine = boot(hypervisor=hypervisor)
    machine.login()
    machine.shell("cp /boot/grub/grub.cfg /run/; update-grub >/run/update-grub.log 2>&1 || cat /run/update-grub.log",
                  timeout=1500)
    assert machine.shell("diff /run/grub.cfg /boot/grub/grub.cfg") == ""
