// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/drain/part.h"

#include "ctl/base/clock.h"
#include "ctl/config/config.h"
#include "ctl/events/events.h"
#include "ctl/steering/part.h"

struct drains *drains_of(const struct node *node)
{
	return node_state(node, &drains_part);
}

static void tell_steering(const struct node *node, const char *name)
{
	steering_set_drain(steering_of(node), name, drains_find(drains_of(node), name) != NULL);
}

static void on_drain(const char *name, const struct drain *drain, void *context)
{
	struct node *node = context;
	struct event event = event_new(EVENT_DRAIN, LOG_NOTICE);

	event_copy(event.node, name);
	event_copy(event.reason, drain ? drain->reason : NULL);
	event.drained = drain != NULL;
	events_post(node->events, &event);
	tell_steering(node, name);
	node_weigh_soon(node);
}

static int start(struct node *node)
{
	char path[PATH_MAX];
	struct drains *drains;
	int error = drains_open(node_path(node, "drains.json", path), node->event, on_drain, node,
				&drains);

	if (!error)
		node_set_state(node, &drains_part, drains);
	return error;
}

/* A configuration may have brought a node that is drained already. */
static void commit(struct node *node, void *plan)
{
	(void)plan;
	for (size_t i = 0; i < node->config->peer_count; i++)
		tell_steering(node, node->config->peers[i].name);
}

static void stop(struct node *node)
{
	drains_close(drains_of(node));
	node_set_state(node, &drains_part, NULL);
}

const struct part drains_part = {
	.name = "drains",
	.start = start,
	.commit = commit,
	.stop = stop,
};
