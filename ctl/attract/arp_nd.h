/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attracting by ARP and ND, in the VRRP thread. The aim is that whoever asks for a VIP of ours is
 * told our MAC, and that the gateway has it, for as long as the lease lives: every VIP is announced
 * in several rounds whenever somebody may have learned otherwise, and once in a while in any case.
 * The gateway is asked in each VIP's name until its answer, seen by the dataplane, proves that it
 * has learned the place.
 *
 * All instances send at one pace, and take turns. The gateway is asked first, VIP after VIP; those
 * that it has not answered for are asked for again soon, as long as it answers for others. When it
 * answers for none it is silent, and then it is asked for one VIP at a time, a few times a second
 * for the whole node, until it speaks again.
 */
#ifndef VIPD_ATTRACT_ARP_ND_H
#define VIPD_ATTRACT_ARP_ND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/attract/announcer.h"
#include "ctl/attract/attract.h"

struct announced_vip {
	struct ip_address address;
	uint32_t index; /* into vipd_sightings */
};

/* A walk over an instance's VIPs, round after round. */
struct vip_walk {
	size_t next;        /* the VIP to visit next; behind the last one comes the first */
	size_t left;        /* how many are still to be visited in this round */
	unsigned int round; /* from 0 on */
	uint64_t at;        /* ns, when the walk goes on; NEVER: it is over */
	uint64_t begun_at;  /* ns, when the last round began */
	bool again;         /* after this round from the first one on, for there was a cause */
};

/* Where the announcing of one instance stands. */
struct announcement {
	struct attraction attraction; /* comes first */
	struct announcer *announcer;
	const struct announced_vip *vips; /* the instance's; must outlive the announcement */
	size_t vip_count;
	uint8_t vrid; /* whose lease fences it */
	struct vip_walk announcing, asking;
	uint64_t token_at;       /* ns, when the frame that is booked may be sent; 0: none is */
	uint64_t counted_since;  /* ns; a confirmation counts from then on; 0: released */
	uint64_t asked_since;    /* ns; a confirmation from before is to be renewed */
	uint64_t first_complete; /* ns, when all were confirmed first; 0: not yet */
	size_t unconfirmed;      /* VIPs, when the asking began its round */
	uint64_t silent_since;   /* ns, when the gateway was taken for silent; 0: it is not */
	uint64_t probe_at;       /* ns, when a silent gateway may be asked; 0: not booked */
};

/**
 * announcement_init() - of an instance that does not own yet
 * @vips: @vip_count of them; like @announcer they must outlive the announcement.
 */
void announcement_init(struct announcement *announcement, struct announcer *announcer, uint8_t vrid,
		       const struct announced_vip *vips, size_t vip_count);

/**
 * announcement_go_on() - where another one of the same VIPs stands
 *
 * Return: false when its VIPs are others; nothing has changed then.
 */
bool announcement_go_on(struct announcement *announcement, const struct announcement *before);

#endif
