// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text mode on a VGA: character cells in memory, scrolled by copying.
 *
 * Locks: the console lock guards all of it.
 * ABI: IBM VGA text modes: a cell is a character and an attribute byte.
 */
#include <hv/console.h>
#include <hv/lib.h>
#include <hv/string.h>

#define ATTRIBUTE	0x0700	/* light grey on black */
#define TAB_WIDTH	8

static struct {
	u16 *cells;		/* NULL: no VGA, or given up */
	unsigned int columns, rows;
	unsigned int x, y;
} vga;

static void clear_row(unsigned int y)
{
	for (unsigned int x = 0; x < vga.columns; x++)
		vga.cells[y * vga.columns + x] = ATTRIBUTE | ' ';
}

static void new_line(void)
{
	vga.x = 0;
	if (vga.y + 1 < vga.rows) {
		vga.y++;
		return;
	}
	memmove(vga.cells, vga.cells + vga.columns,
		(vga.rows - 1) * vga.columns * sizeof(vga.cells[0]));
	clear_row(vga.rows - 1);
}

static void put(char c)
{
	if (vga.x == vga.columns)
		new_line();
	vga.cells[vga.y * vga.columns + vga.x++] = ATTRIBUTE | (u8)c;
}

/**
 * vga_init() - Take over a text screen, and clear it.
 * @va:      its cells, mapped write-combining or uncached; NULL to let go of it
 * @columns: characters in a line
 * @rows:    lines
 *
 * Context: console lock held, or boot.
 */
void vga_init(void *va, unsigned int columns, unsigned int rows)
{
	vga.cells = columns && rows ? va : NULL;
	vga.columns = columns;
	vga.rows = rows;
	vga.x = 0;
	vga.y = 0;
	if (vga.cells)
		for (unsigned int y = 0; y < rows; y++)
			clear_row(y);
}

bool vga_present(void)
{
	return vga.cells;
}

/**
 * vga_write() - Show characters; nothing without a VGA.
 * @s: @n characters
 * @n: how many
 */
void vga_write(const char *s, size_t n)
{
	if (!vga.cells)
		return;
	for (; n; n--, s++) {
		if (*s == '\n')
			new_line();
		else if (*s == '\r')
			vga.x = 0;
		else if (*s == '\b')
			vga.x -= vga.x ? 1 : 0;
		else if (*s == '\t')
			do
				put(' ');
			while (vga.x % TAB_WIDTH);
		else
			put(*s);
	}
}
