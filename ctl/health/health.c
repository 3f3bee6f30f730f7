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
#include "ctl/health/http.h"
#include "ctl/health/verdict.h"

/* "http://[", the address, "]:65535", the path. */
#define URL_MAX (8 + ADDRESS_TEXT_MAX + 8 + sizeof(((struct config_check *)NULL)->http))

/* How late a check may start, for the sake of one wake-up less. */
#define TIMER_ACCURACY_US 1000

/* One target: a service on this node. */
struct check {
	struct health *health;
	size_t service; /* index in the configuration */
	const struct config_service *config;
	char url[URL_MAX];
	struct http_request *request; /* NULL: nothing to ask, always up */
	sd_event_source *timer;       /* the next start; off while the request is under way */
	uint64_t started_at;          /* CLOCK_MONOTONIC ns */
	struct verdict verdict;
	struct health_status status;
};

struct health {
	health_changed changed;
	void *context;
	struct http_client *http;
	size_t count;
	struct check checks[]; /* by index of the service */
};

static void log_change(const struct check *check)
{
	const struct health_status *status = &check->status;

	if (status->state == HEALTH_DOWN)
		log_warning("service %s is down on this node: %s: %s (failed %u in a row)",
			    check->config->name, check->url, status->detail, status->failures);
	else
		log_notice("service %s is up on this node: %s: %s", check->config->name, check->url,
			   status->detail);
}

static void tell_owner(const struct check *check)
{
	struct health *health = check->health;

	if (health->changed)
		health->changed(check->service, &check->status, health->context);
}

/* The interval counts from start to start. After a check that took all of it the time is in the
 * past, and the next one starts at once. */
static void schedule_next(struct check *check)
{
	uint64_t next = check->started_at + check->config->check.interval;
	int r = sd_event_source_set_time(check->timer, next / NS_PER_US);

	if (r >= 0)
		r = sd_event_source_set_enabled(check->timer, SD_EVENT_ONESHOT);
	if (r < 0)
		log_failure(r, "service %s: cannot schedule its next check; restart vipd",
			    check->config->name);
}

/* Takes the result that status->detail describes. */
static void conclude(struct check *check, bool success)
{
	struct health_status *status = &check->status;
	bool changed = verdict_count(&check->verdict, success);

	status->state = check->verdict.state;
	status->successes = check->verdict.successes;
	status->failures = check->verdict.failures;
	status->checked_at = clock_now();
	schedule_next(check);
	if (!changed)
		return;
	log_change(check);
	tell_owner(check);
}

static void on_answer(const struct http_result *result, void *context)
{
	struct check *check = context;
	char *detail = check->status.detail;
	size_t room = sizeof(check->status.detail);
	bool success = !result->failure && result->status >= 200 && result->status < 400;

	if (success)
		snprintf(detail, room, "HTTP %u in %.1f ms", result->status,
			 (double)result->elapsed / (double)NS_PER_MS);
	else if (result->failure)
		snprintf(detail, room, "%s", result->failure);
	else
		snprintf(detail, room, "HTTP %u", result->status);
	conclude(check, success);
}

static int on_due(sd_event_source *source, uint64_t due, void *context)
{
	struct check *check = context;
	int r;

	(void)source;
	(void)due;
	if (!check->request) {
		tell_owner(check);
		return 0;
	}
	check->started_at = clock_now();
	r = http_request_send(check->request);
	if (r < 0) {
		snprintf(check->status.detail, sizeof(check->status.detail),
			 "could not be asked: %s", strerror(-r));
		conclude(check, false);
	}
	return 0;
}

static bool is_backend(const struct config *config, const struct config_service *service)
{
	for (size_t i = 0; i < service->backend_count; i++)
		if (service->backends[i].peer == config->self)
			return true;
	return false;
}

static void format_url(const struct config_peer *node, const struct config_check *check,
		       char url[static URL_MAX])
{
	char text[ADDRESS_TEXT_MAX];

	if (address_is_zero(&node->address))
		snprintf(url, URL_MAX, "http://[%s]:%u%s", address_format(&node->address6, text),
			 check->port, check->http);
	else
		snprintf(url, URL_MAX, "http://%s:%u%s", address_format(&node->address, text),
			 check->port, check->http);
}

static int prepare_request(struct check *check, const struct config_peer *self)
{
	const struct config_check *settings = &check->config->check;

	check->verdict = verdict_new(settings->fall, settings->rise);
	format_url(self, settings, check->url);
	return http_request_new(check->health->http, check->url, settings->timeout, on_answer,
				check, &check->request);
}

/* The first turn of the loop starts the first check, or tells that there is none to wait for. */
static int start_check(struct check *check, const struct config *config, sd_event *event)
{
	int r = 0;

	if (check->config->check.enabled && is_backend(config, check->config)) {
		r = prepare_request(check, config_self(config));
	} else {
		check->status.state = HEALTH_UP;
		snprintf(check->status.detail, sizeof(check->status.detail), "not checked here");
	}
	if (r < 0)
		return r;
	return sd_event_add_time(event, &check->timer, CLOCK_MONOTONIC, 0, TIMER_ACCURACY_US,
				 on_due, check);
}

static void cleanup_health(struct health **health)
{
	health_stop(*health);
}

int health_start(const struct config *config, sd_event *event, health_changed changed,
		 void *context, struct health **health)
{
	CLEANUP(cleanup_health) struct health *new = NULL;
	int r;

	new = calloc(1, sizeof(*new) + config->service_count * sizeof(new->checks[0]));
	if (!new)
		return log_failure(-ENOMEM, "cannot start the health checks");
	new->changed = changed;
	new->context = context;
	r = http_client_new(event, &new->http);
	if (r < 0)
		return log_failure(r, "cannot set up libcurl for the health checks");
	for (size_t i = 0; i < config->service_count; i++) {
		struct check *check = &new->checks[new->count++];

		check->health = new;
		check->service = i;
		check->config = &config->services[i];
		r = start_check(check, config, event);
		if (r < 0)
			return log_failure(r, "cannot start the health check of service %s",
					   check->config->name);
	}
	*health = TAKE_POINTER(new);
	return 0;
}

const struct health_status *health_status(const struct health *health, size_t service)
{
	return &health->checks[service].status;
}

const char *health_state_name(enum health_state state)
{
	switch (state) {
	case HEALTH_UNKNOWN:
		return "unknown";
	case HEALTH_UP:
		return "up";
	case HEALTH_DOWN:
		return "down";
	}
	return "invalid";
}

void health_stop(struct health *health)
{
	if (!health)
		return;
	for (size_t i = 0; i < health->count; i++) {
		sd_event_source_disable_unref(health->checks[i].timer);
		http_request_free(health->checks[i].request);
	}
	http_client_free(health->http);
	free(health);
}
