/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * "explain": where a packet would go, and why, by the tables that the dataplane reads.
 */
#ifndef VIPD_API_EXPLAIN_H
#define VIPD_API_EXPLAIN_H

#include <jansson.h>

#include "ctl/part/node.h"

/**
 * explain_packet() - {"protocol": "tcp", "source": "ADDRESS:PORT", "destination": "ADDRESS:PORT"}
 *
 * Return: {"protocol", "source", "destination", "service", "pool", "slot", "settling", "armed",
 * "panic", "ranks": [{"node", "local", "state", "reason"}], "second_chances": [node], "verdict",
 * "node", "reason"}, or {"error"}. The verdict is "local", "forward" (to "node") or "stack": no
 * business of a service, so the local stack's. Second chances are the nodes that a segment is sent
 * to, in this order, when "node" does not have its connection.
 */
json_t *explain_packet(const struct node *node, const json_t *request);

#endif
