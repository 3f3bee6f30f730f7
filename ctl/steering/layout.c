// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/steering/layout.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/log.h"
#include "ctl/config/lookup.h"

#define NO_NUMBER UINT16_MAX

/* Keys. */

/*
 * The network tells one cluster from another until a secret is configured. The peers are no part of
 * the key, because another key moves every flow, and a node that joins must move its share only.
 */
static void hash_network(crypto_generichash_state *state, const struct config *config)
{
	const uint8_t vlan[] = {(uint8_t)(config->vlan >> 8), (uint8_t)config->vlan};

	crypto_generichash_update(state, (const void *)&config->gateway4, sizeof(config->gateway4));
	crypto_generichash_update(state, (const void *)&config->gateway6, sizeof(config->gateway6));
	crypto_generichash_update(state, vlan, sizeof(vlan));
}

static struct steering_key key_of(const struct config *config)
{
	static const unsigned char purpose[] = "vipd steering 1";
	unsigned char hash[sizeof(uint64_t) + RANKING_KEY_SIZE];
	crypto_generichash_state state;
	struct steering_key key;

	crypto_generichash_init(&state, purpose, sizeof(purpose), sizeof(hash));
	hash_network(&state, config);
	crypto_generichash_final(&state, hash, sizeof(hash));
	memcpy(&key.flows, hash, sizeof(key.flows));
	key.flows = le64toh(key.flows);
	memcpy(key.ranking, hash + sizeof(key.flows), sizeof(key.ranking));
	return key;
}

/* What was before. */

struct history {
	struct pool_history pools[CONFIG_SERVICES_MAX]; /* by index into config->services */
	uint16_t numbers[CONFIG_SERVICES_MAX];          /* service_entry.service, or NO_NUMBER */
};

static void recall_layout(const struct layout *before, const struct config *config, size_t service,
			  struct history *history)
{
	const struct config_service *now = &config->services[service];
	size_t old = config_find_service(before->config, now->name);

	if (old == CONFIG_NONE)
		return;
	history->numbers[service] = before->targets[old].service;
	history->pools[service] = (struct pool_history){
		.pool = before->targets[old].pool,
		.unchanged =
			pools_same(config, now, before->config, &before->config->services[old]),
	};
}

/* NULL: it has none. */
static const struct ip_address *first_vip(const struct config *config,
					  const struct config_service *service)
{
	if (!service->all_vips)
		return &service->vips[0];
	return config->instance_count > 0 ? &config->instances[0].vips[0] : NULL;
}

/* Not from memory, but from the table that a crashed run left in force. */
static void recall_maps(const struct maps *maps, const struct config *config, size_t service,
			struct history *history)
{
	const struct service_table *table = maps_services(maps);
	const struct config_service *now = &config->services[service];
	const struct ip_address *vip = first_vip(config, now);
	const struct service_entry *entry;
	struct flow flow = {.vip_port = htons(now->ports[0].port),
			    .protocol = now->ports[0].protocol};

	if (!vip)
		return;
	flow.vip = *vip;
	entry = service_table_find(table, maps_settings(maps)->hash_key, &flow);
	if (!entry || entry->pool >= MAX_POOLS || entry->service >= MAX_SERVICES)
		return;
	history->numbers[service] = entry->service;
	history->pools[service].pool = entry->pool;
}

static void recall(const struct layout *before, const struct maps *maps,
		   const struct config *config, struct history *history)
{
	for (size_t i = 0; i < config->service_count; i++) {
		history->numbers[i] = NO_NUMBER;
		history->pools[i] = (struct pool_history){.pool = NO_POOL};
		if (before)
			recall_layout(before, config, i, history);
		else
			recall_maps(maps, config, i, history);
	}
}

/* A service keeps its number for as long as it is there: that is where its counters are. */
static void number_services(const struct history *history, struct layout *layout)
{
	bool taken[MAX_SERVICES] = {};
	uint16_t next = 0;

	for (size_t i = 0; i < layout->config->service_count; i++) {
		uint16_t number = history->numbers[i];

		layout->targets[i].service = NO_NUMBER;
		if (number == NO_NUMBER || taken[number])
			continue;
		layout->targets[i].service = number;
		taken[number] = true;
	}
	for (size_t i = 0; i < layout->config->service_count; i++) {
		if (layout->targets[i].service != NO_NUMBER)
			continue;
		while (taken[next])
			next++;
		layout->targets[i].service = next++;
	}
}

