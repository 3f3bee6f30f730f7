// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/vrrp/part.h"

#include "ctl/base/clock.h"
#include "ctl/dataplane/part.h"
#include "ctl/events/events.h"
#include "ctl/net/part.h"
#include "ctl/vrrp/times.h"

struct engine *vrrp_engine(const struct node *node)
{
	return node_state(node, &vrrp_part);
}

/* The hosts that believed the other one's claim have to hear from the owner again. */
static void on_event(const struct event *event, void *context)
{
	if (event->kind == EVENT_CONFLICT)
		engine_announce(vrrp_engine(context), event->vrid);
}

static int start(struct node *node)
{
	char sequence[PATH_MAX];
	struct engine *engine;
	int error = engine_start(
		&(struct engine_setup){
			.maps = dataplane_maps(node),
			.link = host_link(node),
			.sequence_path = node_path(node, "sequence", sequence),
			.event = node->event,
			.events = node->events,
		},
		&engine);

	if (error)
		return error;
	error = events_subscribe(node->events, on_event, node);
	if (error) {
		engine_stop(engine);
		return error;
	}
	if (loader_replaces(dataplane_loader(node)))
		engine_presume(engine, clock_now() + UPGRADE_PRESUMPTION);
	node_set_state(node, &vrrp_part, engine);
	return 0;
}

PART_FOLLOWS(engine, vrrp_engine)

static void stop(struct node *node)
{
	events_unsubscribe(node->events, on_event, node);
	if (node->keep)
		engine_abandon(vrrp_engine(node));
	else
		engine_stop(vrrp_engine(node));
	node_set_state(node, &vrrp_part, NULL);
}

/* A link that does not run cannot be sent on; when it runs again, this is called again. */
static int link_changed(struct node *node, const struct net_link *link)
{
	return link->running ? engine_set_link(vrrp_engine(node), link) : 0;
}

static void restart(struct node *node)
{
	engine_prolong(vrrp_engine(node), RESTART_INTERVAL);
}

const struct part vrrp_part = {
	.name = "vrrp",
	.start = start,
	.prepare = prepare,
	.commit = commit,
	.abort = abort_plan,
	.stop = stop,
	.link_changed = link_changed,
	.restart = restart,
};
