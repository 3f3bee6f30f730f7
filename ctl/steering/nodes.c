// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/steering/nodes.h"

#include <errno.h>
#include <string.h>

#include "ctl/base/address.h"
#include "ctl/base/log.h"

static int find_index(const struct config_peer *peer, const struct maps *maps, uint8_t *index)
{
	const struct ip_address *addresses[] = {&peer->address, &peer->address6,
						&peer->link_local6};
	struct peer_entry entry;
	int error = -ENOENT;

	for (size_t i = 0; i < 3 && error == -ENOENT; i++)
		if (!address_is_zero(addresses[i]))
			error = maps_get_peer(maps, addresses[i], &entry);
	if (!error)
		*index = (uint8_t)entry.index;
	return error;
}

void nodes_find(const struct config *config, const struct maps *maps, struct nodes *nodes)
{
	*nodes = (struct nodes){.count = config->peer_count};
	for (size_t i = 0; i < nodes->count; i++) {
		const struct config_peer *peer = &config->peers[i];
		struct steering_node *node = &nodes->nodes[i];
		int error = find_index(peer, maps, &node->index);

		if (error) {
			node->index = NOBODY;
			log_failure(error, "steering: the dataplane does not know node %s",
				    peer->name);
		}
		memcpy(node->name, peer->name, sizeof(peer->name));
	}
	nodes->nodes[config->self].self = true;
}

size_t nodes_by_name(const struct nodes *nodes, const char *name)
{
	size_t i = 0;

	while (i < nodes->count && strcmp(nodes->nodes[i].name, name) != 0)
		i++;
	return i;
}

static void inherit_node(struct steering_node *node, const struct steering_node *old)
{
	node->drained = old->drained;
	/* Another index means other addresses, and so perhaps another machine. */
	if (node->index != old->index)
		return;
	node->mac_known = old->mac_known;
	memcpy(node->mac, old->mac, sizeof(node->mac));
}

void nodes_inherit(struct nodes *nodes, const struct nodes *before)
{
	for (size_t i = 0; i < nodes->count; i++) {
		size_t old = nodes_by_name(before, nodes->nodes[i].name);

		if (old < before->count)
			inherit_node(&nodes->nodes[i], &before->nodes[old]);
	}
}

size_t nodes_by_index(const struct nodes *nodes, uint8_t index)
{
	size_t i = 0;

	while (i < nodes->count && nodes->nodes[i].index != index)
		i++;
	return i;
}

static void tell_neighbour(const struct steering_node *node, struct maps *maps)
{
	char text[MAC_TEXT_MAX];
	int error = maps_set_neighbour(maps, node->mac, node->index);

	if (error)
		log_failure(error, "steering: frames from %s are not known as a peer's",
			    mac_format(node->mac, text));
}

void nodes_publish(const struct steering_node *node, struct maps *maps)
{
	maps_set_backend(maps, node->index, node->mac);
	tell_neighbour(node, maps);
}

static bool published_as(const struct steering_node *node, const struct steering_node *other)
{
	return node->mac_known && other->mac_known && node->index == other->index &&
	       memcmp(node->mac, other->mac, sizeof(node->mac)) == 0;
}

static bool is_published(const struct nodes *nodes, const struct steering_node *node)
{
	size_t now = nodes_by_index(nodes, node->index);

	return now < nodes->count && published_as(&nodes->nodes[now], node);
}

static void withdraw(const struct steering_node *gone, const struct nodes *nodes, struct maps *maps)
{
	if (is_published(nodes, gone))
		return; /* it is back */
	if (memcmp(maps_backend(maps, gone->index)->mac, gone->mac, sizeof(gone->mac)) == 0)
		maps_set_backend(maps, gone->index, NULL);
	maps_delete_neighbour(maps, gone->mac);
	for (size_t i = 0; i < nodes->count; i++) {
		const struct steering_node *node = &nodes->nodes[i];

		if (node->mac_known && memcmp(node->mac, gone->mac, sizeof(node->mac)) == 0)
			tell_neighbour(node, maps);
	}
}

void nodes_leave(struct nodes_leaving *leaving, const struct steering_node *gone,
		 const struct nodes *nodes, struct maps *maps)
{
	if (leaving->count == MAX_PEERS) {
		withdraw(&leaving->nodes[0], nodes, maps);
		leaving->count--;
		memmove(&leaving->nodes[0], &leaving->nodes[1],
			leaving->count * sizeof(leaving->nodes[0]));
	}
	leaving->nodes[leaving->count++] = *gone;
}

void nodes_withdraw(struct nodes_leaving *leaving, const struct nodes *nodes, struct maps *maps)
{
	for (size_t i = 0; i < leaving->count; i++)
		withdraw(&leaving->nodes[i], nodes, maps);
	leaving->count = 0;
}

void nodes_replace(const struct nodes *before, const struct nodes *nodes,
		   struct nodes_leaving *leaving, struct maps *maps)
{
	for (size_t i = 0; i < before->count; i++)
		if (before->nodes[i].mac_known && !is_published(nodes, &before->nodes[i]))
			nodes_leave(leaving, &before->nodes[i], nodes, maps);
	for (size_t i = 0; i < nodes->count; i++)
		if (nodes->nodes[i].mac_known)
			nodes_publish(&nodes->nodes[i], maps);
}

void nodes_sweep(const struct nodes *nodes, struct maps *maps)
{
	for (uint8_t index = 0; index < MAX_PEERS; index++) {
		const struct backend_entry *entry = maps_backend(maps, index);
		struct steering_node left = {.index = index, .mac_known = true};

		if (!entry->usable || nodes_by_index(nodes, index) < nodes->count)
			continue;
		memcpy(left.mac, entry->mac, sizeof(left.mac));
		withdraw(&left, nodes, maps);
	}
}
