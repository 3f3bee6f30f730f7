// SPDX-License-Identifier: GPL-2.0-only
/* It looks once a second at what came of what each peer sent. */
#include "ctl/hearing/part.h"

#include <errno.h>
#include <stdlib.h>

#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "ctl/base/json.h"
#include "ctl/base/log.h"
#include "ctl/base/metric_text.h"
#include "ctl/config/lookup.h"
#include "ctl/dataplane/part.h"
#include "ctl/hearing/hearing.h"
#include "ctl/part/alarm.h"

#define LOOK_INTERVAL (1 * NS_PER_S)

/* A peer that says nothing valid for so long, and at least so many intervals, is not understood. */
#define PATIENCE           (3 * NS_PER_S)
#define PATIENCE_INTERVALS 4

struct hearing_watch {
	sd_event_source *timer;
	struct sender_entry senders[MAX_PEERS]; /* by index in the configuration, as last seen */
	uint64_t now;                           /* when that was */
	struct clock_opinion clock;
};

static struct hearing_watch *state(const struct node *node)
{
	return node_state(node, &hearing_part);
}

const char *hearing_fault(const struct node *node)
{
	const struct hearing_watch *watch = state(node);

	if (watch && watch->clock.verdict == CLOCK_CONTRADICTED)
		return "this node's clock is wrong: all others agree on another time";
	return NULL;
}

static uint64_t patience(const struct config *config)
{
	uint64_t intervals = PATIENCE_INTERVALS * config->vrrp.advert_interval;

	return intervals > PATIENCE ? intervals : PATIENCE;
}

/* All addresses of a node have the same index, so one that the dataplane knows is enough. */
static struct sender_entry read_sender(const struct node *node, const struct config_peer *peer)
{
	const struct maps *maps = dataplane_maps(node);
	struct peer_entry entry;

	for (size_t which = 0; which < CONFIG_PEER_ADDRESSES; which++)
		if (maps_get_peer(maps, config_peer_address(peer, which), &entry) == 0)
			return maps_sender(maps, entry.index);
	return (struct sender_entry){};
}

static struct clock_opinion judge_clock(const struct node *node, const struct hearing_watch *watch)
{
	const struct config *config = node->config;
	struct sender_entry others[MAX_PEERS];
	size_t count = 0;

	for (size_t i = 0; i < config->peer_count; i++)
		if (i != config->self)
			others[count++] = watch->senders[i];
	return hearing_clock(others, count, config->peer_count, watch->now, patience(config),
			     (int64_t)(config->vrrp.authentication.window / NS_PER_S));
}

static void look(struct node *node)
{
	struct hearing_watch *watch = state(node);
	const struct config *config = node->config;
	enum clock_verdict before = watch->clock.verdict;

	watch->now = clock_now();
	for (size_t i = 0; i < config->peer_count; i++)
		watch->senders[i] = read_sender(node, &config->peers[i]);
	watch->clock = judge_clock(node, watch);
	if (watch->clock.verdict != before)
		node_weigh_soon(node);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *context)
{
	(void)usec;
	look(context);
	if (sd_event_source_set_time_relative(source, LOOK_INTERVAL / NS_PER_US) < 0 ||
	    sd_event_source_set_enabled(source, SD_EVENT_ONESHOT) < 0)
		log_error("what the peers say is not looked at any more");
	return 0;
}

/* What is said. */

static const char *reason_name(const struct sender_entry *sender)
{
	return sender->refused && drop_is_reason(sender->reason)
		       ? maps_drop_name((enum drop_reason)sender->reason)
		       : NULL;
}

