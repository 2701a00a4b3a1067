# SPDX-License-Identifier: GPL-2.0-only
"""The walk through LVM, bridge and guest of Documentation/admin/guests.rst, line by line."""

import pathlib
import re

from guesthost import SECOND
from guests.life import BLOCK, LEFT, MAC, NETWORK

PAGE = pathlib.Path(__file__).resolve().parents[3] / "Documentation" / "admin" / "guests.rst"


def commands():
    """What the page's console blocks tell to type, here-documents in one piece."""
    found = []
    for block in re.findall(r"^\.\. code-block:: console\n\n((?:    .*\n|\n)+)",
                            PAGE.read_text(encoding="utf-8"), re.MULTILINE):
        for line in block.splitlines():
            text = line[4:]
            if text.startswith("# "):
                found.append(text[2:])
            elif text:
                found[-1] += "\n" + text
    return found


def walk(host):
    typed = commands()
    assert len(typed) > 15
    for command in typed:
        host.sh(command.replace("/dev/sdb", SECOND), timeout=1500)
        if command == "xl create /etc/xen/web.cfg":
            assert "guest" in host.inside("web", "hostname")
            host.note("xl list", LEFT)
        elif command.startswith("xl network-list"):
            host.note("xl block-list web", BLOCK)
            host.note("xl network-list web", MAC, NETWORK)
    host.note("xl list", LEFT)
