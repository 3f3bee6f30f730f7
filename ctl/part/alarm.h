/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is wrong with a node. An alarm has a name, for scripts and metrics, and a sentence for
 * people that says what is wrong, of what, and what to do about it where that is not plain. A node
 * without alarms is healthy.
 */
#ifndef VIPD_PART_ALARM_H
#define VIPD_PART_ALARM_H

#include <stddef.h>

#define ALARMS_MAX     64 /* further ones are left out */
#define ALARM_TEXT_MAX 256

struct alarm {
	const char *name; /* static text, such as "link_down": a contract with scripts */
	char text[ALARM_TEXT_MAX];
};

struct alarms {
	struct alarm list[ALARMS_MAX];
	size_t count;
};

/** alarm_raise() - add one; several may have the same name, for several things. */
void alarm_raise(struct alarms *alarms, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
