/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long something has lasted, for people.
 */
#ifndef VIPD_CLI_SPAN_H
#define VIPD_CLI_SPAN_H

#include <stdint.h>

struct span {
	char text[64];
};

/** span_of_seconds() - "12 s", "3 min 5 s", "5 h 12 min", "3 d 4 h"; less than 0 is 0. */
struct span span_of_seconds(int64_t seconds);

/** span_between() - from one RFC 3339 time in UTC to another; "" when one is none. */
struct span span_between(const char *from, const char *to);

#endif
