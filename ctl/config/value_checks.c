// SPDX-License-Identifier: GPL-2.0-only
/* Texts, most of them of health checks: what to ask whom for, and what to expect. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/config/config.h"
#include "ctl/config/values.h"

/* Three digits, RFC 9110 section 15. */
#define STATUS_MIN 100
#define STATUS_MAX 599

static bool is_visible(const char *text)
{
	for (; *text; text++)
		if (!isgraph((unsigned char)*text))
			return false;
	return true;
}

/* Bytes beyond ASCII are UTF-8: libyaml has seen to that. */
static bool has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}

static bool parse_http_path(const char *text, const struct value_rule *rule, void *value)
{
	return *text == '/' && is_visible(text) && value_store_text(text, rule, value);
}

const struct value_type type_http_path = {
	.parse = parse_http_path,
	.expected = "a path: a slash, then up to 254 printable characters without a space",
};

/* Each label as RFC 1123 section 2.1 has it; underscores are in use, too. */
static bool parse_host(const char *text, const struct value_rule *rule, void *value)
{
	for (const char *at = text; *at; at++) {
		bool outermost = at == text || at[-1] == '.' || at[1] == '.' || !at[1];

		if (!isalnum((unsigned char)*at) && *at != '_' && (outermost || !strchr("-.", *at)))
			return false;
	}
	return value_store_text(text, rule, value);
}

const struct value_type type_host = {
	.parse = parse_host,
	.expected = "a host name such as www.example.com, up to 253 letters, digits, dots and "
		    "dashes",
	.style = VALUE_STRING,
};

static bool parse_program(const char *text, const struct value_rule *rule, void *value)
{
	return *text == '/' && !has_control(text) && value_store_text(text, rule, value);
}

const struct value_type type_program = {
	.parse = parse_program,
	.expected = "the absolute path of a program, up to 255 bytes, without arguments",
};

const struct value_type type_file = {
	.parse = parse_program,
	.expected = "the absolute path of a file, up to 255 bytes",
};

static bool parse_process(const char *text, const struct value_rule *rule, void *value)
{
	return !strchr(text, '/') && !has_control(text) && value_store_text(text, rule, value);
}

const struct value_type type_process = {
	.parse = parse_process,
	.expected = "the name of a process, up to 15 bytes, without a slash",
};

static bool parse_text(const char *text, const struct value_rule *rule, void *value)
{
	return !has_control(text) && value_store_text(text, rule, value);
}

const struct value_type type_secret_file = {
	.parse = parse_text,
	.expected = "the path of a file, or the name of a credential, up to 255 bytes",
	.style = VALUE_STRING,
};

const struct value_type type_text = {
	.parse = parse_text,
	.expected = "a text of 1 to 255 bytes without control characters",
	.style = VALUE_STRING,
};

static bool parse_status(const char *text, size_t length, uint16_t *status)
{
	char digits[sizeof("599")];
	uint64_t number;

	if (length >= sizeof(digits))
		return false;
	memcpy(digits, text, length);
	digits[length] = '\0';
	if (!value_parse_number(digits, &number) || number < STATUS_MIN || number > STATUS_MAX)
		return false;
	*status = (uint16_t)number;
	return true;
}

static bool parse_statuses(const char *text, const struct value_rule *rule, void *value)
{
	size_t length = strcspn(text, "-");
	const char *last = text[length] ? text + length + 1 : text;
	struct config_statuses statuses;

	(void)rule;
	if (!parse_status(text, length, &statuses.first) ||
	    !parse_status(last, strlen(last), &statuses.last) || statuses.first > statuses.last)
		return false;
	*(struct config_statuses *)value = statuses;
	return true;
}

const struct value_type type_statuses = {
	.parse = parse_statuses,
	.expected = "an HTTP status from 100 to 599, or a range of them such as 200-399",
};
