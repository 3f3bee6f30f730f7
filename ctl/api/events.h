/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events as JSON for `vipctl events`. Each object has "time" (RFC 3339 with milliseconds), "type"
 * and "text", the sentence that people read; the other members depend on the type.
 */
#ifndef VIPD_API_EVENTS_H
#define VIPD_API_EVENTS_H

#include <jansson.h>

#include "ctl/events/event.h"

/** event_json() - Return: a new reference; NULL: no memory. */
json_t *event_json(const struct event *event);

#endif
