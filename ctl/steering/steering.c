// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/steering/steering.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/base/log.h"
#include "ctl/config/lookup.h"
#include "ctl/steering/steering_internal.h"

#define TICK          NS_PER_S
#define TICK_ACCURACY (100 * NS_PER_MS)

/* How long the main loop is kept busy at a stretch. */
#define SLICE (10 * NS_PER_MS)

struct steering_plan {
	struct layout *layout;
	struct ranking_build *build;
};

/* Work that is done in slices. */

static uint64_t fill_tables(struct steering *steering, uint64_t price)
{
	const struct layout *layout = steering->layout;
	uint64_t spent = 0;

	for (size_t i = 0; i < layout->pool_count && spent < price; i++) {
		struct pool_table *table = &layout->pools[steering->turn]->table;

		if (pool_table_changing(table))
			spent += pool_table_work(table, steering->maps, price - spent);
		if (!pool_table_changing(table))
			steering->turn = (steering->turn + 1) % layout->pool_count;
	}
	return spent;
}

static bool tables_are_filled(const struct steering *steering)
{
	const struct layout *layout = steering->layout;

	for (size_t i = 0; i < layout->pool_count; i++)
		if (pool_table_changing(&layout->pools[i]->table))
			return false;
	return true;
}

bool steering_filled(const struct steering *steering)
{
	return !steering->builds && tables_are_filled(steering);
}

static void refill_pools(struct steering *steering)
{
	const struct layout *layout = steering->layout;

	for (size_t i = 0; i < layout->pool_count; i++)
		pool_refill(layout->pools[i], &layout->nodes, steering->maps);
}

static void continue_build(struct steering *steering, uint64_t price)
{
	const struct layout *layout = steering->layout;

	if (!steering->builds || !ranking_build_run(steering->builds, price))
		return;
	ranking_build_drop(&steering->builds);
	for (size_t i = 0; i < layout->pool_count; i++)
		pool_take_ranking(layout->pools[i]);
	refill_pools(steering);
}

/* Tables come first, because they carry what checks say. */
bool steering_work(struct steering *steering, uint64_t price)
{
	uint64_t spent = fill_tables(steering, price);

	if (tables_are_filled(steering))
		nodes_withdraw(&steering->leaving, &steering->layout->nodes, steering->maps);
	if (spent < price)
		continue_build(steering, price - spent);
	return steering->builds || !tables_are_filled(steering);
}

/* In the next turn of the loop, so that all that becomes known in this one is one change. */
static void schedule_work(struct steering *steering)
{
	int error = sd_event_source_set_time(steering->work, 0);

	if (error >= 0)
		error = sd_event_source_set_enabled(steering->work, SD_EVENT_ONESHOT);
	if (error < 0)
		log_failure(error, "steering: tables are not updated any more; restart vipd");
}

static int on_work(sd_event_source *source, uint64_t due, void *context)
{
	(void)source;
	(void)due;
	if (steering_work(context, SLICE))
		schedule_work(context);
	return 0;
}

/* Time. */

/* The counter is global: it does not say in which pool the dataplane stepped over this node. */
static bool stepped_over_lately(struct steering *steering)
{
	struct traffic_entry traffic;
	uint64_t before = steering->stepped_over;

	if (maps_read_traffic(steering->maps, &traffic))
		return false;
	steering->stepped_over = traffic.stepped_over;
	return traffic.stepped_over != before;
}

void steering_tick(struct steering *steering, uint64_t now)
{
	const struct layout *layout = steering->layout;
	bool stepped_over = stepped_over_lately(steering);

	if (!layout)
		return;
	for (size_t i = 0; i < layout->pool_count; i++)
		pool_tick(layout->pools[i], &layout->nodes, steering->maps, now, stepped_over);
	schedule_work(steering);
}

static int on_tick(sd_event_source *source, uint64_t due, void *context)
{
	int error;

	(void)due;
	steering_tick(context, clock_now());
	error = sd_event_source_set_time_relative(source, TICK / NS_PER_US);
	if (error >= 0)
		error = sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	if (error < 0)
		log_failure(error, "steering: second chances will not end any more; restart vipd");
	return 0;
}

/* Start and stop. */

static void steering_stopp(struct steering **steering)
{
	steering_stop(*steering);
}

static int add_timers(struct steering *steering, sd_event *event)
{
	int error = sd_event_add_time_relative(event, &steering->tick, CLOCK_MONOTONIC,
					       TICK / NS_PER_US, TICK_ACCURACY / NS_PER_US, on_tick,
					       steering);

	if (error < 0)
		return error;
	error = sd_event_add_time(event, &steering->work, CLOCK_MONOTONIC, 0, 1, on_work, steering);
	if (error < 0)
		return error;
	return sd_event_source_set_enabled(steering->work, SD_EVENT_OFF);
}

int steering_open(struct maps *maps, sd_event *event, struct steering **steering)
{
	CLEANUP(steering_stopp) struct steering *new = calloc(1, sizeof(*new));
	int error;

	if (!new)
		return log_failure(-ENOMEM, "cannot start steering");
	if (sodium_init() < 0)
		return log_failure(-ENOSYS, "cannot start steering: libsodium does not work here");
	new->maps = maps;
	error = add_timers(new, event);
	if (error < 0)
		return log_failure(error, "cannot start steering: no timer");
	stepped_over_lately(new);
	*steering = TAKE_POINTER(new);
	return 0;
}

