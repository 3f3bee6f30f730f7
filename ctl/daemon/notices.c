// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/daemon/notices.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "ctl/base/address.h"
#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/base/log.h"
#include "maps/maps.h"

/* The counters tell how much; the log tells that it goes on. */
#define LOG_INTERVAL (10 * NS_PER_S)

struct notices {
	struct ring_buffer *ring;
	sd_event_source *source;
	notice_heard heard;
	void *context;
	uint64_t drop_logged_at[DROP_REASON_COUNT]; /* ns; 0: never */
	uint64_t conflict_logged_at[MAX_INSTANCES];
};

static bool log_due(uint64_t *last, uint64_t now)
{
	if (*last && now - *last < LOG_INTERVAL)
		return false;
	*last = now;
	return true;
}

static void log_drop(struct notices *notices, const struct notice_record *notice)
{
	char source[ADDRESS_TEXT_MAX], mac[MAC_TEXT_MAX];

	if (notice->reason >= DROP_REASON_COUNT ||
	    !log_due(&notices->drop_logged_at[notice->reason], notice->seen_at))
		return;
	address_format(&notice->address, source);
	mac_format(notice->mac, mac);
	if (notice->expected || notice->received)
		log_warning("dropped %s: from %s (%s), VRID %u, got %u where %u was expected",
			    maps_drop_text(notice->reason), source, mac, notice->vrid,
			    notice->received, notice->expected);
	else
		log_warning("dropped %s: from %s (%s), VRID %u", maps_drop_text(notice->reason),
			    source, mac, notice->vrid);
}

static void log_conflict(struct notices *notices, const struct notice_record *notice)
{
	char vip[ADDRESS_TEXT_MAX], mac[MAC_TEXT_MAX];

	if (!log_due(&notices->conflict_logged_at[notice->vrid], notice->seen_at))
		return;
	log_warning("%s is claimed by %s, but this node owns it: announcing it again",
		    address_format(&notice->address, vip), mac_format(notice->mac, mac));
}

static int on_notice(void *context, void *data, size_t size)
{
	struct notices *notices = context;
	const struct notice_record *notice = data;

	if (size < sizeof(*notice))
		return 0;
	if (notice->kind == NOTICE_DROP)
		log_drop(notices, notice);
	else if (notice->kind == NOTICE_CONFLICT)
		log_conflict(notices, notice);
	notices->heard(notice, notices->context);
	return 0;
}

static int on_readable(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct notices *notices = context;

	(void)source;
	(void)fd;
	(void)events;
	ring_buffer__consume(notices->ring);
	return 0;
}

static void notices_stopp(struct notices **notices)
{
	notices_stop(*notices);
}

int notices_start(int ring, sd_event *event, notice_heard heard, void *context,
		  struct notices **started)
{
	CLEANUP(notices_stopp) struct notices *notices = calloc(1, sizeof(*notices));
	int error;

	if (!notices)
		return log_failure(-ENOMEM, "cannot listen to the dataplane's notices");
	notices->heard = heard;
	notices->context = context;
	notices->ring = ring_buffer__new(ring, on_notice, notices, NULL);
	if (!notices->ring)
		return log_failure(-errno, "cannot listen to the dataplane's notices");
	error = sd_event_add_io(event, &notices->source, ring_buffer__epoll_fd(notices->ring),
				EPOLLIN, on_readable, notices);
	if (error < 0)
		return log_failure(error, "cannot listen to the dataplane's notices");
	*started = TAKE_POINTER(notices);
	return 0;
}

void notices_stop(struct notices *notices)
{
	if (!notices)
		return;
	sd_event_source_disable_unref(notices->source);
	ring_buffer__free(notices->ring);
	free(notices);
}
