// SPDX-License-Identifier: GPL-2.0-only
/*
 * Machine checks for domain 0's log daemon: which CPUs there are, and the
 * records of errors, of which there are none as long as the hypervisor keeps
 * no telemetry. Injection is refused. Documentation/abi/platform.rst.
 *
 * ABI: arch-x86/xen-mca.h.
 */
#include <hv/hypercall.h>

#include <hv/cpuid.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/lib.h>
#include <hv/percpu.h>
#include <hv/string.h>
#include <asm/system.h>

#include <xen/arch-x86/xen-mca.h>

#define FETCH_FLAGS	(XEN_MC_URGENT | XEN_MC_NONURGENT | XEN_MC_ACK)

static long fetch(struct xen_mc *op)
{
	struct xen_mc_fetch *f = &op->u.mc_fetch;
	u32 kind = f->flags & FETCH_FLAGS & ~XEN_MC_ACK;

	if (f->flags & ~FETCH_FLAGS || (kind != XEN_MC_URGENT && kind != XEN_MC_NONURGENT))
		return -EINVAL;
	/* It acknowledges something that was never handed out. */
	if (f->flags & XEN_MC_ACK)
		return 0;
	f->flags = XEN_MC_NODATA;
	f->fetch_id = 0;
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
