// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/standing/part.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/clock.h"
#include "ctl/base/json.h"
#include "ctl/base/log.h"
#include "ctl/base/metric_text.h"
#include "ctl/config/lookup.h"
#include "ctl/dataplane/part.h"
#include "ctl/drain/part.h"
#include "ctl/events/events.h"
#include "ctl/net/part.h"
#include "ctl/part/alarm.h"
#include "ctl/standing/own.h"
#include "ctl/vrrp/part.h"

struct state {
	struct standings *standings;
	struct standing_message said;
	bool begun; /* it is known by now what this node is good for */
};

static struct state *state(const struct node *node)
{
	return node_state(node, &standings_part);
}

struct standings *standings_of(const struct node *node)
{
	return state(node)->standings;
}

/* What this node says. */

void standings_say(struct node *node)
{
	struct own_facts facts = {
		.config = node->config,
		.deaf = attachment_fault(node),
		.link_fault = host_link_fault(node),
		.drained = drains_find(drains_of(node), node->config->node) != NULL,
		.leaving = node->leaving_since != 0,
	};
	struct standing_message message;
	struct standing_words words;

	standing_of_own(&facts, &words);
	standings_set_own(standings_of(node), &words);
	standing_encode(&words, &message);
	if (!state(node)->begun || memcmp(&message, &state(node)->said, sizeof(message)) == 0)
		return;
	state(node)->said = message;
	engine_say(vrrp_engine(node), &message);
}

/* What the others say. */

static void on_change(const char *name, enum node_standing before, enum node_standing now,
		      void *context)
{
	struct node *node = context;
	bool good = now == NODE_SERVES || now == NODE_DRAINING || now == NODE_LEAVING;
	struct event event = event_new(EVENT_STANDING, good ? LOG_NOTICE : LOG_WARNING);

	if (strcmp(name, node->config->node) == 0)
		return;
	event_copy(event.node, name);
	event.standing.before = node_standing_name(before);
	event.standing.now = node_standing_name(now);
	events_post(node->events, &event);
}

static void hear(struct node *node)
{
	struct presence_status presence[MAX_PEERS];

	engine_presence(vrrp_engine(node), presence);
	standings_hear(standings_of(node), dataplane_maps(node), presence);
}

static void on_presence(void *context)
{
	hear(context);
}

/* The part. */

static int start(struct node *node)
{
	struct state *new = calloc(1, sizeof(*new));

	if (new)
		new->standings = standings_new(on_change, node);
	if (!new || !new->standings) {
		free(new);
		return log_failure(-ENOMEM, "cannot keep what the nodes are good for");
	}
	node_set_state(node, &standings_part, new);
	engine_watch_presence(vrrp_engine(node), on_presence, node);
	return 0;
}

static void commit(struct node *node, void *plan)
{
	(void)plan;
	standings_follow(standings_of(node), node->config);
	standings_say(node);
	hear(node);
}

/* Not before: what a node says while it starts would take it out of service for a moment. */
static int begin(struct node *node)
{
	state(node)->begun = true;
	standings_say(node);
	return 0;
}

static void stop(struct node *node)
{
	engine_watch_presence(vrrp_engine(node), NULL, NULL);
	standings_free(standings_of(node));
	free(state(node));
	node_set_state(node, &standings_part, NULL);
}

static void leave(struct node *node)
{
	standings_say(node);
}

static void weigh(struct node *node)
{
	standings_say(node);
}

const struct part standings_part = {
	.name = "standings",
	.start = start,
	.commit = commit,
	.begin = begin,
	.stop = stop,
	.weigh = weigh,
	.leave = leave,
};
