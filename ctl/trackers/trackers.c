// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/trackers/trackers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/base/log.h"
#include "ctl/trackers/internal.h"

/* How late a look may be, for the sake of one wake-up less. */
#define TIMER_ACCURACY_US 1000

/* Between the first looks, so that they are not all in the same moment. */
#define FIRST_LOOK_SPACING NS_PER_MS

struct trackers {
	const struct config *config;
	tracker_changed changed;
	void *context;
	struct transfers *transfers;
	struct tracker_status *statuses; /* copies, in one piece */
	size_t count;
	struct tracker list[];
};

static const struct tracker_type *const types[] = {
	[TRACKER_CHECK] = &tracker_by_check,
	[TRACKER_INTERFACE] = &tracker_by_interface,
	[TRACKER_FILE] = &tracker_by_file,
	[TRACKER_PROCESS] = &tracker_by_process,
};

void tracker_report(struct tracker *tracker, enum tracker_state state, int number,
		    const char *detail)
{
	struct trackers *all = tracker->all;
	size_t index = (size_t)(tracker - all->list);
	struct tracker_status *status = &tracker->status;
	bool news = state != status->state || number != status->number;

	status->state = state;
	status->number = number;
	snprintf(status->detail, sizeof(status->detail), "%s", detail);
	all->statuses[index] = *status;
	if (news)
		all->changed(index, status, all->context);
}

void tracker_count(struct tracker *tracker, bool success, const char *detail)
{
	verdict_count(&tracker->verdict, success);
	tracker_report(tracker, tracker->verdict.state == HEALTH_UP ? TRACKED_UP : TRACKED_DOWN, 0,
		       detail);
}

void tracker_look_again(struct tracker *tracker, uint64_t when)
{
	int error = sd_event_source_set_time(tracker->timer, when / NS_PER_US);

	if (error >= 0)
		error = sd_event_source_set_enabled(tracker->timer, SD_EVENT_ONESHOT);
	if (error < 0)
		log_failure(error, "tracker %s: cannot schedule the next look; restart vipd",
			    tracker->config->name);
}

static int on_due(sd_event_source *source, uint64_t due, void *context)
{
	struct tracker *tracker = context;

	(void)source;
	(void)due;
	tracker->looked_at = clock_now();
	tracker->type->look(tracker);
	return 0;
}

/* As it was before the reload, or up: that there are more trackers is no reason to move. */
static void inherit(struct tracker *tracker, const struct trackers *before)
{
	tracker->status = (struct tracker_status){TRACKED_UP, 0, "not looked at yet"};
	for (size_t i = 0; i < before->count; i++)
		if (strcmp(before->list[i].config->name, tracker->config->name) == 0)
			tracker->status = before->list[i].status;
}

static int start_tracker(struct tracker *tracker, const struct tracker_tools *tools, uint64_t first)
{
	const struct config_check *check = &tracker->config->check;
	int error;

	tracker->type = types[tracker->config->kind];
	tracker->verdict = verdict_new(check->fall, check->rise);
	error = sd_event_add_time(tools->event, &tracker->timer, CLOCK_MONOTONIC, first / NS_PER_US,
				  TIMER_ACCURACY_US, on_due, tracker);
	return error < 0 ? error : tracker->type->open(tracker, tools);
}

static int start_all(struct trackers *trackers, const struct trackers *before, sd_event *event,
		     struct monitor *monitor)
{
	const struct config *config = trackers->config;
	const struct tracker_tools tools = {config, event, monitor, trackers->transfers};
	uint64_t first = clock_now();

	for (size_t i = 0; i < config->tracker_count; i++) {
		struct tracker *tracker = &trackers->list[trackers->count++];
		int error;

		tracker->all = trackers;
		tracker->config = &config->trackers[i];
		if (before)
			inherit(tracker, before);
		trackers->statuses[i] = tracker->status;
		error = start_tracker(tracker, &tools, first);
		if (error)
			return log_failure(error, "cannot start tracker %s", tracker->config->name);
		first += FIRST_LOOK_SPACING;
	}
	return 0;
}

static void cleanup_trackers(struct trackers **trackers)
{
	trackers_stop(*trackers);
}

int trackers_start(const struct config *config, const struct trackers *before, sd_event *event,
		   struct monitor *monitor, tracker_changed changed, void *context,
		   struct trackers **trackers)
{
	size_t count = config->tracker_count;
	CLEANUP(cleanup_trackers)
	struct trackers *new = calloc(1, sizeof(*new) + count * sizeof(new->list[0]));
	int error;

	if (new)
		new->statuses = calloc(count + 1, sizeof(*new->statuses));
	if (!new || !new->statuses)
		return log_failure(-ENOMEM, "cannot start the trackers");
	new->config = config_ref(config);
	new->changed = changed;
	new->context = context;
	error = transfers_new(event, &new->transfers);
	if (error < 0)
		return log_failure(error, "cannot set up libcurl for the trackers");
	error = start_all(new, before, event, monitor);
	if (error)
		return error;
	*trackers = TAKE_POINTER(new);
	return 0;
}

const struct tracker_status *trackers_statuses(const struct trackers *trackers)
{
	return trackers->statuses;
}

void trackers_stop(struct trackers *trackers)
{
	if (!trackers)
		return;
	for (size_t i = 0; i < trackers->count; i++) {
		struct tracker *tracker = &trackers->list[i];

		sd_event_source_disable_unref(tracker->timer);
		if (tracker->own)
			tracker->type->close(tracker);
	}
	transfers_free(trackers->transfers);
	free(trackers->statuses);
	config_unref(trackers->config);
	free(trackers);
}
