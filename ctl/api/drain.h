/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * "drain", "undrain" and "connections": take a node out of service, put it back, and see how much
 * it still has to do.
 */
#ifndef VIPD_API_DRAIN_H
#define VIPD_API_DRAIN_H

#include <jansson.h>

#include "ctl/part/command.h"
#include "ctl/part/node.h"

/**
 * drain_order() - {"node", "for_ms", "reason", "force", "wait"}, all optional
 *
 * Without "node" it is this one. An order for a node that is under one changes what is given, and
 * leaves the rest. Refused: the last backend of a service, unless forced; and to wait for another
 * node, whose connections are not seen from here.
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
