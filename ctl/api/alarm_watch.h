/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part that posts an event when an alarm of this node begins, and when it is over.
 */
#ifndef VIPD_API_ALARM_WATCH_H
#define VIPD_API_ALARM_WATCH_H

#include "ctl/part/part.h"

extern const struct part alarms_part;

#endif
