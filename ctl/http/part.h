/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * HTTP as a part of the node: the routes of all parts, where the configuration says so.
 */
#ifndef VIPD_HTTP_PART_H
#define VIPD_HTTP_PART_H

#include "ctl/part/node.h"

extern const struct part http_part;

#endif
