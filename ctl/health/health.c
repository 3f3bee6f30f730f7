// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/health/health.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/address.h"
#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/base/log.h"
#include "ctl/checks/jitter.h"
#include "ctl/checks/probe.h"
#include "ctl/checks/transfer.h"
#include "ctl/checks/verdict.h"
#include "ctl/config/lookup.h"

/* How late a check may start, for the sake of one wake-up less. */
#define TIMER_ACCURACY_US 1000

/* Between the first checks, so that thousands of them do not begin in the same moment. */
#define FIRST_CHECK_SPACING NS_PER_MS

/* One backend of one service. */
struct check {
	struct health *health;
	const struct config_service *service;
	const struct config_peer *node;
	struct probe *probe;    /* NULL: nothing to ask, always up */
	sd_event_source *timer; /* the next start; off while the probe is under way */
	uint64_t started_at;    /* CLOCK_MONOTONIC ns */
	struct jitter jitter;
	struct verdict verdict;
	struct health_status status;
};

struct health {
	const struct config *config;
	health_changed changed;
	void *context;
	struct transfers *transfers;
	size_t count;
	struct check checks[]; /* by service, in the order of its backends */
};

static void log_change(const struct check *check)
{
	const struct health_status *status = &check->status;
	char text[PROBE_TEXT_MAX];

	probe_describe(check->probe, text);
	if (status->state == HEALTH_DOWN)
		log_warning("service %s: backend %s is down: %s: %s (failed %u in a row)",
			    check->service->name, check->node->name, text, status->detail,
			    status->failures);
	else
		log_notice("service %s: backend %s is up: %s: %s", check->service->name,
			   check->node->name, text, status->detail);
}

static void tell_owner(const struct check *check)
{
	const struct health *health = check->health;

	if (health->changed)
		health->changed((size_t)(check->service - health->config->services),
				(size_t)(check->node - health->config->peers), &check->status,
				health->context);
}

/* The interval counts from start to start. After a check that took all of it the time is in the
 * past, and the next one starts at once. */
static void schedule_next(struct check *check)
{
	uint64_t interval = jitter_next(&check->jitter, check->service->check.interval);
	uint64_t next = check->started_at + interval;
	int r = sd_event_source_set_time(check->timer, next / NS_PER_US);

	if (r >= 0)
		r = sd_event_source_set_enabled(check->timer, SD_EVENT_ONESHOT);
	if (r < 0)
		log_failure(r, "service %s: cannot schedule the next check of %s; restart vipd",
			    check->service->name, check->node->name);
}

static void on_result(bool success, const char *detail, void *context)
{
	struct check *check = context;
	struct health_status *status = &check->status;
	bool changed = verdict_count(&check->verdict, success);

	status->state = check->verdict.state;
	status->successes = check->verdict.successes;
	status->failures = check->verdict.failures;
	status->checked_at = clock_now();
	snprintf(status->detail, sizeof(status->detail), "%s", detail);
	schedule_next(check);
	if (!changed)
		return;
	log_change(check);
	tell_owner(check);
}

static int on_due(sd_event_source *source, uint64_t due, void *context)
{
	struct check *check = context;

	(void)source;
	(void)due;
	if (!check->probe) {
		tell_owner(check);
		return 0;
	}
	check->started_at = clock_now();
	probe_start(check->probe);
	return 0;
}

static int prepare_probe(struct check *check, sd_event *event)
{
	const struct health *health = check->health;
	const struct config_check *settings = &check->service->check;
	const struct config_peer *node = check->node;
	const char *const names[] = {config_self(health->config)->name, check->service->name,
				     node->name, NULL};
	const struct probe_tools tools = {event, health->transfers};
	const struct probe_target target = {
		.check = settings,
		.service = check->service->name,
		.node = node->name,
		.address = address_is_zero(&node->address) ? &node->address6 : &node->address,
	};

	check->jitter = jitter_new(settings->jitter, names);
	check->verdict = verdict_new(settings->fall, settings->rise);
	return probe_new(&tools, &target, on_result, check, &check->probe);
}

/* The first turns of the loop start the first checks, or tell that there is none to wait for. */
static int start_check(struct check *check, sd_event *event, uint64_t first)
{
	int r = 0;

	if (check->service->check.enabled) {
		r = prepare_probe(check, event);
	} else {
		check->status.state = HEALTH_UP;
		snprintf(check->status.detail, sizeof(check->status.detail), "not checked");
		first = 0;
	}
	if (r < 0)
		return r;
	return sd_event_add_time(event, &check->timer, CLOCK_MONOTONIC, first / NS_PER_US,
				 TIMER_ACCURACY_US, on_due, check);
}

static int start_checks(struct health *health, sd_event *event)
{
	const struct config *config = health->config;
	uint64_t first = clock_now();

	for (size_t s = 0; s < config->service_count; s++) {
		const struct config_service *service = &config->services[s];

		for (size_t b = 0; b < service->backend_count; b++) {
			struct check *check = &health->checks[health->count++];
			int r;

			check->health = health;
			check->service = service;
			check->node = &config->peers[service->backends[b].peer];
			r = start_check(check, event, first);
			if (r < 0)
				return log_failure(r, "service %s: cannot start the check of %s",
						   service->name, check->node->name);
			first += FIRST_CHECK_SPACING;
		}
	}
	return 0;
}

static void cleanup_health(struct health **health)
{
	health_stop(*health);
}

int health_start(const struct config *config, sd_event *event, health_changed changed,
		 void *context, struct health **health)
{
	CLEANUP(cleanup_health) struct health *new = NULL;
	size_t count = 0;
	int r;

	for (size_t s = 0; s < config->service_count; s++)
		count += config->services[s].backend_count;
	new = calloc(1, sizeof(*new) + count * sizeof(new->checks[0]));
	if (!new)
		return log_failure(-ENOMEM, "cannot start the health checks");
	new->config = config_ref(config);
	new->changed = changed;
	new->context = context;
	r = transfers_new(event, &new->transfers);
	if (r < 0)
		return log_failure(r, "cannot set up libcurl for the health checks");
	r = start_checks(new, event);
	if (r < 0)
		return r;
	*health = TAKE_POINTER(new);
	return 0;
}

const struct health_status *health_status(const struct health *health, size_t service, size_t peer)
{
	const struct config_service *services = health->config->services;
	const struct check *checks = health->checks;

	for (size_t s = 0; s < service; s++)
		checks += services[s].backend_count;
	for (size_t b = 0; b < services[service].backend_count; b++)
		if (services[service].backends[b].peer == peer)
			return &checks[b].status;
	return NULL;
}

void health_stop(struct health *health)
{
	if (!health)
		return;
	for (size_t i = 0; i < health->count; i++) {
		sd_event_source_disable_unref(health->checks[i].timer);
		probe_free(health->checks[i].probe);
	}
	transfers_free(health->transfers);
	config_unref(health->config);
	free(health);
}
