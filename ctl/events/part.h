/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two parts of the node: who writes events to the log, and who reads what the dataplane reports.
 */
#ifndef VIPD_EVENTS_PART_H
#define VIPD_EVENTS_PART_H

#include "ctl/part/node.h"

extern const struct part log_part;
extern const struct part notices_part;

#endif
