// SPDX-License-Identifier: GPL-2.0-only
/* Asks the dataplane's own functions and tables where a flow from outside goes. */
#include "ctl/steering/steering_internal.h"

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

/* A node that cannot be reached is no target: the local stack has the frame then. */
static bool sends_to(const struct maps *maps, uint8_t index)
{
	return index == maps_settings(maps)->self || maps_backend(maps, index)->usable;
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
	if (slot->primary == NOBODY || !sends_to(maps, slot->primary))
		return;
	explanation->node = explanation->primary;
	explanation->local = slot->primary == maps_settings(maps)->self;
}
