# SPDX-License-Identifier: GPL-2.0-only
"""A machine started by scripts/run, driven over its serial console."""

import base64
import os
import re
import signal

import pexpect

# For a machine five times slower than the slowest seen: two busy cores, no KVM.
BOOT_S = 1500
COMMAND_S = 300
LINE = 72

# Ctrl-a three times moves the serial line's input from domain 0 to the hypervisor and back.
CONSWITCH = "\x01" * 3

# What must never be on a console; the text names the trouble in the verdict.
TROUBLE = re.compile(
    r"Panic on CPU \d|Kernel panic - not syncing|\(XEN\).*\b(?:BUG|WARNING|Assertion)\b"
    r"|kernel BUG at|\bOops:|general protection fault|unable to handle page fault"
    r"|WARNING: CPU:|emergency mode|Xen call trace")


class Trouble(AssertionError):
    """The machine said something that no good machine says."""


class Machine:
    """One boot of the image. Options are those of scripts/run, - written as _."""

    def __init__(self, run, record, put=(), qemu=(), **options):
        words = ["--no-build", "--record", str(record)]
        options = {"guests": "0", **options}
        for name, value in options.items():
            option = "--" + name.replace("_", "-")
            words += [option] if value is True else [option, str(value)] if value else []
        for pair in put:
            words += ["--put", pair]
        self.seen = ""
        self.child = pexpect.spawn(str(run), words + (["--", *qemu] if qemu else []),
                                   timeout=BOOT_S, encoding="utf-8", codec_errors="replace",
                                   maxread=65536, dimensions=(50, 200))
        self.child.delaybeforesend = None

    def expect(self, pattern, timeout=BOOT_S):
        """Wait for the pattern; trouble on the way, or the machine's end, is an error."""
        which = self.child.expect(
            [pattern, TROUBLE, pexpect.EOF, pexpect.TIMEOUT], timeout=timeout)
        self.seen += self.child.before + (self.child.after if which < 2 else "")
        if which:
            said = ["", "", "ended", f"was silent about it for {timeout} s"][which]
            if which == 1:
                said = "said: " + self.child.after + self.child.readline().rstrip()
            raise Trouble(f"waiting for '{pattern}', the machine {said}\n"
                          + "\n".join(self.seen.splitlines()[-30:]))
        return self.child.match

    def poke(self, pattern, every=15):
        """Press Enter until the pattern comes: whoever should answer may not listen yet."""
        for _ in range(BOOT_S // every):
            self.child.send("\r")
            which = self.child.expect([pattern, TROUBLE, pexpect.EOF, pexpect.TIMEOUT],
                                      timeout=every)
            if which == 0:
                self.seen += self.child.before + self.child.after
                return
            if which < 3:
                break
        raise Trouble(f"waiting for '{pattern}', the machine said:\n" + self.child.before[-3000:])

    def login(self):
        """Log in as root and get a shell that says nothing by itself."""
        self.expect("login: ")
        self.child.send("root\r")
        self.expect(r"root@dom0:~# ")
        self.quieten()

    def quieten(self):
        """Turn root's shell into one that says nothing by itself."""
        self.child.send("exec sh\r")
        self.expect("# ")
        self.child.send("export TERM=dumb PAGER=cat SYSTEMD_PAGER=cat; stty -echo; PS1=; "
                        "dmesg -n 1; echo '<'ready'>'\r")
        self.expect("<ready>")

    def shell(self, command, timeout=COMMAND_S):
        """Run a command; returns its output, and insists that it succeeds."""
        status, output = self.try_shell(command, timeout)
        assert status == 0, f"'{command}' gave {status}:\n{output}"
        return output

    def try_shell(self, command, timeout=COMMAND_S):
        """Run a command; returns its exit status and output."""
        command = self.spell(command)
        self.child.send(f"echo '<'do'>'; {command}; echo '<'rc $?'>'\r")
        self.expect(r"<do>\r*\n", timeout)
        match = self.expect(r"<rc (\d+)>", timeout)
        return int(match.group(1)), self.child.before.replace("\r", "").strip()

    def spell(self, command):
        """A way to type COMMAND: Xen keeps 128 bytes of input, so a long one goes in pieces,
        each waited for."""
        if len(command) <= LINE and "\n" not in command:
            return command
        code = base64.b64encode(command.encode()).decode()
        for at in range(0, len(code), LINE):
            self.child.send(f"b={'${b}' if at else ''}{code[at:at + LINE]};echo '<'k'>'\r")
            self.expect("<k>", COMMAND_S)
        return 'eval "$(echo $b|base64 -d)"'

    def debug_key(self, key, last_line):
        """What our hypervisor says to a debug key, up to a line that matches last_line."""
        self.child.send(CONSWITCH)
        self.expect("Serial input to")
        self.child.send(key)
        match = self.expect(last_line)
        report = self.child.before + match.group(0)
        self.child.send(CONSWITCH)
        self.expect("input to D")
        return report

    def ends(self, timeout=BOOT_S):
        """Wait for the machine to switch itself off; returns QEMU's exit status."""
        if self.child.expect([pexpect.EOF, TROUBLE], timeout=timeout):
            raise Trouble(f"on its way down the machine said: {self.child.after}")
        self.seen += self.child.before
        self.child.wait()
        return self.child.exitstatus

    def end(self):
        """Whatever state it is in: end the machine and what started it."""
        if self.child.isalive():
            os.killpg(self.child.pid, signal.SIGTERM)
        self.child.close(force=True)
