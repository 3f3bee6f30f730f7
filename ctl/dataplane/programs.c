// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/dataplane/programs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/log.h"

/*
 * A node whose program is gone hears nobody, and soon owns what others own. And what others
 * terminate it resets, for the kernel has no such connection.
 */
#define LOOK_INTERVAL (250 * NS_PER_MS)

struct programs {
	struct programs_setup setup;
	struct monitor_subscription *subscription;
	sd_event_source *look;
};

struct programs_plan {
	char wanted[CONFIG_TRACKED_MAX][IF_NAMESIZE];
	size_t wanted_count;
	char begun[CONFIG_TRACKED_MAX][IF_NAMESIZE]; /* by programs_prepare() */
	size_t begun_count;
};

static bool is_attached(const struct programs *programs)
{
	return loader_attachment(programs->setup.loader)->error == 0;
}

static void check(struct programs *programs)
{
	bool before = is_attached(programs);

	loader_check(programs->setup.loader, LOADER_DATAPLANE);
	loader_check(programs->setup.loader, LOADER_GUARDS);
	if (is_attached(programs) != before)
		programs->setup.changed(!before, programs->setup.context);
}

static void on_change(unsigned int kinds, void *context)
{
	(void)kinds;
	check(context);
}

static int on_look(sd_event_source *source, uint64_t usec, void *context)
{
	(void)usec;
	check(context);
	if (sd_event_source_set_time_relative(source, LOOK_INTERVAL / NS_PER_US) < 0 ||
	    sd_event_source_set_enabled(source, SD_EVENT_ONESHOT) < 0)
		log_error("XDP programs that are detached go unnoticed from now on");
	return 0;
}

static int watch(struct programs *programs)
{
	struct monitor *monitor = programs->setup.monitor;
	int error = monitor_subscribe(monitor, MONITOR_LINK, on_change, programs,
				      &programs->subscription);

	if (error)
		return error;
	error = sd_event_add_time_relative(monitor_event(monitor), &programs->look, CLOCK_MONOTONIC,
					   LOOK_INTERVAL / NS_PER_US, 0, on_look, programs);
	return error < 0 ? error : 0;
}

static void programs_freep(struct programs **programs)
{
	programs_free(*programs);
}

int programs_new(const struct programs_setup *setup, struct programs **programs)
{
	CLEANUP(programs_freep) struct programs *new = calloc(1, sizeof(*new));
	int error = -ENOMEM;

	if (new) {
		new->setup = *setup;
		error = watch(new);
	}
	if (error)
		return log_failure(error, "cannot look after the XDP programs");
	*programs = TAKE_POINTER(new);
	return 0;
}

static void end_begun(const struct programs *programs, const struct programs_plan *plan)
{
	for (size_t i = 0; i < plan->begun_count; i++)
		loader_unguard(programs->setup.loader, plan->begun[i]);
}

static int begin_new(const struct programs *programs, struct programs_plan *plan)
{
	struct loader *loader = programs->setup.loader;

	for (size_t i = 0; i < plan->wanted_count; i++) {
		const char *interface = plan->wanted[i];
		int error;

		if (loader_is_guarded(loader, interface))
			continue;
		error = loader_guard(loader, interface);
		if (error) {
			end_begun(programs, plan);
			return error;
		}
		memcpy(plan->begun[plan->begun_count++], interface, IF_NAMESIZE);
	}
	return 0;
}

int programs_prepare(struct programs *programs, const struct config *next,
		     struct programs_plan **plan)
{
	CLEANUP(cleanup_free) struct programs_plan *new = calloc(1, sizeof(*new));
	int error;

	if (!new)
		return log_failure(-ENOMEM, "cannot guard interfaces");
	memcpy(new->wanted, next->vrrp.guard_interfaces, sizeof(new->wanted));
	new->wanted_count = next->vrrp.guard_interface_count;
	error = begin_new(programs, new);
	if (error)
		return error;
	*plan = TAKE_POINTER(new);
	return 0;
}

void programs_commit(struct programs *programs, struct programs_plan *plan)
{
	loader_guard_only(programs->setup.loader, plan->wanted, plan->wanted_count);
	free(plan);
}

void programs_abort(struct programs *programs, struct programs_plan *plan)
{
	if (!plan)
		return;
	end_begun(programs, plan);
	free(plan);
}

void programs_free(struct programs *programs)
{
	if (!programs)
		return;
	monitor_unsubscribe(programs->subscription);
	sd_event_source_disable_unref(programs->look);
	free(programs);
}
