// SPDX-License-Identifier: GPL-2.0-only
/* A backend is up if it answers a request with the status, and the text, that are expected. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/clock.h"
#include "ctl/checks/probe.h"

#define BODY_MAX 4096 /* what is looked at of an answer */

#define STATUSES_TEXT_MAX (CONFIG_STATUSES_MAX * sizeof("200-399, "))

struct http_probe {
	struct probe probe;
	struct transfer *transfer;
	char *body;         /* BODY_MAX bytes, if it matters */
	size_t body_length; /* of this answer, so far */
};

static void take_body(const char *data, size_t size, void *context)
{
	struct http_probe *http = context;
	size_t room = BODY_MAX - http->body_length;

	if (!http->body)
		return;
	if (size > room)
		size = room;
	memcpy(http->body + http->body_length, data, size);
	http->body_length += size;
}

static bool is_expected(const struct config_check *check, unsigned int status)
{
	for (size_t i = 0; i < check->expect_status_count; i++)
		if (status >= check->expect_status[i].first &&
		    status <= check->expect_status[i].last)
			return true;
	return false;
}

/* "200, 300-302" */
static const char *format_expected(const struct config_check *check,
				   char text[static STATUSES_TEXT_MAX])
{
	size_t length = 0;

	for (size_t i = 0; i < check->expect_status_count; i++) {
		const struct config_statuses *statuses = &check->expect_status[i];
		bool one = statuses->first == statuses->last;

		length += (size_t)snprintf(text + length, STATUSES_TEXT_MAX - length,
					   one ? "%s%u" : "%s%u-%u", i ? ", " : "", statuses->first,
					   statuses->last);
	}
	return text;
}

static bool has_text(const struct http_probe *http, const char *text)
{
	return !text[0] || memmem(http->body, http->body_length, text, strlen(text));
}

static void on_done(const struct transfer_result *result, void *context)
{
	struct http_probe *http = context;
	const struct config_check *check = http->probe.target.check;
	char expected[STATUSES_TEXT_MAX];

	if (result->failure)
		probe_finish(&http->probe, false, "%s", result->failure);
	else if (!is_expected(check, result->status))
		probe_finish(&http->probe, false, "HTTP %u, expected %s", result->status,
			     format_expected(check, expected));
	else if (!has_text(http, check->expect_body))
		probe_finish(&http->probe, false, "HTTP %u, but no \"%s\" in its first %zu bytes",
			     result->status, check->expect_body, http->body_length);
	else
		probe_finish(&http->probe, true, "HTTP %u in %.1f ms", result->status,
			     (double)result->elapsed / (double)NS_PER_MS);
}

static int http_open(struct probe *probe, const struct probe_tools *tools)
{
	struct http_probe *http = (struct http_probe *)probe;
	const struct config_check *check = probe->target.check;

	if (check->expect_body[0]) {
		http->body = malloc(BODY_MAX);
		if (!http->body)
			return -ENOMEM;
	}
	return transfer_new(tools->transfers,
			    &(struct transfer_settings){
				    .endpoint = probe->endpoint,
				    .host = check->host,
				    .path = check->path,
				    .tls = check->method == CHECK_HTTPS,
				    .verify = check->verify,
				    .timeout = check->timeout,
				    .received = take_body,
				    .done = on_done,
				    .context = http,
			    },
			    &http->transfer);
}

static void http_start(struct probe *probe)
{
	struct http_probe *http = (struct http_probe *)probe;
	int r;

	http->body_length = 0;
	r = transfer_start(http->transfer);
	if (r < 0)
		probe_finish(probe, false, "could not be asked: %s", strerror(-r));
}

static void http_close(struct probe *probe)
{
	struct http_probe *http = (struct http_probe *)probe;

	transfer_free(http->transfer);
	free(http->body);
}

const struct check_kind check_by_http = {
	.size = sizeof(struct http_probe),
	.open = http_open,
	.start = http_start,
	.close = http_close,
};
