/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts: vectors, the lines (I/O APIC, 8259, MSI) behind them, and
 * physical interrupts (pirq) lent to a domain. irq/irq.c is generic; the
 * controllers are arch/x86/{ioapic,i8259}.c and irq/msi.c; each CPU's own is
 * arch/x86/apic.c.
 *
 * An irq number below nr_gsis is that global system interrupt; those above
 * are message-signalled interrupts.
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
#define VECTOR_FIRST_OWN	0xfa
#define VECTOR_FIRST_LEGACY	0x20	/* the 8259s' 16 lines */
#define VECTOR_FIRST_DYNAMIC	0x30
#define VECTOR_LAST_DYNAMIC	0xef
#define VECTOR_GUEST_SYSCALL	0x80	/* int $0x80 belongs to PV guests */

#define NR_IRQS			1024
#define NR_LEGACY_IRQS		16

/* Global system interrupts of all I/O APICs, at least 16. */
extern unsigned int nr_gsis;

/* From entry.S for vectors 0x20 and above: interrupts off, regs->entry_vector says which. */
void do_irq(struct cpu_user_regs *regs);
/* One of our own vectors above. Interrupts off, end of interrupt already given. Boot only. */
void irq_set_vector_handler(u8 vector, void (*handler)(void));

/* A GSI for the hypervisor itself (serial port). 0, -EBUSY, -EINVAL, -ENOSPC. */
int irq_request_gsi(unsigned int gsi, void (*handler)(void *data), void *data, const char *name);
/* The GSI behind an ISA interrupt number. */
unsigned int isa_irq_to_gsi(unsigned int irq);

/* Evtchn ports must be closed (or closing them must be harmless) after pirq_domain_destroy(). */
int pirq_domain_init(struct domain *d);
void pirq_domain_destroy(struct domain *d);
void pirq_domain_free(struct domain *d);
/* evtchn.c binds and closes pirq ports through these. @share: BIND_PIRQ__WILL_SHARE. */
int pirq_guest_bind(struct vcpu *v, u32 pirq, bool share);
void pirq_guest_unbind(struct domain *d, u32 pirq);
/* @v takes the event of @pirq from now on: the line follows to where it runs. */
void pirq_guest_move(struct vcpu *v, u32 pirq);
/* The guest finished with @pirq: PHYSDEVOP_eoi, or unmask with an auto-EOI page. */
void pirq_guest_eoi(struct domain *d, u32 pirq);

void irq_debug_init(void);	/* the debug key */
/* Boot, in this order, after acpi_init() and before time_init(). */
/* A CPU goes offline: its lines go elsewhere. 0; -EAGAIN: call again; -EBUSY: one cannot. */
int irq_cpu_leave(unsigned int cpu);
int irq_init_cpu(unsigned int cpu);
void apic_init_bsp(void);
void irq_init(void);		/* the controllers, all lines masked */

void apic_eoi(void);
void send_ipi(unsigned int cpu, u8 vector);
void send_nmi_ipi(unsigned int cpu);
void send_init(u32 id);
void send_startup(u32 id, u8 page);
bool apic_init_ap(void);
u32 apic_id(void);
/* Registers that the guests' APIC reads want to see: the version of the real one, 0 without. */
bool apic_enabled(void);

/* The one-shot timer of the local APIC, for time_init() and arch_timer_program(). */
bool apic_timer_count_start(void);
u32 apic_timer_count(void);
void apic_timer_count_end(u64 ticks, u64 ns);
/* @tsc: when, by the TSC; @delta_ns: the same from now. */
void apic_timer_set(u64 tsc, u64 delta_ns);
void apic_timer_stop(void);

#endif
