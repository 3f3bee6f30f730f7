// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/events/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "ctl/base/address.h"
#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/base/log.h"
#include "maps/maps.h"

/* All refusals together get at most LINES_MAX lines in LOG_INTERVAL. */
#define LOG_INTERVAL   (10 * NS_PER_S)
#define BURST_INTERVAL (1 * NS_PER_S)
#define LINES_MAX      50

/* So often the log gets a chance to say what it has lost. */
#define LOSSES_INTERVAL (2 * NS_PER_S)

struct event_log {
	struct events *events;
	sd_event_source *losses;
	/* ns; 0: never. Refusals for no instance of ours share the row of VRID 0. */
	uint64_t refusal_logged_at[MAX_INSTANCES][DROP_REASON_COUNT];
	uint64_t conflict_logged_at[MAX_INSTANCES];
	uint64_t period_began; /* ns */
	unsigned int lines;    /* of refusals, in this period */
	unsigned int left_out;
};

static bool is_due(uint64_t *last, uint64_t interval, uint64_t now)
{
	if (*last && now - *last < interval)
		return false;
	*last = now;
	return true;
}

/* Return: whether this period has a line left. Its first line says how many the last left out. */
static bool have_line(struct event_log *log, uint64_t now)
{
	if (is_due(&log->period_began, LOG_INTERVAL, now)) {
		if (log->left_out)
			log_warning("%u more messages on dropped VRRP were left out",
				    log->left_out);
		log->lines = 0;
		log->left_out = 0;
	}
	if (log->lines == LINES_MAX) {
		log->left_out++;
		return false;
	}
	log->lines++;
	return true;
}

static bool refusal_is_due(struct event_log *log, const struct notice_record *notice)
{
	uint64_t interval = notice->first ? BURST_INTERVAL : LOG_INTERVAL;
	uint8_t row = notice->ours ? notice->vrid : 0;

	return drop_is_reason(notice->reason) &&
	       is_due(&log->refusal_logged_at[row][drop_index(notice->reason)], interval,
		      notice->seen_at) &&
	       have_line(log, notice->seen_at);
}

/* The interface, as " on eth1", if it is not the configured one. */
static const char *where(const struct notice_record *notice, char text[static IF_NAMESIZE + 4])
{
	char name[IF_NAMESIZE];

	text[0] = '\0';
	if (notice->reason == DROP_vrrp_other_interface && if_indextoname(notice->ifindex, name))
		snprintf(text, IF_NAMESIZE + 4, " on %s", name);
	return text;
}

/* For these kinds the log says more than event_text(). */

static void say_refusal(const struct notice_record *notice, char *text)
{
	char source[ADDRESS_TEXT_MAX], mac[MAC_TEXT_MAX], interface[IF_NAMESIZE + 4];
	char numbers[64] = "";

	if (notice->expected || notice->received)
		snprintf(numbers, sizeof(numbers), ", got %u where %u was expected",
			 notice->received, notice->expected);
	snprintf(text, EVENT_TEXT_MAX, "dropped %s: from %s (%s)%s, VRID %u%s",
		 maps_drop_text((enum drop_reason)notice->reason),
		 address_format(&notice->address, source), mac_format(notice->mac, mac),
		 where(notice, interface), notice->vrid, numbers);
}

static void say_conflict(const struct notice_record *notice, char *text)
{
	char vip[ADDRESS_TEXT_MAX], mac[MAC_TEXT_MAX];

	snprintf(text, EVENT_TEXT_MAX,
		 "%s is claimed by %s, but this node owns it: announcing it "
		 "again",
		 address_format(&notice->address, vip), mac_format(notice->mac, mac));
}

static void say_health(const struct event *event, char *text)
{
	const struct event_health *health = &event->health;
	char failures[32] = "";

	if (event->severity < LOG_NOTICE)
		snprintf(failures, sizeof(failures), " (failed %u in a row)", health->failures);
	snprintf(text, EVENT_TEXT_MAX, "service %s: backend %s is %s: %s: %s%s", event->service,
		 event->node, health->state, health->check, event->reason, failures);
}

/* Return: whether the log is to have a line. */
static bool compose(struct event_log *log, const struct event *event, char *text)
{
	const struct notice_record *notice = &event->notice;

	switch (event->kind) {
	case EVENT_SPOOFING:
		if (!refusal_is_due(log, notice))
			return false;
		say_refusal(notice, text);
		return true;
	case EVENT_CONFLICT:
		if (!is_due(&log->conflict_logged_at[notice->vrid], LOG_INTERVAL, notice->seen_at))
			return false;
		say_conflict(notice, text);
		return true;
	case EVENT_HEALTH:
		say_health(event, text);
		return event->health.check[0];
	default:
		event_text(event, text);
		return true;
	}
}

static void log_event(const struct event *event, const char *text)
{
	char vrid[4] = "", vip[ADDRESS_TEXT_MAX] = "", peer[ADDRESS_TEXT_MAX] = "";
	const struct log_field fields[] = {
		{"MESSAGE_ID", event_message_id(event->kind)},
		{"INSTANCE", event->instance},
		{"VRID", vrid},
		{"VIP", vip},
		{"PEER", peer},
		{"SERVICE", event->service},
		{"BACKEND", event->node},
		{"REASON", event->reason},
		{},
	};

	if (event->vrid)
		snprintf(vrid, sizeof(vrid), "%u", event->vrid);
	if (!address_is_zero(&event->vip))
		address_format(&event->vip, vip);
	if (!address_is_zero(&event->peer))
		address_format(&event->peer, peer);
	log_record(event->severity, fields, text);
}

static void on_event(const struct event *event, void *context)
{
	char text[EVENT_TEXT_MAX];

	if (compose(context, event, text))
		log_event(event, text);
}

static int on_losses(sd_event_source *source, uint64_t usec, void *context)
{
	(void)usec;
	(void)context;
	log_report_losses();
	sd_event_source_set_time_relative(source, LOSSES_INTERVAL / NS_PER_US);
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

static void event_log_stopp(struct event_log **log)
{
	event_log_stop(*log);
}

int event_log_start(struct events *events, sd_event *loop, struct event_log **result)
{
	CLEANUP(event_log_stopp) struct event_log *log = calloc(1, sizeof(*log));
	int error;

	if (!log)
		return log_failure(-ENOMEM, "cannot log events");
	log->events = events;
	error = sd_event_add_time_relative(loop, &log->losses, CLOCK_MONOTONIC,
					   LOSSES_INTERVAL / NS_PER_US, LOSSES_INTERVAL / NS_PER_US,
					   on_losses, log);
	if (error < 0)
		return log_failure(error, "cannot log events");
	error = events_subscribe(events, on_event, log);
	if (error)
		return error;
	*result = TAKE_POINTER(log);
	return 0;
}

void event_log_stop(struct event_log *log)
{
	if (!log)
		return;
	events_unsubscribe(log->events, on_event, log);
	sd_event_source_disable_unref(log->losses);
	free(log);
}
