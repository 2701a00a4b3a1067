#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Write a few small valid inputs for each fuzz target: seeds.py DIRECTORY"""

import gzip
import lzma
import os
import struct
import sys


def tag(kind, body):
    data = struct.pack("<II", kind, 8 + len(body)) + body
    return data + bytes(-len(data) % 8)


def multiboot2():
    mmap = struct.pack("<II", 24, 0) + struct.pack("<QQII", 0, 0x9F000, 1, 0)
    mmap += struct.pack("<QQII", 0x100000, 0x7F00000, 1, 0)
    efi = struct.pack("<II", 48, 1)
    for kind, start, pages in ((7, 0, 0x9F), (9, 0x9F000, 1), (5, 0x100000, 256)):
        efi += struct.pack("<IIQQQQQ", kind, 0, start, 0, pages, 0xF, 0)
    common = [
        tag(1, b"com1=115200,8n1 console=com1 dom0_mem=512M\0"),
        tag(2, b"GRUB 2.06\0"),
        tag(3, struct.pack("<II", 0x1000000, 0x1800000) + b"placeholder root=/dev/sda1\0"),
        tag(4, struct.pack("<II", 639, 130048)),
        tag(8, struct.pack("<QIIIBBH6B", 0xFD000000, 4096, 1024, 768, 32, 1, 0, 16, 8, 8, 8, 0, 8)),
        tag(14, b"RSD PTR ".ljust(20, b"\0")),
        tag(15, b"RSD PTR ".ljust(36, b"\0")),
    ]
    for last in ([tag(6, mmap)], [tag(17, efi), tag(12, bytes(8))], []):
        body = b"".join(common + last + [tag(0, b"")])
        yield struct.pack("<II", 8 + len(body), 0) + body


def multiboot1():
    ram = bytearray(0x400)

    def put(at, fmt, *values):
        struct.pack_into("<" + fmt, ram, at, *values)

    put(0, "IIIIIII", 0x1A4F, 639, 65000, 0x8000FFFF, 0x200, 1, 0x100)
    put(44, "II", 48, 0x120)
    put(64, "I", 0x280)
    put(72, "II", 0x300, 0x300)
    put(88, "QIIIBB", 0xB8000, 160, 80, 25, 16, 2)
    put(0x100, "IIII", 0x100000, 0x180000, 0x240, 0)
    put(0x120, "IQQI", 20, 0, 0x9F000, 1)
    put(0x138, "IQQI", 20, 0x100000, 0x3F00000, 1)
    ram[0x200:0x20D] = b"xen noreboot\0"
    ram[0x240:0x24E] = b"vmlinuz quiet\0"
    ram[0x280:0x285] = b"qemu\0"
    yield bytes(ram)


def note(kind, desc):
    return struct.pack("<III", 4, len(desc), kind) + b"Xen\0" + desc + bytes(-len(desc) % 4)


def elf():
    notes = b"".join((
        note(6, b"linux\0"), note(5, b"xen-3.0\0"), note(8, b"generic\0"),
        note(3, struct.pack("<Q", 0xFFFFFFFF80000000)), note(4, bytes(8)),
        note(1, struct.pack("<Q", 0xFFFFFFFF81000000)), note(9, b"yes\0"),
        note(10, b"!writable_page_tables|pae_pgdir_above_4gb\0"),
        note(17, struct.pack("<I", 0x8801)), note(13, struct.pack("<QQ", 1, 1)),
        note(15, struct.pack("<Q", 0x8000000000)), note(16, struct.pack("<I", 1)),
        note(18, struct.pack("<I", 0x1000850)), note(19, bytes(12)),
    ))
    at = 64 + 2 * 56

    def image(sections):
        ident = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
        head = ident + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0x1000000, 64,
                                   at + len(notes) if sections else 0, 0, 64, 56, 2,
                                   64, 1 if sections else 0, 0)
        load = struct.pack("<IIQQQQQQ", 1, 7, 0, 0xFFFFFFFF81000000, 0x1000000,
                           at + len(notes), 0x4000, 4096)
        other = struct.pack("<IIQQQQQQ", 0 if sections else 4, 4, at, 0, 0, len(notes),
                            len(notes), 4)
        section = struct.pack("<IIQQQQIIQQ", 0, 7, 0, 0, at, len(notes), 0, 0, 4, 0)
        return head + load + other + notes + (section if sections else b"")

    yield image(False)
    yield image(True)


def bzimage():
    kernel = next(elf()).ljust(8192, b"\x90")
    filters = [{"id": lzma.FILTER_X86}, {"id": lzma.FILTER_LZMA2, "dict_size": 1 << 16}]
    size = struct.pack("<I", len(kernel))
    # A zstd frame of one raw block, by hand: not every Python brings a zstd module.
    block = struct.pack("<I", len(kernel) << 3 | 1)[:3] + kernel
    zstd = b"\x28\xb5\x2f\xfd\x60" + struct.pack("<H", len(kernel) - 256) + block
    for payload in (lzma.compress(kernel, lzma.FORMAT_XZ, lzma.CHECK_CRC32, None, filters) + size,
                    lzma.compress(kernel, lzma.FORMAT_XZ, lzma.CHECK_CRC64) + size,
                    gzip.compress(kernel, mtime=0), zstd + size, kernel, b"BZh9".ljust(64, b"\0")):
        head = bytearray(1024)
        head[0x1F1] = 1
        head[0x1FE:0x200] = b"\x55\xaa"
        struct.pack_into("<4sH", head, 0x202, b"HdrS", 0x20F)
        struct.pack_into("<II", head, 0x248, 0, len(payload))
        yield bytes(head) + payload
    yield kernel


