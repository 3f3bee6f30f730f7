// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/steering/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/clock.h"
#include "ctl/base/log.h"
#include "ctl/config/lookup.h"

_Static_assert(MAX_PEERS <= RANKING_MEMBERS_MAX, "a pool may have all nodes");

/* Members. */

static struct pool_member *find_name(struct pool *pool, const char *name)
{
	for (size_t i = 0; i < pool->count; i++)
		if (strcmp(pool->members[i].name, name) == 0)
			return &pool->members[i];
	return NULL;
}

struct pool_member *pool_find(struct pool *pool, size_t peer)
{
	for (size_t i = 0; i < pool->count; i++)
		if (pool->members[i].peer == peer)
			return &pool->members[i];
	return NULL;
}

static void follow_plan(struct pool *pool, const struct config *config,
			const struct pool_plan *plan)
{
	memcpy(pool->service, config->services[plan->service].name, sizeof(pool->service));
	pool->index = plan->index;
	pool->settle = plan->settle;
}

int pool_new(const struct config *config, const struct pool_plan *plan, struct pool **pool)
{
	const struct config_service *service = &config->services[plan->service];
	struct pool *new = calloc(1, sizeof(*new));

	if (!new)
		return -ENOMEM;
	follow_plan(new, config, plan);
	new->panic_threshold = service->panic_threshold;
	for (size_t i = 0; i < service->backend_count; i++) {
		const struct config_backend *backend = &service->backends[i];
		struct pool_member *member = &new->members[new->count++];

		memcpy(member->name, config->peers[backend->peer].name, sizeof(member->name));
		member->weight = backend->weight;
		member->peer = backend->peer;
		member->state = BACKEND_DOWN;
		member->teller = SIZE_MAX;
	}
	*pool = new;
	return 0;
}

static void inherit_member(struct pool *pool, const struct pool_member *other,
			   const struct config *config)
{
	struct pool_member *member = find_name(pool, other->name);
	size_t peer = config_find_peer(config, other->name);

	if (member && other->told) {
		member->state = other->state;
		member->told = true;
	}
	if (member || other->state == BACKEND_DOWN || peer == CONFIG_NONE)
		return;
	member = &pool->members[pool->count++];
	*member = *other;
	member->peer = peer;
	member->retired = true;
}

void pool_inherit(struct pool *pool, const struct pool *other, const struct config *config)
{
	for (size_t i = 0; i < other->count; i++)
		inherit_member(pool, &other->members[i], config);
}

void pool_follow(struct pool *pool, const struct config *config, const struct pool_plan *plan)
{
	follow_plan(pool, config, plan);
	for (size_t i = 0; i < pool->count; i++) {
		struct pool_member *member = &pool->members[i];

		member->teller = SIZE_MAX;
		member->peer = config_find_peer(config, member->name);
		if (member->peer == CONFIG_NONE)
			member->state = BACKEND_DOWN;
	}
}

void pool_tell(struct pool *pool, size_t service, size_t peer, enum backend_state state)
{
	struct pool_member *member = pool_find(pool, peer);

	if (!member || member->retired || service > member->teller)
		return;
	member->state = state;
	member->told = true;
	member->teller = service;
}

void pool_free(struct pool *pool)
{
	if (!pool)
		return;
	ranking_unref(pool->ranking);
	free(pool);
}

/* The ranking. */

static int compare_members(const void *left, const void *right)
{
	const struct pool_member *a = left, *b = right;

	return strcmp(a->name, b->name);
}

int pool_rank(struct pool *pool, struct ranking_build *build)
{
	struct ranking_member members[MAX_PEERS];

	qsort(pool->members, pool->count, sizeof(pool->members[0]), compare_members);
	for (size_t i = 0; i < pool->count; i++)
		members[i] = (struct ranking_member){
			.name = pool->members[i].name,
			.weight = pool->members[i].weight,
		};
	pool->ranking = ranking_build_add(build, members, pool->count);
	return pool->ranking ? 0 : -ENOMEM;
}

