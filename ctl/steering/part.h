/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Steering as a part of the node.
 */
#ifndef VIPD_STEERING_PART_H
#define VIPD_STEERING_PART_H

#include "ctl/part/node.h"
#include "ctl/steering/steering.h"

extern const struct part steering_part;

/** steering_of() - NULL before the part has started. */
struct steering *steering_of(const struct node *node);

#endif
