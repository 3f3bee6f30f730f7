// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/steering/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/clock.h"
#include "ctl/base/log.h"
#include "ctl/steering/key.h"

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

/* config->peer_count: there is no such node. */
static size_t find_peer(const struct config *config, const char *name)
{
	size_t peer = 0;

	while (peer < config->peer_count && strcmp(config->peers[peer].name, name) != 0)
		peer++;
	return peer;
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
	}
	*pool = new;
	return 0;
}

static void inherit_member(struct pool *pool, const struct pool_member *other,
			   const struct config *config)
{
	struct pool_member *member = find_name(pool, other->name);
	size_t peer = find_peer(config, other->name);

	if (member && !other->retired) {
		member->state = other->state;
		member->told = other->told;
	}
	if (member || other->state == BACKEND_DOWN || peer == config->peer_count)
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
	pool->filled |= other->filled;
	if (pool->settled_at < other->settled_at)
		pool->settled_at = other->settled_at;
}

void pool_follow(struct pool *pool, const struct config *config, const struct pool_plan *plan)
{
	follow_plan(pool, config, plan);
	for (size_t i = 0; i < pool->count; i++) {
		struct pool_member *member = &pool->members[i];

		member->peer = find_peer(config, member->name);
		if (member->peer == config->peer_count)
			member->state = BACKEND_DOWN;
	}
}

void pool_free(struct pool *pool)
{
	if (!pool)
		return;
	ranking_free(&pool->ranking);
	free(pool);
}

/* The ranking. */

static int compare_members(const void *left, const void *right)
{
	const struct pool_member *a = left, *b = right;

	return strcmp(a->name, b->name);
}

int pool_rank(struct pool *pool, const struct steering_key *key)
{
	struct ranking_member members[MAX_PEERS];
	uint64_t began = clock_now();
	int error;

	qsort(pool->members, pool->count, sizeof(pool->members[0]), compare_members);
	for (size_t i = 0; i < pool->count; i++)
		members[i] = (struct ranking_member){
			.name = pool->members[i].name,
			.weight = pool->members[i].weight,
		};
	error = ranking_build(key->ranking, members, pool->count, &pool->ranking);
	if (!error)
		log_debug("steering: pool of service %s: %zu backends ranked in %.1f ms",
			  pool->service, pool->count,
			  (double)(clock_now() - began) / (double)NS_PER_MS);
	return error;
}

/* What each member is good for. */

enum backend_state pool_member_state(const struct pool_member *member, const struct nodes *nodes)
{
	if (member->state == BACKEND_UP &&
	    (member->retired || nodes->nodes[member->peer].drained))
		return BACKEND_DRAIN;
	return member->state;
}

static enum standing judge_member(const struct pool_member *member, const struct nodes *nodes)
{
	if (member->peer >= nodes->count || !node_reachable(&nodes->nodes[member->peer]))
		return STANDING_NONE;
	switch (pool_member_state(member, nodes)) {
	case BACKEND_UP:
		return STANDING_TAKES;
	case BACKEND_DRAIN:
		return STANDING_KEEPS;
	case BACKEND_DOWN:
		break;
	}
	return member->told ? STANDING_NONE : STANDING_KEEPS;
}
