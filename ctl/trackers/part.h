/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The trackers as a part of the node.
 */
#ifndef VIPD_TRACKERS_PART_H
#define VIPD_TRACKERS_PART_H

#include "ctl/part/node.h"
#include "ctl/trackers/trackers.h"

extern const struct part trackers_part;

/** trackers_of() - NULL before trackers_part has started. */
struct trackers *trackers_of(const struct node *node);

#endif
