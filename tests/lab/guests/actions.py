# SPDX-License-Identifier: GPL-2.0-only
"""What happens when a guest ends by itself: on_poweroff, on_reboot, on_crash."""

from guests.life import LEFT

# Ends within seconds: there is nothing to mount.
CRASHES = 's/^extra.*/extra = "rdinit=\\/none root=\\/none"/'
ROOTLESS = "/^root/d"
ENDS_BY = 's/^extra.*/extra = "console=hvc0 systemd.unit={}.target"/'

# SHUTDOWN_* of sched.h
POWERED_OFF, REBOOTED, CRASHED = 0, 1, 3


def ended(host, reason):
    """xl, which waited for the guest's end, was told why."""
    host.sh(f"grep -Eq '^Domain [0-9]+ has shut down, reason code {reason} ' /var/log/xen/xl-guest1.log")


def actions(host):
    free = host.free_mib()
    crash_destroy(host, free)
    crash_restart(host)
    crash_preserve(host)
    crash_rename_restart(host)
    poweroff_preserve(host)
    reboot_destroy(host)
    host.until_free_again(free)


def create(host, *changes):
    host.volume("guest1")
    host.note(f"xl create -q {host.config('guest1', *changes)}", timeout=900)


def crash_destroy(host, free):
    create(host, CRASHES, ROOTLESS, '$ a on_crash = "destroy"')
    host.until_gone("guest1")
    host.until_free_again(free)
    ended(host, CRASHED)


def crash_restart(host):
    create(host, CRASHES, ROOTLESS, '$ a on_crash = "restart"')
    first = host.domid("guest1")
    host.until(f"[ $(xl domid guest1 || echo 0) -gt {first} ]", timeout=900)
    host.sh("until xl destroy guest1; do sleep 0.1; done 2>/dev/null")
    host.until_gone("guest1")


def crash_preserve(host):
    create(host, CRASHES, ROOTLESS, '$ a on_crash = "preserve"')
    host.until_state("guest1", "...-?c-|---sc-|-b-sc-")
    host.note("xl list guest1")
    host.note("xl destroy guest1")


def crash_rename_restart(host):
    # what has crashed keeps its disk
    create(host, CRASHES, ROOTLESS, "/^disk/d", '$ a on_crash = "rename-restart"')
    host.until("xl list | grep -q '^guest1-[0-9TZ]* '", timeout=900)
    host.sh("until xl destroy guest1; do sleep 0.1; done 2>/dev/null")
    host.sh("for name in $(xl list | grep -o '^guest1[^ ]*'); do xl destroy $name; done")
    host.until("! xl list | grep -q ^guest1")


def poweroff_preserve(host):
    create(host, ENDS_BY.format("poweroff"), '$ a on_poweroff = "preserve"')
    host.until_state("guest1", "---s--|-b-s--|r--s--")
    ended(host, POWERED_OFF)
    host.note("xl destroy guest1; xl list", LEFT)


def reboot_destroy(host):
    create(host, ENDS_BY.format("reboot"), '$ a on_reboot = "destroy"')
    host.until_gone("guest1")
    ended(host, REBOOTED)
