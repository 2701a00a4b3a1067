/* SPDX-License-Identifier: GPL-2.0-only */
/* Registers of the local APIC and messages to it. Intel SDM vol. 3, chapter 11. */
#ifndef HV_ASM_APIC_H
#define HV_ASM_APIC_H

#define MSR_X2APIC		0x800

#define APIC_ID			0x020
#define APIC_VERSION		0x030
#define APIC_TPR		0x080
#define APIC_EOI		0x0b0
#define APIC_LDR		0x0d0
#define APIC_DFR		0x0e0
#define APIC_SPIV		0x0f0
#define APIC_SPIV_ENABLE	0x100
#define APIC_ISR		0x100
#define APIC_ESR		0x280
#define APIC_ICR		0x300
#define APIC_ICR_BUSY		0x1000
#define APIC_ICR_ASSERT		0x4000
#define APIC_ICR2		0x310
#define APIC_LVTT		0x320
#define APIC_LVTT_TSC_DEADLINE	0x40000
#define APIC_LVTTHMR		0x330
#define APIC_LVTPC		0x340
#define APIC_LVT0		0x350
#define APIC_LVT1		0x360
#define APIC_LVTERR		0x370
#define APIC_LVT_MASKED		0x10000
#define APIC_DM_NMI		0x400
#define APIC_DM_INIT		0x500
#define APIC_DM_STARTUP		0x600
#define APIC_DM_EXTINT		0x700
#define APIC_TMICT		0x380
#define APIC_TMCCT		0x390
#define APIC_TDCR		0x3e0
#define APIC_TDCR_DIV1		0xb

/* A message-signalled interrupt: fixed delivery, physical destination, edge. */
#define MSI_ADDRESS(apic_id)	(0xfee00000u | (u32)(apic_id) << 12)
#define MSI_DATA(vector)	((u32)(vector))

#endif
