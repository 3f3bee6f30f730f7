/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The dataplane as parts of the node. The first two are not one, because the addresses of the VIPs
 * stand between them: they are on this node before the program attracts frames for them, and gone
 * before it is detached.
 */
#ifndef VIPD_DATAPLANE_PART_H
#define VIPD_DATAPLANE_PART_H

#include "ctl/part/node.h"
#include "loader/loader.h"
#include "maps/maps.h"

/* The program and its tables are in the kernel, adopted where a run before left them. */
extern const struct part dataplane_part;

/* The program is on the NIC, and a small one drops VRRP on the interfaces that are guarded. */
extern const struct part attachment_part;

/* What the dataplane reports is posted as events. */
extern const struct part notices_part;

/** dataplane_maps() - the tables; dataplane_part has started. */
struct maps *dataplane_maps(const struct node *node);

/** dataplane_loader() - what loaded them. */
struct loader *dataplane_loader(const struct node *node);

/**
 * dataplane_renew() - let our program serve instead of the one before: attachment_of()->outdated
 *
 * Return: 0, or a negative errno after one logged message.
 */
int dataplane_renew(const struct node *node);

/** attachment_of() - how the program hangs on the NIC. */
const struct attachment *attachment_of(const struct node *node);

/** attachment_fault() - why no frame reaches the program; static text; NULL: all is well. */
const char *attachment_fault(const struct node *node);

#endif
