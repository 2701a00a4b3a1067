# SPDX-License-Identifier: GPL-2.0-only
"""What must be refused: xl names the cause, and nothing is left behind."""

from guests.life import LEFT, PLACE
from guests.load import SLEEPER

LOGS = (r"see /var/log/xen/\S+", "see LOG")
HIDE = (LEFT, LOGS, PLACE)


def refused(host, says, *changes):
    """xl create fails and says so; no domain, no device, no memory is left."""
    free = host.free_mib()
    host.note(f"xl create {host.config('guest1', *changes)}", *HIDE, fails=True, says=says, timeout=900)
    host.note("xl list", LEFT)
    host.until_free_again(free)
    host.until("! ls /sys/bus/xen-backend/devices | grep -q v")


def errors(host):
    host.volume("guest1")
    refused(host, "failed to free memory|not enough|[Cc]annot allocate", "s/^memory.*/memory = 65536/")
    refused(host, "No such file", "s/^kernel.*/kernel = \"\\/boot\\/nothing\"/")
    host.sh("head -c 100000 /dev/urandom >/run/noise; cp /bin/true /run/no-notes")
    refused(host, "kernel", "s/^kernel.*/kernel = \"\\/run\\/noise\"/")
    refused(host, "kernel", "s/^kernel.*/kernel = \"\\/run\\/no-notes\"/")
    refused(host, "nothing", "s/guest1,xvda/nothing,xvda/")
    refused(host, "nosuch", "s/xenbr0/nosuch/")
    refused(host, "syntax error|parsing", "$ a vif = [ nonsense")
    refused(host, "invalid|ERANGE|vcpus", "s/^vcpus.*/vcpus = 100000/")

    in_use(host)
    host.note("xl create /run/none.cfg", fails=True, says="none.cfg")
    host.note("xl nonsense", fails=True)


def in_use(host):
    """A name and a volume that a running guest has."""
    host.create("guest1", *SLEEPER)
    host.config("guest2", *SLEEPER, "s/vg0.guest2/vg0\\/guest1/")
    host.note("xl create /run/guest1.cfg", *HIDE, fails=True, says="already exists")
    host.note("xl create /run/guest2.cfg", *HIDE, fails=True,
              says="mounted in a guest domain")
    host.note("xl list", LEFT)
    host.note("xl destroy guest1")
