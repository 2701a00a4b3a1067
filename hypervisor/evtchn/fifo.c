// SPDX-License-Identifier: GPL-2.0-only
/*
 * The FIFO format: a word per port in pages that the guest gives, and per vCPU
 * a control block with the head of one queue for each of 16 priorities. ABI:
 * event_channel.h, "FIFO ABI"; the design is Xen's event-channel upcall
 * document of 2013.
 *
 *	control block  ready: bit per priority     head[p] ---.
 *	                                                      v
 *	event words    [PENDING LINKED link=9] -> [PENDING LINKED link=4] -> [.. link=0]
 *	                                                       our tail[p] ----^
 *
 * We append at the tail, the guest takes from the head and clears LINKED, both
 * without a lock between them. All words and control blocks are guest memory:
 * whatever stands there is only ever used as bits to test and set; which port
 * is the tail is remembered on our side.
 *
 * A port may be bound before the page with its word is there, or notify a vCPU
 * that has no control block yet. Its event is then latched in struct evtchn and
 * published when they come.
 *
 * What is done with one port is under its lock. Inside of that the lock of a
 * vCPU's queues guards their tails; one at a time, as a port that changes the
 * queue leaves the old one first. Pages and control blocks are added under the
 * event lock, and go when no port is in use: whoever holds the lock of one that
 * is may use them.
 */
#include "evtchn.h"

#include <hv/bug.h>
#include <hv/errno.h>
#include <hv/mm.h>
#include <hv/percpu.h>

#include <asm/system.h>

#define WORDS_PER_PAGE	(PAGE_SIZE / sizeof(event_word_t))
#define MAX_PAGES	(EVTCHN_FIFO_NR_CHANNELS / WORDS_PER_PAGE)
#define LINK_MASK	((1U << EVTCHN_FIFO_LINK_BITS) - 1)
#define BIT_PENDING	(1U << EVTCHN_FIFO_PENDING)
#define BIT_MASKED	(1U << EVTCHN_FIFO_MASKED)
#define BIT_LINKED	(1U << EVTCHN_FIFO_LINKED)
#define BIT_BUSY	(1U << EVTCHN_FIFO_BUSY)

/* How often the guest may be changing a word just when we want to. */
#define LINK_TRIES	4

struct evtchn_fifo {
	u32 nr_pages;		/* only grows */
	event_word_t *page[MAX_PAGES];
};

struct evtchn_fifo_vcpu {
	spinlock_t lock;
	struct evtchn_fifo_control_block *block;
	struct evtchn_fifo_vcpu *next;	/* on its way out: take_blocks() */
	u32 tail[EVTCHN_FIFO_MAX_QUEUES];	/* port; 0: the queue is empty */
};

/* NULL: its page is not there yet. */
static event_word_t *event_word(const struct domain *d, u32 port)
{
	const struct evtchn_fifo *fifo = d->evtchn->fifo;

	/* Partner: the release in evtchn_fifo_expand_array(). */
	if (port / WORDS_PER_PAGE >= __atomic_load_n(&fifo->nr_pages, __ATOMIC_ACQUIRE))
		return NULL;
	return &fifo->page[port / WORDS_PER_PAGE][port % WORDS_PER_PAGE];
}

/* 1: @link is in the word; 0: the word is not on a queue any more; -EAGAIN: the guest was at it. */
static int try_set_link(event_word_t *word, u32 link)
{
	event_word_t old = READ_ONCE(*word);
	event_word_t new = (old & ~(BIT_BUSY | LINK_MASK)) | link;

	if (!(old & BIT_LINKED))
		return 0;
	return __atomic_compare_exchange_n(word, &old, new, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST) ? 1 : -EAGAIN;
}

/*
 * Let the tail's @word lead on to @link. False if the guest took the tail off
 * meanwhile. The guest may change the other bits as often as it likes; after a
 * few tries BUSY tells it to wait. One that goes on has broken its own queue.
 */
static bool set_link(event_word_t *word, u32 link)
{
	int rc = -EAGAIN;

	for (unsigned int i = 0; rc < 0 && i < 2 * LINK_TRIES; i++) {
		if (i == LINK_TRIES)
			__atomic_fetch_or(word, BIT_BUSY, __ATOMIC_SEQ_CST);
		rc = try_set_link(word, link);
	}
	if (rc <= 0)
		__atomic_fetch_and(word, ~BIT_BUSY, __ATOMIC_SEQ_CST);
	return rc != 0;
}

