// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leaving. The others are told first, and take over; frames that still come are served until they
 * have, and what is established until it ends. Only then is anything taken away.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "ctl/base/clock.h"
#include "ctl/base/json.h"
#include "ctl/base/log.h"
#include "ctl/base/turn.h"
#include "ctl/config/config.h"
#include "ctl/net/connections.h"
#include "ctl/node/parts.h"
#include "ctl/node/stop_section.h"
#include "ctl/part/command.h"
#include "ctl/standing/part.h"
#include "ctl/vrrp/part.h"
#include "ctl/vrrp/times.h"

/* How often a leaving node looks whether the others have followed, and what is left. */
#define FOLLOW_POLL (5 * NS_PER_MS)
#define SERVE_POLL  (200 * NS_PER_MS)

/* For tables to be built without this node; after that, whoever has not followed does not count. */
#define FOLLOW_PATIENCE (2 * NS_PER_S)

/* What the service manager is asked for each time, beyond the next look. */
#define EXTENSION_US 5000000

struct leaving {
	bool was_active[MAX_INSTANCES]; /* by VRID, when the node began to leave */
	uint64_t serving_since; /* CLOCK_MONOTONIC ns: the others have followed; 0: not yet */
	size_t connections;     /* left, at the last look */
	sd_event_source *timer;
};

static struct leaving *state(const struct node *node)
{
	return node_state(node, &leaving_part);
}

/* The others. */

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

static bool all_have_followed(const struct node *node)
{
	uint64_t waited = clock_now() - node->leaving_since;

	return (all_taken_over(node) ||
		waited > vrrp_leave_patience(node->config->vrrp.advert_interval)) &&
	       (standings_followed(standings_of(node), node->leaving_since) ||
		waited > FOLLOW_PATIENCE);
}

/* What is established. */

static uint64_t grace_left(const struct node *node)
{
	uint64_t until = state(node)->serving_since + stop_settings(node->config)->grace;
	uint64_t now = clock_now();

	return until > now ? until - now : 0;
}

static void tell_manager(const struct node *node)
{
	sd_notifyf(
		0,
		"EXTEND_TIMEOUT_USEC=%d\nSTATUS=Leaving: %zu connections are served, for %llu s at "
		"most",
		EXTENSION_US, state(node)->connections, grace_left(node) / NS_PER_S);
}

/* Who cannot count takes what is left for nothing: nobody knows what to wait for. */
static bool is_served(const struct node *node)
{
	struct leaving *leaving = state(node);

	if (connections_to_services(node->config, &leaving->connections))
		leaving->connections = 0;
	if (leaving->connections > 0)
		tell_manager(node);
	return leaving->connections == 0 || grace_left(node) == 0;
}

static void log_served(const struct node *node)
{
	if (state(node)->connections > 0)
		log_warning("the grace of %llu s is over: connections that end now: %zu",
			    stop_settings(node->config)->grace / NS_PER_S,
			    state(node)->connections);
}

static int look_again(struct leaving *leaving, uint64_t delay)
{
	sd_event_source_set_time_relative(leaving->timer, delay / NS_PER_US);
	return sd_event_source_set_enabled(leaving->timer, SD_EVENT_ONESHOT);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *context)
{
	struct node *node = context;
	struct leaving *leaving = state(node);

	(void)source;
	(void)usec;
	if (!leaving->serving_since) {
		if (!all_have_followed(node))
			return look_again(leaving, FOLLOW_POLL);
		leaving->serving_since = clock_now();
	}
	if (!is_served(node))
		return look_again(leaving, SERVE_POLL);
	log_served(node);
	return sd_event_exit(node->event, 0);
}

/* The part. */

static int start(struct node *node)
{
	struct leaving *leaving = calloc(1, sizeof(*leaving));
	int error;

	if (!leaving)
		return log_failure(-ENOMEM, "cannot get ready to leave");
	error = turn_add(node->event, &leaving->timer, on_timer, node);
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
	look_again(leaving, 0);
}

static void stop(struct node *node)
{
	sd_event_source_disable_unref(state(node)->timer);
	free(state(node));
	node_set_state(node, &leaving_part, NULL);
}

/* For people. */

static json_t *leaving_json(const struct node *node)
{
	const struct leaving *leaving = state(node);
	json_t *object = json_object();

	value_set(&object, "followed", json_boolean(leaving->serving_since != 0));
	value_set(&object, "connections",
		  leaving->serving_since ? value_count(leaving->connections) : json_null());
	value_set(&object, "grace_left_ms",
		  leaving->serving_since ? value_count(grace_left(node) / NS_PER_MS) : json_null());
	return object;
}

static void status(const struct node *node, json_t **status)
{
	value_set(status, "leaving", node->leaving_since ? leaving_json(node) : json_null());
	value_set(status, "stop_grace_ms",
		  value_count(stop_settings(node->config)->grace / NS_PER_MS));
}

/* By the same way as the service manager, who is told of it then. */
static json_t *run_leave(const struct command_call *call, const json_t *request)
{
	(void)request;
	if (!call->node->leaving_since && kill(getpid(), SIGTERM))
		return value_error("cannot leave: %s", strerror(errno));
	return leaving_json(call->node);
}

static const struct command leave_command = {
	.name = "leave",
	.level = COMMAND_CHANGES,
	.run = run_leave,
};

static const struct command *const commands[] = {&leave_command, NULL};

const struct part leaving_part = {
	.name = "leaving",
	.start = start,
	.stop = stop,
	.leave = leave,
	.status = status,
	.commands = commands,
};
