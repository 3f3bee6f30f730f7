// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/dataplane/notices.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/log.h"

struct notices {
	struct ring_buffer *ring;
	sd_event_source *source;
	struct events *events;
};

static int on_notice(void *context, void *data, size_t size)
{
	struct notices *notices = context;
	const struct notice_record *notice = data;
	struct event event;

	if (size < sizeof(*notice))
		return 0;
	event = event_from_notice(notice);
	events_post(notices->events, &event);
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

int notices_start(int ring, sd_event *loop, struct events *events, struct notices **result)
{
	CLEANUP(notices_stopp) struct notices *notices = calloc(1, sizeof(*notices));
	int error;

	if (!notices)
		return log_failure(-ENOMEM, "cannot listen to the dataplane's notices");
	notices->events = events;
	notices->ring = ring_buffer__new(ring, on_notice, notices, NULL);
	if (!notices->ring)
		return log_failure(-errno, "cannot listen to the dataplane's notices");
	error = sd_event_add_io(loop, &notices->source, ring_buffer__epoll_fd(notices->ring),
				EPOLLIN, on_readable, notices);
	if (error < 0)
		return log_failure(error, "cannot listen to the dataplane's notices");
	*result = TAKE_POINTER(notices);
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
