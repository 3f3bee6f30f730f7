// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/steering/pool_sharing.h"

#include <string.h>

#include "ctl/base/address.h"
#include "ctl/checks/question.h"
#include "ctl/config/endpoints.h"

_Static_assert(CONFIG_SERVICES_MAX <= MAX_POOLS, "each service may need a pool of its own");

/* What makes services share a pool. */

static bool check_same(const struct config_check *a, const struct config_check *b)
{
	if (!a->enabled || !b->enabled)
		return a->enabled == b->enabled;
	return check_equal(a, b);
}

/* A node is asked at the same place whatever its address is; another VIP is another place. */
static bool endpoint_same(const struct config_endpoint *a, const struct config_endpoint *b)
{
	return a->port == b->port && a->vip == b->vip &&
	       address_family(&a->address) == address_family(&b->address) &&
	       (!a->vip || address_equal(&a->address, &b->address));
}

/* Whether all of @a are among @b, of which there are as many. */
static bool endpoints_same(const struct config_endpoint *a, const struct config_endpoint *b,
			   size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t other = 0;

		while (other < count && !endpoint_same(&a[i], &b[other]))
			other++;
		if (other == count)
			return false;
	}
	return true;
}

/* A backend that answers over one family only is up for a service with VIPs of that family, and
 * down for one that has the other as well. So it is with a port that does not answer. */
static bool asks_same_endpoints(const struct config *config, const struct config_service *service,
				const struct config *other_config,
				const struct config_service *other)
{
	struct config_endpoint ours[CONFIG_ENDPOINTS_MAX], theirs[CONFIG_ENDPOINTS_MAX];

	for (size_t i = 0; service->check.enabled && i < service->backend_count; i++) {
		const struct config_peer *peer = &config->peers[service->backends[i].peer];
		size_t count = config_endpoints(config, service, peer, ours);

		if (config_endpoints(other_config, other, peer, theirs) != count ||
		    !endpoints_same(ours, theirs, count))
			return false;
	}
	return true;
}

/* 0: the node is no backend of the service. */
static unsigned int weight_of(const struct config *config, const struct config_service *service,
			      const char *name)
{
	for (size_t i = 0; i < service->backend_count; i++)
		if (strcmp(config->peers[service->backends[i].peer].name, name) == 0)
			return service->backends[i].weight;
	return 0;
}

/*
 * A script is told the name of the service, and may give each another answer. Any other check asks
 * the same question for all services.
 */
static bool answers_hold(const struct config_service *service, const struct config_service *other)
{
	bool by_name = service->check.enabled && service->check.method == CHECK_SCRIPT;

	return check_same(&service->check, &other->check) &&
	       (!by_name || strcmp(service->name, other->name) == 0);
}

bool pools_same(const struct config *config, const struct config_service *service,
		const struct config *other_config, const struct config_service *other_service)
{
	if (service->backend_count != other_service->backend_count ||
	    service->panic_threshold != other_service->panic_threshold ||
	    !answers_hold(service, other_service) ||
	    !asks_same_endpoints(config, service, other_config, other_service))
		return false;
	for (size_t i = 0; i < service->backend_count; i++) {
		const struct config_backend *backend = &service->backends[i];

		if (weight_of(other_config, other_service, config->peers[backend->peer].name) !=
		    backend->weight)
			return false;
	}
	return true;
}

static size_t find_plan(const struct config *config, const struct config_service *service,
			const struct pool_plan *plans, size_t count)
{
	size_t plan = 0;

	while (plan < count &&
	       !pools_same(config, service, config, &config->services[plans[plan].service]))
		plan++;
	return plan;
}

/* Which places they have. */

struct places {
	bool served[MAX_POOLS];  /* it had flows so far, and is best left alone while it has */
	bool claimed[MAX_POOLS]; /* by a plan */
};

static void claim(struct places *places, struct pool_plan *plan, uint16_t index)
{
	places->claimed[index] = true;
	plan->index = index;
}

static uint16_t free_place(const struct places *places)
{
	for (uint16_t i = 0; i < MAX_POOLS; i++)
		if (!places->claimed[i] && !places->served[i])
			return i;
	for (uint16_t i = 0; i < MAX_POOLS; i++)
		if (!places->claimed[i])
			return i;
	return NO_POOL;
}

/* Unchanged pools keep their place; then pools that inherit flows choose; then new pools. */
static void choose_places(const bool *unchanged, struct places *places, struct pool_plan *plans,
			  size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (unchanged[i])
			claim(places, &plans[i], plans[i].predecessor);
	for (size_t i = 0; i < count; i++)
		if (plans[i].index == NO_POOL && plans[i].predecessor != NO_POOL &&
		    !places->claimed[plans[i].predecessor])
			claim(places, &plans[i], plans[i].predecessor);
	for (size_t i = 0; i < count; i++)
		if (plans[i].index == NO_POOL)
			claim(places, &plans[i], free_place(places));
}

static void note_history(const struct pool_history *history, struct pool_plan *plan,
			 bool *unchanged, struct places *places)
{
	if (history->pool == NO_POOL)
		return;
	places->served[history->pool] = true;
	if (plan->predecessor == NO_POOL || (history->unchanged && !*unchanged))
		plan->predecessor = history->pool;
	*unchanged = *unchanged || history->unchanged;
}

size_t pools_plan(const struct config *config, const struct pool_history *history,
		  struct pool_plan *plans, size_t *plan_of)
{
	bool unchanged[CONFIG_SERVICES_MAX] = {};
	struct places places = {};
	size_t count = 0;

	for (size_t i = 0; i < config->service_count; i++) {
		const struct config_service *service = &config->services[i];
		size_t plan = find_plan(config, service, plans, count);

		if (plan == count)
			plans[count++] = (struct pool_plan){
				.service = i,
				.index = NO_POOL,
				.predecessor = NO_POOL,
			};
		if (plans[plan].settle < service->settle)
			plans[plan].settle = service->settle;
		note_history(&history[i], &plans[plan], &unchanged[plan], &places);
		plan_of[i] = plan;
	}
	choose_places(unchanged, &places, plans, count);
	return count;
}