void steering_stop(struct steering *steering)
{
	if (!steering)
		return;
	sd_event_source_disable_unref(steering->tick);
	sd_event_source_disable_unref(steering->work);
	layout_free(steering->layout, NULL);
	while (steering->builds)
		ranking_build_drop(&steering->builds);
	free(steering);
}

/* Going over to a configuration. */

static void plan_free(struct steering_plan *plan, const struct layout *in_force)
{
	layout_free(plan->layout, in_force);
	ranking_build_free(plan->build);
	free(plan);
}

int steering_prepare(struct steering *steering, const struct config *next,
		     struct steering_plan **plan)
{
	struct steering_plan *new = calloc(1, sizeof(*new));
	int error;

	if (!new)
		return log_failure(-ENOMEM, "steering: cannot take in the configuration");
	error = layout_build(next, steering->maps, steering->layout, &new->layout, &new->build);
	if (error) {
		plan_free(new, steering->layout);
		return error;
	}
	*plan = new;
	return 0;
}

void steering_commit(struct steering *steering, struct steering_plan *plan)
{
	struct layout *before = steering->layout;

	steering->layout = TAKE_POINTER(plan->layout);
	layout_enact(steering->layout, steering->maps, before);
	if (before)
		nodes_replace(&before->nodes, &steering->layout->nodes, &steering->leaving,
			      steering->maps);
	else
		nodes_sweep(&steering->layout->nodes, steering->maps);
	ranking_build_append(&steering->builds, TAKE_POINTER(plan->build));
	layout_free(before, steering->layout);
	plan_free(plan, NULL);
	steering->turn = 0;
	refill_pools(steering);
	schedule_work(steering);
}

void steering_abort(struct steering *steering, struct steering_plan *plan)
{
	layout_unmap_others(steering->layout, steering->maps);
	plan_free(plan, steering->layout);
}

/* News of the backends. */

void steering_set_state(struct steering *steering, const char *service, const char *node,
			enum backend_state state)
{
	struct layout *layout = steering->layout;
	size_t index = config_find_service(layout->config, service);
	struct pool *pool;

	if (index == CONFIG_NONE)
		return;
	pool = layout_pool(layout, index);
	if (!pool_tell(pool, index, nodes_by_name(&layout->nodes, node), state))
		return;
	pool_refill(pool, &layout->nodes, steering->maps);
	schedule_work(steering);
}

static void refill_pools_of(struct steering *steering, size_t peer);

void steering_set_standing(struct steering *steering, const char *node,
			   enum backend_standing (*standing)(const char *node, const char *service,
							     void *context),
			   void *context)
{
	struct layout *layout = steering->layout;
	size_t peer = nodes_by_name(&layout->nodes, node);
	enum backend_standing worst[MAX_POOLS] = {};
	bool news = false;

	for (size_t i = 0; i < layout->config->service_count; i++) {
		enum backend_standing its =
			standing(node, layout->config->services[i].name, context);
		uint16_t pool = layout->targets[i].pool;

		worst[pool] = its > worst[pool] ? its : worst[pool];
	}
	for (size_t i = 0; i < layout->pool_count; i++)
		news |= pool_set_standing(layout->pools[i], peer, worst[layout->plans[i].index]);
	if (news)
		refill_pools_of(steering, peer);
}

void steering_doubt(struct steering *steering)
{
	const struct layout *layout = steering->layout;

	for (size_t i = 0; layout && i < layout->pool_count; i++)
		pool_doubt(layout->pools[i], &layout->nodes, steering->maps);
}

static void refill_pools_of(struct steering *steering, size_t peer)
{
	struct layout *layout = steering->layout;

	for (size_t i = 0; i < layout->pool_count; i++)
		if (pool_find(layout->pools[i], peer))
			pool_refill(layout->pools[i], &layout->nodes, steering->maps);
	schedule_work(steering);
}

void steering_set_drain(struct steering *steering, const char *name, bool drained)
{
	struct nodes *nodes = &steering->layout->nodes;
	size_t peer = nodes_by_name(nodes, name);

	if (peer == nodes->count)
		return;
	nodes->nodes[peer].drained = drained;
	if (nodes->nodes[peer].self)
		maps_set_draining(steering->maps, drained);
	refill_pools_of(steering, peer);
}

static bool has_mac(const struct steering_node *node, const uint8_t *mac)
{
	return node->mac_known && mac && memcmp(node->mac, mac, sizeof(node->mac)) == 0;
}

void steering_set_mac(struct steering *steering, const char *name, const uint8_t *mac)
{
	struct nodes *nodes = &steering->layout->nodes;
	size_t peer = nodes_by_name(nodes, name);
	struct steering_node *node = &nodes->nodes[peer], before;

	if (peer == nodes->count || node->self || node->index == NOBODY)
		return;
	before = *node;
	node->mac_known = mac != NULL;
	if (mac) {
		memcpy(node->mac, mac, sizeof(node->mac));
		nodes_publish(node, steering->maps);
	}
	/* Flows leave a node before its MAC does. */
	if (before.mac_known && !has_mac(&before, mac))
		nodes_leave(&steering->leaving, &before, nodes, steering->maps);
	refill_pools_of(steering, peer);
}
