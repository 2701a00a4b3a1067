/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One interrupt line and who listens to it: between irq/irq.c, which owns
 * struct irq_desc, and the controllers, which programme the line.
 */
#ifndef HV_IRQ_DESC_H
#define HV_IRQ_DESC_H

#include <hv/irq.h>
#include <hv/pci.h>
#include <hv/spinlock.h>
#include <hv/timer.h>

struct irq_desc;
struct msi_desc;

/* All are called with the desc's lock held and interrupts off. */
struct irq_controller {
	const char *name;
	/* Programme @desc's vector, CPU and trigger; the line stays masked. */
	void (*setup)(struct irq_desc *desc);
	void (*mask)(struct irq_desc *desc);
	void (*unmask)(struct irq_desc *desc);
	/* End of interrupt at the controller itself; NULL: the local APIC's does it. */
	void (*eoi)(struct irq_desc *desc);
	/* Did the line withdraw before it was served? NULL: it cannot. */
	bool (*spurious)(struct irq_desc *desc);
	bool fixed_vector;	/* setup() chooses the vector */
};

/* A domain that the line is lent to. */
struct irq_guest {
	struct irq_guest *next;
	struct domain *d;
	u32 pirq;
	bool in_service;	/* sent, not yet ended by the guest */
};

#define IRQ_MAX_GUESTS		16

/* How often a line fires, and its rest if that was too often. */
struct irq_storm {
	u64 window_start_ns;
	u32 count;		/* since then */
	bool rests;		/* masked, whatever else would unmask it */
	bool untold;		/* the log does not have it yet */
	u64 rest_ns;		/* the last rest, if it helped nothing; 0: none */
	u64 rest_end_ns;
	struct timer timer;
};

struct irq_desc {
	/*
	 * Guards everything below. Taken with interrupts off, inside the lock
	 * of a domain's pirqs and outside vector.c's lock and those of the
	 * controllers.
	 */
	spinlock_t lock;

	const struct irq_controller *ctl;	/* NULL: no such line */
	unsigned int irq;
	u8 vector;		/* 0: none yet */
	u16 cpu;		/* whose table the vector is in */
	bool level, active_low;
	u64 count;		/* interrupts */
	u16 running;		/* CPUs on which do_irq() is at work with it */
	u16 wanted_cpu;		/* where it goes when it next fires */
	u16 taken_on;		/* CPU of the vCPU that took it last */
	u8 old_vector;		/* of old_cpu, from which it went a moment ago; 0: none */
	u16 old_cpu;
	struct timer old_timer;	/* on old_cpu: takes the vector back */
	struct msi_desc *msi;

	/* the hypervisor's own handler, or guests; never both */
	void (*handler)(void *data);
	void *data;
	const char *name;

	bool shareable;		/* every guest so far agreed to share */
	u8 nr_guests;
	u8 in_flight;		/* guests in_service; the line is masked until 0 */
	struct irq_guest *guests;

	struct irq_storm storm;
};

struct irq_desc *irq_to_desc(unsigned int irq);

/* irq.c, for pirq.c and msi.c. */
int irq_alloc_msi(unsigned int nr);
void irq_free_msi(unsigned int irq);
int irq_setup_msi(unsigned int first_irq, unsigned int nr, unsigned int cpu, struct msi_desc *msi);
void irq_programme(unsigned int irq);
void irq_reprogramme(unsigned int irq);
void irq_set_cpu(unsigned int irq, unsigned int cpu);
int irq_bind_guest(unsigned int irq, unsigned int cpu, struct irq_guest *g, bool share);
void irq_unbind_guest(unsigned int irq, struct domain *d);
void irq_guest_eoi(unsigned int irq, struct domain *d);
int irq_set_gsi_mode(unsigned int gsi, bool level, bool active_low);
bool irq_exists(unsigned int irq);
bool irq_is_level(unsigned int irq);
bool irq_is_shared(unsigned int irq);
void irq_synchronise(unsigned int irq);

void irq_resume(struct irq_desc *desc);

/* storm.c. All but the first are called with the desc's lock held. */
void storm_init(struct irq_desc *desc);
void storm_count(struct irq_desc *desc);
void storm_reset(struct irq_desc *desc);

/* vector.c */
int vector_assign(unsigned int irq, unsigned int nr, unsigned int cpu, u8 *vector);
void vector_release(unsigned int cpu, u8 vector);
int vector_to_irq(unsigned int cpu, u8 vector);

/* arch/x86/ioapic.c, i8259.c */
extern const struct irq_controller ioapic_controller, i8259_controller;
void ioapic_init(void);
bool ioapic_present(void);
bool ioapic_has_gsi(unsigned int gsi);
int ioapic_rte_gsi(paddr_t base, u32 reg);
int ioapic_guest_read(paddr_t base, u32 reg, u32 *val);
void i8259_init(void);
bool i8259_is_level(unsigned int line);

/* irq/msi.c */
extern const struct irq_controller msi_controller;
/* Several messages by one address and adjacent vectors. */
bool msi_is_block(const struct msi_desc *m);
/* Can the device, or can we, keep this message back without its neighbours? */
bool msi_is_maskable(const struct msi_desc *m);
/* Whose message it is. */
struct pci_sbdf msi_sbdf(const struct msi_desc *m);

#endif
