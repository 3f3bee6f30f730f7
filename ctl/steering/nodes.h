/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The nodes of the cluster as steering sees them: which index the dataplane knows them by, where
 * frames for them go, whether they are drained.
 */
#ifndef VIPD_STEERING_NODES_H
#define VIPD_STEERING_NODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/config/config.h"
#include "maps/maps.h"

/* A node of the cluster. */
struct steering_node {
	char name[CONFIG_NAME_MAX];
	uint8_t index; /* into vipd_peers; NOBODY: the dataplane does not know the node */
	bool self;
	bool drained;
	bool mac_known;
	uint8_t mac[6];
};

/* By index into config->peers. */
struct nodes {
	size_t count;
	struct steering_node nodes[MAX_PEERS];
};

/**
 * nodes_find() - the nodes of a configuration, which the dataplane must have been told of
 *
 * A node that it was not told of is logged, and gets no flows.
 */
void nodes_find(const struct config *config, const struct maps *maps, struct nodes *nodes);

/** nodes_inherit() - take over what is known of nodes of the same name in another configuration. */
void nodes_inherit(struct nodes *nodes, const struct nodes *before);

/** nodes_by_name() - index into config->peers of a node; nodes->count: there is none. */
size_t nodes_by_name(const struct nodes *nodes, const char *name);

static inline bool node_reachable(const struct steering_node *node)
{
	return node->self || node->mac_known;
}

/** nodes_by_index() - index into config->peers of a node of the dataplane; nodes->count: none. */
size_t nodes_by_index(const struct nodes *nodes, uint8_t index);

/** nodes_publish() - let the dataplane send to a node, and know what comes from it. */
void nodes_publish(const struct steering_node *node, struct maps *maps);

/*
 * Nodes as the dataplane still knows them, though they have gone or have another MAC. They are
 * withdrawn when no table sends flows to them any longer.
 */
struct nodes_leaving {
	size_t count;
	struct steering_node nodes[MAX_PEERS];
};

/**
 * nodes_leave() - a node is to be withdrawn
 * @gone: what was published.
 * @nodes: the nodes that stay. They are needed when there is no room, and the oldest of @leaving is
 *         withdrawn at once.
 */
void nodes_leave(struct nodes_leaving *leaving, const struct steering_node *gone,
		 const struct nodes *nodes, struct maps *maps);

/**
 * nodes_withdraw() - withdraw all that are to leave
 * @nodes: the nodes that stay. A MAC that one of them has by now stays with it.
 */
void nodes_withdraw(struct nodes_leaving *leaving, const struct nodes *nodes, struct maps *maps);

/** nodes_replace() - publish the nodes as they are; those that were published otherwise leave. */
void nodes_replace(const struct nodes *before, const struct nodes *nodes,
		   struct nodes_leaving *leaving, struct maps *maps);

/** nodes_sweep() - withdraw nodes of a crashed run that there are no more. */
void nodes_sweep(const struct nodes *nodes, struct maps *maps);

#endif
