/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keepalives, by which nodes that elect nothing hear of each other: ordinary advertisements of a
 * virtual router that has no VIPs and no Active. Every node sends them in whatever state it is; the
 * dataplane guards and records them like all others, so that the count is right also after the
 * controller slept. All of it belongs to the engine's lock.
 */
#ifndef VIPD_VRRP_KEEPALIVE_H
#define VIPD_VRRP_KEEPALIVE_H

#include "ctl/config/config.h"
#include "ctl/vrrp/instance.h"
#include "ctl/vrrp/quorum.h"

struct keepalive {
	const struct config *config; /* NULL: no quorum is required */
	int family;
	struct ip_address source;
	uint8_t message[ADVERT_MESSAGE_MAX];
	size_t message_length;
	struct delivery delivery; /* of the last one */
	uint64_t pace;    /* ns, the interval that they are sent by: ours, or a shorter one that is
			     heard */
	uint64_t sent_at; /* ns, when the last one was sent; 0: none was */
	uint64_t next_at; /* ns, when the next one is due; NEVER: none is sent */
	uint64_t granted_until; /* ns, until when a majority is taken for granted */
	bool majority;          /* as told last */
};

/* The quorum at one moment, for people. */
struct quorum_status {
	bool required;
	bool majority;
	struct quorum quorum;
	bool heard[MAX_PEERS]; /* by index into config->peers; this node hears itself */
};

/** keepalive_init() - none are sent, and no majority is required. */
void keepalive_init(struct keepalive *keepalive);

/**
 * keepalive_begin() - send and count, if the configuration requires a quorum
 * @config: needed until keepalive_end().
 * @granted_until: ns; who owns without ever having needed a majority has so long to find
 *                 one. 0: nothing is granted.
 */
void keepalive_begin(struct keepalive *keepalive, const struct config *config,
		     const struct instance_edges *edges, uint64_t granted_until);

/** keepalive_end() - the dataplane forgets the virtual router; fine when there is none. */
void keepalive_end(struct keepalive *keepalive, const struct instance_edges *edges);

/** keepalive_run() - send one if it is due. */
void keepalive_run(struct keepalive *keepalive, const struct instance_edges *edges, uint64_t now);

/**
 * keepalive_count() - count who was heard, by what the dataplane has seen up to now
 *
 * A majority won or lost is told through the edges.
 *
 * Return: until when there is a majority, ns, for vrrp_set_quorum().
 */
uint64_t keepalive_count(struct keepalive *keepalive, const struct instance_edges *edges,
			 uint64_t now);

/** keepalive_status() - who is heard at @now. */
void keepalive_status(const struct keepalive *keepalive, const struct instance_edges *edges,
		      uint64_t now, struct quorum_status *status);

#endif
