// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/base/clock.h"
#include "ctl/daemon/controller_internal.h"

/* How often a leaving node looks whether another one has taken over. */
#define LEAVE_POLL (5 * NS_PER_MS)

static bool somebody_took_over(const struct controller *controller)
{
	struct engine_status status[MAX_INSTANCES];
	size_t count = engine_status(controller->engine, status, MAX_INSTANCES);

	for (size_t i = 0; i < count; i++)
		if (controller->was_active[status[i].vrid] &&
		    (status[i].active_seen_at < controller->leaving_since ||
		     status[i].active_priority == 0))
			return false;
	return true;
}

static int on_leave_timer(sd_event_source *source, uint64_t usec, void *context)
{
	struct controller *controller = context;
	uint64_t patience = 2 * controller->config->vrrp.advert_interval + 100 * NS_PER_MS;

	(void)usec;
	if (somebody_took_over(controller) || clock_now() > controller->leaving_since + patience)
		return sd_event_exit(controller->setup.event, 0);
	sd_event_source_set_time_relative(source, LEAVE_POLL / NS_PER_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

void controller_leave(struct controller *controller)
{
	struct engine_status status[MAX_INSTANCES];
	size_t count;

	if (controller->leaving_since)
		return;
	controller->leaving_since = clock_now();
	count = engine_status(controller->engine, status, MAX_INSTANCES);
	for (size_t i = 0; i < count; i++)
		controller->was_active[status[i].vrid] = status[i].state == VRRP_ACTIVE;
	engine_resign(controller->engine);
	/* Frames still come until the new owner has announced itself; they are served meanwhile. */
	if (sd_event_add_time_relative(controller->setup.event, &controller->leave_timer,
				       CLOCK_MONOTONIC, 0, 1, on_leave_timer, controller) < 0)
		sd_event_exit(controller->setup.event, 0);
}
