// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/trackers/trackers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/address.h"
#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/base/log.h"
#include "ctl/config/lookup.h"
#include "ctl/trackers/internal.h"

/* A look may be so much late, if that saves a wake-up. */
#define TIMER_ACCURACY_US 1000

/* The time between the first looks, which should not all be at once. */
#define FIRST_LOOK_SPACING NS_PER_MS

/* The trackers of one configuration, in its order. Those that stay are in two plans for a while. */
struct trackers_plan {
	size_t count;
	struct tracker *list[];
};

struct trackers {
	struct trackers_setup setup;
	struct trackers_plan *current; /* NULL: nothing was committed yet */
};

static const struct tracker_type *const types[] = {
	[TRACKER_CHECK] = &tracker_by_check,
	[TRACKER_INTERFACE] = &tracker_by_interface,
	[TRACKER_FILE] = &tracker_by_file,
	[TRACKER_PROCESS] = &tracker_by_process,
};

/* What the types of tracker call. */

void tracker_report(struct tracker *tracker, enum tracker_state state, int number,
		    const char *detail)
{
	const struct trackers_setup *setup = &tracker->all->setup;
	struct tracker_status *status = &tracker->status;
	bool news = state != status->state || number != status->number;

	if (!tracker->in_force)
		return;
	status->state = state;
	status->number = number;
	snprintf(status->detail, sizeof(status->detail), "%s", detail);
	if (news)
		setup->changed(tracker->config.name, status, setup->context);
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
			    tracker->config.name);
}

static int on_due(sd_event_source *source, uint64_t due, void *context)
{
	struct tracker *tracker = context;

	(void)source;
	(void)due;
	tracker->looked_at = clock_now();
	tracker->type->start(tracker);
	return 0;
}

/* One of them. */

static void close_tracker(struct tracker *tracker)
{
	sd_event_source_disable_unref(tracker->timer);
	tracker->type->close(tracker);
	free(tracker);
}

static const struct ip_address *own_address(const struct config_peer *self)
{
	return address_is_zero(&self->address) ? &self->address6 : &self->address;
}

static int add_timer(struct tracker *tracker, sd_event *event)
{
	int error = sd_event_add_time(event, &tracker->timer, CLOCK_MONOTONIC, 0, TIMER_ACCURACY_US,
				      on_due, tracker);

	if (error >= 0)
		error = sd_event_source_set_enabled(tracker->timer, SD_EVENT_OFF);
	return error < 0 ? error : 0;
}

static int new_tracker(struct trackers *trackers, const struct config_tracker *config,
		       const struct tracker_tools *tools, struct tracker **tracker)
{
	const struct tracker_type *type = types[config->kind];
	struct tracker *new = calloc(1, type->size);
	int error;

	if (!new)
		return -ENOMEM;
	new->all = trackers;
	new->type = type;
	new->config = *config;
	new->address = *own_address(tools->self);
	new->verdict = verdict_new(config->check.fall, config->check.rise);
	error = type->open(new, tools);
	if (!error)
		error = add_timer(new, tools->event);
	if (error)
		close_tracker(new);
	else
		*tracker = new;
	return error;
}

static bool settings_equal(const struct config_tracker *a, const struct config_tracker *b)
{
	return a->kind == b->kind && check_equal(&a->check, &b->check) &&
	       strcmp(a->interface, b->interface) == 0 && strcmp(a->file, b->file) == 0 &&
	       strcmp(a->process, b->process) == 0;
}

/* All of them, from one configuration to the next. */

static struct tracker *find_tracker(const struct trackers_plan *plan, const char *name)
{
	for (size_t i = 0; plan && i < plan->count; i++)
		if (strcmp(plan->list[i]->config.name, name) == 0)
			return plan->list[i];
	return NULL;
}

static bool has_tracker(const struct trackers_plan *plan, const struct tracker *tracker)
{
	for (size_t i = 0; plan && i < plan->count; i++)
		if (plan->list[i] == tracker)
			return true;
	return false;
}

