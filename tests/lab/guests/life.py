# SPDX-License-Identifier: GPL-2.0-only
"""A guest's life: created, looked at, changed, stopped, and its memory back."""

UUID = (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID")
MAC = (r"00:16:3e(:[0-9a-f]{2}){3}", "MAC")
UPTIME = (r"\d+:\d+:\d+", "UPTIME")
# which port and grant reference a frontend takes is the guest's own choice
BLOCK = (r"(?m)^(\d+ +\d+) +\d+( +\d+) +\S+ +\S+", r"\1 ID\2")
NETWORK = (r"(?m)^(\d+ .*) +\S+ +\d+/\d+ ", r"\1 ")
PLACE = (r"(?m)^libxl: error: [\w.]+:\d+:", "libxl: error:")
LEFT = (r"(?m)^(Domain-0 +0 +)\d+", r"\1MEM")


def start(host):
    """Create guest1 with a console and look around inside."""
    host.volume("guest1")
    host.machine.child.send("xl create -c /etc/xen/guest1.cfg; echo '<'left $?'>'\r")
    host.logged_in.discard("guest1")
    guest = host.guest_shell("guest1")
    assert guest.shell("cat /sys/hypervisor/type") == "xen"
    assert guest.shell("findmnt -n -o SOURCE,FSTYPE /").split() == ["/dev/xvda", "ext4"]
    guest.shell("/lib/systemd/systemd-networkd-wait-online --any -o routable --timeout=280")
    guest.shell("ping -c 3 -W 60 10.0.2.2")
    guest.shell("dd if=/dev/urandom of=/root/data bs=1M count=16 conv=fsync 2>/dev/null; "
                "sha256sum /root/data >/root/sum; echo 3 >/proc/sys/vm/drop_caches; "
                "sha256sum -c /root/sum")
    host.leave()


def stop(host):
    host.note("xl list", LEFT)
    host.note("xl shutdown -w guest1", timeout=900)
    host.note("xl list", LEFT)


def rename(host):
    host.note("xl rename guest1 other; xl list other; xl rename other guest1", LEFT)
    host.note("xl uptime guest1", UPTIME)


def reboot(host):
    before = host.domid("guest1")
    host.note("xl reboot guest1")
    host.until(f"[ $(xl domid guest1 || echo {before}) != {before} ]")
    host.logged_in.discard("guest1")
    assert "OK" in host.inside("guest1", "sha256sum -c /root/sum")


def life(host, *scenarios):
    """What happens to a guest between its creation and its shutdown; its memory comes back.

    @scenarios: run with guest1 running; those of this file by default
    """
    free = host.free_mib()
    start(host)
    for scenario in scenarios or (lists, pause, vcpus, rename, reboot):
        scenario(host)
    stop(host)
    host.until_free_again(free)


def lists(host):
    host.note("xl list", LEFT)
    host.note("xl list -v", LEFT, UUID)
    host.note("xl list -l guest1", UUID, MAC)
    host.note("xl domid guest1; xl domname $(xl domid guest1)", (r"^\d+", "ID"))
    host.note("xl info | cut -d: -f1")
    host.note("xl network-list guest1", MAC, NETWORK)
    host.note("xl block-list guest1", BLOCK)
    host.note("xl domid nobody", fails=True, says="maybe this domain does not exist")


def pause(host):
    host.note("xl pause guest1")
    host.until_state("guest1", "--p---")
    # pauses count
    host.note("xl pause guest1; xl unpause guest1")
    host.until_state("guest1", "--p---")
    host.note("xl unpause guest1")
    host.until_state("guest1", "..-...")
    assert host.inside("guest1", "echo alive") == "alive"


def vcpus(host):
    host.note("xl vcpu-list guest1")
    host.note("xl vcpu-pin guest1 0 0")
    host.note("xl vcpu-list guest1")
    host.note("xl vcpu-pin guest1 all all 0")
    host.note("xl vcpu-list guest1")
    host.note("xl vcpu-pin guest1 7 0", PLACE, fails=True)
    host.note("xl vcpu-pin guest1 0 all all")
    host.note("xl vcpu-list guest1")


def hotplug(host):
    """Virtual CPUs come and go while the guest runs."""
    host.create("guest1", "$ a maxvcpus = 3")
    online = "cat /sys/devices/system/cpu/online"
    assert host.inside("guest1", online) == "0"
    host.note("xl vcpu-set guest1 2", fails=True, says="want 2 vCPUs")
    host.note("xl vcpu-set -i guest1 2")
    wait = "until {}; do sleep 0.2; done"
    add = ("until [ -e /sys/devices/system/cpu/cpu1/online ]; do sleep 0.2; done; "
           "echo 1 >/sys/devices/system/cpu/cpu1/online; " + online)
    assert host.inside("guest1", add) == "0-1"
    host.note("xl vcpu-list guest1 | wc -l")
    host.note("xl vcpu-set guest1 1")
    assert host.inside("guest1", wait.format(f"[ $({online}) = 0 ]") + "; echo one") == "one"
    host.note("xl vcpu-set -i guest1 9", PLACE, fails=True)
    host.note("xl destroy guest1")


def destroy(host):
    """While it starts: everything is released."""
    free = host.free_mib()
    for _ in range(3):
        host.create("guest1")
        host.note("xl destroy guest1; xl list", LEFT)
        host.until_free_again(free)
    host.note("xl destroy guest1", fails=True, says="guest1 is an invalid domain identifier")
    host.until("! ls -d /sys/bus/xen-backend/devices/v* | grep -q v")
    host.sh("lvremove -qq -f vg0/guest1")


def kernel(host):
    """A guest with Debian 13's kernel."""
    version = host.sh("ls /boot/vmlinuz-6.12*").removeprefix("/boot/vmlinuz-")
    host.create("guest1", f's/-6\\.1\\.[^"]*/-{version}/')
    assert host.inside("guest1", "uname -r") == version
    host.note("xl shutdown -w guest1", timeout=900)


def pygrub(host):
    """The guest's own kernel, found by its own menu."""
    host.create("guest1", "/^kernel/d; /^ramdisk/d; /^root/d; /^extra/d", '$ a bootloader = "pygrub"')
    assert "BOOT_IMAGE" not in host.inside("guest1", "cat /proc/cmdline")
    host.note("xl shutdown -w guest1", timeout=900)
