// SPDX-License-Identifier: GPL-2.0-only
/* Is this node well? Asked at its own address, in the ways that a backend can be asked. */
#include <errno.h>
#include <stdlib.h>

#include "ctl/base/address.h"
#include "ctl/checks/jitter.h"
#include "ctl/checks/probe.h"
#include "ctl/config/lookup.h"
#include "ctl/trackers/internal.h"

struct own_check {
	struct probe *probe;
	struct jitter jitter;
};

static void on_result(bool success, const char *detail, void *context)
{
	struct tracker *tracker = context;
	struct own_check *own = tracker->own;
	uint64_t interval = jitter_next(&own->jitter, tracker->config->check.interval);

	tracker_look_again(tracker, tracker->looked_at + interval);
	tracker_count(tracker, success, detail);
}

static int open_check(struct tracker *tracker, const struct tracker_tools *tools)
{
	const struct config_check *check = &tracker->config->check;
	const struct config_peer *self = config_self(tools->config);
	const char *const names[] = {self->name, tracker->config->name, NULL};
	const struct probe_tools probe_tools = {tools->event, tools->transfers};
	const struct probe_target target = {
		.check = check,
		.service = tracker->config->name,
		.node = self->name,
		.address = address_is_zero(&self->address) ? &self->address6 : &self->address,
	};
	struct own_check *own = calloc(1, sizeof(*own));

	if (!own)
		return -ENOMEM;
	tracker->own = own;
	own->jitter = jitter_new(check->jitter, names);
	return probe_new(&probe_tools, &target, on_result, tracker, &own->probe);
}

static void look(struct tracker *tracker)
{
	probe_start(((struct own_check *)tracker->own)->probe);
}

static void close_check(struct tracker *tracker)
{
	struct own_check *own = tracker->own;

	probe_free(own->probe);
	free(own);
}

const struct tracker_type tracker_by_check = {open_check, look, close_check};
