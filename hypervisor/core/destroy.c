// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of a domain: taking from it all that it has and all that it holds of
 * others, in steps, each of which may be interrupted and gone on with.
 *
 * Who holds references, and who may drop the last one:
 *
 *	alive	domain_create()'s own, which domain_kill() drops when it is done;
 *		its pages, one in all; whoever is looking at it
 *	dying	the same; nothing new is given to it: those who would do so see
 *		that it dies under the lock of what they change (page_lock, the
 *		event lock, the grant table's)
 *	dead	pages of its that others map, one in all; pages of the
 *		hypervisor's that were shared with it and that others map; and
 *		whoever is looking. The last of them frees it.
 *
 * A dying or dead domain can be found by its id, so that tools can tell, and so
 * that what of it is still mapped can be let go.
 */
#include <hv/domain.h>

#include <hv/bug.h>
#include <hv/errno.h>
#include <hv/evtchn.h>
#include <hv/grant.h>
#include <hv/hypercall.h>
#include <hv/irq.h>
#include <hv/mm.h>
#include <hv/percpu.h>
#include <hv/sched.h>

#include <asm/pv_mm.h>

static int end_interrupts(struct domain *d)
{
	pirq_domain_destroy(d);
	return 0;
}

static int end_events(struct domain *d)
{
	virq_clear_handlers(d);
	return evtchn_close_all(d);
}

static int end_grant_mappings(struct domain *d)
{
	return gnttab_release_mappings(d);
}

/* Its page goes back to the guest; late writers have the dummy to write to. */
static void drop_vcpu_info(struct vcpu *v)
{
	struct domain *d = v->domain;
	mfn_t mfn;

	spin_lock(&d->lock);
	mfn = v->vcpu_info_mfn;
	WRITE_ONCE(v->vcpu_info, &dummy_vcpu_info);
	v->vcpu_info_mfn = INVALID_MFN;
	spin_unlock(&d->lock);
	if (!mfn_eq(mfn, INVALID_MFN))
		page_put_and_type(mfn_to_page(mfn));
}

static int end_vcpus(struct domain *d)
{
	struct vcpu *v;

	for_each_vcpu(d, v) {
		pv_sync_loaded(v);
		pv_vcpu_relinquish(v);
		drop_vcpu_info(v);
	}
	return 0;
}

static int end_grant_table(struct domain *d)
{
	return gnttab_release_frames(d);
}

static int end_timers(struct domain *d)
{
	struct vcpu *v;

	for (unsigned int i = 0; i < NR_WATCHDOGS; i++)
		timer_kill(&d->watchdog[i]);
	for_each_vcpu(d, v) {
		timer_stop(&v->singleshot_timer);
		timer_stop(&v->periodic_timer);
		timer_stop(&v->poll_timer);
	}
	return 0;
}

static int end_shared_pages(struct domain *d)
{
	hv_page_release(d, d->shared_info);
	return 0;
}

/*
 * Interrupts before the ports they arrive at. Events and grants before pages,
 * since they write to some; vCPUs before them, since they run on them.
 */
static int (*const steps[])(struct domain *d) = {
	end_interrupts,
	end_events,
	end_grant_mappings,
	end_vcpus,
	domain_relinquish_memory,
	end_grant_table,
	end_timers,
	end_shared_pages,
};

/* From here on nobody gives it anything. */
static void begin(struct domain *d)
{
	domain_pause(d);
	spin_lock(&d->page_lock);
	WRITE_ONCE(d->dying, DOM_DYING);
	spin_unlock(&d->page_lock);
	page_claim(d, 0);
}

static int go_on(struct domain *d)
{
	while (d->kill_step < ARRAY_SIZE(steps)) {
		int rc = steps[d->kill_step](d);

		if (rc)
			return rc;
		d->kill_step++;
		if (hypercall_preempt_check())
			return -ERESTART;
	}
	return 0;
}

/**
 * domain_kill() - End a domain: take from it all that it has.
 * @d: referenced by the caller; not the caller's own, nor the one that drives
 *     the machine
 *
 * It is paused for good. Afterwards it is dead, and goes when nobody looks at it
 * or maps anything of it any more; a VIRQ_DOM_EXC tells of both.
 * Context: hypercall, no lock held that any of this takes. Two may call it for
 * one domain at a time.
 * Return: 0; -ERESTART: to be called again, soon; -EINVAL for the two above.
 */
int domain_kill(struct domain *d)
{
	int rc = 0;

	if (d == current->domain || d->is_hardware_domain)
		return -EINVAL;
	if (__atomic_exchange_n(&d->kill_running, true, __ATOMIC_ACQUIRE))
		return -ERESTART;
	if (d->dying == DOM_ALIVE)
		begin(d);
	if (d->dying == DOM_DYING)
		rc = go_on(d);
	if (!rc && d->dying == DOM_DYING) {
		WRITE_ONCE(d->dying, DOM_DEAD);
		virq_send_global(VIRQ_DOM_EXC);
		domain_put(d);	/* not the last: the caller has one */
	}
	__atomic_store_n(&d->kill_running, false, __ATOMIC_RELEASE);
	return rc;
}
