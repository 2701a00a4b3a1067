/* SPDX-License-Identifier: GPL-2.0-only */
/* Instructions that do nothing and that a counting emulator looks for (insncount.c). */
#ifndef MARK_H
#define MARK_H

#define MARK(n) ".byte 0x0f, 0x1f, 0x84, 0x00; .long 0x48505300 + " #n "\n\t"

/* The number, 0 to 9, is part of the instruction. */
static inline void mark(int n)
{
	switch (n) {
#define CASE(n) case n: asm volatile(MARK(n)); break
	CASE(0);
	CASE(1);
	CASE(2);
	CASE(3);
	CASE(4);
	CASE(5);
	CASE(6);
	CASE(7);
	CASE(8);
	CASE(9);
#undef CASE
	}
}

#endif
