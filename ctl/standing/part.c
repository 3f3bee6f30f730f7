// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/standing/part.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/clock.h"
#include "ctl/base/json.h"
#include "ctl/base/log.h"
#include "ctl/config/lookup.h"
#include "ctl/dataplane/part.h"
#include "ctl/drain/part.h"
#include "ctl/events/events.h"
#include "ctl/net/part.h"
#include "ctl/standing/own.h"
#include "ctl/standing/show.h"
#include "ctl/steering/part.h"
#include "ctl/vrrp/part.h"

struct state {
	struct standings *standings;
	struct standing_message said;
	uint64_t silences;     /* of all nodes */
	sd_event_source *look; /* whether the tables have followed what others said */
	bool begun;            /* it is known by now what this node is good for */
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

/* Tables are filled in the next turns of the loop. */
#define LOOK_INTERVAL (2 * NS_PER_MS)

static void look_again_soon(struct state *state)
{
	sd_event_source_set_time_relative(state->look, LOOK_INTERVAL / NS_PER_US);
	sd_event_source_set_enabled(state->look, SD_EVENT_ONESHOT);
}

static int on_look(sd_event_source *source, uint64_t due, void *context)
{
	(void)source;
	(void)due;
	standings_say(context);
	return 0;
}

/* The tables in force may be of before: whoever leaves waits for those that follow. */
static void list_avoided(const struct node *node, struct standing_words *words)
{
	for (size_t i = 0; i < standings_count(standings_of(node)); i++) {
		struct standing_view view = standings_view(standings_of(node), i);
		bool avoided = view.standing == NODE_LEAVING || view.standing == NODE_DRAINING;

		if (!avoided || view.self)
			continue;
		if (steering_filled(steering_of(node)))
			words->avoided[words->avoided_count++] = standing_node_tag(view.name);
		else
			look_again_soon(state(node));
	}
}

/* On the wire the end of a drain has seconds, and a drain does not end before it. */
static struct standing_order order_on_wire(const struct drain_order *order)
{
	uint64_t seconds = (order->until + NS_PER_S - 1) / NS_PER_S;
	uint32_t until = ORDER_ENDED;

	if (order->drained)
		until = order->until && seconds < ORDER_FOR_EVER ? (uint32_t)seconds
								 : ORDER_FOR_EVER;
	return (struct standing_order){
		.node = standing_node_tag(order->node),
		.at = order->at,
		.until = until,
	};
}

static void list_orders(const struct node *node, struct standing_words *words)
{
	struct drain_order orders[MAX_PEERS];

	words->order_count = drains_orders(drains_of(node), orders);
	for (size_t i = 0; i < words->order_count; i++)
		words->orders[i] = order_on_wire(&orders[i]);
}

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
	list_orders(node, &words);
	list_avoided(node, &words);
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

/* What steering makes of a node, for one service. */
static enum backend_standing standing_for(const char *name, const char *service, void *context)
{
	const struct node *node = context;
	size_t peer = config_find_peer(node->config, name);
	struct standing_view view = standings_view(standings_of(node), peer);

	if (view.self)
		return STANDING_TAKES;
	if (view.standing == NODE_LEAVING || view.standing == NODE_DRAINING)
		return STANDING_KEEPS;
	return standings_takes(standings_of(node), peer, config_find_service(node->config, service))
		       ? STANDING_TAKES
		       : STANDING_ABSENT;
}

static void tell_steering(struct node *node)
{
	for (size_t i = 0; i < node->config->peer_count; i++)
		steering_set_standing(steering_of(node), node->config->peers[i].name, standing_for,
				      node);
}

/* While a node was silent, others have got its flows. */
static void settle(struct node *node)
{
	uint64_t silences = 0;

	for (size_t i = 0; i < node->config->peer_count; i++)
		silences += standings_silences(standings_of(node), i);
	if (silences != state(node)->silences)
		steering_doubt(steering_of(node));
	state(node)->silences = silences;
}

static void adopt_order(struct node *node, const struct standing_order *heard)
{
	size_t about = standings_find_tag(standings_of(node), heard->node);
	struct drain_order order = {
		.at = heard->at,
		.until = heard->until == ORDER_FOR_EVER ? 0 : heard->until * NS_PER_S,
		.drained = heard->until != ORDER_ENDED,
	};

	if (about == standings_count(standings_of(node)))
		return;
	snprintf(order.node, sizeof(order.node), "%s",
		 standings_view(standings_of(node), about).name);
	drains_adopt(drains_of(node), &order, clock_wall());
}

/* Whatever a node says of drains counts, though it is not the one that ordered them. */
static void adopt_orders(struct node *node)
{
	for (size_t i = 0; i < standings_count(standings_of(node)); i++) {
		struct standing_view view = standings_view(standings_of(node), i);

		for (size_t k = 0; !view.self && k < view.words->order_count; k++)
			adopt_order(node, &view.words->orders[k]);
	}
}

static void hear(struct node *node)
{
	struct presence_status presence[MAX_PEERS];

	engine_presence(vrrp_engine(node), presence);
	if (!standings_hear(standings_of(node), dataplane_maps(node), presence))
		return;
	adopt_orders(node);
	settle(node);
	tell_steering(node);
	node_weigh_soon(node);
}

static void on_presence(void *context)
{
	hear(context);
}

/* The part. */

static void free_state(struct state *state)
{
	if (!state)
		return;
	sd_event_source_disable_unref(state->look);
	standings_free(state->standings);
	free(state);
}

static int start(struct node *node)
{
	struct state *new = calloc(1, sizeof(*new));
	int error = -ENOMEM;

	if (new)
		new->standings = standings_new(on_change, node);
	if (new &&new->standings)
		error = sd_event_add_time(node->event, &new->look, CLOCK_MONOTONIC, 0, 1, on_look,
					  node);
	if (error >= 0)
		error = sd_event_source_set_enabled(new->look, SD_EVENT_OFF);
	if (error < 0) {
		free_state(new);
		return log_failure(error, "cannot keep what the nodes are good for");
	}
	node_set_state(node, &standings_part, new);
	engine_watch_presence(vrrp_engine(node), on_presence, node);
	return 0;
}

static void commit(struct node *node, void *plan)
{
	(void)plan;
	standings_follow(standings_of(node), node->config);
	hear(node);
	tell_steering(node);
	standings_say(node);
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
	free_state(state(node));
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

static void status(const struct node *node, json_t **answer)
{
	value_set(answer, "peers", standings_json(standings_of(node), clock_now()));
}

static void metrics(const struct node *node, FILE *text)
{
	standings_write_metrics(standings_of(node), clock_now(), text);
}

static void alarms(const struct node *node, struct alarms *raised)
{
	standings_raise_alarms(standings_of(node), raised);
}

const struct part standings_part = {
	.name = "standings",
	.start = start,
	.commit = commit,
	.begin = begin,
	.stop = stop,
	.weigh = weigh,
	.leave = leave,
	.status = status,
	.metrics = metrics,
	.alarms = alarms,
};
