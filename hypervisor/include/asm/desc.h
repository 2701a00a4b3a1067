/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Descriptor tables, task state, and the stack block they refer to. Intel SDM
 * vol. 3, 3.5, 6.14, 7.7.
 */
#ifndef HV_ASM_DESC_H
#define HV_ASM_DESC_H

#include <hv/percpu.h>

struct tss64 {
	u32 reserved0;
	u64 rsp[3];
	u64 reserved1;
	u64 ist[7];
	u64 reserved2;
	u16 reserved3;
	u16 iomap_base;
} __packed;

struct desc_ptr {
	u16 limit;
	u64 base;
} __packed;

#define HV_GDT_LIMIT	0xefff

static inline struct cpu_info *stack_cpu_info(void *stack)
{
	return (struct cpu_info *)((char *)stack + STACK_SIZE) - 1;
}

/* Table of the interrupt descriptors, shared by all CPUs. */
void idt_init(void);
void nmi_init(void);
/* A CPU's tables are made by any CPU, with memory to spare, and loaded by itself. */
void desc_prepare_cpu(struct percpu *p);
void desc_init_cpu(const struct percpu *p);
/* Let the GDT register see @v's view, or (NULL) only our own part. */
void desc_load_gdt(struct vcpu *v);
void desc_load_ldt(struct vcpu *v);

#endif
