/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether JSON is what a test expects, and where in it to look.
 */
#ifndef VIPD_TESTS_EXPECT_JSON_H
#define VIPD_TESTS_EXPECT_JSON_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/cleanup.h"

static inline void cleanup_json(json_t **value)
{
	json_decref(*value);
}

/* Takes the reference to @value over. @expected: JSON in which ' stands for ". */
static inline void expect_json(json_t *value, const char *expected)
{
	CLEANUP(cleanup_json) json_t *actual = value;
	CLEANUP(cleanup_json) json_t *wanted = NULL;
	CLEANUP(cleanup_free) char *text = strdup(expected);
	CLEANUP(cleanup_free) char *seen = NULL;

	for (char *quote = strchr(text, '\''); quote; quote = strchr(quote, '\''))
		*quote = '"';
	wanted = json_loads(text, JSON_DECODE_ANY, NULL);
	assert_non_null(wanted);
	assert_non_null(actual);
	seen = json_dumps(actual, JSON_ENCODE_ANY | JSON_INDENT(1));
	if (!json_equal(actual, wanted))
		fail_msg("not what was expected: %s", seen);
}

/* A member by its path, names and indexes: "instances.0.state". Borrowed. */
static inline json_t *find(json_t *value, const char *path)
{
	CLEANUP(cleanup_free) char *copy = strdup(path);
	char *rest = copy;

	for (const char *key = strsep(&rest, "."); key; key = strsep(&rest, ".")) {
		if (json_is_array(value))
			value = json_array_get(value, strtoul(key, NULL, 10));
		else
			value = json_object_get(value, key);
	}
	assert_non_null(value);
	return value;
}

#endif
