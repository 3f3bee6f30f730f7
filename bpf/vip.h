/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtual IPs and who answers for them: the owner test, the claims of others, the gateway's word.
 */
#ifndef VIPD_BPF_VIP_H
#define VIPD_BPF_VIP_H

#include "count.h"
#include "maps/instances.h"
#include "maps/vips.h"

static __always_inline struct vip_entry *find_vip(const struct ip_address *address)
{
	return bpf_map_lookup_elem(&vipd_vips, address);
}

/*
 * Ownership is a lease: when the controller stops renewing it, for whatever reason, the answers
 * stop before any backup may take over. The clock is read for ARP and ND, and for data only where
 * a backup is to accept none.
 */
static __always_inline bool own(const struct vip_entry *vip, __u64 now)
{
	struct instance_entry *instance = bpf_map_lookup_elem(&vipd_instances, &vip->vrid);

	return instance && now < *(volatile __u64 *)&instance->lease_until;
}

/* Another host uses a VIP as its own. While we own it that is a conflict to be defended. */
static __always_inline void note_claim(const struct frame *frame, const struct vip_entry *vip,
				       const struct ip_address *address)
{
	__u64 now = bpf_ktime_get_ns();
	struct notice_record *notice;
	struct sighting_entry *sighting;

	if (!own(vip, now))
		return;
	count(vip_conflicts);
	sighting = bpf_map_lookup_elem(&vipd_sightings, &vip->index);
	if (sighting) {
		sighting->conflicts++;
		mac_copy(sighting->conflict_mac, frame->eth->h_source);
		sighting->conflict_at = now;
	}
	if (vip->index >= MAX_VIPS || !conflict_due(vip->index, now))
		return;
	notice = reserve_notice(frame, now);
	if (!notice)
		return;
	notice->kind = NOTICE_CONFLICT;
	notice->address = *address;
	notice->vrid = (__u8)vip->vrid;
	notice->ours = true;
	bpf_ringbuf_submit(notice, 0);
}

/* The gateway answered a request that carried the VIP as sender: it knows where the VIP is. */
static __always_inline void note_confirmation(const struct vip_entry *vip)
{
	struct sighting_entry *sighting = bpf_map_lookup_elem(&vipd_sightings, &vip->index);

	if (sighting)
		sighting->confirmed_at = bpf_ktime_get_ns();
}

#endif
