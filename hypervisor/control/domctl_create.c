// SPDX-License-Identifier: GPL-2.0-only
/*
 * domctl: how a domain comes into being and goes, and the limits it is given.
 *
 * What a toolstack asks for that we cannot give is refused with the reference's
 * errno, and the log says why. ABI: domctl.h, XEN_DOMCTL_createdomain.
 */
#include "control.h"
#include "interface.h"

#include <hv/errno.h>
#include <hv/grant.h>
#include <hv/mm.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/sched.h>
#include <hv/string.h>

#define FLAGS_KNOWN	(XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap | XEN_DOMCTL_CDF_s3_integrity | \
			 XEN_DOMCTL_CDF_oos_off | XEN_DOMCTL_CDF_xs_domain | \
			 XEN_DOMCTL_CDF_iommu | XEN_DOMCTL_CDF_nested_virt | XEN_DOMCTL_CDF_vpmu)

static int refuse(const char *why, u32 value)
{
	pr_info("createdomain: %s (%#x)\n", why, value);
	return -EINVAL;
}

static int check_flags(const struct xen_domctl_createdomain *c)
{
	if (c->flags & CREATEDOMAIN_ALTP2M)
		return refuse("alternate p2m is for HVM guests", c->flags);
	if (c->flags & ~FLAGS_KNOWN)
		return refuse("unknown flags", c->flags);
	if (c->flags & XEN_DOMCTL_CDF_hvm)
		return refuse("HVM and PVH guests are not supported, only PV", c->flags);
	if (c->flags & XEN_DOMCTL_CDF_hap)
		return refuse("hardware assisted paging is for HVM guests", c->flags);
	if (c->flags & XEN_DOMCTL_CDF_nested_virt)
		return refuse("nested virtualisation is for HVM guests", c->flags);
	if (c->flags & XEN_DOMCTL_CDF_iommu)
		return refuse("an IOMMU is wanted but there is none", c->flags);
	if (c->flags & XEN_DOMCTL_CDF_vpmu)
		return refuse("a virtual PMU is wanted but there is none", c->flags);
	return 0;
}

static int check_options(const struct xen_domctl_createdomain *c)
{
	if (c->iommu_opts)
		return refuse("options of an IOMMU that is not wanted", c->iommu_opts);
	if (c->vmtrace_size)
		return refuse("tracing of vCPUs is not available", c->vmtrace_size);
	if (c->arch.emulation_flags)
		return refuse("a PV guest has no emulated devices", c->arch.emulation_flags);
	if (c->arch.misc_flags & ~XEN_X86_MSR_RELAXED)
		return refuse("unknown flags of the architecture", c->arch.misc_flags);
	if (!sched_pool_usable(c->cpupool_id))
		return refuse("there is no such pool of CPUs, or it has none", c->cpupool_id);
	return 0;
}

/* A limit that is negative is the default, which is also the highest. */
static bool limit_ok(s32 wanted, u32 most, u32 *limit)
{
	*limit = wanted < 0 ? most : (u32)wanted;
	return *limit >= 1 && *limit <= most;
}

static int fill_config(const struct xen_domctl_createdomain *c, struct domain_config *config)
{
	u32 version = XEN_DOMCTL_GRANT_version(c->grant_opts);

	if (c->grant_opts & ~XEN_DOMCTL_GRANT_version_mask)
		return refuse("unknown options of grant tables", c->grant_opts);
	if (c->max_vcpus < 1 || c->max_vcpus > MAX_VCPUS)
		return refuse("so many virtual CPUs cannot be", c->max_vcpus);
	if (version < 1 || version > GRANT_MAX_VERSION)
		return refuse("no such version of grant tables", version);
	*config = (struct domain_config){
		.max_vcpus = c->max_vcpus,
		.xenstore = c->flags & XEN_DOMCTL_CDF_xs_domain,
		.msr_relaxed = c->arch.misc_flags & XEN_X86_MSR_RELAXED,
		.max_grant_version = version,
		.cpupool = c->cpupool_id,
		.max_evtchn_port = c->max_evtchn_port,
	};
	if (!limit_ok(c->max_grant_frames, GRANT_MAX_FRAMES, &config->max_grant_frames))
		return refuse("so many frames of grant table cannot be", c->max_grant_frames);
	if (c->max_maptrack_frames > GRANT_MAX_MAPTRACK_FRAMES)
		return refuse("so many frames of maptrack cannot be", c->max_maptrack_frames);
	config->max_maptrack_frames = c->max_maptrack_frames < 0 ? GRANT_MAX_MAPTRACK_FRAMES :
				      (u32)c->max_maptrack_frames;
	return 0;
}

static bool id_is_free(domid_t domid)
{
	struct domain *d = domain_get(domid);

	if (d)
		domain_put(d);
	return !d;
}

/* The next free id after the one given last, so that an id is not soon used again. */
static int choose_id(domid_t *domid)
{
	static domid_t last;

	for (unsigned int i = 1; i < DOMID_FIRST_RESERVED; i++) {
		domid_t id = last + 1U < DOMID_FIRST_RESERVED ? last + 1 : 1;

		last = id;
		if (id_is_free(id)) {
			*domid = id;
			return 0;
		}
	}
	return -ENOMEM;
}

/* op->domain: the id to have; 0 or a reserved one: any. */
long domctl_createdomain(struct domain *none, struct xen_domctl *op, bool *reply)
{
	const struct xen_domctl_createdomain *c = &op->u.createdomain;
	struct domain_config config;
	domid_t domid = op->domain;
	struct domain *d;
	long rc = check_flags(c);

	if (!rc)
		rc = check_options(c);
	if (!rc)
		rc = fill_config(c, &config);
	if (rc)
		return rc;
	if (domid == 0 || domid >= DOMID_FIRST_RESERVED)
		rc = choose_id(&domid);
	else if (!id_is_free(domid))
		rc = -EEXIST;
	if (rc)
		return rc;

	d = domain_create(domid, &config);
	if (!d)
		return -ENOMEM;
	domain_pause_by_controller(d);
	memcpy(d->handle, c->handle, sizeof(d->handle));
	op->domain = domid;
	*reply = true;
	return 0;
}

/* Makes the vCPUs that createdomain counted; they are down. */
long domctl_max_vcpus(struct domain *d, struct xen_domctl *op, bool *reply)
{
	u32 max = op->u.max_vcpus.max;

	/* One that ends is given nothing more. */
	if (d == current->domain || d->dying || max != d->max_vcpus)
		return -EINVAL;
	for (u32 i = 0; i < max; i++)
		if (!d->vcpu[i] && !vcpu_create(d, i))
			return -ENOMEM;
	return 0;
}

/* May be less than it has: then it gets no more until it has given some back. */
long domctl_max_mem(struct domain *d, struct xen_domctl *op, bool *reply)
{
	u64 pages = op->u.max_mem.max_memkb >> (PAGE_SHIFT - 10);

	spin_lock(&d->page_lock);
	d->max_pages = min(pages, (u64)~0U);
	spin_unlock(&d->page_lock);
	return 0;
}

long domctl_setdomainhandle(struct domain *d, struct xen_domctl *op, bool *reply)
{
	memcpy(d->handle, op->u.setdomainhandle.handle, sizeof(d->handle));
	return 0;
}

/* -ERESTART until all that it held is given back. */
long domctl_destroydomain(struct domain *d, struct xen_domctl *op, bool *reply)
{
	if (d == current->domain || d->is_hardware_domain)
		return -EINVAL;
	return domain_kill(d);
}
