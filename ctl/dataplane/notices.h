/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Posts an event for each report of the dataplane: refused VRRP, and foreign claims to our VIPs.
 * The dataplane limits their rate, see maps/inbox.h.
 */
#ifndef VIPD_DATAPLANE_NOTICES_H
#define VIPD_DATAPLANE_NOTICES_H

#include "ctl/events/events.h"

struct notices;

/**
 * notices_start() - post an event for each notice
 * @ring: descriptor of vipd_notices.
 * @notices: for notices_stop().
 *
 * Return: 0, or a negative errno after one logged message.
 */
int notices_start(int ring, sd_event *loop, struct events *events, struct notices **notices);

/** notices_stop() - NULL is fine. */
void notices_stop(struct notices *notices);

#endif
