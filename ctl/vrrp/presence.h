/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Presence: every node tells all others at a steady pace what it is good for, in whatever state it
 * is, and hears from the others that they are there. What is said (ctl/standing) is words to this
 * module; it sends them as advertisements of a virtual router that has no VIPs and no Active, so
 * that the dataplane guards and records them like all others, also while the controller sleeps.
 *
 * Who is not heard for a window is *silent*, and gets no new flows: one store into vipd_backends,
 * made here, where time is kept. A quorum counts the same words. All of it belongs to the engine's
 * lock.
 */
#ifndef VIPD_VRRP_PRESENCE_H
#define VIPD_VRRP_PRESENCE_H

#include "ctl/config/config.h"
#include "ctl/vrrp/instance.h"
#include "ctl/vrrp/quorum.h"
#include "maps/standings.h"

/* What this node says, as ctl/standing/message.h writes it. */
struct standing_message {
	size_t count; /* of pages; 0: nothing is said */
	struct {
		size_t length; /* bytes, a multiple of 16 */
		uint8_t bytes[STANDING_WORDS * 4] __attribute__((aligned(4)));
	} pages[STANDING_PAGES];
};

/* Another node, as it is heard. */
struct peer_presence {
	uint64_t interval; /* ns: how often it has to hear this node; 0: it does not say */
	uint64_t silences; /* how often it fell silent, or began so */
	bool silent;
};

struct presence {
	const struct config *config; /* NULL: none yet */
	int family;
	struct ip_address source;
	struct standing_message said;
	uint8_t messages[STANDING_PAGES][ADVERT_MESSAGE_MAX]; /* the same as advertisements */
	size_t lengths[STANDING_PAGES];
	struct delivery deliveries[STANDING_PAGES]; /* of the last ones */
	uint64_t pace;           /* ns: what the messages say that the next one comes after */
	uint64_t sent_every;     /* ns: the pace, or a faster one that the others still count on */
	int hurried;             /* so many are sent by the faster one */
	uint64_t prolonged;      /* ns: what they say at least; 0: whatever is needed */
	uint64_t presumed_until; /* ns: until then nobody is taken for silent */
	uint64_t sent_at;        /* ns, when the last ones were sent; 0: none were */
	uint64_t next_at;        /* ns, when the next ones are due; NEVER: nothing is said */
	uint64_t silence_at;     /* ns, when the next peer may be silent; NEVER */
	struct peer_presence peers[MAX_PEERS]; /* by index in the dataplane */
	bool changed;           /* somebody is heard, silent, or says something else */
	uint64_t granted_until; /* ns, until when a majority is taken for granted */
	bool majority;          /* as told last */
};

/* A node of the configuration as it is heard at one moment. */
struct presence_status {
	uint32_t index;    /* in the dataplane; NO_PEER_INDEX */
	bool silent;       /* not of this node, nor of one that does not run vipd */
	uint64_t silences; /* how often it fell silent: flows went elsewhere meanwhile */
	uint64_t heard_at; /* CLOCK_MONOTONIC ns; 0: never */
};

/* The quorum at one moment, for people. */
struct quorum_status {
	bool required;
	bool majority;
	struct quorum quorum;
	bool heard[MAX_PEERS]; /* by index into config->peers; this node hears itself */
};

/** presence_need() - how often this node has to hear the others, by its configuration; ns. */
uint64_t presence_need(const struct config *config);

/** presence_init() - nothing is said, and nobody is heard. */
void presence_init(struct presence *presence);

/**
 * presence_begin() - go over to a configuration
 * @config: needed until presence_end().
 * @granted_until: ns; who owns without ever having needed a majority has so long to find one. 0:
 *                 nothing is granted.
 *
 * What is said stays as it was.
 */
void presence_begin(struct presence *presence, const struct config *config,
		    const struct instance_edges *edges, uint64_t granted_until);

/**
 * presence_end() - the dataplane forgets the virtual router, unless the next configuration has the
 * same
 * @next: for presence_begin(); NULL: there is none.
 */
void presence_end(struct presence *presence, const struct instance_edges *edges,
		  const struct config *next);

/** presence_say() - say something else from now on, and in the next turn first. */
void presence_say(struct presence *presence, const struct standing_message *message);

/**
 * presence_presume() - take nobody for silent until then, ns
 *
 * For a run whose tables are new while others serve: it has not been able to hear them.
 */
void presence_presume(struct presence *presence, uint64_t until);

/**
 * presence_prolong() - say that the next message comes after @interval ns at least
 *
 * For the end of a run, so that nobody takes this node for silent before another run goes on.
 */
void presence_prolong(struct presence *presence, uint64_t interval);

/** presence_is_prolonged() - whether that was said often enough to be heard. */
bool presence_is_prolonged(const struct presence *presence);

/** presence_hear() - a peer has said something new. @peer: index in the dataplane. */
void presence_hear(struct presence *presence, const struct instance_edges *edges, uint32_t peer);

/** presence_run() - find out who is silent by now, and send if it is due. */
void presence_run(struct presence *presence, const struct instance_edges *edges, uint64_t now);

/** presence_status() - of a node. @node: index into config->peers. */
struct presence_status presence_status(const struct presence *presence,
				       const struct instance_edges *edges, size_t node);

/** presence_deadline() - when presence_run() is due next, ns, or NEVER. */
uint64_t presence_deadline(const struct presence *presence);

/**
 * presence_count() - count who was heard, by what the dataplane has seen up to now
 *
 * A majority won or lost is told through the edges.
 *
 * Return: until when there is a majority, ns; NEVER: none is required.
 */
uint64_t presence_count(struct presence *presence, const struct instance_edges *edges,
			uint64_t now);

/** presence_quorum() - who is heard at @now. */
void presence_quorum(const struct presence *presence, const struct instance_edges *edges,
		     uint64_t now, struct quorum_status *status);

#endif
