/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Drains as a part of the node: what an operator ordered, and what an interface that is down holds.
 */
#ifndef VIPD_DRAIN_PART_H
#define VIPD_DRAIN_PART_H

#include "ctl/drain/drain.h"
#include "ctl/part/node.h"

extern const struct part drains_part;

/* drain_on_down_part - drains this node while an interface that it depends on is down. */
extern const struct part drain_on_down_part;

/** drains_of() - drains_part has started. */
struct drains *drains_of(const struct node *node);

#endif