/* Partner: the release in install_block(). */
static struct evtchn_fifo_vcpu *fifo_vcpu(const struct vcpu *v)
{
	return __atomic_load_n(&v->evtchn_fifo, __ATOMIC_ACQUIRE);
}

/*
 * The event was the last of the queue it was on, and is not any more: that queue
 * is empty. To be said before the event's word is LINKED again, or another event
 * would be appended to it there. Lock of the queues held.
 */
static void leave_queue(struct evtchn_fifo_vcpu *fv, const struct evtchn *chn)
{
	if (fv->tail[chn->last_priority] == chn->port)
		fv->tail[chn->last_priority] = 0;
}

static void leave_queue_of(const struct vcpu *v, const struct evtchn *chn)
{
	struct evtchn_fifo_vcpu *fv = v ? fifo_vcpu(v) : NULL;

	if (!fv)
		return;
	spin_lock(&fv->lock);
	leave_queue(fv, chn);
	spin_unlock(&fv->lock);
}

/* True if the vCPU is to be told: the queue was empty. Lock of the queues held. */
static bool append(struct domain *d, struct evtchn_fifo_vcpu *fv, struct evtchn *chn,
		   event_word_t *word)
{
	u32 *tail = &fv->tail[chn->priority];
	bool linked;

	__atomic_fetch_or(word, BIT_LINKED, __ATOMIC_SEQ_CST);
	linked = *tail && set_link(event_word(d, *tail), chn->port);
	*tail = chn->port;
	if (linked)
		return false;
	__atomic_store_n(&fv->block->head[chn->priority], chn->port, __ATOMIC_RELEASE);
	return !test_and_set_bit_atomic(chn->priority, &fv->block->ready);
}

/* Append to the vCPU's queue an event whose word is not LINKED. */
static void fifo_link(struct domain *d, struct evtchn *chn, event_word_t *word)
{
	struct vcpu *v = d->vcpu[chn->bound.vcpu_id];
	struct evtchn_fifo_vcpu *fv = fifo_vcpu(v);
	bool tell;

	if (!fv) {
		chn->latched = true;
		return;
	}
	if (chn->last_vcpu_id != v->vcpu_id)
		leave_queue_of(domain_vcpu(d, chn->last_vcpu_id), chn);
	spin_lock(&fv->lock);
	leave_queue(fv, chn);
	chn->last_vcpu_id = v->vcpu_id;
	chn->last_priority = chn->priority;
	tell = append(d, fv, chn, word);
	spin_unlock(&fv->lock);
	if (tell)
		vcpu_mark_events_pending(v);
}

static void fifo_set_pending(struct domain *d, struct evtchn *chn)
{
	event_word_t *word = event_word(d, chn->port);
	event_word_t old = 0;

	if (word) {
		old = __atomic_fetch_or(word, BIT_PENDING, __ATOMIC_SEQ_CST);
		if (!(old & (BIT_MASKED | BIT_LINKED)))
			fifo_link(d, chn, word);
	} else {
		chn->latched = true;
	}
	if (!(old & BIT_PENDING))
		evtchn_check_pollers(d, chn->port);
}

static void fifo_clear_pending(struct domain *d, struct evtchn *chn)
{
	event_word_t *word = event_word(d, chn->port);

	chn->latched = false;
	if (word)
		__atomic_fetch_and(word, ~BIT_PENDING, __ATOMIC_SEQ_CST);
}

static void fifo_unmask(struct domain *d, struct evtchn *chn)
{
	event_word_t *word = event_word(d, chn->port);

	if (!word)
		return;
	if (__atomic_fetch_and(word, ~BIT_MASKED, __ATOMIC_SEQ_CST) & BIT_PENDING)
		fifo_set_pending(d, chn);
}

static bool fifo_is_pending(struct domain *d, const struct evtchn *chn)
{
	event_word_t *word = event_word(d, chn->port);

	return chn->latched || (word && READ_ONCE(*word) & BIT_PENDING);
}

static bool fifo_is_busy(struct domain *d, u32 port)
{
	event_word_t *word = event_word(d, port);

	return word && READ_ONCE(*word) & BIT_LINKED;
}

