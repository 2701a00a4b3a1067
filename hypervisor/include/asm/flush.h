/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TLBs, and the clock by which we know what they may still hold.
 *
 * The clock ticks with every full flush of any CPU. A CPU notes the tick at
 * which its last full flush began; a frame is stamped with the time at which
 * its last use of some kind ended. A CPU whose flush is not later than the
 * stamp may still translate by what is gone. "Full" means with global entries.
 */
#ifndef HV_ASM_FLUSH_H
#define HV_ASM_FLUSH_H

#include <hv/types.h>
#include <hv/cpumask.h>

#include <xen/xen.h>

extern u64 tlb_clock;

static inline u64 tlb_clock_now(void)
{
	return __atomic_load_n(&tlb_clock, __ATOMIC_SEQ_CST);
}

/* This CPU. */
void flush_tlb_local(void);
void flush_one_local(unsigned long va);
/* Load CR3 and flush, global entries included: the address space changes. */
void write_cr3_flush(u64 cr3);
void write_cr3_domain(u64 cr3, domid_t domid);
void write_cr3_idle(u64 cr3);
/* @cpu shall write back the vCPU that it holds while idle: pv_sync_loaded() waits for it. */
void flush_ask_state(unsigned int cpu);

/* CPUs of @mask, this one included if it is in it; they are done on return. */
void flush_tlb_mask(const cpumask_t *mask);
void flush_one_mask(const cpumask_t *mask, unsigned long va);
void flush_cache_mask(const cpumask_t *mask);

/* All CPUs that have not begun a full flush later than @clock. */
void flush_tlb_older(u64 clock);
/* Those that may translate to frames of @owner, by page_info.tlb_stamp of one. */
void flush_tlb_stamp(u32 stamp, domid_t owner);
/* Before a domain's tables get an entry for a frame of another's; when its number is reused. */
void flush_note_foreign(domid_t domid);
void flush_forget_foreign(domid_t domid);

/* All CPUs now online. */
void cpumask_online(cpumask_t *mask);

/* Write back and drop every cached line of the page. */
void flush_cache_page(const void *page);

/* The interrupt VECTOR_FLUSH_TLB. */
void flush_tlb_interrupt(void);
/* In loops that wait for another CPU, which may wait for a flush of ours. */
void flush_tlb_serve(void);

#endif
