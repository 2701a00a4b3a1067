/* SPDX-License-Identifier: GPL-2.0-only */
/* Machine checks: found by arch/x86/mce.c, kept for domain 0 by core/mce_log.c. */
#ifndef HV_MCE_H
#define HV_MCE_H

#include <hv/types.h>

#include <xen/xen.h>

struct percpu;

/* One error that one bank of a CPU tells of. */
struct mce_record {
	u64 id;			/* the log's */
	u64 status, addr, misc;	/* registers of the bank */
	u64 tsc;
	u64 global_status;	/* when it came as an exception */
	u32 apic_id;
	u16 cpu, bank;
	bool urgent;		/* it came as an exception, it was not found by looking */
	domid_t domid;		/* who ran when the exception came; DOMID_INVALID */
	u16 vcpu_id;
};

/* core/mce_log.c */
void mce_log(const struct mce_record *r);
/* The oldest of its kind; false if there is none. */
bool mce_log_oldest(bool urgent, struct mce_record *r);
/* Domain 0 has it. */
void mce_log_remove(u64 id);

/* arch/x86/mce.c */
void mce_init(void);
void mce_init_cpu(void);
/* #MC: true if what it saved is to be logged, by mce_softirq(). */
bool mce_exception(const struct cpu_user_regs *regs);
void mce_softirq(void);

#endif