static int fifo_set_priority(struct evtchn *chn, u32 priority)
{
	if (priority > EVTCHN_FIFO_PRIORITY_MIN)
		return -EINVAL;
	chn->priority = priority;
	return 0;
}

const struct evtchn_ops evtchn_fifo_ops = {
	.max_ports = EVTCHN_FIFO_NR_CHANNELS,
	.set_pending = fifo_set_pending,
	.clear_pending = fifo_clear_pending,
	.unmask = fifo_unmask,
	.is_pending = fifo_is_pending,
	.is_busy = fifo_is_busy,
	.set_priority = fifo_set_priority,
};

/*
 * Publish what was latched on ports from @first to before @end. Who sends from
 * now on sees what has come. An event is latched only while its port is in use.
 */
static void publish_latched(struct domain *d, u32 first, u32 end)
{
	u32 nr_ports = __atomic_load_n(&d->evtchn->nr_ports, __ATOMIC_ACQUIRE);

	for (u32 port = first; port < min(end, nr_ports); port++) {
		struct evtchn *chn = evtchn_from_port(d, port);
		unsigned long flags;

		spin_lock_irqsave(&chn->lock, flags);
		if (chn->latched) {
			chn->latched = false;
			fifo_set_pending(d, chn);
		}
		spin_unlock_irqrestore(&chn->lock, flags);
	}
}

/* A frame of the caller's that it may write, referenced; NULL if it is none. */
static void *get_guest_page(struct domain *d, u64 gfn)
{
	struct page_info *pg;

	if (!mfn_valid(_mfn(gfn)))
		return NULL;
	pg = mfn_to_page(_mfn(gfn));
	if (page_get_and_type(pg, d->domain_id, PT_WRITABLE))
		return NULL;
	return page_to_virt(pg);
}

static void put_guest_page(void *va)
{
	page_put_and_type(virt_to_page((void *)((unsigned long)va & PAGE_MASK)));
}

/*
 * From two levels to FIFO: what is pending becomes latched, until its page comes.
 * Who held a port's lock before us has set its bit; who comes after us, the
 * latch. Event lock held.
 */
static void convert_ports(struct domain *d, struct evtchn_fifo *fifo)
{
	struct evtchn_domain *ed = d->evtchn;

	ed->fifo = fifo;
	__atomic_store_n(&ed->ops, &evtchn_fifo_ops, __ATOMIC_RELEASE);
	for (u32 port = 1; port < min(ed->nr_ports, evtchn_two_level_ops.max_ports); port++) {
		struct evtchn *chn = evtchn_from_port(d, port);

		spin_lock(&chn->lock);
		if (chn->bound.state != ECS_FREE && evtchn_two_level_ops.is_pending(d, chn))
			chn->latched = true;
		spin_unlock(&chn->lock);
	}
}

/* Event lock held. Takes over @fv and, if it is the first, @fifo. */
static int install_block(struct vcpu *v, struct evtchn_fifo_vcpu *fv, struct evtchn_fifo **fifo)
{
	struct evtchn_domain *ed = v->domain->evtchn;

	if (v->evtchn_fifo)
		return -EINVAL;
	if (!ed->fifo) {
		convert_ports(v->domain, *fifo);
		*fifo = NULL;
	}
	__atomic_store_n(&v->evtchn_fifo, fv, __ATOMIC_RELEASE);
	return 0;
}

static int add_block(struct vcpu *v, void *block)
{
	struct evtchn_domain *ed = v->domain->evtchn;
	struct evtchn_fifo_vcpu *fv = hv_new(struct evtchn_fifo_vcpu);
	struct evtchn_fifo *fifo = hv_new(struct evtchn_fifo);
	unsigned long flags;
	int rc = -ENOMEM;

	if (fv && fifo) {
		spin_lock_init(&fv->lock);
		fv->block = block;
		spin_lock_irqsave(&ed->lock, flags);
		rc = install_block(v, fv, &fifo);
		spin_unlock_irqrestore(&ed->lock, flags);
	}
	if (rc)
		hv_free(fv);
	else
		publish_latched(v->domain, 1, EVTCHN_FIFO_NR_CHANNELS);
	hv_free(fifo);
	return rc;
}

/**
 * evtchn_fifo_init_control() - EVTCHNOP_init_control.
 * @op: control_gfn, offset and vcpu of the caller's; link_bits is set
 *
 * The first success switches the domain to the FIFO format.
 * ABI: event_channel.h, struct evtchn_init_control.
 * Return: 0; -ENOENT for a bad vCPU; -EINVAL if the block is misplaced, the frame
 * is not the guest's or not writable, or the vCPU has one; -ENOMEM.
 */
