// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/trackers/part.h"

#include "ctl/checks/part.h"
#include "ctl/events/events.h"
#include "ctl/net/part.h"

struct trackers *trackers_of(const struct node *node)
{
	return node_state(node, &trackers_part);
}

static void on_change(const char *tracker, const struct tracker_status *status, void *context)
{
	struct node *node = context;
	bool down = status->state == TRACKED_DOWN;
	struct event event = event_new(EVENT_TRACKER, down ? LOG_WARNING : LOG_NOTICE);

	event_copy(event.tracker.name, tracker);
	event.tracker.state = tracker_state_name(status->state);
	event.tracker.number = status->number;
	event_copy(event.reason, status->detail);
	events_post(node->events, &event);
	node_weigh_soon(node);
}

static int start(struct node *node)
{
	const struct trackers_setup setup = {
		.event = node->event,
		.checks = checks_of(node),
		.monitor = kernel_monitor(node),
		.changed = on_change,
		.context = node,
	};
	struct trackers *trackers;
	int error = trackers_new(&setup, &trackers);

	if (!error)
		node_set_state(node, &trackers_part, trackers);
	return error;
}

PART_FOLLOWS(trackers, trackers_of)

static void stop(struct node *node)
{
	trackers_free(trackers_of(node));
	node_set_state(node, &trackers_part, NULL);
}

const struct part trackers_part = {
	.name = "trackers",
	.start = start,
	.prepare = prepare,
	.commit = commit,
	.abort = abort_plan,
	.stop = stop,
};
