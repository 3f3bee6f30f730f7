/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Notification as a part of the node.
 */
#ifndef VIPD_NOTIFY_PART_H
#define VIPD_NOTIFY_PART_H

#include "ctl/part/part.h"

extern const struct part notify_part;

#endif