def cmdline():
    yield (b"placeholder com1=115200/115200,8n1,0x3f8,4 com2=auto,,0x2f8 console=com1,vga,none "
           b"conswitch=ax loglvl=info/all guest_loglvl=none -- root=/dev/sda1")
    yield (b"dom0_mem=1G+25%,min:-512M,max:2G dom0_max_vcpus=1-4 dom0_vcpus_pin no-smt maxcpus=4 "
           b"badpage=0x12,0x20-0x30 mem=4G tbuf_size=10 nmi=fatal watchdog=force")
    yield (b"ucode=scan=off acpi=force noapic nolapic x2apic=off sched=credit reboot=kbd "
           b"vga=text-80x50,keep console_timestamps=datems sync_console conring_size=64k")
    yield b"com1=baud=9600,parity=e,stop-bits=2,data-bits=7,io-base=0x3e8,irq=0,clock-hz=1843200"


def grant():
    """Records of fuzz_grant.c: what, who, race, arguments."""
    def record(what, who, arg, race=b""):
        return bytes([what, who]) + race.ljust(6, b"\0") + bytes(arg).ljust(24, b"\0")

    grants = [record(15, 1, [ref, 0, 0, ref]) for ref in range(8)]      # d1 to d0
    maps = [record(0, 7 << 3, [2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1])]
    unmaps = [record(1, 7 << 3, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1])]
    copies = [record(5, 3 << 3, [1, 8, 1, 0, 0, 4, 0, 0, 0, 0, 0, 1, 0, 0, 4])]
    version = [record(17, 1, [1])]
    die = [record(18, 1, [0xdd])]
    yield b"".join(grants + maps + unmaps)
    yield b"".join(grants + copies)
    yield b"".join(version + grants + maps + copies + unmaps + [record(17, 1, [0])])
    yield b"".join(grants + maps + die + unmaps)
    yield b"".join(grants + maps + [record(18, 0, [0xdd])])
    yield b"".join(grants + maps + [record(16, 0, [i, 0, 0, 0, 31]) for i in range(8)] + die +
                   [record(18, 1, [0xbb])] + grants + maps + unmaps)
    yield b"".join(grants + [record(0, 0, [2, 0, 0, 0, 0, 1], bytes([3, 0, 0, 0]))])
    yield b"".join(grants + [record(cmd, 1, [2, 1, 1]) for cmd in (2, 6, 7, 8, 9, 10, 11, 12)])


def evtchn():
    """Records of fuzz_evtchn.c: command, caller, argument."""
    def call(cmd, caller, *words):
        return struct.pack("<BB", cmd, caller) + struct.pack("<3I", *words, *[0] * (3 - len(words))) + b"\0\0"

    alloc = call(6, 0, 0x00010000)
    bind = call(0, 1, 0, 1)
    send = call(4, 1, 1)
    fifo = call(11, 0) + call(12, 0, 1)
    yield alloc + bind + send + call(5, 0, 0x7FF0, 1) + call(3, 1, 1)
    yield fifo + alloc + bind + send + call(13, 0, 1, 3) + send + call(9, 0, 1)
    yield alloc + bind + fifo + send + call(14, 0, 2, 0x20000000) + call(10, 0, 0x7FF0)
    def control(caller, what, arg):
        return struct.pack("<BB14B", 15, caller, *[0] * 8, 1, what, arg, 0, 0, 0)

    yield alloc + bind + control(1, 0, 0) + call(4, 0, 1) + call(3, 0, 1)
    yield control(1, 1, 3) + control(1, 2, 1) + control(1, 0, 0) + control(1, 2, 1)
    yield call(1, 0x10, 0, 0) + call(2, 0x10, 9) + call(7, 4, 1) + call(8, 0, 1, 2) + call(3, 0, 2)


