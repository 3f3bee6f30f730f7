// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/part/alarm.h"

#include <stdarg.h>
#include <stdio.h>

void alarm_raise(struct alarms *alarms, const char *name, const char *format, ...)
{
	struct alarm *alarm = &alarms->list[alarms->count];
	va_list arguments;

	if (alarms->count == ALARMS_MAX)
		return;
	alarms->count++;
	alarm->name = name;
	va_start(arguments, format);
	vsnprintf(alarm->text, sizeof(alarm->text), format, arguments);
	va_end(arguments);
}
