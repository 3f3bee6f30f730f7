// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/cli/span.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

/* The greatest unit that fits, and the one below it. */
struct span span_of_seconds(int64_t seconds)
{
	static const struct {
		int64_t seconds, part;
		const char *name, *part_name;
	} units[] = {
		{86400, 3600, "d", "h"},
		{3600, 60, "h", "min"},
		{60, 1, "min", "s"},
	};
	struct span span;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (seconds < units[i].seconds)
			continue;
		snprintf(span.text, sizeof(span.text), "%" PRId64 " %s %" PRId64 " %s",
			 seconds / units[i].seconds, units[i].name,
			 seconds % units[i].seconds / units[i].part, units[i].part_name);
		return span;
	}
	snprintf(span.text, sizeof(span.text), "%" PRId64 " s", seconds > 0 ? seconds : 0);
	return span;
}

struct span span_between(const char *from, const char *to)
{
	static const char format[] = "%Y-%m-%dT%H:%M:%S";
	struct tm begin = {}, end = {};

	if (!strptime(from, format, &begin) || !strptime(to, format, &end))
		return (struct span){};
	return span_of_seconds(timegm(&end) - timegm(&begin));
}
