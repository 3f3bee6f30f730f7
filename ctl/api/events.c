// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/api/events.h"

#include "ctl/base/clock.h"
#include "ctl/base/json.h"

static void add_instance(json_t **object, const struct event *event)
{
	value_set(object, "instance", value_text(event->instance));
	value_set(object, "vrid", json_integer(event->vrid));
}

static void add_transition(json_t **object, const struct event *event)
{
	add_instance(object, event);
	value_set(object, "from", value_text(event->transition.from));
	value_set(object, "to", value_text(event->transition.to));
	value_set(object, "reason", value_text(event->reason[0] ? event->reason : NULL));
}

static void add_mismatch(json_t **object, const struct event *event)
{
	add_instance(object, event);
	value_set(object, "source", value_address(&event->peer));
}

static void add_interval(json_t **object, const struct event *event)
{
	add_mismatch(object, event);
	value_set(object, "interval_ms", value_count(event->interval / NS_PER_MS));
}

static void add_quorum(json_t **object, const struct event *event)
{
	value_set(object, "majority", json_boolean(event->quorum.majority));
	value_set(object, "heard", json_integer((json_int_t)event->quorum.heard));
	value_set(object, "nodes", json_integer((json_int_t)event->quorum.nodes));
}

/* Where the frame came from. */
static void add_sender(json_t **object, const struct notice_record *notice)
{
	value_set(object, "mac", value_mac(notice->mac));
	value_set(object, "vlan", notice->vlan ? json_integer(notice->vlan) : json_null());
}

static void add_spoofing(json_t **object, const struct event *event)
{
	const struct notice_record *notice = &event->notice;

	value_set(object, "reason", value_text(event->reason));
	value_set(object, "source", value_address(&event->peer));
	add_sender(object, notice);
	value_set(object, "vrid", notice->vrid ? json_integer(notice->vrid) : json_null());
	value_set(object, "expected", json_integer(notice->expected));
	value_set(object, "received", json_integer(notice->received));
}

static void add_conflict(json_t **object, const struct event *event)
{
	value_set(object, "address", value_address(&event->vip));
	add_sender(object, &event->notice);
}

static void add_health(json_t **object, const struct event *event)
{
	value_set(object, "service", value_text(event->service));
	value_set(object, "backend", value_text(event->node));
	value_set(object, "state", value_text(event->health.state));
	value_set(object, "detail", value_text(event->reason));
}

static void add_drain(json_t **object, const struct event *event)
{
	value_set(object, "node", value_text(event->node));
	value_set(object, "drained", json_boolean(event->drained));
	value_set(object, "reason", value_text(event->drained ? event->reason : NULL));
}

static void add_tracker(json_t **object, const struct event *event)
{
	value_set(object, "tracker", value_text(event->tracker.name));
	value_set(object, "state", value_text(event->tracker.state));
	value_set(object, "number", json_integer(event->tracker.number));
	value_set(object, "detail", value_text(event->reason));
}

static void add_link(json_t **object, const struct event *event)
{
	value_set(object, "device", value_text(event->link.device));
	value_set(object, "running", json_boolean(event->link.running));
	value_set(object, "mac", value_mac(event->link.mac));
}

static void add_standing(json_t **object, const struct event *event)
{
	value_set(object, "node", value_text(event->node));
	value_set(object, "from", value_text(event->standing.before));
	value_set(object, "to", value_text(event->standing.now));
}

static void add_reload(json_t **object, const struct event *event)
{
	value_set(object, "success", json_boolean(!event->error));
}

static void add_alarm(json_t **object, const struct event *event)
{
	value_set(object, "alarm", value_text(event->alarm.name));
	value_set(object, "raised", json_boolean(event->alarm.raised));
	value_set(object, "detail", value_text(event->alarm.raised ? event->reason : NULL));
}

static void add_lost(json_t **object, const struct event *event)
{
	value_set(object, "count", value_count(event->lost));
}

static void (*const add_members[EVENT_KIND_COUNT])(json_t **object, const struct event *event) = {
	[EVENT_TRANSITION] = add_transition, [EVENT_MISMATCH] = add_mismatch,
	[EVENT_INTERVAL] = add_interval,     [EVENT_QUORUM] = add_quorum,
	[EVENT_SPOOFING] = add_spoofing,     [EVENT_CONFLICT] = add_conflict,
	[EVENT_HEALTH] = add_health,         [EVENT_DRAIN] = add_drain,
	[EVENT_TRACKER] = add_tracker,       [EVENT_LINK] = add_link,
	[EVENT_STANDING] = add_standing,     [EVENT_RELOAD] = add_reload,
	[EVENT_ALARM] = add_alarm,           [EVENT_LOST] = add_lost,
};

json_t *event_json(const struct event *event)
{
	char text[EVENT_TEXT_MAX];
	json_t *object = json_object();

	value_set(&object, "time", value_time(event->wall));
	value_set(&object, "type", value_text(event_kind_name(event->kind)));
	add_members[event->kind](&object, event);
	value_set(&object, "text", value_text(event_text(event, text)));
	return object;
}
