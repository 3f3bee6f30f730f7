/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that steering makes of one configuration. A layout is built beside the one in force, which
 * may fail; putting it in force cannot.
 */
#ifndef VIPD_STEERING_LAYOUT_H
#define VIPD_STEERING_LAYOUT_H

#include "ctl/steering/key.h"
#include "ctl/steering/nodes.h"
#include "ctl/steering/pool.h"
#include "ctl/steering/service_table.h"

struct layout {
	const struct config *config;
	struct steering_key key;
	struct nodes nodes;
	struct service_target targets[CONFIG_SERVICES_MAX]; /* by index into config->services */
	size_t pool_count;
	struct pool_plan plans[CONFIG_SERVICES_MAX];
	struct pool *pools[CONFIG_SERVICES_MAX]; /* by plan; may be those of the layout before */
	struct service_table *services;          /* until the layout is in force */
};

/**
 * layout_build() - the layout of a configuration
 * @before: the layout in force. NULL: what a crashed run may have left in @maps.
 *
 * Return: 0, or a negative errno after one logged message; what is in force stays so.
 */
int layout_build(const struct config *config, const struct maps *maps, const struct layout *before,
		 struct layout **layout);

/** layout_enact() - put a layout in force that was just built. @before: freed by this. */
void layout_enact(struct layout *layout, struct maps *maps, struct layout *before);

/** layout_pool() - the pool that serves a service. @service: index into config->services. */
struct pool *layout_pool(const struct layout *layout, size_t service);

/** layout_free() - free it, except for pools that @other has too. NULL is fine for both. */
void layout_free(struct layout *layout, const struct layout *other);

#endif
