// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/events/part.h"

#include "ctl/base/log.h"
#include "ctl/base/metric_text.h"
#include "ctl/events/log.h"

static int start_log(struct node *node)
{
	struct event_log *log;
	int error = event_log_start(node->events, node->event, &log);

	if (!error)
		node_set_state(node, &log_part, log);
	return error;
}

/* Other parts have posted while they stopped. */
static void stop_log(struct node *node)
{
	events_flush(node->events);
	event_log_stop(node_state(node, &log_part));
	node_set_state(node, &log_part, NULL);
}

static void write_metrics(const struct node *node, FILE *text)
{
	metric_write_counter(text, "vipd_events_lost_total",
			     "Events that came faster than they could be told.",
			     events_lost(node->events));
	metric_write_counter(text, "vipd_log_lines_lost_total",
			     "Lines for which whoever reads the log had no room.", log_lost());
}

const struct part log_part = {
	.name = "log",
	.start = start_log,
	.stop = stop_log,
	.metrics = write_metrics,
};
