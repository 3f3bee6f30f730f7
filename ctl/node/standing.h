/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What this node is good for in each election, from all that is known of it. Pure: facts in,
 * standings out.
 *
 * A node that cannot be reached, or cannot hear, takes no part in an election: it is in Fault. A
 * node that is drained, or sees no backend that works, lets others go first, but owns what nobody
 * else does: its view may be the wrong one.
 *
 * An instance waits for the first results of checks and trackers before it takes part. One that
 * takes part does not begin to wait again: a reload that adds a service takes nothing from an
 * owner.
 */
#ifndef VIPD_NODE_STANDING_H
#define VIPD_NODE_STANDING_H

#include "ctl/config/config.h"
#include "ctl/net/link.h"
#include "ctl/trackers/weights.h"
#include "ctl/vrrp/engine.h"

/* What is known of a service. */
struct service_facts {
	bool judged;   /* a check of one of its backends has had a result */
	bool all_down; /* no backend is up and within reach */
};

struct standing_facts {
	const struct config *config;
	const struct net_link *link;
	const char *link_fault; /* why nothing can be sent on it; static text; NULL: it can */
	const char *misled;     /* why what is heard cannot be used; static text; NULL: it can */
	const char *deaf;       /* why no advertisement can be heard; static text; NULL: we hear */
	bool drained;           /* this node */
	const struct tracker_status *trackers; /* by index in the configuration */
	bool takes_part[MAX_INSTANCES]; /* by VRID: in the election already, or owns by the lease
					   of the run before */
	struct service_facts services[CONFIG_SERVICES_MAX]; /* by index in the configuration */
};

/**
 * standing_decide() - the standing of each instance in which this node takes part
 * @standings: room for config->instance_count.
 *
 * Return: how many there are.
 */
size_t standing_decide(const struct standing_facts *facts, struct instance_standing *standings);

#endif
