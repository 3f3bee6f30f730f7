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

/* There always are such counters, but the verifier wants to see it looked at. */
static __always_inline struct traffic_entry *traffic_counters(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&vipd_traffic, &zero);
}

/* The map is per CPU, so a plain increment loses nothing. */
#define count(field)                                                                               \
	do {                                                                                       \
		struct traffic_entry *traffic_ = traffic_counters();                               \
		if (traffic_)                                                                      \
			traffic_->field++;                                                         \
	} while (0)

/* Returns the verdict, so that a drop and its counter cannot be told apart in the code either. */
static __always_inline enum verdict drop(enum drop_reason reason)
{
	__u32 zero = 0;
	__u64 *counters = bpf_map_lookup_elem(&vipd_drops, &zero);

	if (counters && drop_is_reason(reason))
		counters[drop_index(reason)]++;
	return VERDICT_DROP;
}

/* Whether a notice of a conflict is due: the last one over this VIP is long ago. */
static __always_inline bool conflict_due(__u32 vip, __u64 now)
{
	__u32 slot = conflict_limit(vip);
	__u64 *last = bpf_map_lookup_elem(&vipd_limits, &slot);

	if (!last || (*last && now - *last < NOTICE_INTERVAL))
		return false;
	*last = now;
	return true;
}

/*
 * A record for the log, to be filled in and submitted. A full ring loses notices only; the counters
 * have them all.
 */
static __always_inline struct notice_record *reserve_notice(const struct frame *frame, __u64 now)
{
	struct notice_record *notice = bpf_ringbuf_reserve(&vipd_notices, sizeof(*notice), 0);

	if (!notice)
		return NULL;
	*notice = (struct notice_record){};
	notice->seen_at = now;
	notice->vlan = frame->vlan;
	notice->ifindex = frame->ctx->ingress_ifindex;
	mac_copy(notice->mac, frame->eth->h_source);
	return notice;
}

#endif