static void judge_peer(const struct node *node, size_t peer, struct alarms *alarms)
{
	const struct sender_entry *sender = &state(node)->senders[peer];
	const struct config_peer *config = &node->config->peers[peer];
	char numbers[64] = "";

	if (hearing_of(sender, state(node)->now, patience(node->config)) != HEARING_REFUSED ||
	    !reason_name(sender))
		return;
	if (sender->expected || sender->received)
		snprintf(numbers, sizeof(numbers), " (got %u where %u was expected)",
			 sender->received, sender->expected);
	alarm_raise(alarms, "peer_refused",
		    "all that %s sends is refused: %s%s; compare its configuration with this "
		    "node's",
		    config->name, maps_drop_text((enum drop_reason)sender->reason), numbers);
}

static void judge_own_clock(const struct clock_opinion *clock, struct alarms *alarms)
{
	long long ahead = (long long)clock->ahead;

	if (clock->verdict == CLOCK_CONTRADICTED)
		alarm_raise(alarms, "clock_wrong",
			    "this node's clock is %lld s %s those of all others, so it takes part "
			    "in no election: synchronize it",
			    ahead < 0 ? -ahead : ahead, ahead < 0 ? "behind" : "ahead of");
	else if (clock->verdict == CLOCK_DOUBTED)
		alarm_raise(alarms, "clock_wrong",
			    "this node's clock and the others' differ by %lld s, and nobody can "
			    "tell whose is wrong: two nodes may own; synchronize them",
			    ahead < 0 ? -ahead : ahead);
}

static void alarms(const struct node *node, struct alarms *alarms)
{
	judge_own_clock(&state(node)->clock, alarms);
	for (size_t i = 0; i < node->config->peer_count; i++)
		if (i != node->config->self)
			judge_peer(node, i, alarms);
}

static json_t *peer_json(const struct hearing_watch *watch, const struct config_peer *peer,
			 const struct sender_entry *sender)
{
	json_t *value = json_object();

	value_set(&value, "node", value_text(peer->name));
	value_set(&value, "heard_age_ms", value_span(sender->heard_at, watch->now, NS_PER_MS));
	value_set(&value, "refused", value_count(sender->refused));
	value_set(&value, "refused_age_ms", value_span(sender->refused_at, watch->now, NS_PER_MS));
	value_set(&value, "refused_for", value_text(reason_name(sender)));
	return value;
}

static void status(const struct node *node, json_t **status)
{
	const struct hearing_watch *watch = state(node);
	json_t *list = json_array();

	for (size_t i = 0; i < node->config->peer_count; i++)
		if (i != node->config->self)
			value_append(&list,
				     peer_json(watch, &node->config->peers[i], &watch->senders[i]));
	value_set(status, "hearing", list);
}

static void metrics(const struct node *node, FILE *text)
{
	metric_write_header(text, "vipd_peer_refused_total", "counter",
			    "VRRP of a peer that was refused.");
	for (size_t i = 0; i < node->config->peer_count; i++)
		if (i != node->config->self)
			metric_write_count(text, "vipd_peer_refused_total",
					   LABELS({"peer", node->config->peers[i].name}),
					   state(node)->senders[i].refused);
}

/* Its life. */

static int start(struct node *node)
{
	struct hearing_watch *watch = calloc(1, sizeof(*watch));
	int error = -ENOMEM;

	if (watch)
		error = sd_event_add_time_relative(node->event, &watch->timer, CLOCK_MONOTONIC,
						   LOOK_INTERVAL / NS_PER_US, 0, on_timer, node);
	if (error < 0) {
		free(watch);
		return log_failure(error, "cannot look at what the peers say");
	}
	node_set_state(node, &hearing_part, watch);
	return 0;
}

/* Peers may have come or gone. */
static void commit(struct node *node, void *plan)
{
	(void)plan;
	look(node);
}

static void stop(struct node *node)
{
	struct hearing_watch *watch = state(node);

	sd_event_source_disable_unref(watch->timer);
	free(watch);
	node_set_state(node, &hearing_part, NULL);
}

const struct part hearing_part = {
	.name = "hearing",
	.start = start,
	.commit = commit,
	.stop = stop,
	.status = status,
	.metrics = metrics,
	.alarms = alarms,
};
