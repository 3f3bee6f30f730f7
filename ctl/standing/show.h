/* SPDX-License-Identifier: GPL-2.0-only */
/* What people, scripts and Prometheus see of the standing of the nodes. */
#ifndef VIPD_STANDING_SHOW_H
#define VIPD_STANDING_SHOW_H

#include <jansson.h>
#include <stdio.h>

#include "ctl/part/alarm.h"
#include "ctl/standing/standings.h"

/** standings_json() - an array, an object for each node. @now: CLOCK_MONOTONIC ns. */
json_t *standings_json(const struct standings *standings, uint64_t now);

/** standings_write_metrics() - whole metrics. @now: CLOCK_MONOTONIC ns. */
void standings_write_metrics(const struct standings *standings, uint64_t now, FILE *text);

/**
 * standings_raise_alarms() - what is wrong with what the others say
 *
 * That a node is silent is none: it may be stopped, and its clients are served by the others.
 */
void standings_raise_alarms(const struct standings *standings, struct alarms *alarms);

#endif
