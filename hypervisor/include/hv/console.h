/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Consoles. Boot order: printk() works from the first instruction and fills
 * the ring; console_init_serial() after cmdline_parse(), console_init_vga()
 * once the text buffer is mapped: each new console first shows what the ring
 * holds. console_init_late() with heap, softirqs, timers and the I/O APIC.
 */
#ifndef HV_CONSOLE_H
#define HV_CONSOLE_H

#include <hv/types.h>

struct domain;
struct xen_sysctl_readconsole;

void console_init_serial(void);
void console_init_vga(void *va, unsigned int columns, unsigned int rows);
void console_init_late(void);
void console_endboot(void);

/* Panic and dumps: wait until every character is out. Counted. */
void console_start_sync(void);
void console_end_sync(void);
/* Panic: whoever holds the console's locks will not come back. */
void console_force_unlock(void);

/* For printk.c: under the console lock. */
void console_emit(const char *s, size_t n);
void console_lock(unsigned long *flags);
void console_unlock(unsigned long flags);

/* Raw output of domain 0: no prefix, and into the ring only with console_to_ring. */
void console_write_raw(const char *s, size_t n);

/* ring.c */
extern char *conring;
extern u32 conring_size;
void conring_write(const char *s, size_t n);
int conring_resize(char *buf, u32 size);
u32 conring_begin(u32 index, bool incremental);
size_t conring_copy(u32 *index, char *buf, size_t max);
void conring_clear(u32 upto);

/* vga.c */
void vga_init(void *va, unsigned int columns, unsigned int rows);
void vga_write(const char *s, size_t n);
bool vga_present(void);

/* input.c: characters from the serial lines; no lock held. */
void console_rx(char c);
void console_switch_input(bool to_dom0);
size_t console_read_dom0(char *buf, size_t max);

/* console_io.c */
long console_write_guest(struct domain *d, const char *s, size_t n);
int console_readconsole(struct xen_sysctl_readconsole *op);

#endif
