/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that follows from one configuration: the nodes, the services and the pools that serve them. A
 * layout is built beside the one in force, which may fail; putting it in force cannot.
 */
#ifndef VIPD_STEERING_LAYOUT_H
#define VIPD_STEERING_LAYOUT_H

#include "ctl/steering/nodes.h"
#include "ctl/steering/pool.h"
#include "ctl/steering/ranking_build.h"
#include "ctl/steering/service_table.h"

/*
 * The keys that flows and backends are hashed with. They are the same on all nodes, or the nodes
 * would disagree on where a flow lives.
 */
struct steering_key {
	uint64_t flows; /* settings_entry.hash_key */
	uint8_t ranking[RANKING_KEY_SIZE];
};

struct layout {
	const struct config *config; /* a reference */
	struct steering_key key;
	struct nodes nodes;
	struct service_target targets[CONFIG_SERVICES_MAX]; /* by index into config->services */
	struct service_table *services;                     /* NULL: in force */
	size_t pool_count;
	struct pool_plan plans[CONFIG_SERVICES_MAX];
	struct pool *pools[CONFIG_SERVICES_MAX]; /* by plan; may be those of the layout before */
};

/**
 * layout_build() - the layout of a configuration
 * @maps: where the nodes' indices are, and with @before NULL what a crashed run may have left. The
 *        tables of its pools are mapped.
 * @before: the layout in force, which does not change. NULL: there is none.
 * @layout: the result, for layout_free().
 * @build: the rankings that its pools wait for, for ranking_build_free().
 *
 * Return: 0, or a negative errno after one logged message.
 */
int layout_build(const struct config *config, struct maps *maps, const struct layout *before,
		 struct layout **layout, struct ranking_build **build);

/**
 * layout_enact() - put a layout in force that was just built
 * @before: the layout that was in force; NULL: none. Its pools that serve on are the new one's.
 *
 * The tables of pools that changed are those of their predecessors until pool_refill() and
 * pool_table_work() have filled them.
 */
void layout_enact(struct layout *layout, struct maps *maps, const struct layout *before);

/** layout_unmap_others() - unmap the tables of all other pools. @layout: NULL: of all pools. */
void layout_unmap_others(const struct layout *layout, struct maps *maps);

/** layout_pool() - the pool that serves a service. @service: index into config->services. */
struct pool *layout_pool(const struct layout *layout, size_t service);

/** layout_free() - free it, except for pools that @other has too. NULL is fine for both. */
void layout_free(struct layout *layout, const struct layout *other);

#endif
