# SPDX-License-Identifier: GPL-2.0-only
"""netback on a real Xen: matrix of traffic, life cycle, limits.

Each host boots once; its verdict lines become the tests. HOSPES_LAB_DRIVER=stock
runs the same against the kernel's own driver, for comparison.
"""

import os
import re

import pytest

import netlab
import xenhost

DRIVER = os.environ.get("HOSPES_LAB_DRIVER", "own")


def verdicts(script):
	"""Names of the checks in a shell body; loops over VAR name theirs with $VAR."""
	text = (netlab.HERE / script).read_text()
	found = []
	for line in text.splitlines():
		m = re.match(r"\s*check (\S+)", line)
		if m and "$" not in m.group(1):
			found.append(m.group(1))
	return found


@pytest.fixture(scope="session")
def hosts(stock, own_modules, tmp_path_factory):
	"""boot(script, ...) -> (console, {name: passed}), each script booted once."""
	done = {}

	def boot(script, *, smp=1, timeout=900, **image):
		if script not in done:
			work = tmp_path_factory.mktemp("net")
			names = ("hospes-xenbus", "xen-netback") if DRIVER == "own" else ()
			guest = netlab.guest_image(stock, work, own=image.pop("guest_modules", ()))
			img = netlab.host_image(stock, work, guest, (netlab.HERE / script).read_text(),
						modules=[own_modules[n] for n in names], **image)
			xen = xenhost.hypervisor(stock[0], work / "xen")
			console = xenhost.boot(xen, xenhost.kernel(stock[1], stock[2]), img,
					       work / "console", cpu=netlab.CPU, smp=smp, timeout=timeout)
			done[script] = console, xenhost.results(console)
		return done[script]
	return boot


def judge(name, console, found):
	assert name in found, f"no verdict on {name}; console ends:\n{console[-3000:]}"
	detail = console[console.index(f"ok - {name}"):][:1500]
	assert found[name], detail


@pytest.mark.parametrize("name", verdicts("matrix.sh"))
def test_matrix(hosts, name):
	judge(name, *hosts("matrix.sh"))


def test_matrix_sizes(hosts):
	_, found = hosts("matrix.sh")
	sized = {n: ok for n, ok in found.items() if re.match(r"(tcp|udp)-(to|from)-guest-\d+$", n)}
	assert len(sized) == 20 and all(sized.values()), sized


@pytest.mark.parametrize("name", verdicts("queues.sh"))
def test_queues(hosts, name):
	judge(name, *hosts("queues.sh", smp=2, vcpus=2, netback="max_queues=2 rx_drain_timeout_msecs=1000 "
			   "rx_stall_timeout_msecs=3000", vif=",rate=2MB/s@20ms"))
