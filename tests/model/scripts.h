/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPUs that carry out scripts, in every interleaving: what models have in common
 * whose state is all of the program's data. Each CPU is a coroutine that stops at
 * every model_yield(). States seen before are not followed again.
 *
 * Included once, where CPUS, STACK_BYTES and MODEL are defined. The model has
 * what is declared here without a body.
 */
#ifndef SCRIPTS_H
#define SCRIPTS_H

#include <hv/atomic.h>
#include <hv/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "coroutine.h"

#define SEEN_MAX	(1UL << 23)

static const char *scenario_name(unsigned int nr);
/* Everything as it is when the scripts begin. On a CPU, but alone. */
static void prepare(void);
/* Has CPU @c, which does nothing, more to do? */
static bool has_more(unsigned int c);
/* Do that, on the CPU that is cpu; changes next_op[cpu]. */
static void run_next(void);
/* After each step; when all scripts are at their ends. */
static void check_state(void);
static void check_end(void);

/* Part of the state, like all that is not behind engine. */
static unsigned char stacks[CPUS][STACK_BYTES] __aligned(64);
static unsigned char *volatile sp[CPUS];	/* NULL: between two operations */
static volatile u8 next_op[CPUS], scenario;
static volatile unsigned int cpu;
static void (*volatile alone)(void);
unsigned char **model_own_sp, *model_scheduler_sp;

static struct engine {
	unsigned long states, ends, nr_seen;
	u64 (*seen)[2];
} *engine;

static void violation(const char *what) __noreturn;

static void violation(const char *what)
{
	printf("%s: %s: VIOLATION: %s (after %lu states)\n",
	       MODEL, scenario_name(scenario), what, engine->states);
	for (unsigned int c = 0; c < CPUS; c++)
		printf("  CPU %u: operation %u%s\n", c, next_op[c], sp[c] ? ", under way" : "");
	exit(1);
}

void bug(const char *what, const char *file, unsigned int line)
{
	fprintf(stderr, "%s:%u: ", file, line);
	violation(what);
}

unsigned int model_cpu(void)
{
	return cpu;
}

/* ---- coroutines ---- */

__used void coroutine_main(void)
{
	unsigned char *gone;

	if (alone)
		alone();
	else
		run_next();
	sp[cpu] = NULL;
	__builtin_memset(stacks[cpu], 0, STACK_BYTES / 2);
	switch_stack(&gone, model_scheduler_sp);
	abort();
}

static void coroutine_begin(unsigned int c)
{
	__builtin_memset(stacks[c], 0, STACK_BYTES);
	sp[c] = coroutine_start(stacks[c] + STACK_BYTES);
}

static void step(unsigned int c)
{
	cpu = c;
	if (!sp[c])
		coroutine_begin(c);
	model_own_sp = (unsigned char **)&sp[c];
	switch_stack(&model_scheduler_sp, sp[c]);
	model_scheduler_sp = NULL;
	model_own_sp = NULL;
	cpu = 0;
	if (*(u64 *)stacks[c])
		violation("the model's stack is too small");
}

/* It stops at every atomic access like the rest, so a coroutine does it. */
static void run_alone(void (*fn)(void))
{
	alone = fn;
	do
		step(0);
	while (sp[0]);
	alone = NULL;
}

/* ---- exploration ---- */

extern unsigned char __data_start[], _end[];

static size_t state_size(void)
{
	return _end - __data_start;
}

static u64 mix(u64 h, u64 v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15UL;
	return h ^ h >> 29;
}

/* False if it was seen before. */
static bool is_new(void)
{
	const u64 *p = (const u64 *)(((unsigned long)__data_start + 7) & ~7UL);
	u64 a = 1, b = 2, slot;

	for (; (unsigned char *)(p + 1) <= _end; p++) {
		a = mix(a, *p);
		b = mix(b, *p ^ 0x55);
	}
	a += !a;
	for (slot = a % SEEN_MAX; engine->seen[slot][0]; slot = (slot + 1) % SEEN_MAX)
		if (engine->seen[slot][0] == a && engine->seen[slot][1] == b)
			return false;
	if (++engine->nr_seen > SEEN_MAX / 2)
		violation("too many states for this model");
	engine->seen[slot][0] = a;
	engine->seen[slot][1] = b;
	return true;
}

static void explore(void)
{
	unsigned char *saved = malloc(state_size());
	bool end = true, stuck = true;

	engine->states++;
	memcpy(saved, __data_start, state_size());
	for (unsigned int c = 0; c < CPUS; c++) {
		if (!sp[c] && !has_more(c))
			continue;
		end = false;
		step(c);
		check_state();
		stuck = stuck && !memcmp(saved, __data_start, state_size());
		if (is_new())
			explore();
		memcpy(__data_start, saved, state_size());
	}
	if (end) {
		engine->ends++;
		check_end();
		memcpy(__data_start, saved, state_size());
	} else if (stuck) {
		violation("nobody gets on");
	}
	free(saved);
}

static void explore_scenarios(unsigned int nr)
{
	unsigned char *pristine = malloc(state_size());

	engine = mmap(NULL, sizeof(*engine), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		      -1, 0);
	memcpy(pristine, __data_start, state_size());
	for (unsigned int i = 0; i < nr; i++) {
		*engine = (struct engine){};
		engine->seen = mmap(NULL, SEEN_MAX * 16, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		scenario = i;
		run_alone(prepare);
		explore();
		printf("%s: %s: %lu states, %lu ends: no violation\n",
		       MODEL, scenario_name(i), engine->states, engine->ends);
		fflush(stdout);
		munmap(engine->seen, SEEN_MAX * 16);
		memcpy(__data_start, pristine, state_size());
	}
	free(pristine);
}

#endif
