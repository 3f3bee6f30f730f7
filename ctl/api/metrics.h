/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The metrics over HTTP: GET /metrics, in the caller's event loop, without threads.
 */
#ifndef VIPD_API_METRICS_H
#define VIPD_API_METRICS_H

#include <stdint.h>
#include <systemd/sd-event.h>

#include "ctl/api/node.h"

struct metrics;

/**
 * metrics_start() - listen
 * @event: must outlive the result.
 * @node: must outlive the result; what it points to may change.
 * @port: host order; 0: any, see metrics_port().
 *
 * Return: 0, or a negative errno after one logged message.
 */
int metrics_start(sd_event *event, const struct node *node, const struct ip_address *address,
		  uint16_t port, struct metrics **metrics);

/** metrics_port() - where it listens, host order. */
uint16_t metrics_port(const struct metrics *metrics);

/** metrics_stop() - NULL is fine. */
void metrics_stop(struct metrics *metrics);

#endif
