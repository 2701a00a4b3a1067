// SPDX-License-Identifier: GPL-2.0-only
/*
 * The watchdog: a CPU that no longer runs its timers is shown and ends the
 * machine. Each CPU has a timer that counts its heartbeat and looks at that of
 * the next; the last looks at the first. What a hanging CPU does is found by
 * NMI, which it cannot hold off. So one CPU alone is not watched, and if all
 * hang at once, nobody tells.
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
	u32 seen;		/* of the next CPU */
	u64 seen_ns;		/* when that was new */
};

static struct watch *watches;
static int paused;		/* atomic */

static unsigned int next_cpu(unsigned int cpu)
{
	return (cpu + 1) % nr_cpus;
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

/**
 * watchdog_look() - Has the CPU after @cpu had a heartbeat lately?
 * @cpu: whose turn it is to look
 * @now: as now_ns()
 *
 * Return: for how many seconds it had none; 0 as long as that is not too long.
 */
unsigned int watchdog_look(unsigned int cpu, u64 now)
{
	struct watch *w = &watches[cpu];
	u32 beat = READ_ONCE(watches[next_cpu(cpu)].beat);

	if (beat != w->seen || !w->seen_ns || READ_ONCE(paused)) {
		w->seen = beat;
		w->seen_ns = now;
		return 0;
	}
	if (now - w->seen_ns < opts.watchdog_timeout_s * NSEC_PER_SEC)
		return 0;
	return (now - w->seen_ns) / NSEC_PER_SEC;
}

static void heartbeat(void *data)
{
	unsigned int cpu = smp_processor_id(), silent;
	struct watch *w = data;
	u64 now = now_ns();

	WRITE_ONCE(w->beat, w->beat + 1);
	silent = watchdog_look(cpu, now);
	if (silent) {
		printk("Watchdog: CPU%u does not run its timers any more; it does this:\n",
		       next_cpu(cpu));
		smp_show(next_cpu(cpu));
		panic("Watchdog: CPU%u was stuck for %u seconds", next_cpu(cpu), silent);
	}
	timer_set(&w->timer, now + NSEC_PER_SEC);
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
		timer_set(&watches[cpu].timer, now_ns() + NSEC_PER_SEC);
	}
	pr_info("watchdog: a CPU that is stuck for %u s ends the machine\n",
		opts.watchdog_timeout_s);
}
