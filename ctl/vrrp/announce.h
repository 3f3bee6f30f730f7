/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Announcing: after a takeover every VIP is announced in several rounds, paced so that a switch's
 * policing does not eat the last of many, and the gateway is asked in each VIP's name until its
 * answer, seen by the dataplane, proves that it has learned the new place.
 */
#ifndef VIPD_VRRP_ANNOUNCE_H
#define VIPD_VRRP_ANNOUNCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/net/net.h"
#include "maps/maps.h"

struct announced_vip {
	struct ip_address address;
	uint32_t index; /* into vipd_sightings */
};

/* Where the announcing of one instance stands. */
struct announcement {
	const struct announced_vip *vips; /* the instance's; must outlive the announcement */
	size_t vip_count;
	size_t next_vip; /* of the round that is being sent */
	unsigned int round;
	uint64_t round_at;      /* ns, when the current round began */
	uint64_t next_at;       /* ns, when there is more to send; NEVER: nothing */
	uint64_t taken_at;      /* ns; an answer of the gateway counts from then on; 0: stopped */
	uint64_t first_sent_at; /* ns; 0: nothing sent yet */
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

/** announcement_start() - begin with the first round at once; a running one starts over. */
void announcement_start(struct announcement *announcement, const struct announced_vip *vips,
			size_t vip_count, uint64_t now);

/** announcement_stop() - for an instance that owns no longer. */
void announcement_stop(struct announcement *announcement);

/** announcement_again() - one more round at once, but not sooner than 100 ms after the last. */
void announcement_again(struct announcement *announcement, uint64_t now);

/** announcement_run() - send what is due at @now. */
void announcement_run(struct announcement *announcement, struct announcer *announcer, uint64_t now);

/**
 * announcement_confirmed_at() - when the gateway had answered for all VIPs whose family has one
 *
 * Return: ns; 0 when it has not yet, or there is none to ask.
 */
uint64_t announcement_confirmed_at(const struct announcement *announcement,
				   const struct announcer *announcer);

#endif
