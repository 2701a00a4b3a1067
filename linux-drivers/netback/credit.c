// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rate limit of a device as a token bucket; time is given by the caller.
 *
 * The toolstack writes node "rate" as "BYTES,MICROSECONDS" (xl.cfg's rate=).
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "credit.h"

static bool parse_number(const char **text, u64 *val)
{
	const char *p = *text;

	for (*val = 0; *p >= '0' && *p <= '9'; p++) {
		*val = *val * 10 + (*p - '0');
		if (*val > U32_MAX)
			return false;
	}
	if (p == *text)
		return false;
	*text = p;
	return true;
}

/**
 * nb_credit_parse() - Read node "rate".
 * @text:	"BYTES,MICROSECONDS", both decimal and below 2^32
 * @bytes:	result
 * @window_ns:	result, 0 for "no limit" (either number is 0)
 *
 * Return: false if @text is anything else; the results are undefined then.
 */
bool nb_credit_parse(const char *text, u64 *bytes, u64 *window_ns)
{
	u64 usec;

	if (!parse_number(&text, bytes) || *text++ != ',' ||
	    !parse_number(&text, &usec) || (*text && *text != '\n'))
		return false;
	*window_ns = *bytes ? usec * NSEC_PER_USEC : 0;
	return true;
}

/**
 * nb_credit_set() - Change the limit; a full window is available at once.
 * @credit:	the bucket
 * @bytes:	octets per window
 * @window_ns:	0 for no limit
 * @now_ns:	monotonic time
 *
 * Context: any but hard interrupt.
 */
void nb_credit_set(struct nb_credit *credit, u64 bytes, u64 window_ns, u64 now_ns)
{
	spin_lock_bh(&credit->lock);
	credit->bytes = bytes;
	WRITE_ONCE(credit->window_ns, window_ns);
	credit->left = bytes;
	credit->refilled_ns = now_ns;
	spin_unlock_bh(&credit->lock);
}

/*
 * Unused octets of old windows are kept up to one more window or packet. Another
 * queue may have read the clock later and had the lock first: then @now_ns is
 * before the window began.
 */
static void refill(struct nb_credit *credit, u64 now_ns)
{
	u64 most = max_t(u64, credit->bytes, NB_CREDIT_BURST_MIN);
	u64 windows;

	if (now_ns < credit->refilled_ns)
		return;
	windows = div64_u64(now_ns - credit->refilled_ns, credit->window_ns);
	if (!windows)
		return;
	credit->refilled_ns += windows * credit->window_ns;
	if (windows > div64_u64(most, credit->bytes))
		credit->left = most;
	else
		credit->left = min(credit->left + windows * credit->bytes, most);
}

/**
 * nb_credit_take() - May a packet pass?
 * @credit:	the bucket
 * @len:	octets of the packet, below NB_CREDIT_BURST_MIN
 * @now_ns:	monotonic time
 *
 * Context: softirq, or with bottom halves off.
 * Return: 0 and the packet's octets are taken; otherwise the nanoseconds until
 * it is worth asking again, and nothing is taken.
 */
u64 nb_credit_take(struct nb_credit *credit, unsigned int len, u64 now_ns)
{
	u64 wait_ns = 0, windows;

	if (!READ_ONCE(credit->window_ns))
		return 0;

	spin_lock(&credit->lock);
	if (credit->window_ns) {
		refill(credit, now_ns);
		if (credit->left >= len) {
			credit->left -= len;
		} else {
			windows = div64_u64(len - credit->left + credit->bytes - 1, credit->bytes);
			wait_ns = credit->refilled_ns + windows * credit->window_ns - now_ns;
		}
	}
	spin_unlock(&credit->lock);
	return wait_ns;
}
