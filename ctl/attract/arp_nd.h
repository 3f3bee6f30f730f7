/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attracting by ARP and ND, in the VRRP thread: after a takeover every VIP is announced in several
 * rounds, paced so that a switch's policing does not eat the last of many, and the gateway is asked
 * in each VIP's name until its answer, seen by the dataplane, proves that it has learned the new
 * place.
 */
#ifndef VIPD_ATTRACT_ARP_ND_H
#define VIPD_ATTRACT_ARP_ND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/attract/attract.h"
#include "ctl/config/config.h"
#include "ctl/net/link.h"
#include "maps/maps.h"

struct announced_vip {
	struct ip_address address;
	uint32_t index; /* into vipd_sightings */
};

/* Where the announcing of one instance stands. */
struct announcement {
	struct attraction attraction; /* comes first */
	struct announcer *announcer;
	const struct announced_vip *vips; /* the instance's; must outlive the announcement */
	size_t vip_count;
	uint8_t vrid;    /* whose lease fences it */
	size_t next_vip; /* of the round that is being sent */
	unsigned int round;
	uint64_t round_at; /* ns, when the current round began */
	uint64_t taken_at; /* ns; an answer of the gateway counts from then on; 0: released */
};

/* What all announcements share. */
struct announcer {
	int socket; /* AF_PACKET */
	unsigned int ifindex;
	uint8_t mac[6];
	struct ip_address gateway4, gateway6; /* all zero: none */
	bool router;
	const struct maps *maps;
	uint64_t sent; /* frames */
};

/** announcer_init() - an announcer that is not open. */
void announcer_init(struct announcer *announcer);

/**
 * announcer_prepare() - for a configuration and a link
 * @next: the result. It shares the packet socket of @before, if that is open.
 * @maps: must outlive the announcer.
 *
 * Return: 0, or a negative errno after one logged message.
 */
int announcer_prepare(struct announcer *next, const struct config *config,
		      const struct net_link *link, const struct maps *maps,
		      const struct announcer *before);

/** announcer_close() - close the socket, unless @other shares it. @other: NULL: it does not. */
void announcer_close(struct announcer *announcer, const struct announcer *other);

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
