// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/base/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ctl/base/address.h"
#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"

static void break_down(uint64_t wall, struct tm *utc)
{
	time_t seconds = (time_t)(wall / NS_PER_S);

	gmtime_r(&seconds, utc);
}

const char *timestamp_format(uint64_t wall, char text[static TIMESTAMP_MAX])
{
	struct tm utc;
	size_t length;

	break_down(wall, &utc);
	length = strftime(text, TIMESTAMP_MAX, "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(text + length, TIMESTAMP_MAX - length, ".%03uZ",
		 (unsigned int)(wall % NS_PER_S / NS_PER_MS));
	return text;
}

json_t *value_text(const char *text)
{
	CLEANUP(cleanup_free) char *copy = NULL;
	json_t *value;

	if (!text)
		return json_null();
	value = json_string(text);
	if (value)
		return value;
	copy = strdup(text);
	if (!copy)
		return NULL;
	for (char *byte = copy; *byte; byte++)
		if (*byte & 0x80)
			*byte = '?';
	return json_string(copy);
}

json_t *value_time(uint64_t wall)
{
	char text[TIMESTAMP_MAX];

	return wall ? json_string(timestamp_format(wall, text)) : json_null();
}

json_t *value_second(uint64_t wall)
{
	char text[TIMESTAMP_MAX];
	struct tm utc;

	if (!wall)
		return json_null();
	break_down(wall, &utc);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
	return json_string(text);
}

json_t *value_address(const struct ip_address *address)
{
	char text[ADDRESS_TEXT_MAX];

	if (address_is_zero(address))
		return json_null();
	return json_string(address_format(address, text));
}

json_t *value_mac(const uint8_t mac[static 6])
{
	char text[MAC_TEXT_MAX];

	return json_string(mac_format(mac, text));
}

json_t *value_span(uint64_t from, uint64_t to, uint64_t unit)
{
	if (!from || to < from)
		return json_null();
	return json_integer((json_int_t)((to - from) / unit));
}

json_t *value_count(uint64_t count)
{
	return json_integer((json_int_t)count);
}

json_t *value_error(const char *format, ...)
{
	json_t *object = json_object();
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	value_set(&object, "error", value_text(text));
	return object;
}

static void keep_if(bool success, json_t **container)
{
	if (success)
		return;
	json_decref(*container);
	*container = NULL;
}

void value_set(json_t **object, const char *key, json_t *value)
{
	keep_if(json_object_set_new(*object, key, value) == 0, object);
}

void value_append(json_t **array, json_t *value)
{
	keep_if(json_array_append_new(*array, value) == 0, array);
}
