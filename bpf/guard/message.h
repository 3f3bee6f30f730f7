/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One VRRP message: is it a valid advertisement for a virtual router of ours (RFC 9568 section 7.1;
 * RFC 3768 section 7.1 for version 2)? Nothing is written here.
 */
#ifndef VIPD_BPF_GUARD_MESSAGE_H
#define VIPD_BPF_GUARD_MESSAGE_H

#include "bpf/count.h"
#include "maps/instances.h"
#include "sender.h"

#define CENTISECONDS 100 /* in a second */

/* The instance that a packet is for, or NULL: none of ours, or the message is too short to tell. */
static __always_inline struct instance_entry *find_instance(const struct frame *frame,
							    struct vrrp_packet *packet)
{
	struct vrrp_header *vrrp = message_of(frame, packet);
	struct instance_entry *instance;
	__u32 vrid;

	if (packet->length < sizeof(*vrrp) || (void *)(vrrp + 1) > frame->end)
		return NULL;
	packet->vrid = vrrp->vrid;
	vrid = vrrp->vrid;
	instance = bpf_map_lookup_elem(&vipd_instances, &vrid);
	return instance && instance->configured ? instance : NULL;
}

static __always_inline enum judgement judge_checksum(const struct frame *frame,
						     struct vrrp_packet *packet, __u8 version)
{
	bool ipv4 = packet->family == FAMILY_IPV4;
	/* Over IPv6 it is the transport's, of all that the packet carries. */
	__u32 length = ipv4 ? packet->message_length : packet->length;
	int sum = sum_packet(frame->ctx, packet->offset, length);

	if (sum < 0)
		return refuse(packet, DROP_vrrp_truncated);
	if (ipv4 && fold((__u32)sum) == 0xffff)
		return ACCEPTED;
	if (version == 2 ||
	    fold((__u32)sum + packet->pseudo_header_sum + bpf_htons((__u16)length)) != 0xffff)
		return refuse(packet, DROP_vrrp_checksum);
	if (ipv4)
		count(adverts_pseudo_header);
	return ACCEPTED;
}

/* What may be behind the message is a trailer, where somebody here knows what that is. */
static __always_inline enum judgement judge_length(struct vrrp_packet *packet)
{
	__u32 excess = packet->length - packet->message_length;
	struct authentication_entry *authentication = authentication_settings();
	bool off = !authentication || authentication->mode == AUTHENTICATION_OFF;

	if (packet->length < packet->message_length)
		return refuse_number(packet, DROP_vrrp_truncated, packet->message_length,
				     packet->length);
	if (packet->length > ADVERT_MESSAGE_MAX || (excess && off))
		return refuse_number(packet, DROP_vrrp_length, packet->message_length,
				     packet->length);
	if (excess && excess != sizeof(struct vrrp_trailer))
		return refuse_number(packet, DROP_vrrp_trailer_malformed,
				     sizeof(struct vrrp_trailer), excess);
	return ACCEPTED;
}

static __always_inline enum judgement judge_fields(struct vrrp_packet *packet,
						   const struct vrrp_header *vrrp,
						   const struct instance_entry *instance)
{
	__u32 address_size = packet->family == FAMILY_IPV4 ? 4 : 16;
	__u8 version = vrrp->version_type >> 4;

	packet->priority = vrrp->priority;
	packet->message_length = sizeof(*vrrp) + vrrp->address_count * address_size;
	packet->max_advert_interval =
		bpf_ntohs(vrrp->max_advert_interval) & VRRP_ADVERT_INTERVAL_MASK;
	if (version == 2) {
		packet->message_length += VRRP2_AUTHENTICATION_LENGTH;
		packet->max_advert_interval = vrrp->version2.advert_interval * CENTISECONDS;
	}

	if (packet->family != instance->family)
		return refuse_number(packet, DROP_vrrp_family, instance->family, packet->family);
	if (version != instance->version)
		return refuse_number(packet, DROP_vrrp_version, instance->version, version);
	if (version == 2 && packet->family != FAMILY_IPV4)
		return refuse_number(packet, DROP_vrrp_family, FAMILY_IPV4, packet->family);
	if ((vrrp->version_type & 0xf) != VRRP_ADVERTISEMENT)
		return refuse_number(packet, DROP_vrrp_type, VRRP_ADVERTISEMENT,
				     vrrp->version_type & 0xf);
	if (vrrp->address_count == 0)
		return refuse(packet, DROP_vrrp_no_address);
	if (packet->max_advert_interval == 0)
		return refuse(packet, DROP_vrrp_no_interval);
	return judge_length(packet);
}

/* RFC 2338 section 5.3.10. The time that this takes tells nothing of where the two differ. */
static __always_inline bool password_matches(const struct frame *frame,
					     const struct vrrp_packet *packet,
					     const struct instance_entry *instance)
{
	__u32 offset = packet->message_length - VRRP2_AUTHENTICATION_LENGTH;
	const __u32 *theirs = message_of(frame, packet) + (offset & MESSAGE_MASK);
	const __u32 *ours = (const void *)instance->authentication_data;

	if ((void *)(theirs + 2) > frame->end)
		return false;
	return ((theirs[0] ^ ours[0]) | (theirs[1] ^ ours[1])) == 0;
}

/* Only version 2 has a password in the clear, and refuses another interval than ours. */
static __always_inline enum judgement judge_version2(const struct frame *frame,
						     struct vrrp_packet *packet,
						     const struct vrrp_header *vrrp,
						     const struct instance_entry *instance)
{
	__u8 type = vrrp->version2.authentication_type;

	if (type != instance->authentication_type)
		return refuse_number(packet, DROP_vrrp_authentication_type,
				     instance->authentication_type, type);
	if (type == VRRP2_SIMPLE_TEXT && !password_matches(frame, packet, instance))
		return refuse(packet, DROP_vrrp_password);
	if (packet->max_advert_interval != instance->advert_interval)
		return refuse_number(packet, DROP_vrrp_interval, instance->advert_interval,
				     packet->max_advert_interval);
	return ACCEPTED;
}

static __always_inline enum judgement judge_message(const struct frame *frame,
						    struct vrrp_packet *packet,
						    const struct instance_entry *instance)
{
	const struct vrrp_header *vrrp = message_of(frame, packet);
	enum judgement judgement;

	if (packet->length < sizeof(*vrrp) || (void *)(vrrp + 1) > frame->end)
		return refuse_number(packet, DROP_vrrp_truncated, sizeof(*vrrp), packet->length);
	if (!instance)
		return refuse(packet, DROP_vrrp_unknown_vrid);
	if ((judgement = judge_fields(packet, vrrp, instance)) ||
	    (judgement = judge_checksum(frame, packet, instance->version)))
		return judgement;
	return instance->version == 2 ? judge_version2(frame, packet, vrrp, instance) : ACCEPTED;
}

#endif
