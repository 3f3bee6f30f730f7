/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decides which services share a pool, and which place in vipd_pools each pool has. A pool keeps
 * its place where possible, so that a reload leaves alone what it does not change.
 */
#ifndef VIPD_STEERING_POOL_SHARING_H
#define VIPD_STEERING_POOL_SHARING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/config/config.h"
#include "maps/pools.h"

#define NO_POOL UINT16_MAX

/* How a service was served before. */
struct pool_history {
	uint16_t pool;  /* the pool that served it; NO_POOL: there was no such service */
	bool unchanged; /* the service still requires the same pool */
};

struct pool_plan {
	size_t service;       /* the first of its services, which speaks for all of them */
	uint16_t index;       /* in vipd_pools */
	uint16_t predecessor; /* the pool that served its flows so far; NO_POOL: none did */
	uint64_t settle;      /* ns, the longest of its services */
};

/**
 * pools_same() - whether two services require the same pool
 *
 * They do when they have the same backends, by name and in whatever order, with the same weights,
 * the same panic threshold, and checks that ask the same questions, at addresses of the same
 * families. The services may be of different configurations.
 */
bool pools_same(const struct config *config, const struct config_service *service,
		const struct config *other_config, const struct config_service *other_service);

/**
 * pools_plan() - group services into pools
 * @history: by index into config->services.
 * @plans: the result; room for CONFIG_SERVICES_MAX.
 * @plan_of: index into @plans, by index into config->services.
 *
 * Return: how many plans there are.
 */
size_t pools_plan(const struct config *config, const struct pool_history *history,
		  struct pool_plan *plans, size_t *plan_of);

#endif