/* Pools. */

static struct pool *pool_at(const struct layout *layout, uint16_t index)
{
	for (size_t i = 0; layout && i < layout->pool_count; i++)
		if (layout->plans[i].index == index)
			return layout->pools[i];
	return NULL;
}

static bool has_pool(const struct layout *layout, const struct pool *pool)
{
	return pool_at(layout, pool->table.index) == pool;
}

/* The pool before, if it is the same one in all but the configuration's words. */
static struct pool *find_kept(const struct layout *layout, const struct layout *before,
			      const struct pool_plan *plan, const struct pool_history *history)
{
	if (!before || memcmp(&layout->key, &before->key, sizeof(layout->key)) != 0)
		return NULL;
	for (size_t i = 0; i < layout->config->service_count; i++)
		if (layout->targets[i].pool == plan->index && history[i].unchanged &&
		    history[i].pool == plan->index)
			return pool_at(before, plan->index);
	return NULL;
}

static void inherit_pools(const struct layout *layout, const struct layout *before,
			  const struct pool_history *history, struct pool *pool)
{
	for (size_t i = 0; before && i < layout->config->service_count; i++)
		if (layout->targets[i].pool == pool->table.index && history[i].pool != NO_POOL)
			pool_inherit(pool, pool_at(before, history[i].pool), layout->config);
}

/* A ranking that is there already, complete or not. */
static struct ranking *find_ranking(const struct layout *before, const struct steering_key *key,
				    const struct ranking_member *members, size_t count)
{
	for (size_t i = 0; before && i < before->pool_count; i++) {
		struct ranking *rankings[] = {before->pools[i]->ranking,
					      before->pools[i]->next_ranking};

		for (size_t j = 0; j < 2; j++)
			if (rankings[j] && ranking_is_of(rankings[j], key->ranking, members, count))
				return ranking_ref(rankings[j]);
	}
	return NULL;
}

static int rank_pool(const struct layout *layout, const struct layout *before, struct pool *pool,
		     struct ranking_build *build)
{
	struct ranking_member members[MAX_PEERS];
	size_t count = pool_list(pool, members);

	pool->next_ranking = find_ranking(before, &layout->key, members, count);
	if (!pool->next_ranking)
		pool->next_ranking = ranking_build_add(build, members, count);
	return pool->next_ranking ? 0 : -ENOMEM;
}

static int make_pool(struct layout *layout, const struct layout *before,
		     const struct pool_history *history, const struct pool_plan *plan,
		     struct ranking_build *build)
{
	struct pool *pool = find_kept(layout, before, plan, history);
	int error;

	if (pool) {
		layout->pools[layout->pool_count++] = pool;
		return 0;
	}
	error = pool_new(layout->config, plan, &pool);
	if (error)
		return error;
	layout->pools[layout->pool_count++] = pool;
	inherit_pools(layout, before, history, pool);
	return rank_pool(layout, before, pool, build);
}

static int make_pools(struct layout *layout, const struct layout *before,
		      const struct history *history, struct ranking_build *build)
{
	size_t plan_of[CONFIG_SERVICES_MAX];
	size_t count = pools_plan(layout->config, history->pools, layout->plans, plan_of);

	for (size_t i = 0; i < layout->config->service_count; i++)
		layout->targets[i].pool = layout->plans[plan_of[i]].index;
	for (size_t i = 0; i < count; i++) {
		int error = make_pool(layout, before, history->pools, &layout->plans[i], build);

		if (error)
			return log_failure(error, "steering: cannot build the pool of service %s",
					   layout->config->services[layout->plans[i].service].name);
	}
	return 0;
}

/* A predecessor may be a pool of a crashed run that nobody uses any more. */
static int map_pools(const struct layout *layout, struct maps *maps)
{
	for (size_t i = 0; i < layout->pool_count; i++) {
		const struct pool_plan *plan = &layout->plans[i];
		int error = maps_open_pool(maps, plan->index);

		if (!error && plan->predecessor != NO_POOL)
			error = maps_open_pool(maps, plan->predecessor);
		if (error)
			return log_failure(error, "steering: cannot map the tables of a pool");
	}
	return 0;
}

