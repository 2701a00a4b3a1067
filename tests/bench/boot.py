# SPDX-License-Identifier: GPL-2.0-only
"""Machines that scripts/bench measures: started without GRUB, and counting instructions.

A machine says its figures on the serial console, lines "BENCH name median lower
upper"; a name that comes more than once is one figure with a spread.
"""

import re
import statistics
import subprocess
import sys
import threading
import time

CPU = "max,-smap,-smep,-monitor,-rdtscp,-xsave,-avx,-avx2,-fma,-f16c,-vaes,-vpclmulqdq"
FIGURE = re.compile(r"BENCH (\S+) (\S+) (\S+) (\S+)\s*$")
TROUBLE = re.compile(r"Panic on CPU|Kernel panic|FAILED |unexpected exception|BENCH-TROUBLE|"
                     r"Domain 0 crashed|Hardware Dom0 crashed")
STEP = re.compile(r"BENCH-STEP (\w+)")
BEGUN = time.monotonic()
patience_s = 3600  # for one boot; scripts/bench --patience


def say(text):
    """Progress, with the time since the start."""
    past = int(time.monotonic() - BEGUN)
    print(f"bench {past // 60:3}:{past % 60:02}  {text}", file=sys.stderr, flush=True)


def spread(values):
    """[median, lower quartile, upper quartile]."""
    if len(values) < 2:
        return [float(values[0])] * 3
    lower, median, upper = statistics.quantiles(values, n=4, method="inclusive")
    return [median, lower, upper]


def command(kernel, modules, options, mem, cpus=1, more=()):
    """QEMU for a multiboot1 kernel, or Linux: its modules, and its command line."""
    return ["qemu-system-x86_64", "-machine", "q35", "-m", mem, "-cpu", CPU, "-smp", str(cpus),
            "-nodefaults", "-display", "none", "-no-reboot", "-serial", "stdio",
            "-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off",
            "-rtc", "clock=vm,base=2024-01-01", "-kernel", str(kernel), "-append", options,
            "-initrd", ",".join(map(str, modules)), *more]


class Boot:
    """One machine until a line matches LAST, with what it said.

    figures: {name: [median, lower, upper]}; trouble: why it ended early, or "".
    """

    def __init__(self, qemu, last, record):
        self.lines, self.samples, self.trouble = [], {}, ""
        record.parent.mkdir(parents=True, exist_ok=True)
        with open(record, "w", encoding="utf-8") as self.log, \
                subprocess.Popen(qemu, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace") as child:
            clock = threading.Timer(patience_s, child.terminate)
            clock.start()
            try:
                self.trouble = self.read(child.stdout, last) or ""
            finally:
                clock.cancel()
                child.terminate()
        if self.trouble:
            self.trouble += f"; see {record}"
            say(f"  {self.trouble}")

    @property
    def figures(self):
        """Names that came more than once are one figure with a spread."""
        return {name: spread([v[0] for v in values]) if len(values) > 1 else values[0]
                for name, values in self.samples.items()}

    def read(self, console, last):
        for line in console:
            self.lines.append(line.rstrip())
            print(line.rstrip(), file=self.log, flush=True)
            figure, step = FIGURE.search(line), STEP.search(line)
            if figure and figure.group(1) != "done":
                self.samples.setdefault(figure.group(1), []).append(
                    [float(x) for x in figure.groups()[1:]])
            elif step and step.group(1) != "end":
                say(f"  {step.group(1)}")
            if re.search(last, line):
                return None
            if TROUBLE.search(line):
                return f"the machine said: {line.strip()}"
        return "the machine ended, or took too long"
