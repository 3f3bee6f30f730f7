/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command "failover": it hands an instance over, and answers when another node has taken it.
 * Nothing waits for that in the main loop.
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
