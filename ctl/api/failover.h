/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * "failover": hand an instance over, and answer when another node has it, without blocking
 * anybody.
 */
#ifndef VIPD_API_FAILOVER_H
#define VIPD_API_FAILOVER_H

#include <jansson.h>
#include <systemd/sd-event.h>

#include "ctl/api/session.h"
#include "ctl/part/command.h"
#include "ctl/part/node.h"

/**
 * failover_begin() - give an instance up
 * @node: must outlive @session.
 * @session: gets {"instance", "from", "to", "took_ms"}, or {"error"}, when it is decided.
 *
 * Return: NULL, or an {"error"} when it did not even begin.
 */
json_t *failover_begin(sd_event *event, const struct node *node, const char *instance,
		       struct session *session);

extern const struct command failover_command;

#endif