void layout_unmap_others(const struct layout *layout, struct maps *maps)
{
	for (uint16_t i = 0; i < MAX_POOLS; i++)
		if (!pool_at(layout, i))
			maps_close_pool(maps, i);
}

/* Services. */

static int make_services(struct layout *layout)
{
	CLEANUP(cleanup_free)
	struct service_entry *entries = calloc(SERVICE_KEYS, sizeof(*entries));
	int count;

	layout->services = calloc(1, sizeof(*layout->services));
	if (!entries || !layout->services)
		return log_failure(-ENOMEM, "steering: cannot build the table of services");
	count = service_table_list(layout->config, layout->targets, entries);
	if (count < 0)
		return log_failure(count, "steering: more than %d pairs of a VIP and a port",
				   SERVICE_KEYS);
	count = service_table_build(layout->key.flows, entries, (size_t)count, layout->services);
	if (count < 0)
		return log_failure(count, "steering: cannot build the table of services");
	service_table_add_vips(layout->config, layout->services);
	return 0;
}

/* The whole. */

static int build_parts(struct layout *layout, struct maps *maps, const struct layout *before,
		       struct ranking_build *build)
{
	struct history history = {};
	int error;

	recall(before, maps, layout->config, &history);
	number_services(&history, layout);
	error = make_pools(layout, before, &history, build);
	if (error)
		return error;
	error = map_pools(layout, maps);
	if (error)
		return error;
	return make_services(layout);
}

int layout_build(const struct config *config, struct maps *maps, const struct layout *before,
		 struct layout **layout, struct ranking_build **build)
{
	struct layout *new = calloc(1, sizeof(*new));
	struct ranking_build *rankings = NULL;
	int error = -ENOMEM;

	if (new) {
		new->config = config_ref(config);
		new->key = key_of(config);
		rankings = ranking_build_new(new->key.ranking);
	}
	if (rankings)
		error = build_parts(new, maps, before, rankings);
	else
		log_failure(error, "steering: cannot take in the configuration");
	if (error) {
		layout_unmap_others(before, maps);
		layout_free(new, before);
		ranking_build_free(rankings);
		return error;
	}
	*layout = new;
	*build = rankings;
	return 0;
}

static void close_pools(const struct layout *before, struct maps *maps, const struct layout *layout)
{
	for (size_t i = 0; before && i < before->pool_count; i++)
		if (!pool_at(layout, before->pools[i]->table.index))
			pool_table_close(&before->pools[i]->table, maps);
}

void layout_enact(struct layout *layout, struct maps *maps, const struct layout *before)
{
	const struct steering_node *self = &layout->nodes.nodes[layout->config->self];

	/* The dataplane numbers the nodes of a configuration when that comes into force. */
	nodes_find(layout->config, maps, &layout->nodes);
	if (before)
		nodes_inherit(&layout->nodes, &before->nodes);
	maps_set_self(maps, self->index);
	maps_set_draining(maps, self->drained);
	for (size_t i = 0; i < layout->pool_count; i++) {
		const struct pool_plan *plan = &layout->plans[i];

		if (has_pool(before, layout->pools[i]))
			pool_follow(layout->pools[i], layout->config, plan);
		else
			pool_open(layout->pools[i], maps, plan->predecessor,
				  pool_at(before, plan->predecessor));
	}
	maps_replace_services(maps, layout->services, layout->key.flows);
	free(TAKE_POINTER(layout->services));
	close_pools(before, maps, layout);
	layout_unmap_others(layout, maps);
}

struct pool *layout_pool(const struct layout *layout, size_t service)
{
	return pool_at(layout, layout->targets[service].pool);
}

void layout_free(struct layout *layout, const struct layout *other)
{
	if (!layout)
		return;
	for (size_t i = 0; i < layout->pool_count; i++)
		if (!has_pool(other, layout->pools[i]))
			pool_free(layout->pools[i]);
	config_unref(layout->config);
	free(layout->services);
	free(layout);
}
