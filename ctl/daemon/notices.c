// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/daemon/notices.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "ctl/base/address.h"
#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/base/log.h"
#include "maps/maps.h"

/*
 * The counters tell how much; the log tells that it begins, and that it goes on. All refusals
 * together get no more than so many lines in so long, whoever sends what to whom.
 */
#define LOG_INTERVAL   (10 * NS_PER_S)
#define BURST_INTERVAL (1 * NS_PER_S)
#define LINES_MAX      50

struct notices {
	struct ring_buffer *ring;
	sd_event_source *source;
	notice_heard heard;
	void *context;
	/* ns; 0: never. What is for no instance of ours has the row of VRID 0. */
	uint64_t refusal_logged_at[MAX_INSTANCES][DROP_REASON_COUNT];
	uint64_t conflict_logged_at[MAX_INSTANCES];
	uint64_t period_began; /* ns */
	unsigned int lines;    /* of refusals, in this period */
	unsigned int left_out;
};

static bool log_due(uint64_t *last, uint64_t interval, uint64_t now)
{
	if (*last && now - *last < interval)
		return false;
	*last = now;
	return true;
}

/* Whether a line is left in this period; tells of those that the one before had not. */
static bool have_line(struct notices *notices, uint64_t now)
{
	if (log_due(&notices->period_began, LOG_INTERVAL, now)) {
		if (notices->left_out)
			log_warning("%u more messages on dropped VRRP were left out",
				    notices->left_out);
		notices->lines = 0;
		notices->left_out = 0;
	}
	if (notices->lines == LINES_MAX) {
		notices->left_out++;
		return false;
	}
	notices->lines++;
	return true;
}

/* " on eth1", where that says more than the configuration. */
static const char *where(const struct notice_record *notice, char text[static IF_NAMESIZE + 4])
{
	char name[IF_NAMESIZE];

	text[0] = '\0';
	if (notice->reason == DROP_vrrp_other_interface && if_indextoname(notice->ifindex, name))
		snprintf(text, IF_NAMESIZE + 4, " on %s", name);
	return text;
}

static void log_refusal(struct notices *notices, const struct notice_record *notice)
{
	char source[ADDRESS_TEXT_MAX], mac[MAC_TEXT_MAX], interface[IF_NAMESIZE + 4];
	char numbers[64] = "";

	if (notice->reason >= DROP_REASON_COUNT ||
	    !log_due(&notices->refusal_logged_at[notice->ours ? notice->vrid : 0][notice->reason],
		     notice->first ? BURST_INTERVAL : LOG_INTERVAL, notice->seen_at) ||
	    !have_line(notices, notice->seen_at))
		return;
	if (notice->expected || notice->received)
		snprintf(numbers, sizeof(numbers), ", got %u where %u was expected",
			 notice->received, notice->expected);
	log_warning("dropped %s: from %s (%s)%s, VRID %u%s", maps_drop_text(notice->reason),
		    address_format(&notice->address, source), mac_format(notice->mac, mac),
		    where(notice, interface), notice->vrid, numbers);
}

static void log_conflict(struct notices *notices, const struct notice_record *notice)
{
	char vip[ADDRESS_TEXT_MAX], mac[MAC_TEXT_MAX];

	if (!log_due(&notices->conflict_logged_at[notice->vrid], LOG_INTERVAL, notice->seen_at))
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
		log_refusal(notices, notice);
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
