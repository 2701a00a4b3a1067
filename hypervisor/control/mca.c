// SPDX-License-Identifier: GPL-2.0-only
/*
 * Machine checks for domain 0's log daemon: which CPUs there are, and the records
 * of errors, each of which is there until it is acknowledged. Injection is
 * refused. Documentation/abi/platform.rst.
 *
 * ABI: arch-x86/xen-mca.h.
 */
#include <hv/hypercall.h>

#include <hv/cpuid.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/lib.h>
#include <hv/mce.h>
#include <hv/percpu.h>
#include <hv/string.h>
#include <asm/system.h>

#include <xen/arch-x86/xen-mca.h>

#define FETCH_FLAGS	(XEN_MC_URGENT | XEN_MC_NONURGENT | XEN_MC_ACK)

static void place_cpu(struct mcinfo_global *g, u32 apic_id)
{
	struct cpu_identity id;

	cpu_identify(&id);
	g->mc_apicid = apic_id;
	g->mc_socketid = apic_id >> id.package_shift;
	g->mc_coreid = (apic_id & ((1U << id.package_shift) - 1)) >> id.core_shift;
	g->mc_core_threadid = apic_id & ((1U << id.core_shift) - 1);
}

/* One part about the CPU, one about the bank. */
static void describe_record(struct mc_info *info, const struct mce_record *r)
{
	struct mcinfo_global g = {
		.common = { .type = MC_TYPE_GLOBAL, .size = sizeof(g) },
		.mc_domid = r->domid,
		.mc_vcpuid = r->vcpu_id,
		.mc_flags = r->urgent ? MC_FLAG_UNCORRECTABLE | MC_FLAG_RECOVERABLE | MC_FLAG_MCE :
					MC_FLAG_CORRECTABLE | MC_FLAG_POLLED,
		.mc_gstatus = r->global_status,
	};
	const struct mcinfo_bank b = {
		.common = { .type = MC_TYPE_BANK, .size = sizeof(b) },
		.mc_bank = r->bank,
		.mc_domid = DOMID_INVALID,
		.mc_status = r->status,
		.mc_addr = r->addr,
		.mc_misc = r->misc,
		.mc_tsc = r->tsc,
	};

	BUILD_BUG_ON(sizeof(g) % 8 || sizeof(g) + sizeof(b) > sizeof(info->mi_data));
	place_cpu(&g, r->apic_id);
	memset(info, 0, sizeof(*info));
	info->mi_nentries = 2;
	memcpy(info->mi_data, &g, sizeof(g));
	memcpy(info->mi_data + sizeof(g) / 8, &b, sizeof(b));
}

static long fetch(struct xen_mc *op)
{
	struct xen_mc_fetch *f = &op->u.mc_fetch;
	u32 kind = f->flags & FETCH_FLAGS & ~XEN_MC_ACK;
	struct mce_record r;
	struct mc_info info;

	if (f->flags & ~FETCH_FLAGS || (kind != XEN_MC_URGENT && kind != XEN_MC_NONURGENT))
		return -EINVAL;
	if (f->flags & XEN_MC_ACK) {
		mce_log_remove(f->fetch_id);
		return 0;
	}
	f->flags = XEN_MC_NODATA;
	f->fetch_id = 0;
	if (!mce_log_oldest(kind == XEN_MC_URGENT, &r))
		return 0;
	describe_record(&info, &r);
	f->flags = XEN_MC_OK;
	f->fetch_id = r.id;
	if (copy_to_guest(handle_va(f->data), &info)) {
		f->flags = XEN_MC_FETCHFAILED;
		f->fetch_id = 0;
	}
	return 0;
}

/* Numbers of vendors as Xen's own tools print them. */
static u32 vendor_number(void)
{
	static const u32 number[] = {
		[VENDOR_INTEL] = 1, [VENDOR_AMD] = 2, [VENDOR_HYGON] = 16,
	};

	return cpu_vendor < ARRAY_SIZE(number) ? number[cpu_vendor] : 0;
}

static void describe_cpu(struct mcinfo_logical_cpu *c, u32 cpu)
{
	struct cpu_identity id;
	u64 mcg_cap;

	memset(c, 0, sizeof(*c));
	cpu_identify(&id);
	c->mc_cpunr = cpu;
	c->mc_apicid = percpu_of[cpu]->apic_id;
	c->mc_chipid = c->mc_apicid >> id.package_shift;
	c->mc_coreid = (c->mc_apicid & ((1U << id.package_shift) - 1)) >> id.core_shift;
	c->mc_threadid = c->mc_apicid & ((1U << id.core_shift) - 1);
	c->mc_ncores = id.cores;
	c->mc_ncores_active = id.cores;
	c->mc_nthreads = id.threads / id.cores;
	c->mc_cpuid_level = id.cpuid_level;
	c->mc_family = id.family;
	c->mc_model = id.model;
	c->mc_step = id.stepping;
	c->mc_vendor = vendor_number();
	memcpy(c->mc_vendorid, id.vendor, sizeof(id.vendor));
	memcpy(c->mc_brandid, id.brand, sizeof(id.brand));
	c->mc_cpu_caps[MC_CAPS_STD_EDX] = host_featureset[0];
	c->mc_cpu_caps[MC_CAPS_STD_ECX] = host_featureset[1];
	c->mc_cpu_caps[MC_CAPS_AMD_EDX] = host_featureset[2];
	c->mc_cpu_caps[MC_CAPS_AMD_ECX] = host_featureset[3];
	c->mc_cache_alignment = id.clflush_size;
	if (rdmsr_safe(MSR_MCG_CAP, &mcg_cap))
		return;
	c->mc_nmsrvals = 1;
	c->mc_msrvalues[0].reg = MSR_MCG_CAP;
	c->mc_msrvalues[0].value = mcg_cap;
}

/* Without a buffer: how many there are. */
static long physcpuinfo(struct xen_mc *op)
{
	struct xen_mc_physcpuinfo *p = &op->u.mc_physcpuinfo;
	struct mcinfo_logical_cpu c;
	u32 n = nr_cpus;

	if (handle_va(p->info)) {
		if (!p->ncpus)
			return -EINVAL;
		n = min(n, p->ncpus);
		for (u32 cpu = 0; cpu < n; cpu++) {
			describe_cpu(&c, cpu);
			if (copy_to_guest_index(handle_va(p->info), cpu, &c))
				return -EFAULT;
		}
	}
	p->ncpus = n;
	return 0;
}

/**
 * do_mca() - Hypercall 48.
 * @a1: guest address of struct xen_mc
 * @a2: unused
 * @a3: unused
 * @a4: unused
 * @a5: unused
 *
 * Return: that of the command; -EPERM to all but domain 0; -EACCES if the
 * caller was built for another version of the interface; -ENOSYS.
 */
long do_mca(unsigned long a1, unsigned long a2, unsigned long a3,
	    unsigned long a4, unsigned long a5)
{
	struct xen_mc op;
	long rc;

	if (!current->domain->is_hardware_domain)
		return -EPERM;
	if (copy_from_guest(&op, a1))
		return -EFAULT;
	if (op.interface_version != XEN_MCA_INTERFACE_VERSION)
		return -EACCES;
	switch (op.cmd) {
	case XEN_MC_fetch:
		rc = fetch(&op);
		break;
	case XEN_MC_physcpuinfo:
		rc = physcpuinfo(&op);
		break;
	default:
		return -ENOSYS;
	}
	if (!rc && copy_to_guest(a1, &op))
		return -EFAULT;
	return rc;
}
