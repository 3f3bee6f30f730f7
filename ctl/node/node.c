// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/node/node.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/base/log.h"
#include "ctl/config/load.h"
#include "ctl/events/events.h"

/* The walk. */

/* Parts of the table that go over to another configuration together. */
struct transaction {
	const struct config *next;
	size_t end;             /* of the table */
	void *plans[PARTS_MAX]; /* by place */
};

static void abort_before(struct node *node, struct transaction *transaction, size_t end)
{
	while (end > 0) {
		end--;
		if (node->parts[end]->abort)
			node->parts[end]->abort(node, transaction->plans[end]);
	}
}

static int prepare_all(struct node *node, struct transaction *transaction)
{
	for (size_t i = 0; i < transaction->end; i++) {
		const struct part *part = node->parts[i];
		int error = 0;

		if (part->prepare)
			error = part->prepare(node, transaction->next, &transaction->plans[i]);
		if (error) {
			abort_before(node, transaction, i);
			return error;
		}
	}
	return 0;
}

static void commit_all(struct node *node, struct transaction *transaction)
{
	for (size_t i = 0; i < transaction->end; i++)
		if (node->parts[i]->commit)
			node->parts[i]->commit(node, transaction->plans[i]);
	for (size_t i = transaction->end; i > 0; i--)
		if (node->parts[i - 1]->finish)
			node->parts[i - 1]->finish(node, transaction->plans[i - 1]);
}

/* Start and stop. */

static int on_weighing(sd_event_source *source, void *context)
{
	struct node *node = context;

	(void)source;
	for (size_t i = 0; i < node->started; i++)
		if (node->parts[i]->weigh)
			node->parts[i]->weigh(node);
	return 0;
}

static int open_weighing(struct node *node)
{
	int error = sd_event_add_defer(node->event, &node->weighing, on_weighing, node);

	if (error >= 0)
		error = sd_event_source_set_enabled(node->weighing, SD_EVENT_OFF);
	return error < 0 ? error : 0;
}

static struct node *new_node(const struct node_setup *setup, const struct config *config)
{
	struct node *node = calloc(1, sizeof(*node));

	if (!node)
		return NULL;
	node->event = setup->event;
	node->config_path = setup->config_path;
	node->hostname = setup->hostname;
	node->run_dir = setup->run_dir;
	node->pin_dir = setup->pin_dir;
	node->config = config_ref(config);
	node->reload = node_reload;
	node->started_at = clock_now();
	node->parts = setup->parts;
	while (node->parts[node->part_count])
		node->part_count++;
	return node;
}

static int prepare_ground(struct node *node)
{
	int error;

	if (node->part_count > PARTS_MAX)
		return log_failure(-E2BIG, "PARTS_MAX is too small for the table of parts");
	if (mkdir(node->run_dir, 0755) && errno != EEXIST)
		return log_failure(-errno, "cannot make the run directory %s", node->run_dir);
	error = events_new(node->event, &node->events);
	if (!error)
		error = open_weighing(node);
	return error ? log_failure(error, "cannot set up the main loop") : 0;
}

/* A part counts as started as soon as it has something to stop. */
static int start_parts(struct node *node)
{
	while (node->started < node->part_count) {
		const struct part *part = node->parts[node->started];
		int error = part->start ? part->start(node) : 0;

		if (error)
			return error;
		node->started++;
	}
	return 0;
}

static int follow_first(struct node *node)
{
	struct transaction transaction = {.next = node->config, .end = node->part_count};
	int error = prepare_all(node, &transaction);

	if (!error)
		commit_all(node, &transaction);
	return error;
}

static int begin_parts(struct node *node)
{
	for (size_t i = 0; i < node->part_count; i++) {
		int error = node->parts[i]->begin ? node->parts[i]->begin(node) : 0;

		if (error)
			return error;
	}
	return 0;
}

int node_start(const struct node_setup *setup, const struct config *config, struct node **started)
{
	CLEANUP(node_stopp) struct node *node = new_node(setup, config);
	int error;

	if (!node)
		return log_failure(-ENOMEM, "cannot start");
	error = prepare_ground(node);
	if (error)
		return error;
	error = start_parts(node);
	if (!error)
		error = follow_first(node);
	if (!error)
		error = begin_parts(node);
	if (error)
		return error;
	node->keep = false;
	node_weigh_soon(node);
	*started = TAKE_POINTER(node);
	return 0;
}

void node_stop(struct node *node)
{
	if (!node)
		return;
	while (node->started) {
		/* It counts as started until it has stopped, for others may still ask it. */
		const struct part *part = node->parts[node->started - 1];

		if (part->stop)
			part->stop(node);
		node->started--;
	}
	sd_event_source_disable_unref(node->weighing);
	events_free(node->events);
	config_unref(node->config);
	free(node);
}

void node_stopp(struct node **node)
{
	node_stop(*node);
}

/* Reload. */

int node_follow(struct node *node, const struct config *next)
{
	struct transaction transaction = {.next = next, .end = node->part_count};
	const struct config *before = node->config;
	int error = prepare_all(node, &transaction);

	if (error)
		return error;
	node->config = config_ref(next);
	commit_all(node, &transaction);
	config_unref(before);
	node_weigh_soon(node);
	return 0;
}

/* Who reads of a reload, and the first thing that was wrong, for those who are told later. */
struct reload {
	const struct report *reader;
	char reason[EVENT_REASON_MAX];
};

static void pass_on(int severity, const char *text, void *context)
{
	struct reload *reload = context;

	if (severity <= LOG_ERR && !reload->reason[0])
		event_copy(reload->reason, text);
	report_line(reload->reader, severity, "%s", text);
}

static int load_and_follow(struct node *node)
{
	CLEANUP(config_unrefp) const struct config *next = NULL;
	char hostname[CONFIG_NAME_MAX];
	int error;

	node->hostname(hostname);
	error = config_load(node->config_path, hostname, node->report, &next);
	if (error)
		return error;
	return node_follow(node, next);
}

static void post_reload(struct node *node, int error, const char *reason)
{
	struct event event = event_new(EVENT_RELOAD, error ? LOG_ERR : LOG_NOTICE);

	event.error = error;
	event_copy(event.reason, reason);
	events_post(node->events, &event);
}

int node_reload(struct node *node, const struct report *report)
{
	struct reload reload = {.reader = report};
	const struct report reader = {.line = pass_on, .context = &reload};
	int error;

	node->report = &reader;
	error = load_and_follow(node);
	node->report = NULL;
	post_reload(node, error, reload.reason);
	return error;
}

/* Leaving. */

void node_leave(struct node *node)
{
	if (node->leaving_since)
		return;
	node->leaving_since = clock_now();
	for (size_t i = 0; i < node->started; i++)
		if (node->parts[i]->leave)
			node->parts[i]->leave(node);
}

/* Restart. */

void node_restart(struct node *node)
{
	if (node->leaving_since || node->keep)
		return;
	node->keep = true;
	for (size_t i = 0; i < node->started; i++)
		if (node->parts[i]->restart)
			node->parts[i]->restart(node);
}