/* What each member is good for. */

enum backend_state pool_member_state(const struct pool_member *member, const struct nodes *nodes)
{
	if (member->state == BACKEND_UP && (member->retired || nodes->nodes[member->peer].drained))
		return BACKEND_DRAIN;
	return member->state;
}

static enum role role_of(const struct pool_member *member, const struct nodes *nodes,
			 bool trust_checks)
{
	bool up = member->state == BACKEND_UP;
	const struct steering_node *node;

	if (member->peer >= nodes->count || (member->retired && !up))
		return ROLE_NONE;
	node = &nodes->nodes[member->peer];
	if (member->retired || node->drained || !node_reachable(node))
		return ROLE_KEEPS;
	return up || !trust_checks ? ROLE_TAKES : ROLE_KEEPS;
}

/* @trust_checks: otherwise whoever can be reached takes new flows. */
static void assign_roles(const struct pool *pool, const struct nodes *nodes, bool trust_checks,
			 struct member_role roles[static MAX_PEERS])
{
	for (size_t i = 0; i < pool->count; i++) {
		const struct pool_member *member = &pool->members[i];

		roles[i] = (struct member_role){
			.node = member->peer < nodes->count ? nodes->nodes[member->peer].index
							    : NOBODY,
			.role = (uint8_t)role_of(member, nodes, trust_checks),
		};
	}
}

static bool somebody_takes(const struct member_role *roles, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (roles[i].role == ROLE_TAKES)
			return true;
	return false;
}

/* So many at once that the checks are to be doubted rather than the members. */
static bool too_many_failed(const struct pool *pool)
{
	unsigned int configured = 0, failed = 0;

	for (size_t i = 0; i < pool->count; i++) {
		const struct pool_member *member = &pool->members[i];

		configured += !member->retired;
		failed += !member->retired && member->told && member->state == BACKEND_DOWN;
	}
	return (configured - failed) * 100 < pool->panic_threshold * configured;
}

/* Somebody who is not checked yet may be up. */
static bool waiting(const struct pool *pool)
{
	for (size_t i = 0; i < pool->count; i++)
		if (!pool->members[i].told)
			return true;
	return false;
}

static bool draining(const struct pool *pool, const struct nodes *nodes)
{
	for (size_t i = 0; i < pool->count; i++)
		if (!pool->members[i].retired &&
		    pool_member_state(&pool->members[i], nodes) == BACKEND_DRAIN)
			return true;
	return false;
}

bool pool_judged(const struct pool *pool)
{
	for (size_t i = 0; i < pool->count; i++)
		if (pool->members[i].told)
			return true;
	return false;
}

bool pool_all_down(const struct pool *pool, const struct nodes *nodes)
{
	for (size_t i = 0; i < pool->count; i++) {
		const struct pool_member *member = &pool->members[i];

		if (!member->retired && member->state != BACKEND_DOWN &&
		    node_reachable(&nodes->nodes[member->peer]))
			return false;
	}
	return true;
}

/* The dataplane's side. */

/* A backend that drains may do so for longer than any configured time. */
static void begin_settling(struct pool *pool, struct maps *maps, bool until_drained)
{
	if (pool->settle == 0)
		pool->settled_at = 0;
	else
		pool->settled_at = until_drained ? NEVER : clock_now() + pool->settle;
	maps_set_settling(maps, pool->index, pool->settled_at != 0);
}

static void copy_table(struct maps *maps, uint16_t from, uint16_t to)
{
	if (from == to)
		return;
	*maps_idle_slots(maps, to) = *maps_slots(maps, from);
	maps_flip_slots(maps, to);
	maps_set_armed(maps, to, maps_armed(maps, from));
}

static void begin_empty(struct maps *maps, uint16_t index)
{
	slots_clear(maps_idle_slots(maps, index));
	maps_flip_slots(maps, index);
	maps_set_settling(maps, index, false);
	maps_set_armed(maps, index, false);
}

