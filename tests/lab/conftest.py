# SPDX-License-Identifier: GPL-2.0-only
"""What each scenario gets: a way to start machines, and its one verdict line."""

import os
import pathlib
import signal

import pytest

from machine import Machine

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
CONSOLES = TOP / "build" / "test" / "lab"


def pytest_addoption(parser):
    parser.addoption("--verdict", help="print TEST NAME: PASS|FAIL|SKIP at the end")


def pytest_configure(config):
    config.outcomes = []
    # scripts/test was interrupted: what boot() started ends as after a failure
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("interrupted"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    report = (yield).get_result()
    if report.outcome != "passed" or report.when == "call":
        item.config.outcomes.append(report)


def pytest_unconfigure(config):
    name = config.getoption("--verdict")
    if not name:
        return
    for outcome, verdict in (("failed", "FAIL"), ("skipped", "SKIP"), ("passed", "PASS")):
        reports = [r for r in config.outcomes if r.outcome == outcome]
        if reports:
            note = f" {reports[0].longrepr[2]}" if verdict == "SKIP" else ""
            print(f"\nTEST {name}: {verdict}{note}")
            return


@pytest.fixture
def boot(request):
    """boot(**what) starts a Machine; all of a scenario's machines end with it."""
    machines = []

    def start(**what):
        CONSOLES.mkdir(parents=True, exist_ok=True)
        record = CONSOLES / f"{request.node.name.removeprefix('test_')}-{len(machines)}.console"
        machines.append(Machine(TOP / "scripts" / "run", record, **what))
        return machines[-1]

    yield start
    for machine in machines:
        machine.end()


@pytest.fixture
def long_run():
    """Was --long asked for?"""
    return bool(os.environ.get("HOSPES_LONG"))
