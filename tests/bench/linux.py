# SPDX-License-Identifier: GPL-2.0-only
"""Domain 0 and its guests, measured: init.c and dom0.sh on the image's disk."""

import lzma
import pathlib
import stat
import struct
import subprocess

import boot

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
BUILT = TOP / "build" / "bench"
DOM0_MODULES = ["virtio_pci", "virtio_blk", "crc32c_generic", "ext4"]
GUEST_MODULES = ["xen-blkfront", "xen-netfront"]
DOM0 = "console=hvc0 quiet bench.root=/dev/vda3 bench.run=/root/bench-dom0.sh bench.parts="


def from_image(image, path, to):
    """Copy PATH of the image's root filesystem to the file TO."""
    offset = (image / "root.offset").read_text(encoding="ascii").strip()
    subprocess.run(["debugfs", "-R", f"dump {path} {to}", f"{image}/disk.raw?offset={offset}"],
                   check=True, capture_output=True)
    if not to.exists() or not to.stat().st_size:
        raise AssertionError(f"the image has no {path}")


def kernel_of(image):
    """Debian 12's kernel, as a file on this machine."""
    return next(image.glob("vmlinuz-6.1.*"))


def notes(elf):
    """An ELF64 file's notes: (name, type, bytes)."""
    table, = struct.unpack_from("<Q", elf, 32)
    size, count = struct.unpack_from("<HH", elf, 54)
    for i in range(count):
        kind, _, at, _, _, length = struct.unpack_from("<IIQQQQ", elf, table + i * size)
        end = at + length
        while kind == 4 and at + 12 <= end:
            name, data, note = struct.unpack_from("<3I", elf, at)
            start = at + 12 + (name + 3 & ~3)
            yield elf[at + 12:at + 12 + name].rstrip(b"\0"), note, elf[start:start + data]
            at = start + (data + 3 & ~3)


def unpacked(kernel):
    """The ELF file in a packaged kernel. ABI: Linux' boot.rst."""
    image = kernel.read_bytes()
    offset, length = struct.unpack_from("<II", image, 0x248)
    at = (image[0x1f1] + 1) * 512 + offset
    return lzma.LZMADecompressor().decompress(image[at:at + length])


def xen_entry(kernel):
    """Where a packaged kernel starts as domain 0. ABI: xen/elfnote.h."""
    return next(struct.unpack("<Q", data)[0] for name, note, data in notes(unpacked(kernel))
                if (name, note) == (b"Xen", 1))


def modules_of(image, names, scratch):
    """Those modules and what they need, in an order that loads."""
    folder = f"/usr/lib/modules/{kernel_of(image).name.removeprefix('vmlinuz-')}"
    index = scratch / "modules.dep"
    if not index.exists():
        from_image(image, f"{folder}/modules.dep", index)
    needs = dict(line.split(":") for line in index.read_text(encoding="ascii").splitlines())
    paths = {pathlib.PurePath(path).stem.replace("-", "_"): path for path in needs}
    order = []
    for name in names:
        path = paths.get(name.replace("-", "_"))
        for each in [*reversed(needs[path].split()), path] if path else []:
            if each not in order:
                order.append(each)
    files = []
    for number, path in enumerate(order):
        files.append(scratch / f"{number:02}-{pathlib.PurePath(path).name}")
        if not files[-1].exists():
            from_image(image, f"{folder}/{path}", files[-1])
    return files


def entry(name, mode, data=b"", device=0):
    """One file of a cpio archive. ABI: Linux' early-userspace/buffer-format.rst."""
    raw = name.encode() + b"\0"
    fields = [0, mode, 0, 0, 1, 0, len(data), 0, 0, device >> 8, device & 255, len(raw), 0]
    head = b"070701" + b"".join(b"%08x" % field for field in fields) + raw
    return b"".join(part + bytes(-len(part) % 4) for part in (head, data))


def archive(to, programs, modules):
    """An initramfs: PROGRAMS at its root, MODULES for init to load."""
    parts = [entry(name, stat.S_IFDIR | 0o755) for name in ("dev", "proc", "sys", "run", "modules")]
    # the first process' standard files, before it mounts devtmpfs
    parts.append(entry("dev/console", stat.S_IFCHR | 0o600, device=5 << 8 | 1))
    for path, source in [(p.name, p) for p in programs] + [(f"modules/{m.name}", m) for m in modules]:
        parts.append(entry(path, stat.S_IFREG | 0o755, source.read_bytes()))
    to.write_bytes(b"".join(parts) + entry("TRAILER!!!", 0))
    return to


def overlay(image, drivers, puts, scratch):
    """A disk over the image's, with files put in; and ours in place of Debian's drivers."""
    disk = scratch / "disk.qcow2"
    version = kernel_of(image).name.removeprefix("vmlinuz-")
    pairs = [f"{source}:{to}" for source, to in puts]
    if drivers == "hospes":
        listed = subprocess.run([TOP / "scripts" / "image.d" / "drivers", image, version],
                                check=True, text=True, stdout=subprocess.PIPE).stdout.split()
        pairs += [pair for pair in listed if ":/boot/" not in pair]
    subprocess.run([TOP / "scripts" / "image.d" / "overlay", image, disk, *pairs], check=True)
    return disk


def start(system, elf, image, parts, scratch):
    """PARTS of dom0.sh on SYSTEM, whose hypervisor is the file ELF."""
    init, kernel = BUILT / "init", kernel_of(image)
    first = archive(scratch / "dom0.cpio", [init], modules_of(image, DOM0_MODULES, scratch))
    guest = archive(scratch / "guest.cpio", [init, BUILT / "bench", BUILT / "load"],
                    modules_of(image, GUEST_MODULES, scratch))
    # What unpacks it is the tools' and would hide what differs.
    vmlinux = scratch / "vmlinux"
    vmlinux.write_bytes(unpacked(kernel))
    disk = overlay(image, system, [
        (vmlinux, "/root/bench-vmlinux"),
        (TOP / "tests" / "bench" / "dom0.sh", "/root/bench-dom0.sh"),
        (guest, "/root/bench-guest.cpio"), (BUILT / "load", "/root/bench-load"),
        (BUILT / "bench", "/root/bench-operations"),
        (TOP / "build" / "lab" / "sleeper", "/root/bench-sleeper"),
    ], scratch)
    options = DOM0 + ":".join(parts)
    disks = ["-drive", f"file={disk},if=virtio,format=qcow2,cache=unsafe"]
    if system == "none":
        qemu = boot.command(kernel, [first], options.replace("hvc0", "ttyS0"), "1G", more=disks)
    else:
        qemu = boot.command(elf, [f"{kernel} {options}", first],
                            "com1=115200,8n1 console=com1 loglvl=all dom0_mem=768M,max:768M", "4G",
                            more=disks)
    return boot.Boot(qemu, "BENCH-STEP end", BUILT / f"{system}-linux.console")
