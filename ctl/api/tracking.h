/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trackers as JSON: how each is, and what an instance makes of those that it depends on.
 */
#ifndef VIPD_API_TRACKING_H
#define VIPD_API_TRACKING_H

#include <jansson.h>

#include "ctl/api/snapshot.h"

/** trackers_json() - a list of all; a new reference, NULL: no memory. */
json_t *trackers_json(const struct snapshot *snapshot);

/** tracks_json() - a list of those of an instance, and of its sync group. */
json_t *tracks_json(const struct snapshot *snapshot, const struct config_instance *instance);

#endif
