/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counting: every drop by its reason, everything done for a VIP by its name; and the notices that
 * tell an operator about the first of a burst.
 */
#ifndef VIPD_BPF_COUNT_H
#define VIPD_BPF_COUNT_H

#include "frame.h"
#include "maps/drops.h"
#include "maps/inbox.h"
#include "maps/traffic.h"

/* The map is per CPU, so a plain increment loses nothing. */
#define count(field)                                                                               \
	do {                                                                                       \
		__u32 zero_ = 0;                                                                   \
		struct traffic_entry *traffic_ = bpf_map_lookup_elem(&vipd_traffic, &zero_);       \
		if (traffic_)                                                                      \
			traffic_->field++;                                                         \
	} while (0)

/* Returns the verdict, so that a drop and its counter cannot be told apart in the code either. */
static __always_inline int drop(enum drop_reason reason)
{
	__u32 zero = 0;
	__u64 *counters = bpf_map_lookup_elem(&vipd_drops, &zero);

	if (counters && reason < DROP_REASON_COUNT)
		counters[reason]++;
	return XDP_DROP;
}

/* Whether a notice is due: the last one of this slot is NOTICE_INTERVAL old. */
static __always_inline bool notice_due(__u32 slot, __u64 now)
{
	__u64 *last = bpf_map_lookup_elem(&vipd_limits, &slot);

	if (!last || (*last && now - *last < NOTICE_INTERVAL))
		return false;
	*last = now;
	return true;
}

/* Hands the record to the log. A full ring loses notices only; the counters have them all. */
static __always_inline void give_notice(const struct frame *frame, struct notice_record *notice,
					__u64 now)
{
	notice->seen_at = now;
	notice->vlan = frame->vlan;
	mac_copy(notice->mac, frame->eth->h_source);
	bpf_ringbuf_output(&vipd_notices, notice, sizeof(*notice), 0);
}

#endif
