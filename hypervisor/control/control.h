/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the control calls share: domctl and sysctl, one function per command.
 *
 * One control call runs at a time (control_begin()), so that what only they
 * change needs no other lock.
 */
#ifndef HV_CONTROL_H
#define HV_CONTROL_H

#include <hv/cpumask.h>
#include <hv/domain.h>

#include <xen/domctl.h>
#include <xen/sysctl.h>

/*
 * A command of domctl. @d is the domain that it names, with a reference, or
 * NULL for commands that look for it themselves. @op is a private copy; who has
 * an answer in it sets *@reply, and it goes back whatever is returned.
 * -ERESTART: the call is issued again, with @op as it is now if *@reply is set.
 */
typedef long (*domctl_fn)(struct domain *d, struct xen_domctl *op, bool *reply);
/* The same of sysctl. */
typedef long (*sysctl_fn)(struct xen_sysctl *op, bool *reply);

#define DOMCTL(name) long domctl_##name(struct domain *d, struct xen_domctl *op, bool *reply)
#define SYSCTL(name) long sysctl_##name(struct xen_sysctl *op, bool *reply)

/* control.c */
bool control_begin(void);
void control_end(void);
/* A vCPU of @d, NULL if there is none or the caller would wait for itself. */
struct vcpu *control_vcpu(const struct domain *d, u32 id);
void domain_info(struct domain *d, struct xen_domctl_getdomaininfo *info);

/* ctl_bitmap.c: sets of CPUs and nodes as the tools pass them. */
int ctl_bitmap_read(unsigned long *map, unsigned int nbits, const struct xenctl_bitmap *from);
int ctl_bitmap_write(const struct xenctl_bitmap *to, const unsigned long *map, unsigned int nbits);
int ctl_cpumask_read(cpumask_t *mask, const struct xenctl_bitmap *from);
int ctl_cpumask_write(const struct xenctl_bitmap *to, const cpumask_t *mask);

/* domctl_create.c */
DOMCTL(createdomain);
DOMCTL(max_vcpus);
DOMCTL(max_mem);
DOMCTL(setdomainhandle);
DOMCTL(destroydomain);

/* domctl_run.c */
DOMCTL(pausedomain);
DOMCTL(unpausedomain);
DOMCTL(resumedomain);
DOMCTL(getdomaininfo);
DOMCTL(settimeoffset);
DOMCTL(settscinfo);
DOMCTL(gettscinfo);

/* domctl_vcpu.c */
DOMCTL(setvcpucontext);
DOMCTL(getvcpucontext);
DOMCTL(getvcpuinfo);

/* domctl_access.c */
DOMCTL(iomem_permission);
DOMCTL(ioport_permission);
DOMCTL(irq_permission);
DOMCTL(gsi_permission);
DOMCTL(memory_mapping);

/* domctl_pages.c */
DOMCTL(getpageframeinfo3);
DOMCTL(hypercall_init);
DOMCTL(shadow_op);
DOMCTL(set_address_size);
DOMCTL(get_address_size);

/* domctl_state.c */
DOMCTL(get_ext_vcpucontext);
DOMCTL(set_ext_vcpucontext);
DOMCTL(getvcpuextstate);
DOMCTL(setvcpuextstate);
DOMCTL(get_vcpu_msrs);
DOMCTL(set_vcpu_msrs);
DOMCTL(sendtrigger);
DOMCTL(subscribe);
DOMCTL(set_virq_handler);

/* sysctl_misc.c */
SYSCTL(perfc_op);
SYSCTL(get_pmstat);
SYSCTL(pm_op);
SYSCTL(page_offline_op);
SYSCTL(psr_cmt_op);
SYSCTL(psr_alloc);
SYSCTL(livepatch_op);

/* sysctl_cpu.c */
SYSCTL(cpu_hotplug);
SYSCTL(cpupool_op);

/* cpu_policy.c */
DOMCTL(get_cpu_policy);
DOMCTL(set_cpu_policy);
SYSCTL(get_cpu_policy);
SYSCTL(get_cpu_featureset);
SYSCTL(get_cpu_levelling_caps);

/* domctl_sched.c */
DOMCTL(setvcpuaffinity);
DOMCTL(getvcpuaffinity);
DOMCTL(setnodeaffinity);
DOMCTL(getnodeaffinity);
DOMCTL(scheduler_op);

/* topology.c */
SYSCTL(physinfo);
SYSCTL(sched_id);
SYSCTL(getcpuinfo);
SYSCTL(availheap);
SYSCTL(cputopoinfo);
SYSCTL(numainfo);
SYSCTL(scheduler_op);
SYSCTL(pcitopoinfo);

#endif