long evtchn_fifo_init_control(struct evtchn_init_control *op)
{
	struct domain *d = current->domain;
	struct vcpu *v = domain_vcpu(d, op->vcpu);
	char *page;
	int rc;

	if (!v)
		return -ENOENT;
	if (op->offset > PAGE_SIZE - sizeof(struct evtchn_fifo_control_block) ||
	    !IS_ALIGNED(op->offset, 8U))
		return -EINVAL;
	page = get_guest_page(d, op->control_gfn);
	if (!page)
		return -EINVAL;
	rc = add_block(v, page + op->offset);
	if (rc) {
		put_guest_page(page);
		return rc;
	}
	op->link_bits = EVTCHN_FIFO_LINK_BITS;
	return 0;
}

/**
 * evtchn_fifo_expand_array() - EVTCHNOP_expand_array.
 * @op: the frame with the next 1024 event words
 *
 * ABI: event_channel.h, struct evtchn_expand_array.
 * Return: 0; -EOPNOTSUPP before init_control; -EINVAL if the frame is not the
 * guest's or not writable; -ENOSPC if all pages are there.
 */
long evtchn_fifo_expand_array(const struct evtchn_expand_array *op)
{
	struct domain *d = current->domain;
	struct evtchn_domain *ed = d->evtchn;
	unsigned long flags;
	u32 slot = 0;
	void *page;
	int rc = 0;

	page = get_guest_page(d, op->array_gfn);
	spin_lock_irqsave(&ed->lock, flags);
	if (!ed->fifo) {
		rc = -EOPNOTSUPP;
	} else if (!page) {
		rc = -EINVAL;
	} else if (ed->fifo->nr_pages == MAX_PAGES) {
		rc = -ENOSPC;
	} else {
		slot = ed->fifo->nr_pages;
		ed->fifo->page[slot] = page;
		__atomic_store_n(&ed->fifo->nr_pages, slot + 1, __ATOMIC_RELEASE);
	}
	spin_unlock_irqrestore(&ed->lock, flags);
	if (!rc)
		publish_latched(d, slot * WORDS_PER_PAGE, (slot + 1) * WORDS_PER_PAGE);
	else if (page)
		put_guest_page(page);
	return rc;
}

/* Take all vCPUs' control blocks from them: a list. Event lock held. */
static struct evtchn_fifo_vcpu *take_blocks(struct domain *d)
{
	struct evtchn_fifo_vcpu *list = NULL;
	struct vcpu *v;

	for_each_vcpu(d, v) {
		struct evtchn_fifo_vcpu *fv = v->evtchn_fifo;

		if (!fv)
			continue;
		v->evtchn_fifo = NULL;
		fv->next = list;
		list = fv;
	}
	return list;
}

static void put_blocks(struct evtchn_fifo_vcpu *list)
{
	while (list) {
		struct evtchn_fifo_vcpu *fv = list;

		list = fv->next;
		put_guest_page(fv->block);
		hv_free(fv);
	}
}

/**
 * evtchn_fifo_destroy() - Back to the two-level format.
 * @d: any; nothing happens if it does not use FIFO
 *
 * Context: takes the event lock.
 * Return: 0; -ERESTART if a port is in use again: close all once more.
 */
int evtchn_fifo_destroy(struct domain *d)
{
	struct evtchn_domain *ed = d->evtchn;
	struct evtchn_fifo_vcpu *blocks;
	struct evtchn_fifo *fifo;
	unsigned long flags;

	spin_lock_irqsave(&ed->lock, flags);
	fifo = ed->fifo;
	if (!fifo || ed->nr_used) {
		spin_unlock_irqrestore(&ed->lock, flags);
		return fifo ? -ERESTART : 0;
	}
	ed->fifo = NULL;
	__atomic_store_n(&ed->ops, &evtchn_two_level_ops, __ATOMIC_RELEASE);
	blocks = take_blocks(d);
	spin_unlock_irqrestore(&ed->lock, flags);
	put_blocks(blocks);
	for (u32 i = 0; i < fifo->nr_pages; i++)
		put_guest_page(fifo->page[i]);
	hv_free(fifo);
	return 0;
}
