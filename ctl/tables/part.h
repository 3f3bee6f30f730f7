/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the configuration says to the dataplane, as parts of the node: the keys that sign
 * advertisements, and the members of the cluster with their VIPs.
 */
#ifndef VIPD_TABLES_PART_H
#define VIPD_TABLES_PART_H

#include "ctl/part/node.h"
#include "ctl/tables/members.h"

extern const struct part keys_part;
extern const struct part members_part;

/** members_of() - members_part has started. */
struct members *members_of(const struct node *node);

#endif
