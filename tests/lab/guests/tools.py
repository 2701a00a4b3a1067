# SPDX-License-Identifier: GPL-2.0-only
"""The tools beside create and destroy, on a host with one guest."""

from guests.life import LEFT, PLACE


def tools(host):
    host.create("guest1")
    host.inside("guest1", "true")
    looking(host)
    shares(host)
    keys(host)
    domains(host)


def looking(host):
    assert "Xen" in host.sh("xl dmesg | head -n 400") or "XEN" in host.sh("xl dmesg | head -n 400")
    host.note("xentop -b -i 1 | grep -oE '^ *(NAME|Domain-0|guest1)'")
    assert "guest1" in host.sh("xl top -h >/dev/null 2>&1; xentop -b -i 2 -d 1 -n -x -v")
    host.note("xen-detect", says="Running in PV context on Xen V4.17")
    host.note("/usr/lib/xen-4.17/bin/lsevtchn 0 | sed -n '1,3s/VCPU.*//p' | wc -l")
    assert "VCPU" in host.sh("/usr/lib/xen-4.17/bin/lsevtchn $(xl domid guest1)")
    context = host.sh("/usr/lib/xen-4.17/bin/xenctx -a $(xl domid guest1) 0")
    assert "rip: " in context and "cr3: " in context, context
    host.note("xl vcpu-list guest1 | wc -l")
    host.note("xenstore-list /local/domain/$(xl domid guest1) | sort")
    host.note("xenstore-read /local/domain/$(xl domid guest1)/name")


def shares(host):
    """The scheduler's weights and caps, and the pool that all processors are in."""
    host.note("xl sched-credit2")
    host.note("xl sched-credit2 -d guest1 -w 512 -c 50; xl sched-credit2 -d guest1")
    host.note("xl sched-credit2 -d guest1 -w 0", PLACE, fails=True)
    host.note("xl sched-credit2 -d nobody", fails=True)
    host.note("xl sched-credit -d guest1", PLACE, fails=True)
    host.note("xl cpupool-list; xl cpupool-list -c; xl cpupool-numa-split", PLACE)
    host.note("xl sched-credit2 -d guest1 -w 256 -c 0")


def keys(host):
    """sysrq reaches the guest, debug keys the hypervisor."""
    host.note("xl sysrq guest1 s")
    assert "Emergency Sync" in host.inside(
        "guest1", "until dmesg | grep -q Emergency; do sleep 0.2; done; dmesg | grep Emergency")
    host.sh("xl dmesg -c >/dev/null; xl debug-keys h")
    host.until("xl dmesg | grep -qi 'key'")
    host.note("xl debug-keys", fails=True)


def domains(host):
    """xendomains stops what runs and starts what is in auto."""
    host.sh("mkdir -p /etc/xen/auto; ln -sf ../guest1.cfg /etc/xen/auto/; "
            "sed -i 's|^XENDOMAINS_SAVE=.*|XENDOMAINS_SAVE=|' /etc/default/xendomains")
    host.sh("/etc/init.d/xendomains stop", timeout=1500)
    host.until_gone("guest1")
    host.note("xl list", LEFT)
    host.sh("/etc/init.d/xendomains start", timeout=900)
    host.logged_in.discard("guest1")
    host.note("xl list", LEFT)
    host.sh("/etc/init.d/xendomains status")
    host.note("xl destroy guest1")
    host.sh("rm /etc/xen/auto/guest1.cfg")


def image(host):
    """xen-create-image of xen-tools makes a guest, here by copying a system; it boots."""
    # with domain 0's kernel, not one that is installed in the guest from a mirror
    host.sh("sed -i '/^bookworm/s/ pygrub//' /etc/xen-tools/distributions.conf; "
            "mount -o ro /dev/vg0/template /mnt")
    host.sh("xen-create-image --hostname=guest --lvm=vg0 --size=400M --noswap --memory=256M --dhcp "
            "--bridge=xenbr0 --install-method=copy --install-source=/mnt --dist=bookworm "
            "--mirror=http://localhost/debian --genpass=0 --initrd=/boot/guest-initrd.img-$(uname -r)",
            timeout=1500)
    host.sh("umount /mnt")
    host.note("xen-list-images", (r"\d+:\d+", "TIME"))
    host.note("xl create /etc/xen/guest.cfg", timeout=900)
    host.logged_in.discard("guest")
    assert host.inside("guest", "findmnt -n -o FSTYPE /") == "ext4"
    host.note("xl list", LEFT)
    host.note("xl shutdown -w guest", timeout=900)
    host.note("xen-delete-image --hostname=guest --lvm=vg0")
    host.note("lvs --noheadings -o lv_name vg0 | sort")
