// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unpacks the kernel file on standard input to standard output, linked as the
 * hypervisor is: no C library, our string functions, the partial link of the
 * libraries with its constructors, and a thread block for the stack protector
 * that decompress() must set up itself. Run by test_decompress.c.
 */
#include <hv/bug.h>
#include <hv/bzimage.h>
#include <hv/lib.h>
#include <hv/string.h>
#include <asm/system.h>

#define NR_READ		0
#define NR_WRITE	1
#define NR_ARCH_PRCTL	158
#define NR_EXIT		231
#define ARCH_SET_FS	0x1002

static u8 file[16 << 20], out[80 << 20], work[80 << 20] __aligned(16);

static long syscall3(long nr, long a, long b, long c)
{
	long rc;

	__asm__ __volatile__("syscall" : "=a" (rc) : "0" (nr), "D" (a), "S" (b), "d" (c)
			     : "rcx", "r11", "memory");
	return rc;
}

void nolibc_set_fs(u64 base)
{
	syscall3(NR_ARCH_PRCTL, ARCH_SET_FS, (long)base, 0);
}

static void __noreturn leave(int code, const char *text)
{
	syscall3(NR_WRITE, 2, (long)text, (long)strlen(text));
	syscall3(NR_EXIT, code, 0, 0);
	__builtin_unreachable();
}

void panic(const char *fmt, ...)
{
	leave(3, fmt);
}

const char *symbol_lookup(unsigned long addr, unsigned long *offset, unsigned long *size);
const char *symbol_lookup(unsigned long addr, unsigned long *offset, unsigned long *size)
{
	return NULL;
}

static size_t read_all(void)
{
	size_t n = 0;
	long got;

	while ((got = syscall3(NR_READ, 0, (long)file + (long)n, (long)(sizeof(file) - n))) > 0)
		n += (size_t)got;
	return n;
}

void nolibc_main(void);
void nolibc_main(void)
{
	static struct bzimage bz;
	const char *why;
	size_t done = 0, n = read_all();

	if (bzimage_parse(file, n, &bz, &why) || bz.unpacked_size > sizeof(out) ||
	    decompress_workspace(&bz) > sizeof(work))
		leave(1, why);
	/* No more than it says it needs. */
	if (decompress(&bz, out, work, decompress_workspace(&bz), &why))
		leave(2, why);
	while (done < bz.unpacked_size)
		done += (size_t)syscall3(NR_WRITE, 1, (long)out + (long)done,
					 (long)(bz.unpacked_size - done));
	leave(0, "");
}

__asm__(".globl _start\n_start:\n\tand $-16, %rsp\n\tcall nolibc_main\n");
