// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/checks/question.h"

#include <stdio.h>
#include <string.h>

struct check_question question_make(const struct config_check *check,
				    const struct ip_address *address, const char *service,
				    const char *node)
{
	struct check_question question = {.check = *check, .address = *address};

	snprintf(question.service, sizeof(question.service), "%s", service);
	snprintf(question.node, sizeof(question.node), "%s", node);
	return question;
}

static bool expects_same(const struct config_check *a, const struct config_check *b)
{
	return strcmp(a->expect_body, b->expect_body) == 0 &&
	       a->expect_status_count == b->expect_status_count &&
	       memcmp(a->expect_status, b->expect_status,
		      a->expect_status_count * sizeof(a->expect_status[0])) == 0;
}

static bool timing_same(const struct config_check *a, const struct config_check *b)
{
	return a->interval == b->interval && a->timeout == b->timeout && a->jitter == b->jitter &&
	       a->fall == b->fall && a->rise == b->rise;
}

bool check_equal(const struct config_check *a, const struct config_check *b)
{
	return a->method == b->method && a->port == b->port && a->verify == b->verify &&
	       timing_same(a, b) && strcmp(a->path, b->path) == 0 &&
	       strcmp(a->host, b->host) == 0 && strcmp(a->user, b->user) == 0 && expects_same(a, b);
}

bool question_equal(const struct check_question *a, const struct check_question *b)
{
	if (!address_equal(&a->address, &b->address) || !check_equal(&a->check, &b->check))
		return false;
	return a->check.method != CHECK_SCRIPT ||
	       (strcmp(a->service, b->service) == 0 && strcmp(a->node, b->node) == 0);
}

/* FNV-1a over the members that differ most often. */
uint32_t question_hash(const struct check_question *question)
{
	const struct config_check *check = &question->check;
	uint32_t hash = 0x811c9dc5U ^ check->port ^ (uint32_t)check->method << 16;

	for (size_t i = 0; i < sizeof(question->address.bytes); i++)
		hash = (hash ^ question->address.bytes[i]) * 0x01000193U;
	for (const char *c = check->path; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 0x01000193U;
	for (const char *c = check->host; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 0x01000193U;
	return hash;
}

const char *question_endpoint(const struct check_question *question,
			      char text[static ENDPOINT_TEXT_MAX])
{
	bool ipv6 = address_family(&question->address) == FAMILY_IPV6;
	char address[ADDRESS_TEXT_MAX];

	snprintf(text, ENDPOINT_TEXT_MAX, ipv6 ? "[%s]:%u" : "%s:%u",
		 address_format(&question->address, address), question->check.port);
	return text;
}

const char *question_describe(const struct check_question *question,
			      char text[static QUESTION_TEXT_MAX])
{
	static const char *const schemes[] = {
		[CHECK_HTTP] = "http", [CHECK_HTTPS] = "https", [CHECK_TCP] = "tcp",
		[CHECK_TLS] = "tls",   [CHECK_SCRIPT] = "",
	};
	const struct config_check *check = &question->check;
	char endpoint[ENDPOINT_TEXT_MAX];

	if (check->method == CHECK_SCRIPT)
		snprintf(text, QUESTION_TEXT_MAX, "%s", check->path);
	else
		snprintf(text, QUESTION_TEXT_MAX, "%s://%s%s", schemes[check->method],
			 question_endpoint(question, endpoint), check->path);
	return text;
}
