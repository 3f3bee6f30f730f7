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
#include "ctl/steering/internal.h"

#define TICK          NS_PER_S
#define TICK_ACCURACY (100 * NS_PER_MS)

/* Time. */

/* Which pool it was in that the dataplane stepped over this node, the counter does not tell. */
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

	for (size_t i = 0; i < layout->pool_count; i++)
		pool_tick(layout->pools[i], &layout->nodes, steering->maps, now, stepped_over);
}

static int on_tick(sd_event_source *source, uint64_t due, void *context)
{
	int r;

	(void)due;
	steering_tick(context, clock_now());
	r = sd_event_source_set_time_relative(source, TICK / NS_PER_US);
	if (r >= 0)
		r = sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	if (r < 0)
		log_failure(r, "steering: second chances will not end any more; restart vipd");
	return 0;
}

/* Start, reload, stop. */

static void steering_stopp(struct steering **steering)
{
	steering_stop(*steering);
}

int steering_start(const struct steering_setup *setup, struct steering **steering)
{
	CLEANUP(steering_stopp) struct steering *new = calloc(1, sizeof(*new));
	int error;

	if (!new)
		return log_failure(-ENOMEM, "cannot start steering");
	if (sodium_init() < 0)
		return log_failure(-ENOSYS, "cannot start steering: libsodium does not work here");
	new->maps = setup->maps;
	error = sd_event_add_time_relative(setup->event, &new->tick, CLOCK_MONOTONIC,
					   TICK / NS_PER_US, TICK_ACCURACY / NS_PER_US, on_tick,
					   new);
	if (error < 0)
		return log_failure(error, "cannot start steering: no timer");
	error = layout_build(setup->config, new->maps, NULL, &new->layout);
	if (error)
		return error;
	stepped_over_lately(new);
	layout_enact(new->layout, new->maps, NULL);
	*steering = TAKE_POINTER(new);
	return 0;
}

int steering_reload(struct steering *steering, const struct config *config)
{
	struct layout *layout;
	int error = layout_build(config, steering->maps, steering->layout, &layout);

	if (error)
		return error;
	layout_enact(layout, steering->maps, steering->layout);
	steering->layout = layout;
	return 0;
}

void steering_stop(struct steering *steering)
{
	if (!steering)
		return;
	sd_event_source_disable_unref(steering->tick);
	layout_free(steering->layout, NULL);
	free(steering);
}

/* What becomes known of the backends. */

void steering_set_state(struct steering *steering, const char *service, const char *node,
			enum backend_state state)
{
	struct layout *layout = steering->layout;
	size_t index = config_find_service(layout->config, service);
	struct pool *pool;

	if (index == CONFIG_NONE)
		return;
	pool = layout_pool(layout, index);
	pool_tell(pool, index, nodes_by_name(&layout->nodes, node), state);
	pool_refill(pool, &layout->nodes, steering->maps);
}

void steering_doubt(struct steering *steering)
{
	for (size_t i = 0; i < steering->layout->pool_count; i++)
		pool_doubt(steering->layout->pools[i], &steering->layout->nodes, steering->maps);
}

static void refill_pools_of(struct steering *steering, size_t peer)
{
	struct layout *layout = steering->layout;

	for (size_t i = 0; i < layout->pool_count; i++)
		if (pool_find(layout->pools[i], peer))
			pool_refill(layout->pools[i], &layout->nodes, steering->maps);
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

void steering_set_mac(struct steering *steering, const char *name, const uint8_t *mac)
{
	struct nodes *nodes = &steering->layout->nodes;
	size_t peer = nodes_by_name(nodes, name);
	struct steering_node *node = &nodes->nodes[peer], before;

	if (peer == nodes->count || node->self)
		return;
	before = *node;
	node->mac_known = mac != NULL;
	if (mac) {
		memcpy(node->mac, mac, sizeof(node->mac));
		nodes_publish(node, steering->maps);
	}
	/* Flows leave a node before its MAC does. */
	refill_pools_of(steering, peer);
	if (before.mac_known && !(mac && memcmp(before.mac, mac, sizeof(before.mac)) == 0))
		nodes_withdraw(&before, nodes, steering->maps);
}
