// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/steering/layout.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/log.h"
#include "ctl/config/lookup.h"

#define NO_NUMBER UINT16_MAX

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
	return layout && pool_at(layout, pool->index) == pool;
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
		if (layout->targets[i].pool == pool->index && history[i].pool != NO_POOL)
			pool_inherit(pool, pool_at(before, history[i].pool), layout->config);
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
	return pool_rank(pool, build);
}

static void build_freep(struct ranking_build **build)
{
	ranking_build_free(*build);
}

static int make_pools(struct layout *layout, const struct layout *before,
		      const struct history *history)
{
	CLEANUP(build_freep)
	struct ranking_build *build = ranking_build_new(layout->key.ranking);
	size_t plan_of[CONFIG_SERVICES_MAX];
	size_t count = pools_plan(layout->config, history->pools, layout->plans, plan_of);

	if (!build)
		return log_failure(-ENOMEM, "steering: cannot rank the backends");
	for (size_t i = 0; i < layout->config->service_count; i++)
		layout->targets[i].pool = layout->plans[plan_of[i]].index;
	for (size_t i = 0; i < count; i++) {
		int error = make_pool(layout, before, history->pools, &layout->plans[i], build);

		if (error)
			return log_failure(error, "steering: cannot build the pool of service %s",
					   layout->config->services[layout->plans[i].service].name);
	}
	ranking_build_run(build, ranking_build_price(build));
	return 0;
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

static int build(struct layout *layout, const struct maps *maps, const struct layout *before)
{
	struct history history = {};
	int error = nodes_find(layout->config, maps, &layout->nodes);

	if (error)
		return error;
	if (before)
		nodes_inherit(&layout->nodes, &before->nodes);
	recall(before, maps, layout->config, &history);
	number_services(&history, layout);
	error = make_pools(layout, before, &history);
	return error ?: make_services(layout);
}

int layout_build(const struct config *config, const struct maps *maps, const struct layout *before,
		 struct layout **layout)
{
	struct layout *new = calloc(1, sizeof(*new));
	int error;

	if (!new)
		return log_failure(-ENOMEM, "steering: cannot take in the configuration");
	new->config = config_ref(config);
	new->key = steering_key(config);
	error = build(new, maps, before);
	if (error) {
		layout_free(new, before);
		return error;
	}
	*layout = new;
	return 0;
}

/* Tables that begin as copies of others first, before any of those is refilled. */
static void enact_pools(struct layout *layout, struct maps *maps, const struct layout *before)
{
	for (size_t i = 0; i < layout->pool_count; i++) {
		if (has_pool(before, layout->pools[i]))
			pool_follow(layout->pools[i], layout->config, &layout->plans[i]);
		else
			pool_open(layout->pools[i], maps, layout->plans[i].predecessor);
	}
	for (size_t i = 0; i < layout->pool_count; i++)
		pool_refill(layout->pools[i], &layout->nodes, maps);
}

static void close_pools(const struct layout *before, struct maps *maps, const struct layout *layout)
{
	for (size_t i = 0; i < before->pool_count; i++)
		if (!pool_at(layout, before->pools[i]->index))
			pool_close(before->pools[i], maps);
}

void layout_enact(struct layout *layout, struct maps *maps, struct layout *before)
{
	const struct steering_node *self = &layout->nodes.nodes[layout->config->self];

	maps_set_self(maps, self->index);
	maps_set_draining(maps, self->drained);
	enact_pools(layout, maps, before);
	maps_replace_services(maps, layout->services, layout->key.flows);
	free(TAKE_POINTER(layout->services));
	if (!before) {
		nodes_sweep(&layout->nodes, maps);
		return;
	}
	nodes_replace(&before->nodes, &layout->nodes, maps);
	close_pools(before, maps, layout);
	layout_free(before, layout);
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
