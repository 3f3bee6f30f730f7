// SPDX-License-Identifier: GPL-2.0-only
/* Is this node well? It is asked at its own address, in the ways that a backend can be asked. */
#include "ctl/trackers/internal.h"

struct check_tracker {
	struct tracker tracker;
	struct subscription check;
};

static void on_result(const struct health_status *status, bool changed, void *context)
{
	(void)changed;
	tracker_report(context, status->state == HEALTH_UP ? TRACKED_UP : TRACKED_DOWN, 0,
		       status->detail);
}

static int check_open(struct tracker *tracker, const struct tracker_tools *tools)
{
	struct check_tracker *own = (struct check_tracker *)tracker;
	struct check_question question = question_make(&tracker->config.check, &tracker->address,
						       tracker->config.name, tools->self->name);

	return subscription_open(&own->check, tools->checks, &question, on_result, tracker);
}

/* A result that is known already, because a service asks the same, does not come again. */
static void check_start(struct tracker *tracker)
{
	struct check_tracker *own = (struct check_tracker *)tracker;
	const struct health_status *status = subscription_status(&own->check);

	subscription_start(&own->check);
	if (status->state != HEALTH_UNKNOWN)
		on_result(status, true, tracker);
}

static void check_close(struct tracker *tracker)
{
	subscription_close(&((struct check_tracker *)tracker)->check);
}

const struct tracker_type tracker_by_check = {
	.size = sizeof(struct check_tracker),
	.open = check_open,
	.start = check_start,
	.close = check_close,
};
