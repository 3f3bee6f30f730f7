/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What happens, as JSON for `vipctl events`: each has "time" (RFC 3339 with milliseconds), "type"
 * and "text", the sentence that people read; the other members depend on the type.
 *
 * All functions return a new reference; NULL: no memory. @wall is in ns since the epoch.
 */
#ifndef VIPD_API_EVENTS_H
#define VIPD_API_EVENTS_H

#include <jansson.h>

#include "ctl/config/config.h"
#include "ctl/drain/drain.h"
#include "ctl/health/health.h"
#include "ctl/net/net.h"
#include "ctl/trackers/weights.h"
#include "ctl/vrrp/instance.h"
#include "maps/inbox.h"

/** event_from_instance() - "transition", "mismatch" or "interval". */
json_t *event_from_instance(const struct instance_event *event);

/** event_from_notice() - "spoofing": refused VRRP; "conflict": another host claims a VIP. */
json_t *event_from_notice(const struct notice_record *record, uint64_t wall);

/** event_from_health() - "health". */
json_t *event_from_health(const struct config_service *service, const struct config_peer *backend,
			  const struct health_status *status, uint64_t wall);

/** event_from_drain() - "drain"; @drain: NULL when the node is in service again. */
json_t *event_from_drain(const char *node, const struct drain *drain, uint64_t wall);

/** event_from_tracker() - "tracker". */
json_t *event_from_tracker(const struct config_tracker *tracker,
			   const struct tracker_status *status, uint64_t wall);

/** event_from_link() - "link". */
json_t *event_from_link(const struct net_link *link, uint64_t wall);

/** event_from_reload() - "reload"; @error: 0, or why the old configuration runs on. */
json_t *event_from_reload(int error, uint64_t wall);

#endif
