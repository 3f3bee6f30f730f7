/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether nginx answers: an HTTP check for each service that has one, run by libcurl's multi
 * interface inside the event loop, so that no check ever blocks it.
 */
#ifndef VIPD_HEALTH_HEALTH_H
#define VIPD_HEALTH_HEALTH_H

#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "ctl/config/config.h"

enum health_state {
	HEALTH_UNKNOWN, /* no result yet */
	HEALTH_UP,
	HEALTH_DOWN,
};

struct health_status {
	enum health_state state;
	unsigned int successes; /* in a row */
	unsigned int failures;  /* in a row */
	uint64_t checked_at;    /* CLOCK_MONOTONIC ns; 0: never */
	char detail[160];       /* of the last check: "HTTP 200 in 1.2 ms", "connection refused" */
};

struct health;

/*
 * Called in the event loop when a service's state changed, the first time from HEALTH_UNKNOWN;
 * service is its index in the config. It must not call health_stop().
 */
typedef void (*health_changed)(size_t service, const struct health_status *status, void *context);

/**
 * health_start() - begin checking this node's nginx
 * @config: services and this node's address; must outlive the result. A service without a check, or
 *          without this node among its backends, is HEALTH_UP at once, and reported so in the first
 *          turn of the loop; the first checks start in it too.
 * @event: the loop; referenced.
 * @changed: with @context, for each change; may be NULL.
 * @health: the result, for health_stop().
 *
 * Return: 0, or a negative errno after one logged message.
 */
int health_start(const struct config *config, sd_event *event, health_changed changed,
		 void *context, struct health **health);

/** health_status() - of a service by its index in the configuration. */
const struct health_status *health_status(const struct health *health, size_t service);

const char *health_state_name(enum health_state state);

/** health_stop() - cancel all checks and free. NULL is fine. */
void health_stop(struct health *health);

#endif
