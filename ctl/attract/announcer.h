/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The announcer sends the frames that announce VIPs, at one pace for the whole node: all instances
 * share it.
 */
#ifndef VIPD_ATTRACT_ANNOUNCER_H
#define VIPD_ATTRACT_ANNOUNCER_H

#include <stdbool.h>
#include <stdint.h>

#include "ctl/attract/pacer.h"
#include "ctl/config/config.h"
#include "ctl/net/link.h"
#include "maps/maps.h"

struct announcer {
	int socket; /* AF_PACKET */
	unsigned int ifindex;
	uint8_t mac[6];
	struct ip_address gateway4, gateway6;     /* all zero: none */
	uint8_t gateway_mac4[6], gateway_mac6[6]; /* as heard last; all zero: never */
	bool router;
	const struct maps *maps;
	uint64_t refresh;     /* ns; 0: announce only for a cause */
	struct pacer pacer;   /* as configured */
	struct pacer peak;    /* and never more than this in a moment */
	struct pacer repeats; /* of what was announced already: half of what is configured */
	struct pacer probes;  /* of a silent gateway */
	uint64_t answered_at; /* ns, when the gateway was last seen to answer */
	uint64_t sent;        /* frames */
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

/** announcer_go_on() - with what another one has sent and learned. */
void announcer_go_on(struct announcer *announcer, const struct announcer *before);

/** announcer_says_the_same() - whether both announce the same, to the same gateways. */
bool announcer_says_the_same(const struct announcer *a, const struct announcer *b);

/**
 * announcer_set_gateway_mac() - where a gateway is on the link; other addresses are ignored
 *
 * Return: whether it was somewhere else before.
 */
bool announcer_set_gateway_mac(struct announcer *announcer, const struct ip_address *address,
			       const uint8_t mac[static 6]);

/** announcer_close() - close the socket, unless @other shares it. @other: NULL: it does not. */
void announcer_close(struct announcer *announcer, const struct announcer *other);

/** announcer_gateway() - that of a VIP's family; NULL: none. */
const struct ip_address *announcer_gateway(const struct announcer *announcer,
					   const struct ip_address *vip);

/** announcer_announce() - tell all hosts on the link that a VIP is here. */
void announcer_announce(struct announcer *announcer, const struct ip_address *vip);

/** announcer_ask() - ask for the gateway, in the name of a VIP whose family has one. */
void announcer_ask(struct announcer *announcer, const struct ip_address *vip);

/**
 * announcer_wait() - until one frame may be sent
 * @token_at: of who sends it: when the token that it has booked may be used; 0: it has none.
 * @repeats: the frame says again what has been said, and comes after those that do not.
 *
 * Return: 0: it may be sent now, and the token is used up; else when to try again, ns.
 */
uint64_t announcer_wait(struct announcer *announcer, uint64_t *token_at, bool repeats,
			uint64_t now);

/** announcer_book_probe() - for a question to a gateway that is silent. Return: when, ns. */
uint64_t announcer_book_probe(struct announcer *announcer, uint64_t now);

#endif
