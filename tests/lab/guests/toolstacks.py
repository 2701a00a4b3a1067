# SPDX-License-Identifier: GPL-2.0-only
"""Debian 12's and Debian 13's tools in one domain 0, on the same guests.

Ours serves both. The reference knows one version of domctl, and must refuse what the
newer tools ask of it: that shows that they are not served by accident. (sysctl, by which
they list all domains, has the same version in both.)
"""

from guesthost import SECOND

NEW = "chroot /mnt /usr/lib/xen-4.20/bin/xl"


def toolstacks(host):
    """The second toolstack is on the second disk and shares what tools share."""
    host.sh(f"mount {SECOND} /mnt; for dir in dev proc sys run boot var/lib/xen var/log/xen; do "
            "mkdir -p /mnt/$dir; mount --rbind /$dir /mnt/$dir || exit 1; done")
    host.create("guest1")
    if host.hypervisor == "hospes":
        both(host)
    else:
        assert "guest1" in host.sh(f"{NEW} list")
        for refused in ("list", "pause"):
            # xl pause says so, and exits with 0
            output = host.try_sh(f"{NEW} {refused} guest1 2>&1")[1]
            assert "Permission denied" in output, output
        host.until_state("guest1", "..-...")
    host.sh("xl destroy guest1")


def listed(host, name):
    for tool in ("xl", NEW):
        assert host.sh(f"{tool} list {name} | tail -n 1").startswith(name)
        assert name in host.sh(f"{tool} vcpu-list {name}")


def both(host):
    """Each lists, changes and stops the other's guests."""
    assert host.sh(f"{NEW} info xen_version") == host.sh("xl info xen_version")
    host.inside("guest1", "true")
    listed(host, "guest1")
    host.sh(f"{NEW} pause guest1; xl unpause guest1")
    host.sh(f"{NEW} shutdown -w guest1", timeout=900)
    host.until_gone("guest1")

    free = host.free_mib()
    host.volume("guest2")
    host.sh(f"{NEW} create -q {host.config('guest2')}", timeout=900)
    host.inside("guest2", "true")
    listed(host, "guest2")
    host.sh("xl shutdown -w guest2", timeout=900)
    host.until_free_again(free)

    host.create("guest1")
    host.sh(f"{NEW} destroy guest1")
    host.until_free_again(free)
    host.create("guest1")
