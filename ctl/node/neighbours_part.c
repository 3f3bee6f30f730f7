// SPDX-License-Identifier: GPL-2.0-only
/* Where the peers and the gateways are on the link, told to all who send to them. */
#include "ctl/config/lookup.h"
#include "ctl/net/neighbours.h"
#include "ctl/net/part.h"
#include "ctl/node/parts.h"
#include "ctl/steering/part.h"
#include "ctl/tables/part.h"
#include "ctl/vrrp/part.h"

static struct neighbours *state(const struct node *node)
{
	return node_state(node, &neighbours_part);
}

/* A node has one MAC, whichever of its addresses it was found by. */
static void set_peer_mac(const struct node *node, const struct config_peer *peer,
			 const uint8_t *mac)
{
	mac = neighbours_peer_mac(state(node), peer);
	steering_set_mac(steering_of(node), peer->name, mac);
	members_set_peer_mac(members_of(node), peer->name, mac);
}

static void on_change(const struct ip_address *address, const uint8_t *mac, void *context)
{
	struct node *node = context;
	size_t peer = config_find_peer_at(node->config, address);

	members_set_gateway_mac(members_of(node), address, mac);
	if (peer != CONFIG_NONE)
		set_peer_mac(node, &node->config->peers[peer], mac);
	engine_set_neighbour(vrrp_engine(node), address, mac);
}

static int start(struct node *node)
{
	struct neighbours *neighbours;
	int error =
		neighbours_new(host_link(node), kernel_monitor(node), on_change, node, &neighbours);

	if (!error)
		node_set_state(node, &neighbours_part, neighbours);
	return error;
}

PART_FOLLOWS(neighbours, state)

static void stop(struct node *node)
{
	neighbours_free(state(node));
	node_set_state(node, &neighbours_part, NULL);
}

static int link_changed(struct node *node, const struct net_link *link)
{
	neighbours_set_link(state(node), link);
	return 0;
}

const struct part neighbours_part = {
	.name = "neighbours",
	.start = start,
	.prepare = prepare,
	.commit = commit,
	.abort = abort_plan,
	.stop = stop,
	.link_changed = link_changed,
};
