/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checks as a part of the node: the targets that all who ask share.
 */
#ifndef VIPD_CHECKS_PART_H
#define VIPD_CHECKS_PART_H

#include "ctl/checks/checks.h"
#include "ctl/part/node.h"

extern const struct part checks_part;

/** checks_of() - checks_part has started. */
struct checks *checks_of(const struct node *node);

#endif
