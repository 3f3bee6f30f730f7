/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The JSON values that answers and events are made of. Each function returns a new reference, or
 * NULL when there is no memory; an object or array that gets such a NULL becomes NULL itself, so
 * only the result has to be tested.
 */
#ifndef VIPD_BASE_JSON_H
#define VIPD_BASE_JSON_H

#include <jansson.h>
#include <stdint.h>

#include "maps/address.h"

/* "2026-01-01T00:00:00.123Z" */
#define TIMESTAMP_MAX 32

/** timestamp_format() - RFC 3339 in UTC with milliseconds; @wall: ns since the epoch. */
const char *timestamp_format(uint64_t wall, char text[static TIMESTAMP_MAX]);

/** value_text() - a string; bytes that are no UTF-8 become question marks. NULL: null. */
json_t *value_text(const char *text);

/** value_time() - RFC 3339 with milliseconds; @wall: ns since the epoch, 0: null. */
json_t *value_time(uint64_t wall);

/** value_second() - the same to the second. */
json_t *value_second(uint64_t wall);

/** value_address() - all zero: null. */
json_t *value_address(const struct ip_address *address);
json_t *value_mac(const uint8_t mac[static 6]);

/**
 * value_span() - the time between two moments, an integer
 * @from, @to: ns of one clock.
 * @unit: ns.
 *
 * Return: null when one of them is 0 or they are in the wrong order.
 */
json_t *value_span(uint64_t from, uint64_t to, uint64_t unit);

/** value_count() - a counter. */
json_t *value_count(uint64_t count);

/** value_error() - {"error": TEXT}, the answer to what cannot be done. */
json_t *value_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** value_set() - add a member to an object; takes the reference to @value over. */
void value_set(json_t **object, const char *key, json_t *value);

/** value_append() - add an element to an array; takes the reference to @value over. */
void value_append(json_t **array, json_t *value);

#endif
