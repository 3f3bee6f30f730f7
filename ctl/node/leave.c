// SPDX-License-Identifier: GPL-2.0-only
/* Leaving: the VIPs first; the frames that still come are served until another node has them. */
#include <errno.h>
#include <stdlib.h>

#include "ctl/base/clock.h"
#include "ctl/base/log.h"
#include "ctl/config/config.h"
#include "ctl/node/parts.h"
#include "ctl/vrrp/part.h"
#include "ctl/vrrp/times.h"

/* How often a leaving node looks whether another one has taken over. */
#define LEAVE_POLL (5 * NS_PER_MS)

struct leaving {
	bool was_active[MAX_INSTANCES]; /* by VRID, when the node began to leave */
	sd_event_source *timer;
};

static struct leaving *state(const struct node *node)
{
	return node_state(node, &leaving_part);
}

static bool is_taken_over(const struct node *node, const struct engine_status *instance)
{
	if (!state(node)->was_active[instance->vrid])
		return true;
	return instance->active_seen_at >= node->leaving_since && instance->active_priority != 0;
}

static bool all_taken_over(const struct node *node)
{
	struct engine_status status[MAX_INSTANCES];
	size_t count = engine_status(vrrp_engine(node), status, MAX_INSTANCES);

	for (size_t i = 0; i < count; i++)
		if (!is_taken_over(node, &status[i]))
			return false;
	return true;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *context)
{
	struct node *node = context;
	uint64_t patience = vrrp_leave_patience(node->config->vrrp.advert_interval);

	(void)usec;
	if (all_taken_over(node) || clock_now() > node->leaving_since + patience)
		return sd_event_exit(node->event, 0);
	sd_event_source_set_time_relative(source, LEAVE_POLL / NS_PER_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int start(struct node *node)
{
	struct leaving *leaving = calloc(1, sizeof(*leaving));
	int error;

	if (!leaving)
		return log_failure(-ENOMEM, "cannot get ready to leave");
	error = sd_event_add_time(node->event, &leaving->timer, CLOCK_MONOTONIC, 0, 1, on_timer,
				  node);
	if (error >= 0)
		error = sd_event_source_set_enabled(leaving->timer, SD_EVENT_OFF);
	if (error < 0) {
		sd_event_source_disable_unref(leaving->timer);
		free(leaving);
		return log_failure(error, "cannot get ready to leave");
	}
	node_set_state(node, &leaving_part, leaving);
	return 0;
}

static void leave(struct node *node)
{
	struct engine_status status[MAX_INSTANCES];
	size_t count = engine_status(vrrp_engine(node), status, MAX_INSTANCES);
	struct leaving *leaving = state(node);

	for (size_t i = 0; i < count; i++)
		leaving->was_active[status[i].vrid] = status[i].state == VRRP_ACTIVE;
	engine_resign(vrrp_engine(node));
	sd_event_source_set_time_relative(leaving->timer, 0);
	sd_event_source_set_enabled(leaving->timer, SD_EVENT_ONESHOT);
}

static void stop(struct node *node)
{
	sd_event_source_disable_unref(state(node)->timer);
	free(state(node));
	node_set_state(node, &leaving_part, NULL);
}

const struct part leaving_part = {
	.name = "leaving",
	.start = start,
	.stop = stop,
	.leave = leave,
};
