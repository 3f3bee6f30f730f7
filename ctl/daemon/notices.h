/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the dataplane has to tell: refused VRRP and foreign claims to our VIPs, to the log and on.
 */
#ifndef VIPD_DAEMON_NOTICES_H
#define VIPD_DAEMON_NOTICES_H

#include <systemd/sd-event.h>

#include "maps/inbox.h"

struct notices;

typedef void (*notice_heard)(const struct notice_record *notice, void *context);

/**
 * notices_start() - listen
 * @ring: descriptor of vipd_notices.
 * @heard: called in the loop for every notice; logging is done here, and rate-limited.
 *
 * Return: 0, or a negative errno after one logged message.
 */
int notices_start(int ring, sd_event *event, notice_heard heard, void *context,
		  struct notices **notices);

/** notices_stop() - NULL is fine. */
void notices_stop(struct notices *notices);

#endif
