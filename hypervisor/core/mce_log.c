// SPDX-License-Identifier: GPL-2.0-only
/*
 * Machine checks that wait for domain 0's log daemon, which VIRQ_MCA tells. There
 * is room for some; of more than that, the oldest stay and the number of the
 * others is logged. ABI: xen-mca.h, VIRQ_MCA; control/mca.c hands them out.
 *
 * log_lock guards it all, interrupts off; innermost.
 */
#include <hv/mce.h>

#include <hv/evtchn.h>
#include <hv/lib.h>
#include <hv/printk.h>
#include <hv/spinlock.h>
#include <hv/string.h>

#include <xen/arch-x86/xen-mca.h>

#define RECORDS	32U

static spinlock_t log_lock = SPINLOCK_INIT;
static struct mce_record records[RECORDS];	/* by age */
static unsigned int nr, lost;
static u64 next_id = 1;

static const struct mce_record *add(const struct mce_record *r)
{
	if (nr == RECORDS) {
		lost++;
		return NULL;
	}
	records[nr] = *r;
	records[nr].id = next_id++;
	return &records[nr++];
}

/**
 * mce_log() - Keep a record for domain 0, and say that it is there.
 * @r: all but the id
 *
 * Context: softirq or interrupt, no event lock held; not from #MC itself.
 */
void mce_log(const struct mce_record *r)
{
	unsigned long flags;
	bool kept;

	spin_lock_irqsave(&log_lock, flags);
	kept = add(r);
	spin_unlock_irqrestore(&log_lock, flags);
	if (!kept) {
		if (!(lost & (lost - 1)))
			pr_warn("Machine checks: %u lost; nobody in domain 0 takes them\n", lost);
		return;
	}
	pr_err("Machine check, CPU%u bank %u: status %016lx address %016lx misc %016lx%s\n",
	       r->cpu, r->bank, r->status, r->addr, r->misc, r->urgent ? "" : " (corrected)");
	virq_send_global(VIRQ_MCA);
}

/**
 * mce_log_oldest() - What domain 0 should hear of next.
 * @urgent: of those that came as exceptions, or of the others
 * @r:	    filled in
 *
 * Return: false if there is none.
 */
bool mce_log_oldest(bool urgent, struct mce_record *r)
{
	unsigned long flags;
	unsigned int i = 0;
	bool found;

	spin_lock_irqsave(&log_lock, flags);
	while (i < nr && records[i].urgent != urgent)
		i++;
	found = i < nr;
	if (found)
		*r = records[i];
	spin_unlock_irqrestore(&log_lock, flags);
	return found;
}

/**
 * mce_log_remove() - Forget a record.
 * @id: any number
 */
void mce_log_remove(u64 id)
{
	unsigned long flags;

	spin_lock_irqsave(&log_lock, flags);
	for (unsigned int i = 0; i < nr; i++) {
		if (records[i].id != id)
			continue;
		memmove(&records[i], &records[i + 1], (--nr - i) * sizeof(records[0]));
		break;
	}
	spin_unlock_irqrestore(&log_lock, flags);
}
