# SPDX-License-Identifier: GPL-2.0-only
"""The tools beside create and destroy, on a host with one guest."""

from guests.life import LEFT


def tools(host):
    host.create("guest1")
    host.inside("guest1", "true")
    looking(host)
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
