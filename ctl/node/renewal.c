// SPDX-License-Identifier: GPL-2.0-only
/*
 * After an upgrade that made tables anew, the program of the version before serves on with its own,
 * until ours are filled: flows keep their nodes, and no frame meets a table that is empty.
 */
#include <errno.h>
#include <stdlib.h>

#include "ctl/base/clock.h"
#include "ctl/base/log.h"
#include "ctl/base/turn.h"
#include "ctl/config/config.h"
#include "ctl/dataplane/part.h"
#include "ctl/node/parts.h"
#include "ctl/part/alarm.h"
#include "ctl/steering/part.h"

#define RENEWAL_POLL  (10 * NS_PER_MS)
#define RENEWAL_RETRY (1 * NS_PER_S) /* when it failed */

/* Advertisements go to the other version's tables meanwhile, and nobody hears them. */
#define RENEWAL_PATIENCE (1 * NS_PER_S)

struct renewal {
	sd_event_source *timer;
	uint64_t until; /* CLOCK_MONOTONIC ns */
};

static struct renewal *state(const struct node *node)
{
	return node_state(node, &renewal_part);
}

static bool is_filled(const struct node *node)
{
	const struct steering *steering = steering_of(node);

	for (size_t i = 0; i < node->config->service_count; i++)
		if (!steering_judged(steering, node->config->services[i].name))
			return false;
	return steering_filled(steering);
}

static int schedule(struct renewal *renewal, uint64_t delay)
{
	int error = sd_event_source_set_time_relative(renewal->timer, delay / NS_PER_US);

	if (error >= 0)
		error = sd_event_source_set_enabled(renewal->timer, SD_EVENT_ONESHOT);
	return error < 0 ? error : 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *context)
{
	const struct node *node = context;

	(void)source;
	(void)usec;
	if (!attachment_of(node)->outdated)
		return 0;
	if (!is_filled(node) && clock_now() < state(node)->until)
		return schedule(state(node), RENEWAL_POLL);
	return dataplane_renew(node) ? schedule(state(node), RENEWAL_RETRY) : 0;
}

static int start(struct node *node)
{
	struct renewal *renewal = calloc(1, sizeof(*renewal));
	int error;

	if (!renewal)
		return log_failure(-ENOMEM, "cannot get ready to replace a program");
	error = turn_add(node->event, &renewal->timer, on_timer, node);
	if (error < 0) {
		sd_event_source_disable_unref(renewal->timer);
		free(renewal);
		return log_failure(error, "cannot get ready to replace a program");
	}
	node_set_state(node, &renewal_part, renewal);
	return 0;
}

static int begin(struct node *node)
{
	int error;

	if (!attachment_of(node)->outdated)
		return 0;
	state(node)->until = clock_now() + RENEWAL_PATIENCE;
	error = schedule(state(node), RENEWAL_POLL);
	return error ? log_failure(error, "cannot wait until the tables are filled") : 0;
}

static void stop(struct node *node)
{
	sd_event_source_disable_unref(state(node)->timer);
	free(state(node));
	node_set_state(node, &renewal_part, NULL);
}

static void alarms(const struct node *node, struct alarms *alarms)
{
	const struct attachment *attachment = attachment_of(node);

	if (attachment->outdated && clock_now() > state(node)->until + RENEWAL_RETRY)
		alarm_raise(
			alarms, "xdp_outdated",
			"on %s the program of another version still serves, by tables that this "
			"one does not fill: see the log, and restart vipd",
			attachment->interface);
}

const struct part renewal_part = {
	.name = "renewal",
	.start = start,
	.begin = begin,
	.stop = stop,
	.alarms = alarms,
};
