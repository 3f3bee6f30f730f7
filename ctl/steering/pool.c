// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/steering/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/cleanup.h"
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
	pool->table.index = plan->index;
	pool_table_set_settle(&pool->table, plan->settle);
}

static int compare_members(const void *left, const void *right)
{
	const struct pool_member *a = left, *b = right;

	return strcmp(a->name, b->name);
}

static void sort_members(struct pool *pool)
{
	qsort(pool->members, pool->count, sizeof(pool->members[0]), compare_members);
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
	sort_members(new);
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
	if (member)
		member->standing = other->standing;
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
	sort_members(pool);
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

bool pool_tell(struct pool *pool, size_t service, size_t peer, enum backend_state state)
{
	struct pool_member *member = pool_find(pool, peer);
	bool news;

	if (!member || member->retired || service > member->teller)
		return false;
	news = !member->told || member->state != state;
	member->state = state;
	member->told = true;
	member->teller = service;
	return news;
}

bool pool_set_standing(struct pool *pool, size_t peer, enum backend_standing standing)
{
	struct pool_member *member = pool_find(pool, peer);

	if (!member || member->standing == standing)
		return false;
	member->standing = standing;
	return true;
}

void pool_free(struct pool *pool)
{
	if (!pool)
		return;
	pool_table_free(&pool->table);
	ranking_unref(pool->ranking);
	ranking_unref(pool->next_ranking);
	free(pool);
}

size_t pool_list(const struct pool *pool, struct ranking_member members[static MAX_PEERS])
{
	for (size_t i = 0; i < pool->count; i++)
		members[i] = (struct ranking_member){
			.name = pool->members[i].name,
			.weight = pool->members[i].weight,
		};
	return pool->count;
}

/* Roles. */

enum backend_state pool_member_state(const struct pool_member *member, const struct nodes *nodes)
{
	if (member->state != BACKEND_UP)
		return member->state;
	if (member->retired || nodes->nodes[member->peer].drained ||
	    member->standing == STANDING_KEEPS)
		return BACKEND_DRAIN;
	return member->standing == STANDING_ABSENT ? BACKEND_DOWN : BACKEND_UP;
}

/* What is believed of a member. */
struct belief {
	bool checks;
	bool standing; /* who drains or leaves is believed in any case */
};

static enum role role_of(const struct pool_member *member, const struct nodes *nodes,
			 struct belief belief)
{
	bool up = member->state == BACKEND_UP;
	const struct steering_node *node;

	if (member->peer >= nodes->count || (member->retired && !up))
		return ROLE_NONE;
	node = &nodes->nodes[member->peer];
	if (node->index == NOBODY)
		return ROLE_NONE;
	if (member->retired || node->drained || !node_reachable(node) ||
	    member->standing == STANDING_KEEPS)
		return ROLE_KEEPS;
	if (member->standing == STANDING_ABSENT && belief.standing)
		return ROLE_KEEPS;
	return up || !belief.checks ? ROLE_TAKES : ROLE_KEEPS;
}

/* @member is NULL when the pool does not have that member of the ranking any longer. */
static struct member_role assign_role(const struct pool_member *member, const struct nodes *nodes,
				      struct belief belief)
{
	if (!member || member->peer >= nodes->count)
		return (struct member_role){.node = NOBODY, .role = ROLE_NONE};
	return (struct member_role){
		.node = nodes->nodes[member->peer].index,
		.role = (uint8_t)role_of(member, nodes, belief),
	};
}

/*
 * By place in the ranking, which may be a predecessor's and have other members. Both are sorted by
 * name.
 */
static void assign_roles(const struct pool *pool, const struct nodes *nodes, struct belief belief,
			 struct member_role roles[static MAX_PEERS])
{
	const struct pool_member *member = pool->members, *end = member + pool->count;

	for (size_t i = 0; i < pool->ranking->count; i++) {
		const char *name = pool->ranking->places[i].source->name;

		while (member < end && strcmp(member->name, name) < 0)
			member++;
		roles[i] =
			assign_role(member < end && strcmp(member->name, name) == 0 ? member : NULL,
				    nodes, belief);
	}
}

static bool somebody_takes(const struct member_role *roles, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (roles[i].role == ROLE_TAKES)
			return true;
	return false;
}

/* No member works, whether or not the ranking in force has it already. */
static bool nobody_works(const struct pool *pool, const struct nodes *nodes, struct belief belief)
{
	for (size_t i = 0; i < pool->count; i++)
		if (role_of(&pool->members[i], nodes, belief) == ROLE_TAKES)
			return false;
	return true;
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

/* A member without a first check result may be up. */
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

/* The table. */

void pool_open(struct pool *pool, struct maps *maps, uint16_t predecessor,
	       const struct pool *before)
{
	pool_table_open(&pool->table, maps, pool->count, predecessor);
	if (before)
		pool->ranking = ranking_ref(before->ranking);
	pool_take_ranking(pool);
}

void pool_take_ranking(struct pool *pool)
{
	if (!pool->next_ranking || !pool->next_ranking->complete)
		return;
	ranking_unref(pool->ranking);
	pool->ranking = TAKE_POINTER(pool->next_ranking);
	memset(pool->roles, 0, sizeof(pool->roles)); /* they were by place in the other ranking */
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

static void set_deaf(struct pool *pool, bool deaf)
{
	if (deaf == pool->deaf)
		return;
	pool->deaf = deaf;
	if (deaf)
		log_error(
			"service %s: no backend that works is heard to serve its VIPs: those that "
			"are not get connections, too (vipctl status says what the nodes say)",
			pool->service);
	else
		log_notice("service %s: a backend that works is heard to serve its VIPs again",
			   pool->service);
}

/*
 * A node that may be dead is better than a black hole: what is said is doubted before the checks.
 * At the start nobody has been heard yet, and nothing is wrong.
 */
static struct belief decide_belief(struct pool *pool, const struct nodes *nodes)
{
	const struct belief all = {.checks = true, .standing = true};
	const struct belief checks_alone = {.checks = true};
	bool filled = pool->table.filled;
	struct belief belief = all;

	if (nobody_works(pool, nodes, all))
		set_panic(pool, nobody_works(pool, nodes, checks_alone) && !waiting(pool));
	else
		set_panic(pool, filled && too_many_failed(pool));
	belief.checks = !pool->panic;
	belief.standing = !nobody_works(pool, nodes, belief);
	set_deaf(pool, filled && !belief.standing && !nobody_works(pool, nodes, belief));
	return belief;
}

/* Whether the members require another table. @roles: those that it is for. */
static bool table_wanted(struct pool *pool, const struct nodes *nodes,
			 struct member_role roles[static MAX_PEERS])
{
	assign_roles(pool, nodes, decide_belief(pool, nodes), roles);
	return somebody_takes(roles, pool->ranking->count) &&
	       memcmp(roles, pool->roles, sizeof(pool->roles)) != 0;
}

static void change_table(struct pool *pool, const struct member_role *roles)
{
	memcpy(pool->roles, roles, sizeof(pool->roles));
	pool_table_change(&pool->table, pool->ranking, roles);
}

void pool_refill(struct pool *pool, const struct nodes *nodes, struct maps *maps)
{
	struct member_role roles[MAX_PEERS] = {};

	if (!pool->ranking || !table_wanted(pool, nodes, roles))
		return;
	pool_table_settle(&pool->table, maps, draining(pool, nodes));
	change_table(pool, roles);
}

void pool_doubt(struct pool *pool, const struct nodes *nodes, struct maps *maps)
{
	pool_table_settle(&pool->table, maps, draining(pool, nodes));
}

/* Flows that a retired member still has are not looked for any longer. */
static void end_settling(struct pool *pool, const struct nodes *nodes, struct maps *maps)
{
	struct member_role roles[MAX_PEERS] = {};

	for (size_t i = 0; i < pool->count; i++)
		if (pool->members[i].retired)
			pool->members[i].state = BACKEND_DOWN;
	if (pool->ranking && table_wanted(pool, nodes, roles))
		change_table(pool, roles);
	pool_table_settled(&pool->table, maps);
}

void pool_tick(struct pool *pool, const struct nodes *nodes, struct maps *maps, uint64_t now,
	       bool stepped_over)
{
	uint64_t settled_at = pool->table.settled_at;

	if (settled_at != 0 && now >= settled_at)
		end_settling(pool, nodes, maps);
	pool_table_watch_arming(&pool->table, maps, now, stepped_over);
}
