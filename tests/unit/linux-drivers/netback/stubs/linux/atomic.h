/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STUB_ATOMIC_H
#define STUB_ATOMIC_H
typedef struct { int v; } atomic_t;
#define atomic_read(a) __atomic_load_n(&(a)->v, __ATOMIC_SEQ_CST)
#define atomic_or(bits, a) ((void)__atomic_fetch_or(&(a)->v, bits, __ATOMIC_SEQ_CST))
#define atomic_fetch_andnot(bits, a) __atomic_fetch_and(&(a)->v, ~(bits), __ATOMIC_SEQ_CST)
#endif
