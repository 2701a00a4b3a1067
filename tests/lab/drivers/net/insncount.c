// SPDX-License-Identifier: GPL-2.0-only
/*
 * A QEMU plugin that counts instructions between marks.
 *
 *	-plugin libinsncount.so,out=FILE,hit=ADDR,hit=ADDR...
 *
 * Each execution of a mark (netload mark N) writes a line "N KERNEL XEN USER CPU0
 * HIT..." to FILE: the instructions executed since the start by guest kernels,
 * by the hypervisor (its half of the address space) and by programs, all of
 * these on the first CPU, and how often each ADDR was reached. Declarations are those of version 1 of QEMU's
 * documented plugin interface.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_info_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { QEMU_PLUGIN_CB_NO_REGS };

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
					   void (*cb)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb,
					  void (*cb)(unsigned int, void *), int flags, void *data);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    void (*cb)(unsigned int, void *), int flags, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t idx);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

#define CPUS	16
#define HITS	16

static struct count {
	uint64_t kernel, xen, user, hit[HITS];
} __attribute__((aligned(256))) counts[CPUS];
static uint64_t hit_addr[HITS];
static unsigned int nr_hits;
static FILE *out;

static void count_kernel(unsigned int cpu, void *n)
{
	counts[cpu].kernel += (uintptr_t)n;
}

static void count_xen(unsigned int cpu, void *n)
{
	counts[cpu].xen += (uintptr_t)n;
}

static void count_user(unsigned int cpu, void *n)
{
	counts[cpu].user += (uintptr_t)n;
}

static void count_hit(unsigned int cpu, void *which)
{
	counts[cpu].hit[(uintptr_t)which]++;
}

static void mark(unsigned int cpu, void *n)
{
	struct count sum = { 0 };

	(void)cpu;
	for (int c = 0; c < CPUS; c++) {
		sum.kernel += counts[c].kernel;
		sum.xen += counts[c].xen;
		sum.user += counts[c].user;
		for (unsigned int h = 0; h < nr_hits; h++)
			sum.hit[h] += counts[c].hit[h];
	}
	fprintf(out, "%d %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64, (int)(uintptr_t)n, sum.kernel,
		sum.xen, sum.user, counts[0].kernel + counts[0].xen + counts[0].user);
	for (unsigned int h = 0; h < nr_hits; h++)
		fprintf(out, " %" PRIu64, sum.hit[h]);
	fprintf(out, "\n");
	fflush(out);
}

static void watch_insn(struct qemu_plugin_insn *insn)
{
	static const uint8_t head[] = { 0x0f, 0x1f, 0x84, 0x00 }, tail[] = { 'S', 'P', 'H' };
	const uint8_t *data = qemu_plugin_insn_data(insn);
	uint64_t addr = qemu_plugin_insn_vaddr(insn);

	for (uintptr_t h = 0; h < nr_hits; h++)
		if (addr == hit_addr[h])
			qemu_plugin_register_vcpu_insn_exec_cb(insn, count_hit,
							       QEMU_PLUGIN_CB_NO_REGS, (void *)h);
	if (qemu_plugin_insn_size(insn) == 8 && !memcmp(data, head, 4) && !memcmp(data + 5, tail, 3))
		qemu_plugin_register_vcpu_insn_exec_cb(insn, mark, QEMU_PLUGIN_CB_NO_REGS,
						       (void *)(uintptr_t)data[4]);
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	uint64_t addr = qemu_plugin_tb_vaddr(tb);
	size_t n = qemu_plugin_tb_n_insns(tb);
	void (*count)(unsigned int, void *) = count_kernel;

	(void)id;
	if (addr < 1ull << 47)
		count = count_user;
	else if (addr >= 0xffff820000000000ull && addr < 0xffff880000000000ull)
		count = count_xen;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, count, QEMU_PLUGIN_CB_NO_REGS, (void *)n);
	for (size_t i = 0; i < n; i++)
		watch_insn(qemu_plugin_tb_get_insn(tb, i));
}

__attribute__((visibility("default")))
int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "out=", 4))
			out = fopen(argv[i] + 4, "w");
		else if (!strncmp(argv[i], "hit=", 4) && nr_hits < HITS)
			hit_addr[nr_hits++] = strtoull(argv[i] + 4, NULL, 16);
	}
	if (!out)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
