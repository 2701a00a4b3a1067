/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the hypervisor's command line decided. Written once, by
 * cmdline_parse(), before anything reads it; each field says its option.
 * Syntax and effect for people: Documentation/admin/command-line.rst.
 */
#ifndef HV_OPTIONS_H
#define HV_OPTIONS_H

#include <hv/types.h>

/* -1: not said, decide by the machine. */
typedef s8 tristate_t;

/* A size that may depend on the machine: [-]bytes[+percent%] of its memory. */
struct mem_size {
	bool set;
	bool minus;		/* all that is available, less this */
	u8 percent;		/* of the machine's memory, in addition to @bytes */
	u64 bytes;
};

enum uart_parity { PARITY_NONE = 0, PARITY_ODD = 1, PARITY_EVEN = 3, PARITY_MARK = 5,
		   PARITY_SPACE = 7 };	/* bits 3-5 of the line control register */

struct com_options {
	bool set;
	u32 baud;		/* 0: auto, keep what firmware set */
	u32 clock_hz;		/* of the divisor's input, 16 * base baud */
	u8 data_bits, stop_bits;
	enum uart_parity parity;
	u16 io_base;
	u8 irq;			/* 0: poll */
};

enum timestamps { STAMP_NONE, STAMP_DATE, STAMP_DATEMS, STAMP_BOOT, STAMP_RAW };
enum nmi_action { NMI_IGNORE, NMI_DOM0, NMI_FATAL };
enum reboot_method { REBOOT_AUTO, REBOOT_TRIPLE, REBOOT_KBD, REBOOT_ACPI, REBOOT_PCI,
		     REBOOT_POWER };
enum ucode_source { UCODE_NONE, UCODE_MODULE, UCODE_SCAN };
enum vga_mode { VGA_CURRENT, VGA_TEXT_80X };

#define BADPAGES_MAX 64

struct hv_options {
	/* Domain 0 */
	struct mem_size dom0_mem, dom0_mem_min, dom0_mem_max;	/* dom0_mem= */
	u32 dom0_min_vcpus, dom0_max_vcpus;	/* dom0_max_vcpus=; 0: not said */
	bool dom0_vcpus_pin;			/* dom0_vcpus_pin */
	char dom0_extra[1024];			/* behind " -- ": goes to its command line */

	/* Grant tables */
	u32 gnttab_max_frames;			/* gnttab_max_frames= */
	u32 gnttab_max_maptrack_frames;		/* gnttab_max_maptrack_frames= */
	u32 gnttab_max_version;			/* gnttab=max-ver:N */
	bool gnttab_transitive;			/* gnttab=transitive */
	bool gnttab_transfer;			/* gnttab=transfer */

	/* Console */
	struct com_options com[2];		/* com1=, com2= */
	bool console_com[2], console_vga;	/* console= */
	char conswitch_char;			/* conswitch=: Ctrl and this, lower case */
	bool conswitch_stay;			/* conswitch=?x: do not give input to dom0 */
	u8 loglvl_lower, loglvl_upper;		/* loglvl= */
	u8 guest_loglvl_lower, guest_loglvl_upper;	/* guest_loglvl= */
	bool sync_console;			/* sync_console */
	bool console_to_ring;			/* console_to_ring */
	u32 console_timestamps;			/* console_timestamps=, enum timestamps */
	u64 conring_size;			/* conring_size=, bytes; 0: the built-in one */
	enum vga_mode vga_mode;			/* vga= */
	u8 vga_rows;				/* vga=text-80xROWS */
	bool vga_keep;				/* vga=keep: share it with dom0 */

	/* CPUs */
	bool nosmp;				/* nosmp */
	u32 max_cpus;				/* maxcpus= */
	tristate_t smt;				/* smt= */
	tristate_t x2apic;			/* x2apic= */
	char sched[16];				/* sched= */
	u32 sched_ratelimit_us;			/* sched_ratelimit_us= */
	enum ucode_source ucode;		/* ucode= */
	int ucode_module;			/* ucode=N; negative: from the end */

	/* Platform */
	bool acpi_off, acpi_force;		/* acpi= */
	bool noapic, nolapic;			/* noapic, nolapic */
	bool noreboot;				/* noreboot */
	enum reboot_method reboot;		/* reboot= */
	bool reboot_warm;			/* reboot=warm: firmware may skip its tests */
	bool watchdog, watchdog_force;		/* watchdog= */
	u32 watchdog_timeout_s;			/* watchdog_timeout= */
	u32 nmi;				/* nmi=, enum nmi_action */
	u64 mem_limit;				/* mem=: RAM above is left alone; 0: none */
	unsigned int nr_badpages;		/* badpage= */
	struct {
		u64 first, last;		/* frame numbers, both included */
	} badpage[BADPAGES_MAX];
	u32 xen_minor;				/* xen-version= */
	bool fail_alloc;			/* fail-alloc, in test builds */
	u32 tbuf_pages;				/* tbuf_size=, trace buffer pages a CPU */
};

extern struct hv_options opts;

int dom0_mem_resolve(u64 avail, u64 total, u64 *initial, u64 *limit);
unsigned int dom0_vcpus_resolve(unsigned int nr_cpus, unsigned int limit);

#endif
