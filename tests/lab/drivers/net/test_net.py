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

	def boot(script, *, smp=1, timeout=1500, cpu=netlab.CPU, **image):
		key = script, image.get("kind")
		if key not in done:
			work = tmp_path_factory.mktemp("net")
			names = ("hospes-xenbus", "xen-netback") if DRIVER == "own" else ()
			guest = netlab.guest_image(stock, work)
			img = netlab.host_image(stock, work, guest, (netlab.HERE / script).read_text(),
						modules=[own_modules[n] for n in names], **image)
			xen = xenhost.hypervisor(stock[0], work / "xen")
			console = xenhost.boot(xen, xenhost.kernel(stock[1], stock[2]), img,
					       work / "console", cpu=cpu, smp=smp, timeout=timeout)
			done[key] = console, xenhost.results(console)
		return done[key]
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


@pytest.mark.skipif("pvh" not in xenhost.KINDS, reason="no PVH guests")
@pytest.mark.parametrize("name", verdicts("pvh.sh"))
def test_pvh(hosts, name):
	judge(name, *hosts("pvh.sh", cpu=netlab.CPU_HVM, kind="pvh", memory=256))


@pytest.mark.parametrize("name", verdicts("queues.sh"))
def test_queues(hosts, name):
	judge(name, *hosts("queues.sh", smp=2, vcpus=2, netback="max_queues=2 rx_drain_timeout_msecs=1000 "
			   "rx_stall_timeout_msecs=3000", vif=",rate=2MB/s@20ms"))


def routed_verdicts():
	"""The loop over what a set-up must do is a shell function."""
	text = (netlab.HERE / "routed.sh").read_text()
	each = re.findall(r"check \$1-(\S+)", text)
	return verdicts("routed.sh") + [f"{how}-{name}" for how in ("route", "nat") for name in each]


@pytest.mark.parametrize("name", routed_verdicts())
def test_routed(hosts, name):
	judge(name, *hosts("routed.sh"))


def test_badfront(stock, own_modules, tmp_path):
	"""Some ninety ways to break the protocol, and random ones; HOSPES_FUZZ_SEED chooses them."""
	guest = netlab.guest_image(stock, tmp_path)
	built = xenhost.build_modules(netlab.HERE / "badfront", stock[2], tmp_path)
	bad = netlab.bad_guest_image(stock, tmp_path, built["badfront"])
	body = f"SEED={os.environ.get('HOSPES_FUZZ_SEED', '1')}\n" + (netlab.HERE / "badfront.sh").read_text()
	img = netlab.host_image(stock, tmp_path, guest, body, files={bad: "guest/bad.img"},
				modules=[own_modules[n] for n in ("hospes-xenbus", "xen-netback")])
	console = xenhost.boot(xenhost.hypervisor(stock[0], tmp_path / "xen"),
			       xenhost.kernel(stock[1], stock[2]), img, tmp_path / "console",
			       cpu=netlab.CPU, timeout=1500)
	found = xenhost.results(console)
	assert len(found) > 90 and all(found.values()), [n for n, ok in found.items() if not ok]