def control():
    """Records of fuzz_control.c: flags, command, domain, where memory is written, union."""
    aimed = 0x5A << 56

    def call(cmd, domain, *words, flags=0, memory=b"", page=1):
        body = struct.pack(f"<{len(words)}Q", *words).ljust(128, b"\0")
        return struct.pack("<BBBB", flags, cmd, domain, page) + body + memory.ljust(64, b"\0")

    create = struct.pack("<I16sIIIIiiI", 0, bytes(16), 0, 0, 2, 1023, -1, -1, 1).ljust(72, b"\0")
    create = call(1, 2, *struct.unpack("<9Q", create))
    maximum = call(15, 2, 2)
    page = aimed + 0x100
    yield create + maximum + call(11, 2, 4096) + call(5, 2) + call(2, 2)
    yield create + maximum + call(12, 2, 0, page) + call(13, 2, 0, page) + call(14, 2, 1)
    yield create + maximum + call(4, 2) + call(3, 2) + call(25, 2, 3 << 32, page, 64, page, 64)
    yield call(20, 1, 0xFE000, 4, 1) + call(21, 1, 0x800003F8, 1) + call(19, 1, 1 << 32 | 4)
    yield call(82, 1, 1 << 33 | 128, page, page) + call(83, 1, 2, page, page) + call(61, 1, 9, page)
    yield call(62, 1, 0, 7, 848, page) + call(63, 1, 0, 0, 0, 0) + call(72, 1, 0, 0) + call(43, 1, 0)
    yield call(74, 1, 1, 1, page, page, page, page) + call(74, 1, 2 | 1 << 32, 1, *[page] * 4)
    yield create + call(60, 2, 1 | 1000 << 32, 1, 77) + call(59, 2) + call(60, 2, 0, 1, 0)
    for cmd, words in ((3, ()), (6, (8 << 32, page)), (16, (4, page)), (17, (4, page, page)),
                       (18, (3, 0, 0, page, 64)), (22, (2, page, page)), (26, (19 << 32, page)),
                       (29, (128 << 32, 2, page, page)), (8, (4, page)), (14, (3, 9, page))):
        yield call(cmd, 0, *words, flags=1) + call(cmd, 0, *words, flags=3)


def memory():
    """Records of fuzz_memory.c: command, caller, where, argument."""
    def call(cmd, caller, arg, where=b""):
        return struct.pack("<BB6s40s", cmd, caller, where, arg)

    def extents(domid, nr, order, va=0x12000):
        return struct.pack("<QQIIH6x", va, nr, order, 0, domid)

    fill = call(6, 0, extents(7, 20, 0)) + call(6, 0, extents(1, 2, 9))
    yield fill + call(1, 2, extents(7, 3, 0)) + call(0, 1, extents(0x7FF0, 3, 2))
    yield call(24, 0, extents(7, 50, 0, 0)) + fill + call(24, 0, extents(7, 0, 0, 0))
    yield fill + call(11, 0, extents(7, 4, 0) + struct.pack("<QQ", 0x12000, 1))
    yield fill + call(48, 0, b"", b"\0\x24\1\1\0\2") + call(53, 0, b"", b"\0\0\0\0\0\2") * 8
    yield fill + call(50, 0, b"", b"\0\x24\1\0\1\2") + call(51, 0, b"") + call(49, 0, b"")
    yield call(13, 0, struct.pack("<H6xIxxxxQ", 7, 9, 0x12000)) + call(9, 2, struct.pack("<QQ", 9, 0x12000))
    yield call(28, 4, struct.pack("<HHIIIQQ", 7, 1, 0, 20, 0, 0, 0x12000))


def pci_address():
    yield b"(0000:03:00.0)(03:00.1)(0001:02:1f.*)(04:*.*)"
    yield b"(03:00.0"
    yield b"0000:0a:1c.7"
    yield b"0a:1c.*"
    yield b"0000:03:00.0-e0:2:ff"


def pci_ops():
    """Records of fuzz_pci_ops.c."""
    def op(cmd, offset, size, value=0, flags=0, dev=0):
        return struct.pack("<BBBBhHI3I", cmd, dev, flags, size, offset, 0, value, 0, 1, 2)

    sizing = b"".join(op(1, 0x10 + 4 * i, 4, 0xFFFFFFFF) + op(0, 0x10 + 4 * i, 4) for i in range(9))
    yield sizing + op(1, 4, 2, 0x407) + op(1, 6, 2, 0xFFFF) + op(1, 4, 4, 0xFFFFFFFF)
    yield op(1, 0xCC, 2, 3) + op(1, 0xCC, 2, 0x8100) + op(1, 0xE8, 2, 0xFFFF) + op(1, 0xE8, 4, 0xFFFFFFFF)
    yield op(1, 4, 2, 0x400, 1) + op(1, 0xD2, 2, 1) + op(1, 0xA2, 2, 0xC000) + op(1, 0xD0, 4, 0)
    yield op(2, 0, 0) + op(3, 0, 0) + op(4, 0, 0, 3) + op(5, 0, 0) + op(4, 0, 0, 129) + op(6, 0, 0)
    yield op(1, 0x40, 4, 0x12345678, 2) + op(1, 0x104, 2, 0xFFFF) + op(0, 0x7FFE, 4) + op(1, 0x62, 2, 0x8000)


def main():
    for make in (multiboot1, multiboot2, elf, bzimage, cmdline, evtchn, grant, memory, control,
                 pci_address, pci_ops):
        folder = os.path.join(sys.argv[1], make.__name__)
        os.makedirs(folder, exist_ok=True)
        for i, data in enumerate(make()):
            with open(os.path.join(folder, str(i)), "wb") as f:
                f.write(data)


main()
