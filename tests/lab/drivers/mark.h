/* SPDX-License-Identifier: GPL-2.0-only */
/* Instructions that do nothing and that a counting emulator looks for (insncount.c). */
#ifndef MARK_H
#define MARK_H

#define MARK(n) ".byte 0x0f, 0x1f, 0x84, 0x00; .long 0x48505300 + " #n "\n\t"

/* The number, 0 to 9, is part of the instruction. */
static inline void mark(int n)
{
	switch (n) {
	case 0:
		asm volatile(MARK(0));
		break;
	case 1:
		asm volatile(MARK(1));
		break;
	case 2:
		asm volatile(MARK(2));
		break;
	case 3:
		asm volatile(MARK(3));
		break;
	case 4:
		asm volatile(MARK(4));
		break;
	case 5:
		asm volatile(MARK(5));
		break;
	case 6:
		asm volatile(MARK(6));
		break;
	case 7:
		asm volatile(MARK(7));
		break;
	case 8:
		asm volatile(MARK(8));
		break;
	case 9:
		asm volatile(MARK(9));
		break;
	}
}

#endif
