/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Standing: what each node of the cluster is good for, by its own word. A node tells all others
 * that it serves, and which VIPs it takes; that it is drained; that it is about to leave. Silence
 * means none of it. So nobody sends a new connection to a node whose server answers, but whose vipd
 * does not take the VIP that the connection is for.
 *
 *   message.c    bytes to words and back (pure)
 *   own.c        what this node says of itself, from facts (pure)
 *   standings.c  what the others say, and what follows from it
 *   show.c       status, metrics, alarms
 *   part.c       the part of the node
 *
 * The VRRP thread sends what is said and finds out who is silent (ctl/vrrp/presence.h); the
 * dataplane keeps what was heard (maps/standings.h). All of this folder runs in the main loop.
 */
#ifndef VIPD_STANDING_STANDINGS_H
#define VIPD_STANDING_STANDINGS_H

#include "ctl/config/config.h"
#include "ctl/standing/message.h"
#include "ctl/vrrp/presence.h"
#include "maps/maps.h"

enum node_standing {
	NODE_SERVES,
	NODE_DRAINING,
	NODE_LEAVING,
	NODE_IDLE,    /* it is heard, but serves nothing: it starts, or cannot */
	NODE_UNKNOWN, /* it is heard, but says nothing that this version understands */
	NODE_SILENT,
	NODE_FOREIGN, /* it runs another implementation, and is not expected to say anything */
};

/** node_standing_name() - "serving" and so on: a contract with scripts. */
const char *node_standing_name(enum node_standing standing);

/* A node at one moment. */
struct standing_view {
	const char *name;
	bool self;
	enum node_standing standing;
	uint64_t heard_at;                  /* CLOCK_MONOTONIC ns; 0: never, or it is this node */
	const struct standing_words *words; /* the last that were understood */
	size_t vips_missing;                /* that this node has and that one does not take */
};

struct standings;

/* @name fell silent, or was heard again, or its standing is another one. */
typedef void (*standings_changed)(const char *name, enum node_standing before,
				  enum node_standing now, void *context);

/** standings_new() - nobody is known. Return: NULL without memory. */
struct standings *standings_new(standings_changed changed, void *context);

/** standings_free() - NULL is fine. */
void standings_free(struct standings *standings);

/** standings_follow() - the nodes of a configuration. What is known of those that stay is kept. */
void standings_follow(struct standings *standings, const struct config *config);

/** standings_set_own() - what this node says of itself. */
void standings_set_own(struct standings *standings, const struct standing_words *words);

/**
 * standings_hear() - take in what was heard
 * @presence: by index into config->peers.
 *
 * Return: whether anything is new.
 */
bool standings_hear(struct standings *standings, const struct maps *maps,
		    const struct presence_status *presence);

/** standings_count() - how many nodes there are; standings_view() takes an index below it. */
size_t standings_count(const struct standings *standings);
struct standing_view standings_view(const struct standings *standings, size_t node);

/**
 * standings_takes() - whether a node takes new connections for a service, as far as it says
 * @service: index into config->services.
 *
 * It does when it serves, and takes all VIPs of the service that this node has. This node does.
 */
bool standings_takes(const struct standings *standings, size_t node, size_t service);

/** standings_find_tag() - which node a tag stands for; standings_count(): none. */
size_t standings_find_tag(const struct standings *standings, uint32_t tag);

/** standings_silences() - how often a node fell silent: flows went elsewhere meanwhile. */
uint64_t standings_silences(const struct standings *standings, size_t node);

/**
 * standings_followed() - whether nobody sends new connections to this node any more
 * @since: CLOCK_MONOTONIC ns, when this node said that it takes none.
 *
 * All other nodes have said, after @since, that they steer round this one. What they said before it
 * is no answer: they may have steered round this node for another reason, which is over. Nor is
 * silence, for a node that is not heard may hear; so whoever waits for this has to have a bound, of
 * more intervals than messages are lost in a row. docs/model/standing.pml has both as faults.
 */
bool standings_followed(const struct standings *standings, uint64_t since);

#endif
