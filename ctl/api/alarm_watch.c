// SPDX-License-Identifier: GPL-2.0-only
/*
 * An event when an alarm begins and when it is over. Alarms are looked at, not told, so that a part
 * need not remember what it has said; and one that is over within two seconds, as most are at a
 * start, is no event.
 */
#include "ctl/api/alarm_watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/api/snapshot.h"
#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/base/log.h"
#include "ctl/events/events.h"
#include "ctl/part/alarm.h"
#include "ctl/part/node.h"

#define LOOK_INTERVAL (1 * NS_PER_S)
#define LOOK_ACCURACY (100 * NS_PER_MS)

/* In so many looks in a row, it has begun. */
#define LOOKS_TO_BEGIN 3

struct seen {
	const char *name; /* static text */
	unsigned int looks;
};

struct alarm_watch {
	sd_event_source *timer;
	struct seen seen[ALARMS_MAX]; /* by the last look, each name once */
	size_t count;
};

static struct alarm_watch *state(const struct node *node)
{
	return node_state(node, &alarms_part);
}

static const struct alarm *find_alarm(const struct alarms *alarms, const char *name)
{
	for (size_t i = 0; i < alarms->count; i++)
		if (strcmp(alarms->list[i].name, name) == 0)
			return &alarms->list[i];
	return NULL;
}

static struct seen *find_seen(struct alarm_watch *watch, const char *name)
{
	for (size_t i = 0; i < watch->count; i++)
		if (strcmp(watch->seen[i].name, name) == 0)
			return &watch->seen[i];
	return NULL;
}

static void post(const struct node *node, const char *name, const char *text)
{
	struct event event = event_new(EVENT_ALARM, text ? LOG_WARNING : LOG_NOTICE);

	event.alarm.name = name;
	event.alarm.raised = text != NULL;
	event_copy(event.reason, text);
	events_post(node->events, &event);
}

/* Those that are over go. */
static void end_alarms(const struct node *node, const struct alarms *alarms)
{
	struct alarm_watch *watch = state(node);
	size_t kept = 0;

	for (size_t i = 0; i < watch->count; i++) {
		struct seen seen = watch->seen[i];

		if (find_alarm(alarms, seen.name))
			watch->seen[kept++] = seen;
		else if (seen.looks >= LOOKS_TO_BEGIN)
			post(node, seen.name, NULL);
	}
	watch->count = kept;
}

static void count_alarm(const struct node *node, const struct alarm *alarm)
{
	struct alarm_watch *watch = state(node);
	struct seen *seen = find_seen(watch, alarm->name);

	if (!seen) {
		seen = &watch->seen[watch->count++];
		*seen = (struct seen){.name = alarm->name};
	}
	if (seen->looks < LOOKS_TO_BEGIN && ++seen->looks == LOOKS_TO_BEGIN)
		post(node, alarm->name, alarm->text);
}

static void look(const struct node *node)
{
	CLEANUP(snapshot_freep) struct snapshot *snapshot = NULL;
	struct alarms alarms;

	if (snapshot_take(node, &snapshot))
		return;
	snapshot_alarms(snapshot, &alarms);
	end_alarms(node, &alarms);
	for (size_t i = 0; i < alarms.count; i++)
		if (find_alarm(&alarms, alarms.list[i].name) == &alarms.list[i])
			count_alarm(node, &alarms.list[i]);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *context)
{
	(void)usec;
	look(context);
	if (sd_event_source_set_time_relative(source, LOOK_INTERVAL / NS_PER_US) < 0 ||
	    sd_event_source_set_enabled(source, SD_EVENT_ONESHOT) < 0)
		log_error("alarms are no events any more");
	return 0;
}

static int start(struct node *node)
{
	struct alarm_watch *watch = calloc(1, sizeof(*watch));
	int error = -ENOMEM;

	if (watch)
		error = sd_event_add_time_relative(node->event, &watch->timer, CLOCK_MONOTONIC,
						   LOOK_INTERVAL / NS_PER_US,
						   LOOK_ACCURACY / NS_PER_US, on_timer, node);
	if (error < 0) {
		free(watch);
		return log_failure(error, "cannot look at the alarms");
	}
	node_set_state(node, &alarms_part, watch);
	return 0;
}

static void stop(struct node *node)
{
	struct alarm_watch *watch = state(node);

	sd_event_source_disable_unref(watch->timer);
	free(watch);
	node_set_state(node, &alarms_part, NULL);
}

const struct part alarms_part = {
	.name = "alarms",
	.start = start,
	.stop = stop,
};
