/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How far the wall clock is from CLOCK_MONOTONIC, kept for the dataplane, which can read the latter
 * only: after every step of the clock at once, and now and then, for NTP slews it.
 */
#ifndef VIPD_TABLES_WALL_CLOCK_H
#define VIPD_TABLES_WALL_CLOCK_H

#include <systemd/sd-event.h>

#include "maps/maps.h"

struct wall_clock;

/**
 * wall_clock_start() - store the offset now, and from now on
 * @maps: must outlive the result.
 *
 * Return: 0, or a negative errno after one logged message.
 */
int wall_clock_start(sd_event *event, struct maps *maps, struct wall_clock **wall_clock);

/** wall_clock_stop() - NULL is fine. */
void wall_clock_stop(struct wall_clock *wall_clock);

#endif
