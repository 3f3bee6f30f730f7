// SPDX-License-Identifier: GPL-2.0-only
/* A server is up if its answer to a request has the status, and the text, that are expected. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/clock.h"
#include "ctl/checks/target.h"

#define BODY_MAX 4096 /* bytes of an answer that are searched */

#define STATUSES_TEXT_MAX (CONFIG_STATUSES_MAX * sizeof("200-399, "))

struct http_target {
	struct target target;
	struct transfer *transfer;
	char *body;         /* BODY_MAX bytes; NULL: nothing is expected in it */
	size_t body_length; /* so much of this answer has come */
};

static void take_body(const char *data, size_t size, void *context)
{
	struct http_target *http = context;
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

static bool has_text(const struct http_target *http, const char *text)
{
	return !text[0] || memmem(http->body, http->body_length, text, strlen(text));
}

static void on_done(const struct transfer_result *result, void *context)
{
	struct http_target *http = context;
	const struct config_check *check = &http->target.question.check;
	char expected[STATUSES_TEXT_MAX];

	if (result->failure)
		target_finish(&http->target, false, "%s", result->failure);
	else if (!is_expected(check, result->status))
		target_finish(&http->target, false, "HTTP %u, expected %s", result->status,
			      format_expected(check, expected));
	else if (!has_text(http, check->expect_body))
		target_finish(&http->target, false, "HTTP %u, but no \"%s\" in its first %zu bytes",
			      result->status, check->expect_body, http->body_length);
	else
		target_finish(&http->target, true, "HTTP %u in %.1f ms", result->status,
			      (double)result->elapsed / (double)NS_PER_MS);
}

static int http_open(struct target *target, const struct check_tools *tools)
{
	struct http_target *http = (struct http_target *)target;
	const struct config_check *check = &target->question.check;
	char endpoint[ENDPOINT_TEXT_MAX];

	if (check->expect_body[0]) {
		http->body = malloc(BODY_MAX);
		if (!http->body)
			return -ENOMEM;
	}
	return transfer_new(tools->transfers,
			    &(struct transfer_settings){
				    .endpoint = question_endpoint(&target->question, endpoint),
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

static void http_start(struct target *target)
{
	struct http_target *http = (struct http_target *)target;
	int error;

	http->body_length = 0;
	error = transfer_start(http->transfer);
	if (error)
		target_finish(target, false, "could not be asked: %s", strerror(-error));
}

static void http_close(struct target *target)
{
	struct http_target *http = (struct http_target *)target;

	transfer_free(http->transfer);
	free(http->body);
}

const struct check_type check_by_http = {
	.size = sizeof(struct http_target),
	.open = http_open,
	.start = http_start,
	.close = http_close,
};
