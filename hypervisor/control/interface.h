/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What Xen 4.20's domctl has otherwise than 4.17's, whose headers we build
 * with. ABI: domctl.h of Xen 4.20.
 */
#ifndef HV_CONTROL_INTERFACE_H
#define HV_CONTROL_INTERFACE_H

#include <hv/lib.h>

#include <xen/domctl.h>

/* Xen 4.19 and 4.20. */
#define DOMCTL_VERSION_4_20	0x17
/* From 4.18 on, getdomaininfo is about the domain that it names, and no other. */
#define DOMCTL_VERSION_EXACT	0x16

/* Commands that came after 4.17. */
#define DOMCTL_gsi_permission	88
#define DOMCTL_set_llc_colors	89

struct domctl_gsi_permission {
	u32 gsi;
	u32 flags;	/* 1: grant, 0: revoke */
};

struct domctl_createdomain_4_20 {
	u32 ssidref;
	xen_domain_handle_t handle;
	u32 flags;
	u32 iommu_opts;
	u32 max_vcpus;
	u32 max_evtchn_port;
	s32 max_grant_frames;
	s32 max_maptrack_frames;
	u32 grant_opts;
	u32 altp2m_opts;	/* new */
	u32 vmtrace_size;
	u32 cpupool_id;
	struct xen_arch_domainconfig arch;
};

/* Bytes up to the first difference. */
#define CREATEDOMAIN_SAME	offsetof(struct domctl_createdomain_4_20, altp2m_opts)

/* Among our flags of createdomain: altp2m_opts was not 0. */
#define CREATEDOMAIN_ALTP2M	(1U << 31)

BUILD_BUG_ON(XEN_DOMCTL_INTERFACE_VERSION != 0x15);
BUILD_BUG_ON(CREATEDOMAIN_SAME != offsetof(struct xen_domctl_createdomain, vmtrace_size));
BUILD_BUG_ON(sizeof(struct domctl_createdomain_4_20) !=
	     sizeof(struct xen_domctl_createdomain) + 4);
BUILD_BUG_ON(sizeof(struct xen_domctl) != 144);
BUILD_BUG_ON(CREATEDOMAIN_ALTP2M <= XEN_DOMCTL_CDF_MAX);

bool domctl_version_known(u32 version);
void domctl_from_caller(struct xen_domctl *op);
void domctl_to_caller(struct xen_domctl *op);

#endif
