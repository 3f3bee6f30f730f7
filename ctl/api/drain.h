/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands "drain", "undrain" and "connections": they take a node out of service, put it back,
 * and count the connections that it still has.
 */
#ifndef VIPD_API_DRAIN_H
#define VIPD_API_DRAIN_H

#include <jansson.h>

#include "ctl/part/command.h"
#include "ctl/part/node.h"

/**
 * drain_order() - {"node", "for_ms", "reason", "force", "wait"}, all optional
 *
 * Without "node" this node is drained. An order for a node that is drained already changes the
 * members that are given, and leaves the rest. The last backend of a service is drained only by
 * force. "wait" is refused for another node, because its connections cannot be seen from here.
 *
 * Return: {"node", "local", "since", "until", "reason", "connections"}, the last of them null for
 * another node; or {"error"}.
 */
json_t *drain_order(const struct node *node, const json_t *request);

/** undrain_order() - {"node"}. Return: {"node", "was_drained"}, or {"error"}. */
json_t *undrain_order(const struct node *node, const json_t *request);

/** connections_left() - Return: {"connections", "drained"} of this node, or {"error"}. */
json_t *connections_left(const struct node *node);

extern const struct command drain_command, undrain_command, connections_command;

#endif
