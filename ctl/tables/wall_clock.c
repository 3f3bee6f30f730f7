// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/tables/wall_clock.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/base/log.h"

/* The kernel slews by 1/2000 at most (MAXFREQ), so this is good for half a millisecond. */
#define SLEW_INTERVAL (1 * NS_PER_S)

struct wall_clock {
	struct maps *maps;
	int steps; /* timerfd that is cancelled when the clock is set */
	sd_event_source *step_source, *slew_source;
};

static void store_offset(const struct wall_clock *wall_clock)
{
	uint64_t wall = clock_wall();

	maps_set_wall_offset(wall_clock->maps, wall - clock_now());
}

/* It never expires: what it is for is being cancelled (timerfd_create(2), TFD_TIMER_CANCEL_ON_SET).
 */
static int wait_for_step(const struct wall_clock *wall_clock)
{
	struct itimerspec never = {.it_value.tv_sec = INT64_MAX / NS_PER_S};
	int flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;

	return timerfd_settime(wall_clock->steps, flags, &never, NULL) ? -errno : 0;
}

static int on_step(sd_event_source *source, int fd, uint32_t events, void *context)
{
	(void)source;
	(void)fd;
	(void)events;
	wait_for_step(context);
	store_offset(context);
	return 0;
}

static int on_slew(sd_event_source *source, uint64_t usec, void *context)
{
	(void)usec;
	store_offset(context);
	sd_event_source_set_time_relative(source, SLEW_INTERVAL / NS_PER_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static void wall_clock_stopp(struct wall_clock **wall_clock)
{
	wall_clock_stop(*wall_clock);
}

static int open_sources(struct wall_clock *wall_clock, sd_event *event)
{
	int error;

	wall_clock->steps = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (wall_clock->steps < 0)
		return -errno;
	error = wait_for_step(wall_clock);
	if (error)
		return error;
	error = sd_event_add_io(event, &wall_clock->step_source, wall_clock->steps, EPOLLIN,
				on_step, wall_clock);
	if (error >= 0)
		error = sd_event_add_time_relative(event, &wall_clock->slew_source, CLOCK_MONOTONIC,
						   SLEW_INTERVAL / NS_PER_US, 0, on_slew,
						   wall_clock);
	return error < 0 ? error : 0;
}

int wall_clock_start(sd_event *event, struct maps *maps, struct wall_clock **started)
{
	CLEANUP(wall_clock_stopp) struct wall_clock *wall_clock = calloc(1, sizeof(*wall_clock));
	int error;

	if (!wall_clock)
		return log_failure(-ENOMEM, "cannot follow the wall clock");
	wall_clock->maps = maps;
	wall_clock->steps = -1;
	error = open_sources(wall_clock, event);
	if (error)
		return log_failure(error, "cannot follow the wall clock");
	store_offset(wall_clock);
	*started = TAKE_POINTER(wall_clock);
	return 0;
}

void wall_clock_stop(struct wall_clock *wall_clock)
{
	if (!wall_clock)
		return;
	sd_event_source_disable_unref(wall_clock->step_source);
	sd_event_source_disable_unref(wall_clock->slew_source);
	if (wall_clock->steps >= 0)
		close(wall_clock->steps);
	free(wall_clock);
}
