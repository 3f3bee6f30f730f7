/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which backends work: every node checks every backend of every service that has a check, at the
 * backend's own address; at both if it has two and the service has VIPs of both families. The keys
 * of the check may choose other families, every port of the service, and VIPs for this node
 * (ctl/config/endpoints.h). A backend is up when it answers at all of these endpoints. Backends of
 * several services that are checked in the same way share one check (ctl/checks), so these services
 * cannot contradict each other.
 *
 * Services and nodes are known by their names. A reload keeps what stays: a backend whose service
 * still asks it the same question keeps its state, and nobody is told anything about it.
 */
#ifndef VIPD_HEALTH_HEALTH_H
#define VIPD_HEALTH_HEALTH_H

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "ctl/checks/checks.h"
#include "ctl/config/config.h"

struct health;
struct health_plan;

/*
 * Called in the event loop when a backend's state changed, the first time from HEALTH_UNKNOWN.
 * @check describes the check that decided; it is empty for a service without one. The callback must
 * neither commit a plan nor call health_free().
 */
typedef void (*health_changed)(const char *service, const char *node,
			       const struct health_status *status, const char *check,
			       void *context);

struct health_setup {
	sd_event *event;        /* referenced */
	struct checks *checks;  /* must outlive it */
	health_changed changed; /* with @context, for each change; may be NULL */
	void *context;
};

/**
 * health_new() - no services yet
 * @health: the result, for health_free().
 *
 * Return: 0, or a negative errno after one logged message.
 */
int health_new(const struct health_setup *setup, struct health **health);

/**
 * health_prepare() - get ready to check the backends of another configuration
 * @next: needed in the call only.
 * @plan: the result, for health_commit() or health_abort().
 *
 * Return: 0, or a negative errno after one logged message; nothing has changed then.
 */
int health_prepare(struct health *health, const struct config *next, struct health_plan **plan);

/**
 * health_commit() - check these from now on, and no others; frees the plan
 *
 * The backends of a service without a check are HEALTH_UP at once. What is known, or known already
 * because another service asks the same question, is reported in the next turn of the loop. A
 * backend whose check is another one than before counts as it did until the first result.
 */
void health_commit(struct health *health, struct health_plan *plan);

/** health_abort() - frees the plan; all is as if it had not been prepared. */
void health_abort(struct health *health, struct health_plan *plan);

/**
 * health_status() - how a backend of a service is
 * @status: the result; unchanged if there is no such backend.
 *
 * Return: whether there is one.
 */
bool health_status(const struct health *health, const char *service, const char *node,
		   struct health_status *status);

/** health_free() - end all checks that nobody else wants. NULL is fine. */
void health_free(struct health *health);

#endif