/* Return: a tracker in force that looks for the same, or NULL. */
static struct tracker *find_same(const struct trackers *trackers,
				 const struct config_tracker *config,
				 const struct config_peer *self)
{
	struct tracker *tracker = find_tracker(trackers->current, config->name);

	if (tracker && settings_equal(&tracker->config, config) &&
	    address_equal(&tracker->address, own_address(self)))
		return tracker;
	return NULL;
}

/* Closes all trackers that are not in @other. */
static void free_plan(struct trackers_plan *plan, const struct trackers_plan *other)
{
	if (!plan)
		return;
	for (size_t i = 0; i < plan->count; i++)
		if (!has_tracker(other, plan->list[i]))
			close_tracker(plan->list[i]);
	free(plan);
}

static int fill_plan(struct trackers *trackers, const struct config *next,
		     struct trackers_plan *plan)
{
	const struct config_peer *self = config_self(next);
	const struct trackers_setup *setup = &trackers->setup;
	const struct tracker_tools tools = {setup->event, setup->checks, setup->monitor, self};

	for (size_t i = 0; i < next->tracker_count; i++) {
		const struct config_tracker *config = &next->trackers[i];
		struct tracker *tracker = find_same(trackers, config, self);
		int error = tracker ? 0 : new_tracker(trackers, config, &tools, &tracker);

		if (error)
			return log_failure(error, "cannot prepare tracker %s", config->name);
		plan->list[plan->count++] = tracker;
	}
	return 0;
}

int trackers_prepare(struct trackers *trackers, const struct config *next,
		     struct trackers_plan **plan)
{
	size_t size = sizeof(**plan) + next->tracker_count * sizeof((*plan)->list[0]);
	struct trackers_plan *new = calloc(1, size);
	int error;

	if (!new)
		return log_failure(-ENOMEM, "cannot prepare the trackers");
	error = fill_plan(trackers, next, new);
	if (error)
		free_plan(new, trackers->current);
	else
		*plan = new;
	return error;
}

static struct tracker_status initial_status(const struct trackers_plan *before, const char *name)
{
	const struct tracker *old = find_tracker(before, name);

	if (old)
		return old->status;
	if (before)
		return (struct tracker_status){TRACKED_UP, 0, "not looked at yet"};
	return (struct tracker_status){.state = TRACKED_UNDECIDED};
}

void trackers_commit(struct trackers *trackers, struct trackers_plan *plan)
{
	struct trackers_plan *before = trackers->current;
	uint64_t first = clock_now();

	for (size_t i = 0; i < plan->count; i++) {
		struct tracker *tracker = plan->list[i];

		if (tracker->in_force)
			continue;
		tracker->in_force = true;
		tracker->status = initial_status(before, tracker->config.name);
		tracker_look_again(tracker, first);
		first += FIRST_LOOK_SPACING;
	}
	trackers->current = plan;
	free_plan(before, plan);
}

void trackers_abort(struct trackers *trackers, struct trackers_plan *plan)
{
	free_plan(plan, trackers->current);
}

int trackers_new(const struct trackers_setup *setup, struct trackers **trackers)
{
	struct trackers *new = calloc(1, sizeof(*new));

	if (!new)
		return log_failure(-ENOMEM, "cannot prepare the trackers");
	new->setup = *setup;
	sd_event_ref(setup->event);
	*trackers = new;
	return 0;
}

void trackers_read(const struct trackers *trackers, const struct config *config,
		   struct tracker_status *statuses)
{
	for (size_t i = 0; i < config->tracker_count; i++) {
		const struct tracker *tracker =
			find_tracker(trackers->current, config->trackers[i].name);

		statuses[i] = tracker ? tracker->status : (struct tracker_status){};
	}
}

void trackers_free(struct trackers *trackers)
{
	if (!trackers)
		return;
	free_plan(trackers->current, NULL);
	sd_event_unref(trackers->setup.event);
	free(trackers);
}
