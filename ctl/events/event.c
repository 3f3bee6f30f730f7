// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/events/event.h"

#include <stdio.h>
#include <string.h>

#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "maps/maps.h"

/* The names are a contract with scripts, the ids with the journal: neither ever changes. */
static const struct {
	const char *name, *message_id;
} kinds[EVENT_KIND_COUNT] = {
	[EVENT_TRANSITION] = {"transition", "70e7d19393f34147aa6c1a3ef6c90765"},
	[EVENT_MISMATCH] = {"mismatch", "475071cec1ca444cb7efc51697e98e35"},
	[EVENT_INTERVAL] = {"interval", "b2629701ff764955bd96b95652b4fe51"},
	[EVENT_QUORUM] = {"quorum", "17445a096b984b39973bb7d04cc98ecd"},
	[EVENT_SPOOFING] = {"spoofing", "b05d0a697c5945ea85513bc6853fe33b"},
	[EVENT_CONFLICT] = {"conflict", "37f865ced9f44973b8c20893e94096b4"},
	[EVENT_HEALTH] = {"health", "6b2f4993b4cc46cba06ceb41cf7e1155"},
	[EVENT_DRAIN] = {"drain", "1852bc9e3a6046c692f3c56f23c0a481"},
	[EVENT_TRACKER] = {"tracker", "d025a1fd36b94de3be1468293e664e50"},
	[EVENT_LINK] = {"link", "06bb5cd22b1e438e9a0f3dc6d7c9ff6a"},
	[EVENT_STANDING] = {"standing", "634eea209d9948d5a382e7493f4232ae"},
	[EVENT_RELOAD] = {"reload", "50b1c970e53f484ebdcc93888863c3cf"},
	[EVENT_ALARM] = {"alarm", "ec88b2e8089f4bf4bcf3a521da7b7393"},
	[EVENT_LOST] = {"lost", "ef9810ae906a48e5a597dcea688840a6"},
};

const char *event_kind_name(enum event_kind kind)
{
	return kinds[kind].name;
}

const char *event_message_id(enum event_kind kind)
{
	return kinds[kind].message_id;
}

struct event event_new(enum event_kind kind, int severity)
{
	return (struct event){.kind = kind, .severity = severity, .wall = clock_wall()};
}

void event_copy_text(char *field, size_t size, const char *text)
{
	snprintf(field, size, "%s", text ? text : "");
}

struct event event_from_notice(const struct notice_record *notice)
{
	bool conflict = notice->kind == NOTICE_CONFLICT;
	bool known = drop_is_reason(notice->reason);
	struct event event = event_new(conflict ? EVENT_CONFLICT : EVENT_SPOOFING, LOG_WARNING);

	event.vrid = notice->vrid;
	event.notice = *notice;
	if (conflict) {
		event.vip = notice->address;
		return event;
	}
	event.peer = notice->address;
	event_copy(event.reason,
		   known ? maps_drop_name((enum drop_reason)notice->reason) : "unknown");
	return event;
}

/* The sentences. */

#define SAY(...) snprintf(text, EVENT_TEXT_MAX, __VA_ARGS__)

static void say_quorum(const struct event_quorum *quorum, char *text)
{
	SAY("%s: %zu of %zu nodes are heard, this one included; needed are %zu",
	    quorum->majority ? "a majority" : "no majority", quorum->heard, quorum->nodes,
	    quorum->needed);
}

static void say_interval(const struct event *event, char *text)
{
	char peer[ADDRESS_TEXT_MAX];

	SAY("%s: %s advertises every %llu ms, which is not this node's advert_interval",
	    event->instance, address_format(&event->peer, peer),
	    (unsigned long long)(event->interval / NS_PER_MS));
}

static void say_spoofing(const struct event *event, char *text)
{
	const struct notice_record *notice = &event->notice;
	bool known = drop_is_reason(notice->reason);
	const char *why = known ? maps_drop_text((enum drop_reason)notice->reason) : "unknown";
	char peer[ADDRESS_TEXT_MAX], mac[MAC_TEXT_MAX], numbers[64] = "";

	if (notice->expected || notice->received)
		snprintf(numbers, sizeof(numbers), " (expected %u, received %u)", notice->expected,
			 notice->received);
	SAY("dropped, from %s at %s: %s%s", address_format(&event->peer, peer),
	    mac_format(notice->mac, mac), why, numbers);
}

static void say_drain(const struct event *event, char *text)
{
	if (event->drained)
		SAY("%s is drained%s%s", event->node, event->reason[0] ? ": " : "", event->reason);
	else
		SAY("%s is in service again", event->node);
}

static void say_reload(const struct event *event, char *text)
{
	if (event->error)
		SAY("reload failed, the old configuration runs on: %s",
		    event->reason[0] ? event->reason : strerror(-event->error));
	else
		SAY("the configuration was reloaded");
}

static void say_alarm(const struct event *event, char *text)
{
	if (event->alarm.raised)
		SAY("alarm %s: %s", event->alarm.name, event->reason);
	else
		SAY("alarm %s is over", event->alarm.name);
}

const char *event_text(const struct event *event, char text[static EVENT_TEXT_MAX])
{
	char address[ADDRESS_TEXT_MAX], mac[MAC_TEXT_MAX];

	text[0] = '\0';
	switch (event->kind) {
	case EVENT_TRANSITION:
		SAY("%s: %s to %s: %s", event->instance, event->transition.from,
		    event->transition.to, event->reason[0] ? event->reason : "no reason given");
		break;
	case EVENT_MISMATCH:
		SAY("%s: %s advertises other addresses than this node", event->instance,
		    address_format(&event->peer, address));
		break;
	case EVENT_INTERVAL:
		say_interval(event, text);
		break;
	case EVENT_QUORUM:
		say_quorum(&event->quorum, text);
		break;
	case EVENT_SPOOFING:
		say_spoofing(event, text);
		break;
	case EVENT_CONFLICT:
		SAY("%s claims %s, which this node owns", mac_format(event->notice.mac, mac),
		    address_format(&event->vip, address));
		break;
	case EVENT_HEALTH:
		SAY("%s is %s on %s: %s", event->service, event->health.state, event->node,
		    event->reason);
		break;
	case EVENT_DRAIN:
		say_drain(event, text);
		break;
	case EVENT_TRACKER:
		SAY("tracker %s is %s: %s", event->tracker.name, event->tracker.state,
		    event->reason);
		break;
	case EVENT_LINK:
		SAY("%s is %s", event->link.device,
		    event->link.running ? "running" : "down or without carrier");
		break;
	case EVENT_STANDING:
		SAY("node %s was %s, and is %s now", event->node, event->standing.before,
		    event->standing.now);
		break;
	case EVENT_RELOAD:
		say_reload(event, text);
		break;
	case EVENT_ALARM:
		say_alarm(event, text);
		break;
	case EVENT_LOST:
		SAY("%llu events were lost: they came faster than they could be told",
		    (unsigned long long)event->lost);
		break;
	case EVENT_KIND_COUNT:
		break;
	}
	return text;
}