void pool_open(struct pool *pool, struct maps *maps, uint16_t predecessor)
{
	maps_set_pool_backends(maps, pool->index, (uint32_t)pool->count);
	if (predecessor == NO_POOL) {
		begin_empty(maps, pool->index);
		return;
	}
	begin_settling(pool, maps, false);
	copy_table(maps, predecessor, pool->index);
	pool->filled = maps_slots(maps, pool->index)->slots[0].primary != NOBODY;
}

void pool_close(const struct pool *pool, struct maps *maps)
{
	maps_set_pool_backends(maps, pool->index, 0);
	maps_set_settling(maps, pool->index, false);
	maps_set_armed(maps, pool->index, false);
}

static void put_in_force(struct pool *pool, struct maps *maps, const struct member_role *roles)
{
	uint64_t began = clock_now();

	slots_fill(pool->ranking, roles, maps_idle_slots(maps, pool->index));
	maps_flip_slots(maps, pool->index);
	memcpy(pool->roles, roles, sizeof(pool->roles));
	pool->filled = true;
	pool->build_duration = clock_now() - began;
}

static void set_panic(struct pool *pool, bool panic)
{
	if (panic == pool->panic)
		return;
	pool->panic = panic;
	if (panic)
		log_error("service %s: too few backends are left for the checks to be true: "
			  "all that can be reached and are not drained take connections "
			  "(vipctl status says what the checks saw)",
			  pool->service);
	else
		log_notice("service %s: enough backends are back", pool->service);
}

/* Whether what is known of the members asks for another table; @roles says for which. */
static bool table_wanted(struct pool *pool, const struct nodes *nodes,
			 struct member_role roles[static MAX_PEERS])
{
	bool nobody;

	assign_roles(pool, nodes, true, roles);
	nobody = !somebody_takes(roles, pool->count);
	set_panic(pool, nobody ? !waiting(pool) : pool->filled && too_many_failed(pool));
	if (pool->panic)
		assign_roles(pool, nodes, false, roles);
	return somebody_takes(roles, pool->count) &&
	       memcmp(roles, pool->roles, sizeof(pool->roles)) != 0;
}

void pool_refill(struct pool *pool, const struct nodes *nodes, struct maps *maps)
{
	struct member_role roles[MAX_PEERS] = {};

	if (!table_wanted(pool, nodes, roles))
		return;
	begin_settling(pool, maps, draining(pool, nodes));
	put_in_force(pool, maps, roles);
}

void pool_doubt(struct pool *pool, const struct nodes *nodes, struct maps *maps)
{
	begin_settling(pool, maps, draining(pool, nodes));
}

/* Time passes. */

/* Flows that a retired member still has are not looked for any longer. */
static void end_settling(struct pool *pool, const struct nodes *nodes, struct maps *maps)
{
	struct member_role roles[MAX_PEERS] = {};

	for (size_t i = 0; i < pool->count; i++)
		if (pool->members[i].retired)
			pool->members[i].state = BACKEND_DOWN;
	if (table_wanted(pool, nodes, roles))
		put_in_force(pool, maps, roles);
	pool->settled_at = 0;
	maps_set_settling(maps, pool->index, false);
}

static void watch_arming(struct pool *pool, struct maps *maps, uint64_t now, bool stepped_over)
{
	if (!maps_armed(maps, pool->index)) {
		pool->disarmed_at = 0;
		return;
	}
	if (pool->disarmed_at == 0 || stepped_over)
		pool->disarmed_at = now + pool->settle;
	if (now < pool->disarmed_at)
		return;
	pool->disarmed_at = 0;
	maps_set_armed(maps, pool->index, false);
}

void pool_tick(struct pool *pool, const struct nodes *nodes, struct maps *maps, uint64_t now,
	       bool stepped_over)
{
	if (pool->settled_at != 0 && now >= pool->settled_at)
		end_settling(pool, nodes, maps);
	watch_arming(pool, maps, now, stepped_over);
}
