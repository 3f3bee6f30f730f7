/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Members of vipd's answers. A missing member reads as empty, so that vipctl can show the status of
 * a vipd of another version.
 */
#ifndef VIPD_CLI_MEMBER_H
#define VIPD_CLI_MEMBER_H

#include <jansson.h>
#include <stdbool.h>

/** member_text() - "" when it is missing or null. */
static inline const char *member_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/** member_number() - of an integer; 0 when it is missing or null. */
static inline json_int_t member_number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

/** member_truth() - false when it is missing. */
static inline bool member_truth(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

#endif
