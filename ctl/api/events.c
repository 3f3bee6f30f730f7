// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/api/events.h"

#include <stdarg.h>
#include <string.h>

#include "ctl/api/value.h"
#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "maps/maps.h"

static json_t *new_event(const char *type, uint64_t wall)
{
	json_t *event = json_object();

	value_set(&event, "time", value_time(wall));
	value_set(&event, "type", value_text(type));
	return event;
}

/* The last member of each event. */
static __attribute__((format(printf, 2, 3))) json_t *with_text(json_t *event, const char *format,
							       ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	value_set(&event, "text", value_text(text));
	return event;
}

static json_t *transition(const struct instance_event *event)
{
	const char *from = vrrp_state_name(event->from), *to = vrrp_state_name(event->to);
	json_t *object = new_event("transition", event->wall);

	value_set(&object, "instance", value_text(event->instance));
	value_set(&object, "vrid", json_integer(event->vrid));
	value_set(&object, "from", value_text(from));
	value_set(&object, "to", value_text(to));
	value_set(&object, "reason", value_text(event->reason));
	return with_text(object, "%s: %s to %s: %s", event->instance, from, to,
			 event->reason ? event->reason : "no reason given");
}

static json_t *mismatch(const struct instance_event *event)
{
	json_t *object = new_event("mismatch", event->wall);
	char source[ADDRESS_TEXT_MAX];

	value_set(&object, "instance", value_text(event->instance));
	value_set(&object, "vrid", json_integer(event->vrid));
	value_set(&object, "source", value_address(&event->source));
	return with_text(object, "%s: %s advertises other addresses than this node",
			 event->instance, address_format(&event->source, source));
}

static json_t *interval(const struct instance_event *event)
{
	unsigned long long theirs = event->interval / NS_PER_MS;
	json_t *object = new_event("interval", event->wall);
	char source[ADDRESS_TEXT_MAX];

	value_set(&object, "instance", value_text(event->instance));
	value_set(&object, "vrid", json_integer(event->vrid));
	value_set(&object, "source", value_address(&event->source));
	value_set(&object, "interval_ms", value_count(theirs));
	return with_text(object,
			 "%s: %s advertises every %llu ms, which is not this node's "
			 "advert_interval",
			 event->instance, address_format(&event->source, source), theirs);
}

json_t *event_from_instance(const struct instance_event *event)
{
	switch (event->kind) {
	case INSTANCE_TRANSITION:
		return transition(event);
	case INSTANCE_MISMATCH:
		return mismatch(event);
	case INSTANCE_INTERVAL:
		return interval(event);
	}
	return NULL;
}

/* Where the frame came from, in both kinds of notices. */
static void set_sender(json_t **event, const struct notice_record *record)
{
	value_set(event, "mac", value_mac(record->mac));
	value_set(event, "vlan", record->vlan ? json_integer(record->vlan) : json_null());
}

static json_t *spoofing(const struct notice_record *record, uint64_t wall)
{
	bool known = record->reason < DROP_REASON_COUNT;
	const char *name = known ? maps_drop_name((enum drop_reason)record->reason) : "unknown";
	const char *text = known ? maps_drop_text((enum drop_reason)record->reason) : "unknown";
	char source[ADDRESS_TEXT_MAX], mac[MAC_TEXT_MAX], numbers[64] = "";
	json_t *object = new_event("spoofing", wall);

	if (record->expected || record->received)
		snprintf(numbers, sizeof(numbers), " (expected %u, received %u)", record->expected,
			 record->received);
	value_set(&object, "reason", value_text(name));
	value_set(&object, "source", value_address(&record->address));
	set_sender(&object, record);
	value_set(&object, "vrid", record->vrid ? json_integer(record->vrid) : json_null());
	value_set(&object, "expected", json_integer(record->expected));
	value_set(&object, "received", json_integer(record->received));
	return with_text(object, "dropped, from %s at %s: %s%s",
			 address_format(&record->address, source), mac_format(record->mac, mac),
			 text, numbers);
}

static json_t *conflict(const struct notice_record *record, uint64_t wall)
{
	char address[ADDRESS_TEXT_MAX], mac[MAC_TEXT_MAX];
	json_t *object = new_event("conflict", wall);

	value_set(&object, "address", value_address(&record->address));
	set_sender(&object, record);
	return with_text(object, "%s claims %s, which this node owns", mac_format(record->mac, mac),
			 address_format(&record->address, address));
}

json_t *event_from_notice(const struct notice_record *record, uint64_t wall)
{
	return record->kind == NOTICE_CONFLICT ? conflict(record, wall) : spoofing(record, wall);
}

json_t *event_from_health(const struct config_service *service, const struct config_peer *backend,
			  const struct health_status *status, uint64_t wall)
{
	const char *state = health_state_name(status->state);
	json_t *object = new_event("health", wall);

	value_set(&object, "service", value_text(service->name));
	value_set(&object, "backend", value_text(backend->name));
	value_set(&object, "state", value_text(state));
	value_set(&object, "detail", value_text(status->detail));
	return with_text(object, "%s is %s on %s: %s", service->name, state, backend->name,
			 status->detail);
}

json_t *event_from_drain(const char *node, const struct drain *drain, uint64_t wall)
{
	json_t *object = new_event("drain", wall);

	value_set(&object, "node", value_text(node));
	value_set(&object, "drained", json_boolean(drain != NULL));
	value_set(&object, "reason", drain ? value_text(drain->reason) : json_null());
	if (!drain)
		return with_text(object, "%s is in service again", node);
	return with_text(object, "%s is drained%s%s", node, drain->reason[0] ? ": " : "",
			 drain->reason);
}

json_t *event_from_tracker(const struct config_tracker *tracker,
			   const struct tracker_status *status, uint64_t wall)
{
	const char *state = tracker_state_name(status->state);
	json_t *object = new_event("tracker", wall);

	value_set(&object, "tracker", value_text(tracker->name));
	value_set(&object, "state", value_text(state));
	value_set(&object, "number", json_integer(status->number));
	value_set(&object, "detail", value_text(status->detail));
	return with_text(object, "tracker %s is %s: %s", tracker->name, state, status->detail);
}

json_t *event_from_link(const struct net_link *link, uint64_t wall)
{
	json_t *object = new_event("link", wall);

	value_set(&object, "device", value_text(link->device));
	value_set(&object, "running", json_boolean(link->running));
	value_set(&object, "mac", value_mac(link->mac));
	return with_text(object, "%s is %s", link->device,
			 link->running ? "running" : "down or without carrier");
}

json_t *event_from_reload(int error, uint64_t wall)
{
	json_t *object = new_event("reload", wall);

	value_set(&object, "success", json_boolean(!error));
	if (error)
		return with_text(object, "reload failed, the old configuration runs on: %s",
				 strerror(-error));
	return with_text(object, "the configuration was reloaded");
}
