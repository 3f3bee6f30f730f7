/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The health of the backends as a part of the node.
 */
#ifndef VIPD_HEALTH_PART_H
#define VIPD_HEALTH_PART_H

#include "ctl/health/health.h"
#include "ctl/part/node.h"

extern const struct part health_part;

/** health_of() - NULL before health_part has started. */
struct health *health_of(const struct node *node);

#endif
