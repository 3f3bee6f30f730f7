/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the control socket and the metrics see of the running node: its parts. Orders go to the
 * engine (failover) and to the drains; all else is only looked at.
 */
#ifndef VIPD_API_NODE_H
#define VIPD_API_NODE_H

#include "ctl/config/config.h"
#include "ctl/drain/drain.h"
#include "ctl/health/health.h"
#include "ctl/net/net.h"
#include "ctl/steering/steering.h"
#include "ctl/trackers/trackers.h"
#include "ctl/vrrp/engine.h"
#include "loader/loader.h"
#include "maps/maps.h"

struct node {
	const struct config *config;
	struct engine *engine;
	const struct maps *maps;
	const struct health *health; /* NULL: no checks run */
	struct steering *steering;
	struct drains *drains;
	const struct trackers *trackers; /* NULL: none run */
	const struct net_link *link;
	const struct attachment *attachment;
	uint64_t started_wall; /* ns since the epoch */
};

#endif
