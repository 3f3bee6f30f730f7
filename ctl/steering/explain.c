// SPDX-License-Identifier: GPL-2.0-only
/* Asks the dataplane's own functions and tables where a flow goes that comes from outside. */
#include <netinet/in.h>

#include "ctl/steering/steering_internal.h"
#include "maps/route.h"

/* Index into config->peers, or NOBODY. */
static uint8_t peer_of(const struct nodes *nodes, uint8_t index)
{
	size_t peer = nodes_by_index(nodes, index);

	return peer < nodes->count ? (uint8_t)peer : NOBODY;
}

static size_t find_service(const struct layout *layout, uint16_t number)
{
	size_t i = 0;

	while (i < layout->config->service_count && layout->targets[i].service != number)
		i++;
	return i;
}

static const struct service_entry *find_entry(const struct maps *maps, const struct flow *flow)
{
	const struct service_table *table = maps_services(maps);

	if (!vip_filter_passes(table, &flow->vip))
		return NULL;
	return service_table_find(table, maps_settings(maps)->hash_key, flow);
}

static uint32_t find_slot(const struct maps *maps, const struct flow *flow, uint8_t flags)
{
	uint64_t key = maps_settings(maps)->hash_key;
	uint64_t hash = service_hash(key, &flow->vip, flow->vip_port, flow->protocol);

	return flow_slot(key, hash, flow, flags);
}

/* A frame for a node that cannot be reached is left to the local stack. */
static bool in_reach(void *context, uint8_t node)
{
	const struct maps *const *maps = context;

	return node == maps_settings(*maps)->self || maps_backend(*maps, node)->usable;
}

static bool is_silent(void *context, uint8_t node)
{
	const struct maps *const *maps = context;

	return node != maps_settings(*maps)->self && in_reach(context, node) &&
	       maps_backend(*maps, node)->silent;
}

static bool is_heard(void *context, uint8_t node)
{
	return in_reach(context, node) && !is_silent(context, node);
}

/* Whether the node that a segment goes to looks for its connection. */
static bool in_doubt(const struct service_entry *entry, const struct pool_entry *pool,
		     const struct flow *flow, struct hop hop)
{
	if (flow->protocol != IPPROTO_TCP || !(entry->flags & SERVICE_LISTENER_CHECK))
		return false;
	return hop.in_doubt || (hop.node == NOBODY && (pool->settling || pool->armed));
}

/* Follows a segment whose connection nobody has, from @node on, who was reached by @hop. */
static void follow(const struct maps *maps, const struct nodes *nodes, const struct slot *slot,
		   struct hop hop, uint8_t node, uint8_t asked[static RANKS])
{
	uint32_t before = hop.node == NOBODY ? 0 : hop.asked; /* as it counts from here on */

	for (int i = 0; i < RANKS; i++) {
		hop = next_hop(slot, node, before, false, is_heard, &maps);
		if (hop.node == NOBODY)
			hop = silent_hop(slot, node, is_silent, &maps);
		if (hop.node == NOBODY || before == RANKS)
			return;
		asked[i] = peer_of(nodes, hop.node);
		node = hop.node;
		before = hop.asked;
	}
}

/* Fills in where the dataplane sends the flow, whose slot is known. */
static void explain_hops(const struct steering *steering, const struct service_entry *entry,
			 const struct flow *flow, const struct slot *slot,
			 struct explanation *explanation)
{
	const struct nodes *nodes = &steering->layout->nodes;
	const struct maps *maps = steering->maps;
	const struct pool_entry *pool = maps_pool(maps, entry->pool);
	uint8_t self = (uint8_t)maps_settings(maps)->self;
	struct hop hop = first_hop(slot, self, pool->settling);
	uint8_t node;

	if (hop.node != NOBODY && is_silent(&maps, hop.node))
		hop = heard_after(slot, self, hop, is_heard, &maps);
	node = hop.node == NOBODY ? self : hop.node;
	if (slot->primary == NOBODY || !in_reach(&maps, node))
		return;
	explanation->node = peer_of(nodes, node);
	explanation->local = hop.node == NOBODY;
	if (in_doubt(entry, pool, flow, hop))
		follow(maps, nodes, slot, hop, node, explanation->second_chance);
}

void steering_explain(const struct steering *steering, const struct flow *flow,
		      struct explanation *explanation)
{
	const struct nodes *nodes = &steering->layout->nodes;
	const struct maps *maps = steering->maps;
	const struct service_entry *entry = find_entry(maps, flow);
	const struct slot *slot;

	*explanation = (struct explanation){
		.node = NOBODY,
		.primary = NOBODY,
		.rank = {NOBODY, NOBODY, NOBODY},
		.second_chance = {NOBODY, NOBODY, NOBODY},
	};
	if (!entry)
		return;
	explanation->is_service = true;
	explanation->service = find_service(steering->layout, entry->service);
	explanation->pool = entry->pool;
	explanation->slot = find_slot(maps, flow, entry->flags);
	explanation->settling = maps_pool(maps, entry->pool)->settling;
	slot = &maps_slots(maps, entry->pool)->slots[explanation->slot];
	for (int i = 0; i < RANKS; i++)
		explanation->rank[i] = peer_of(nodes, slot->rank[i]);
	explanation->primary = peer_of(nodes, slot->primary);
	explain_hops(steering, entry, flow, slot, explanation);
}
