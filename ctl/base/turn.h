/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Work for a later turn of the event loop.
 *
 * A defer source would not do: sd-event calls the source that has been pending for longest, and a
 * defer source is pending since it was made, so one that is always wanted again starves all others.
 * A timer that has run out takes its place behind what became ready before.
 */
#ifndef VIPD_BASE_TURN_H
#define VIPD_BASE_TURN_H

#include <systemd/sd-event.h>

/** turn_add() - a source that is quiet until turn_request(). Return: 0, or a negative errno. */
static inline int turn_add(sd_event *loop, sd_event_source **source,
			   sd_event_time_handler_t handler, void *context)
{
	int error = sd_event_add_time(loop, source, CLOCK_MONOTONIC, 0, 1, handler, context);

	if (error < 0)
		return error;
	return sd_event_source_set_enabled(*source, SD_EVENT_OFF);
}

/** turn_request() - call the handler once, in a later turn; to request it again changes nothing. */
static inline void turn_request(sd_event_source *source)
{
	sd_event_source_set_time(source, 0);
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

#endif
