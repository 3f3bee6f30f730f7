// SPDX-License-Identifier: GPL-2.0-only
/* Gathers what the status and the metrics show of a service. */
#include <errno.h>
#include <string.h>

#include "ctl/base/clock.h"
#include "ctl/config/lookup.h"
#include "ctl/steering/steering_internal.h"

static struct pool *find_pool(const struct steering *steering, const char *service)
{
	const struct layout *layout = steering->layout;
	size_t index = config_find_service(layout->config, service);

	return index != CONFIG_NONE ? layout_pool(layout, index) : NULL;
}

bool steering_judged(const struct steering *steering, const char *service)
{
	const struct pool *pool = find_pool(steering, service);

	return pool && pool_judged(pool);
}

bool steering_all_down(const struct steering *steering, const char *service)
{
	const struct pool *pool = find_pool(steering, service);

	return pool && pool_all_down(pool, &steering->layout->nodes);
}

static uint64_t time_left(const struct pool *pool)
{
	uint64_t now = clock_now();

	if (pool->table.settled_at == 0 || pool->table.settled_at == NEVER)
		return pool->table.settled_at;
	return pool->table.settled_at > now ? pool->table.settled_at - now : 1;
}

/* Counts the slots that each node of the dataplane is the primary of. */
static void count_primaries(const struct slot_table *table, uint32_t counts[static NOBODY + 1])
{
	memset(counts, 0, (NOBODY + 1) * sizeof(counts[0]));
	for (size_t i = 0; i < POOL_SLOTS; i++)
		counts[table->slots[i].primary]++;
}

static int view_backend(const struct steering *steering, size_t service,
			const struct pool_member *member, const uint32_t *primaries,
			struct backend_view *view)
{
	const struct nodes *nodes = &steering->layout->nodes;
	const struct steering_node *node = &nodes->nodes[member->peer];
	struct steered_entry steered;
	int error = maps_read_steered(steering->maps, steering->layout->targets[service].service,
				      node->index, &steered);

	if (error)
		return error;
	*view = (struct backend_view){
		.peer = member->peer,
		.state = pool_member_state(member, nodes),
		.reachable = node_reachable(node),
		.share = (double)primaries[node->index] / POOL_SLOTS,
		.packets = steered.packets,
		.bytes = steered.bytes,
	};
	return 0;
}

/* Members are listed in the order of the configuration; behind them, the retired ones that drain.
 */
static size_t list_members(const struct steering *steering, size_t service,
			   const struct pool_member *members[static MAX_PEERS])
{
	const struct config_service *config = &steering->layout->config->services[service];
	struct pool *pool = layout_pool(steering->layout, service);
	size_t count = 0;

	for (size_t i = 0; i < config->backend_count; i++)
		members[count++] = pool_find(pool, config->backends[i].peer);
	for (size_t i = 0; i < pool->count; i++)
		if (pool->members[i].retired && pool->members[i].state != BACKEND_DOWN)
			members[count++] = &pool->members[i];
	return count;
}

int steering_view(const struct steering *steering, const char *name, struct service_view *view)
{
	size_t service = config_find_service(steering->layout->config, name);
	const struct pool_member *members[MAX_PEERS];
	uint32_t primaries[NOBODY + 1];
	const struct pool *pool;
	size_t count;

	if (service == CONFIG_NONE)
		return -ENOENT;
	pool = layout_pool(steering->layout, service);
	count = list_members(steering, service, members);
	count_primaries(maps_slots(steering->maps, pool->table.index), primaries);
	for (size_t i = 0; i < count; i++) {
		int error =
			view_backend(steering, service, members[i], primaries, &view->backends[i]);

		if (error)
			return error;
	}
	view->backend_count = count;
	view->settling = pool->table.settled_at != 0;
	view->settled_in = time_left(pool);
	view->armed = maps_armed(steering->maps, pool->table.index);
	view->panic = pool->panic;
	view->build_duration = pool->table.build_duration;
	return 0;
}
