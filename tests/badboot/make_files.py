#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Kernels that are none: make_files.py DIRECTORY

Derived from crash.elf in DIRECTORY, a kernel that works. ABI: Linux
Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header"; gABI, chapter 4.
"""

import gzip
import lzma
import pathlib
import random
import struct
import sys

SECTOR = 512


def bzimage(payload, version=0x20f):
    """A bzImage around a payload, which has its unpacked size at its end."""
    head = bytearray(2 * SECTOR)
    head[0x1f1] = 1
    head[0x1fe:0x200] = b"\x55\xaa"
    head[0x202:0x206] = b"HdrS"
    struct.pack_into("<H", head, 0x206, version)
    struct.pack_into("<II", head, 0x248, 0, len(payload))
    return bytes(head) + payload


def sized(packed, unpacked):
    return packed + struct.pack("<I", len(unpacked))


def patched(data, offset, fmt, value):
    data = bytearray(data)
    struct.pack_into(fmt, data, offset, value)
    return bytes(data)


def without_bytes(data, offset, count):
    return data[:offset] + bytes(count) + data[offset + count:]


def main():
    out = pathlib.Path(sys.argv[1])
    elf = (out / "crash.elf").read_bytes()
    packed = gzip.compress(elf)
    xz = lzma.compress(elf, check=lzma.CHECK_CRC32)
    files = {
        "no-notes.elf": elf.replace(b"Xen\0", b"Foo\0"),
        "aarch64.elf": patched(elf, 18, "<H", 183),
        "elf32.elf": patched(elf, 4, "<B", 1),
        "not-dom0.elf": elf.replace(struct.pack("<I", 0x8801), struct.pack("<I", 0x8001)),
        "truncated.elf": elf[:len(elf) // 4],
        "good.bz": bzimage(packed),
        "truncated.bz": bzimage(packed)[:-100],
        "old.bz": bzimage(packed, version=0x207),
        "lz4.bz": bzimage(sized(b"\x02\x21\x4c\x18" + random.Random(1).randbytes(8000), elf)),
        "bzip2.bz": bzimage(sized(b"BZh91AY&SY" + random.Random(2).randbytes(8000), elf)),
        "strange.bz": bzimage(sized(b"\xde\xad\xbe\xef" + bytes(8000), elf)),
        "damaged.bz": bzimage(without_bytes(packed, len(packed) // 2, 64)),
        "damaged-xz.bz": bzimage(sized(without_bytes(xz, len(xz) // 2, 64), elf)),
        "random.bin": random.Random(3).randbytes(100000),
        "tiny.bin": b"x",
        "initrd.img": bytes(48 << 20),
    }
    for name, data in files.items():
        (out / name).write_bytes(data)


if __name__ == "__main__":
    main()
