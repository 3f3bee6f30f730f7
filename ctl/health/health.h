/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which backends work: every node checks every backend of every service that has a check, at the
 * backend's own address, inside the event loop and without ever blocking it.
 */
#ifndef VIPD_HEALTH_HEALTH_H
#define VIPD_HEALTH_HEALTH_H

#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "ctl/checks/verdict.h"
#include "ctl/config/config.h"

struct health;

/*
 * Called in the event loop when a backend's state changed, the first time from HEALTH_UNKNOWN;
 * service and peer are indices in the configuration. It must not call health_stop().
 */
typedef void (*health_changed)(size_t service, size_t peer, const struct health_status *status,
			       void *context);

/**
 * health_start() - begin checking the backends
 * @config: services and peers. The backends of a service without a check
 *          are HEALTH_UP at once, and reported so in the first turn of the loop; the first checks
 *          start then, too, a millisecond apart.
 * @event: the loop; referenced.
 * @changed: with @context, for each change; may be NULL.
 * @health: the result, for health_stop().
 *
 * Return: 0, or a negative errno after one logged message.
 */
int health_start(const struct config *config, sd_event *event, health_changed changed,
		 void *context, struct health **health);

/**
 * health_status() - of a backend, by indices in the configuration
 *
 * Return: its status, valid until health_stop(); NULL if the peer is no backend of the service.
 */
const struct health_status *health_status(const struct health *health, size_t service, size_t peer);

/**
 * health_stop() - cancel all checks and free. NULL is fine.
 *
 * The process of a script that was running is killed now, and reaped by the loop when it turns.
 */
void health_stop(struct health *health);

#endif
