/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The log of events as a part of the node.
 */
#ifndef VIPD_EVENTS_PART_H
#define VIPD_EVENTS_PART_H

#include "ctl/part/node.h"

extern const struct part log_part;

#endif
