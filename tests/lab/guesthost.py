# SPDX-License-Identifier: GPL-2.0-only
"""A host with guests, driven over its serial console, and what it said."""

import contextlib
import re
import shlex

GUEST_BOOT_S = 1500
PROMPT = "in guest> "
LEAVE = "\x1d"  # what xl console ends at
# The second disk: which of the two is sdb depends on who answers first.
SECOND = "/dev/disk/by-id/ata-QEMU_HARDDISK_second"

# What differs from run to run and host to host is written as a word.
USUAL = [
    (r"\(XEN\)[^\n]*\n?", ""),              # the hypervisor speaks on the same line
    (r"\b\d+\.\d+\b", "TIME"),
    (r"[rbpscd-]{6}(?=\s)", "STATE"),
    (r" \[\d+\] ", " [PID] "),
    # which number a domain has depends on how many there were
    (r"(?m)^((?:guest|other|web)\S* +)\d+", r"\1ID"),
    (r"\b([Dd]omain|domid|\"domid\":) \d+", r"\1 ID"),
    (r"(/backend/\w+/)\d+", r"\1ID"),
    (r"[ \t]+", " "),
    (r" ?\n ?", "\n"),
]


class GuestHost:
    """Domain 0 of one machine: commands, guests, consoles and a transcript.

    What a scenario calls note() for is compared between hypervisors, so it must
    come in the same order, and what cannot be equal is hidden.
    """

    def __init__(self, hypervisor, machine):
        self.hypervisor = hypervisor
        self.machine = machine
        self.transcript = []
        self.logged_in = set()

    def start(self, shown=False):
        """Wait for domain 0 and for what xl needs.

        @shown: scripts/run has a guest created before the eyes of the user,
                and ends with it listed, at root's prompt
        """
        if shown:
            self.machine.expect(r"root@dom0:~# xl list\s+Name [^\n]*\n")
            self.machine.expect(r"\nguest1 +\d+ +256 +1 [^\n]*\n")
            self.machine.expect(r"root@dom0:~# ")
            self.machine.quieten()
        else:
            self.machine.login()
        self.sh("systemctl start xen.service; udevadm settle")
        self.until("ip link show xenbr0")
        self.until("[ -e /dev/vg0/template ]")

    # commands in domain 0

    def sh(self, command, **kw):
        """Run a command that must succeed; returns its output."""
        return self.machine.shell(command, **kw)

    def try_sh(self, command, **kw):
        """Run a command; returns its status and output."""
        return self.machine.try_shell(command, **kw)

    def note(self, command, *hide, fails=False, says=None, timeout=600):
        """Run a command and keep its output for the comparison; returns it.

        @hide: pairs (pattern, word) besides the usual ones
        @says: pattern that its output must match
        """
        status, raw = self.try_sh(f"{command} 2>&1", timeout=timeout)
        output = raw + "\n"
        for pattern, word in [*hide, *USUAL]:
            output = re.sub(pattern, word, output)
        self.transcript += [f"# {command}", *output.strip().splitlines(), f"= {status}"]
        assert bool(status) == fails, f"'{command}' gave {status}:\n{raw}"
        if says:
            assert re.search(says, raw), f"'{command}' did not say '{says}':\n{raw}"
        return raw

    def until(self, condition, timeout=600):
        """Wait until a shell condition holds in domain 0."""
        loop = shlex.quote(f"until {condition}; do sleep 0.3; done >/dev/null 2>&1")
        status, _ = self.try_sh(f"timeout {timeout} sh -c {loop}", timeout=timeout + 300)
        if status:
            seen = self.try_sh("xl list; xl vcpu-list; tail -n 20 /var/log/xen/xl-*.log")[1]
            raise AssertionError(f"not within {timeout} s: {condition}\n{seen}")

    def clear(self):
        """Take away what a scenario leaves, for the next one: guests, mounts, their volumes."""
        self.sh("for id in $(xl list | awk '$2 > 0 { print $2 }'); do xl destroy $id; done; "
                "! mountpoint -q /mnt || umount -R /mnt; "
                "until ! ls /sys/bus/xen-backend/devices | grep -q v; do sleep 0.3; done; "
                "for name in $(lvs --noheadings -o lv_name vg0 | grep -v template); do "
                "lvremove -qq -f vg0/$name; done", timeout=600)
        self.logged_in.clear()

    # guests

    def volume(self, *names, size="30%ORIGIN"):
        """A fresh snapshot of the template for each name."""
        for name in names:
            self.sh(f"if [ -e /dev/vg0/{name} ]; then lvremove -qq -f vg0/{name}; fi; "
                    f"lvcreate -qq -s -l {size} -n {name} vg0/template")

    def config(self, name, *changes):
        """Write NAME's file: guest1's with sed expressions applied; returns its path."""
        path = f"/run/{name}.cfg"
        edits = " ".join(f"-e '{edit}'" for edit in (f"s/guest1/{name}/", *changes))
        self.sh(f"sed {edits} /etc/xen/guest1.cfg >{path}")
        return path

    def create(self, name, *changes):
        """Create NAME on its own volume; returns when xl does."""
        self.volume(name)
        self.sh(f"xl create -q {self.config(name, *changes)}", timeout=900)
        self.logged_in.discard(name)

    def domid(self, name):
        return int(self.sh(f"xl domid {name}"))

    def until_gone(self, name, timeout=900):
        self.until(f"! xl domid {name}", timeout)

    def until_state(self, name, state):
        """@state as xl list shows it, with . for what does not matter."""
        self.until(f'xl list {name} | tail -n 1 | grep -Eq " {state} "')

    def free_mib(self):
        return int(self.sh("xl info free_memory").split()[-1])

    def until_free_again(self, before):
        """All memory of destroyed guests comes back to the hypervisor."""
        self.until(f"[ $(xl info free_memory) -ge {before - 1} ]")

    @contextlib.contextmanager
    def console(self, name):
        """xl console NAME, as a shell of root in the guest."""
        # after a restart xenconsoled takes a moment to find the new domain
        self.until(f"xenstore-read /local/domain/$(xl domid {name})/console/tty")
        self.machine.child.send(f"xl console {name}; echo '<'left $?'>'\r")
        yield self.guest_shell(name)
        self.leave()

    def guest_shell(self, name):
        """On NAME's console: log in if that is still to be done."""
        if name in self.logged_in:
            self.machine.poke(PROMPT)
            return self.machine
        self.machine.poke("guest login: ")
        self.machine.child.send("root\r")
        self.machine.expect(r"root@guest:~# ", GUEST_BOOT_S)
        self.machine.child.send("exec sh\r")
        self.machine.expect("# ")
        self.machine.child.send(f"stty -echo; PS1='{PROMPT}'; dmesg -n 1; echo '<'inside'>'\r")
        self.machine.expect("<inside>")
        self.logged_in.add(name)
        return self.machine

    def leave(self):
        """From a guest's console back to domain 0's shell."""
        self.machine.child.send(LEAVE)
        self.machine.expect(r"<left \d+>")

    def inside(self, name, command, **kw):
        """Run a command in a guest that must succeed; returns its output."""
        with self.console(name) as guest:
            return guest.shell(command, **kw)
