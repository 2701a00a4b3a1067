// SPDX-License-Identifier: GPL-2.0-only
/*
 * The watchdog: a CPU that no longer runs its timers is shown and ends the
 * machine. Each CPU has a timer that counts its heartbeat and looks at that of
 * the next one online; the last looks at the first. So one CPU alone is not
 * watched, and if all hang at once, nobody tells.
 *
 * A clock alone cannot tell a CPU that hangs from one that does not get to run:
 * a virtual machine's may be starved by its host for as long as you like. So
 * one without a heartbeat is asked, again each second, by NMI, which it cannot
 * hold off while it runs. Who answers often enough and still runs no timer
 * hangs; who does not answer has not run, and is only named.
 *
 * No locks: a CPU writes its own beat only; what it saw of its neighbour is its
 * own.
 */
#include <hv/watchdog.h>

#include <hv/bug.h>
#include <hv/mm.h>
#include <hv/options.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/smp.h>
#include <hv/time.h>
#include <hv/timer.h>

struct watch {
	struct timer timer;
	u32 beat;		/* counts its own runs; read by the CPU before it */
	u32 seen;		/* of the CPU watched */
	unsigned int watched;
	unsigned int silent;	/* looks without a new beat since, */
	unsigned int answered;	/* and those of them at which it had taken its NMI */
	bool named;
};

/* A CPU that has not run at all for so many times the limit is named in the log. */
#define NAME_AFTER	4

static struct watch *watches;
static int paused;		/* atomic */

/* The next one online; @cpu itself if there is no other. */
static unsigned int next_cpu(unsigned int cpu)
{
	do
		cpu = (cpu + 1) % nr_cpus;
	while (!READ_ONCE(percpu_of[cpu]->online) && cpu != smp_processor_id());
	return cpu;
}

/**
 * watchdog_pause() - For work that keeps a CPU for seconds, and may.
 * @pause: begin, or end; calls nest
 *
 * Context: any.
 */
void watchdog_pause(bool pause)
{
	__atomic_add_fetch(&paused, pause ? 1 : -1, __ATOMIC_SEQ_CST);
}

static void start_afresh(struct watch *w, unsigned int cpu, u32 beat)
{
	w->watched = cpu;
	w->seen = beat;
	w->silent = w->answered = 0;
	w->named = false;
}

/**
 * watchdog_look() - Is the CPU after @cpu stuck? Called once a second.
 * @cpu: whose turn it is to look, the one that runs this
 *
 * Return: how many times it answered without having had a heartbeat; 0 as long
 * as that is not too often.
 */
unsigned int watchdog_look(unsigned int cpu)
{
	unsigned int next = next_cpu(cpu);
	struct watch *w = &watches[cpu];
	u32 beat = READ_ONCE(watches[next].beat);

	if (beat != w->seen || next != w->watched || READ_ONCE(paused)) {
		start_afresh(w, next, beat);
		return 0;
	}
	/* Two that beat once a second may just miss each other. */
	if (w->silent++ == 0 || next == cpu)
		return 0;
	if (smp_ask_alive(next) && ++w->answered > opts.watchdog_timeout_s)
		return w->answered;
	if (w->silent > NAME_AFTER * opts.watchdog_timeout_s && !w->answered && !w->named) {
		w->named = true;
		pr_warn("watchdog: CPU%u takes no NMI and has not run for %u s: %s\n", next,
			w->silent, "it may be starved by the host of a virtual machine");
	}
	return 0;
}

static void heartbeat(void *data)
{
	unsigned int cpu = smp_processor_id(), answered;
	struct watch *w = data;

	WRITE_ONCE(w->beat, w->beat + 1);
	answered = watchdog_look(cpu);
	if (answered) {
		printk("Watchdog: CPU%u does not run its timers any more; it does this:\n",
		       w->watched);
		smp_show(w->watched);
		panic("Watchdog: CPU%u was stuck for %u seconds", w->watched, answered);
	}
	timer_set(&w->timer, now_ns() + NSEC_PER_SEC);
}

/**
 * watchdog_init() - Start it, if watchdog asks for it.
 *
 * Context: boot, all CPUs online, and no long work ahead that runs no softirqs.
 */
void __init watchdog_init(void)
{
	if (!opts.watchdog || !opts.watchdog_timeout_s)
		return;
	if (nr_cpus < 2) {
		pr_warn("watchdog: needs two CPUs that watch each other; there is one\n");
		return;
	}
	watches = hv_new_array(struct watch, nr_cpus);
	if (!watches) {
		pr_warn("watchdog: no memory for it\n");
		return;
	}
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		timer_init(&watches[cpu].timer, heartbeat, &watches[cpu], cpu);
		watchdog_cpu(cpu, true);
	}
	pr_info("watchdog: a CPU that is stuck for %u s ends the machine\n",
		opts.watchdog_timeout_s);
}

/**
 * watchdog_cpu() - A CPU takes part from now on, or no longer.
 * @cpu:  online still or again
 * @runs: whether it will run timers
 *
 * Context: any.
 */
void watchdog_cpu(unsigned int cpu, bool runs)
{
	if (!watches)
		return;
	if (runs)
		timer_set(&watches[cpu].timer, now_ns() + NSEC_PER_SEC);
	else
		timer_stop(&watches[cpu].timer);
}
