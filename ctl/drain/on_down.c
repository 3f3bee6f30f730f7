// SPDX-License-Identifier: GPL-2.0-only
/* A node is drained while an interface is down without which it cannot serve. */
#include <stdio.h>

#include "ctl/base/clock.h"
#include "ctl/base/log.h"
#include "ctl/config/config.h"
#include "ctl/drain/part.h"
#include "ctl/net/interfaces.h"
#include "ctl/net/part.h"

static struct interfaces *state(const struct node *node)
{
	return node_state(node, &drain_on_down_part);
}

static void hold(struct node *node)
{
	const char *down = interfaces_find_down(state(node));
	char reason[DRAIN_REASON_MAX];

	if (down)
		snprintf(reason, sizeof(reason), "%s is down", down);
	drains_hold(drains_of(node), node->config->node, down ? reason : NULL, clock_wall());
}

static void on_change(const char *name, bool up, void *context)
{
	log_notice("%s is %s", name, up ? "up" : "down");
	hold(context);
}

static int start(struct node *node)
{
	struct interfaces *interfaces;
	int error = interfaces_open(NULL, 0, kernel_monitor(node), on_change, node, &interfaces);

	if (!error)
		node_set_state(node, &drain_on_down_part, interfaces);
	return error;
}

static int prepare(struct node *node, const struct config *next, void **plan)
{
	struct interfaces_plan *own;
	int error = interfaces_prepare(state(node), next->drain_on_down, next->drain_on_down_count,
				       &own);

	if (!error)
		*plan = own;
	return error;
}

static void commit(struct node *node, void *plan)
{
	interfaces_commit(state(node), plan);
	hold(node);
}

static void abort_plan(struct node *node, void *plan)
{
	interfaces_abort(state(node), plan);
}

static void stop(struct node *node)
{
	interfaces_close(state(node));
	node_set_state(node, &drain_on_down_part, NULL);
}

const struct part drain_on_down_part = {
	.name = "drain_on_down",
	.start = start,
	.prepare = prepare,
	.commit = commit,
	.abort = abort_plan,
	.stop = stop,
};
