/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts: vectors, the lines (I/O APIC, MSI) behind them, and physical
 * interrupts (pirq) lent to a domain. irq/irq.c is generic, the controllers
 * are arch/x86/{apic,ioapic}.c and irq/msi.c.
 */
#ifndef HV_IRQ_H
#define HV_IRQ_H

#include <hv/domain.h>

/* Vectors of our own, above all devices. */
#define VECTOR_SPURIOUS		0xff
#define VECTOR_ERROR		0xfe
#define VECTOR_TIMER		0xfd
#define VECTOR_EVENT_CHECK	0xfc	/* IPI: look at softirqs */
#define VECTOR_FLUSH_TLB	0xfb
#define VECTOR_CALL_FUNCTION	0xfa
#define VECTOR_FIRST_DYNAMIC	0x30
#define VECTOR_LAST_DYNAMIC	0xef

/* From entry.S for vectors 0x20 and above: interrupts off, regs->entry_vector says which. */
void do_irq(struct cpu_user_regs *regs);

/* A GSI for the hypervisor itself (serial port). 0, -EBUSY, -EINVAL. */
int irq_request_gsi(unsigned int gsi, void (*handler)(void *data), void *data, const char *name);

int pirq_domain_init(struct domain *d);
void pirq_domain_destroy(struct domain *d);
/* evtchn.c binds and closes pirq ports through these. @share: BIND_PIRQ__WILL_SHARE. */
int pirq_guest_bind(struct vcpu *v, u32 pirq, bool share);
void pirq_guest_unbind(struct domain *d, u32 pirq);
/* The guest finished with @pirq: PHYSDEVOP_eoi, or unmask with an auto-EOI page. */
void pirq_guest_eoi(struct domain *d, u32 pirq);

void apic_init_bsp(void);
void apic_eoi(void);
void send_ipi(unsigned int cpu, u8 vector);
void ioapic_init(void);
void irq_init(void);

#endif
