// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/health/health.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/address.h"
#include "ctl/base/cleanup.h"
#include "ctl/base/log.h"
#include "ctl/config/endpoints.h"

/* A backend of a service, and a check of each endpoint that it is asked at. */
struct backend {
	struct health *health;
	const struct checked_service *service;
	char node[CONFIG_NAME_MAX];
	struct subscription *checks; /* NULL if the service has no check */
	size_t check_count;
	bool over_both, at_ports; /* asked over both families, at several ports */
	enum health_state told;   /* what was reported last */
};

struct checked_service {
	char name[CONFIG_NAME_MAX];
	struct backend *backends;
	size_t backend_count;
};

/* The services of one configuration. */
struct health_plan {
	size_t service_count;
	struct checked_service services[];
};

struct health {
	struct checks *checks;
	health_changed changed;
	void *context;
	struct health_plan *current;
	sd_event_source *news; /* the next turn of the loop, after a commit */
};

/* What is known of a backend. */

/* What decides is a check that failed, or one that has no result yet. */
static enum health_state worst_state(const struct backend *backend)
{
	enum health_state worst = HEALTH_UP;

	for (size_t i = 0; i < backend->check_count; i++) {
		enum health_state state = subscription_status(&backend->checks[i])->state;

		if (state == HEALTH_DOWN)
			return HEALTH_DOWN;
		if (state == HEALTH_UNKNOWN)
			worst = HEALTH_UNKNOWN;
	}
	return worst;
}

#define LABEL_MAX sizeof("IPv6 port 65535: ")

/* What tells a check from the others of the same backend: "IPv6: ", "port 443: ", or nothing. */
static const char *label(const struct backend *backend, const struct subscription *check,
			 char text[static LABEL_MAX])
{
	const struct check_question *question = subscription_question(check);
	bool ipv4 = address_family(&question->address) == FAMILY_IPV4;
	const char *family = ipv4 ? "IPv4" : "IPv6";

	text[0] = '\0';
	if (backend->over_both && backend->at_ports)
		snprintf(text, LABEL_MAX, "%s port %u: ", family, question->check.port);
	else if (backend->over_both)
		snprintf(text, LABEL_MAX, "%s: ", family);
	else if (backend->at_ports)
		snprintf(text, LABEL_MAX, "port %u: ", question->check.port);
	return text;
}

/*
 * "HTTP 200 in 1.2 ms"; of one check of several: "IPv6: connection refused". What does not fit is
 * cut off. Return: the length of the text so far, as if it had not been.
 */
static size_t add_detail(const struct backend *backend, const struct subscription *check,
			 struct health_status *status, size_t length)
{
	size_t room = sizeof(status->detail);
	char text[LABEL_MAX];

	if (length >= room)
		return length;
	return length + (size_t)snprintf(status->detail + length, room - length, "%s%s%s",
					 length ? ", " : "", label(backend, check, text),
					 subscription_status(check)->detail);
}

static void combine(const struct backend *backend, struct health_status *status)
{
	size_t length = 0;

	*status = (struct health_status){.state = worst_state(backend), .successes = UINT_MAX};
	for (size_t i = 0; i < backend->check_count; i++) {
		const struct health_status *one = subscription_status(&backend->checks[i]);

		if (status->successes > one->successes)
			status->successes = one->successes;
		if (status->failures < one->failures)
			status->failures = one->failures;
		if (status->checked_at < one->checked_at)
			status->checked_at = one->checked_at;
		if (one->state == status->state)
			length = add_detail(backend, &backend->checks[i], status, length);
	}
}

/* Until its checks have results, a backend counts as it did before the reload that brought them. */
static struct health_status status_of(const struct backend *backend)
{
	struct health_status status = {.state = HEALTH_UP, .detail = "not checked"};

	if (backend->check_count == 0)
		return status;
	combine(backend, &status);
	if (status.state == HEALTH_UNKNOWN && backend->told != HEALTH_UNKNOWN) {
		status.state = backend->told;
		snprintf(status.detail, sizeof(status.detail), "no result of the new check yet");
	}
	return status;
}

/* The check that decided. */
static void describe_check(const struct backend *backend, enum health_state state,
			   char text[static QUESTION_TEXT_MAX])
{
	size_t i = 0;

	text[0] = '\0';
	if (backend->check_count == 0)
		return;
	while (i + 1 < backend->check_count &&
	       subscription_status(&backend->checks[i])->state != state)
		i++;
	question_describe(subscription_question(&backend->checks[i]), text);
}

static void report(struct backend *backend)
{
	const struct health *health = backend->health;
	struct health_status status = status_of(backend);
	char check[QUESTION_TEXT_MAX];

	if (status.state == backend->told)
		return;
	backend->told = status.state;
	if (!health->changed)
		return;
	describe_check(backend, status.state, check);
	health->changed(backend->service->name, backend->node, &status, check, health->context);
}

static void on_result(const struct health_status *status, bool changed, void *context)
{
	(void)status;
	if (changed)
		report(context);
}

static int on_news(sd_event_source *source, void *context)
{
	const struct health_plan *plan = ((struct health *)context)->current;

	(void)source;
	for (size_t s = 0; s < plan->service_count; s++)
		for (size_t b = 0; b < plan->services[s].backend_count; b++)
			report(&plan->services[s].backends[b]);
	return 0;
}

/* From one configuration to the next. */

static void close_checks(struct backend *backend)
{
	for (size_t i = 0; i < backend->check_count; i++)
		subscription_close(&backend->checks[i]);
	free(backend->checks);
}

static void free_plan(struct health_plan *plan)
{
	if (!plan)
		return;
	for (size_t s = 0; s < plan->service_count; s++) {
		struct checked_service *service = &plan->services[s];

		for (size_t b = 0; b < service->backend_count; b++)
			close_checks(&service->backends[b]);
		free(service->backends);
	}
	free(plan);
}

static void cleanup_plan(struct health_plan **plan)
{
	free_plan(*plan);
}

static int open_check(struct backend *backend, const struct config_service *service,
		      const struct config_endpoint *endpoint)
{
	struct subscription *check = &backend->checks[backend->check_count];
	struct check_question question =
		question_make(&service->check, &endpoint->address, service->name, backend->node);
	int error;

	question.check.port = endpoint->port;
	error = subscription_open(check, backend->health->checks, &question, on_result, backend);
	if (!error)
		backend->check_count++;
	return error;
}

/* A subscription must not move, so there is room for all of them from the start. */
static int open_checks(struct backend *backend, const struct config *config,
		       const struct config_service *service, const struct config_peer *node)
{
	struct config_endpoint endpoints[CONFIG_ENDPOINTS_MAX];
	size_t count = config_endpoints(config, service, node, endpoints);

	backend->checks = calloc(count, sizeof(*backend->checks));
	if (!backend->checks)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		int error = open_check(backend, service, &endpoints[i]);

		if (error)
			return error;
		backend->at_ports |= endpoints[i].port != endpoints[0].port;
		backend->over_both |= address_family(&endpoints[i].address) !=
				      address_family(&endpoints[0].address);
	}
	return 0;
}

static int add_service(struct health *health, struct health_plan *plan, const struct config *config,
		       const struct config_service *settings)
{
	struct checked_service *service = &plan->services[plan->service_count++];
	int error = 0;

	snprintf(service->name, sizeof(service->name), "%s", settings->name);
	service->backends = calloc(settings->backend_count + 1, sizeof(*service->backends));
	if (!service->backends)
		return -ENOMEM;
	while (service->backend_count < settings->backend_count && !error) {
		const struct config_backend *entry = &settings->backends[service->backend_count];
		const struct config_peer *node = &config->peers[entry->peer];
		struct backend *backend = &service->backends[service->backend_count++];

		backend->health = health;
		backend->service = service;
		snprintf(backend->node, sizeof(backend->node), "%s", node->name);
		if (settings->check.enabled)
			error = open_checks(backend, config, settings, node);
	}
	return error;
}

int health_prepare(struct health *health, const struct config *next, struct health_plan **plan)
{
	size_t size = sizeof(**plan) + next->service_count * sizeof((*plan)->services[0]);
	CLEANUP(cleanup_plan) struct health_plan *new = calloc(1, size);

	if (!new)
		return log_failure(-ENOMEM, "cannot prepare the health checks");
	for (size_t s = 0; s < next->service_count; s++) {
		int error = add_service(health, new, next, &next->services[s]);

		if (error)
			return log_failure(error, "service %s: cannot prepare its health checks",
					   next->services[s].name);
	}
	*plan = TAKE_POINTER(new);
	return 0;
}

static struct checked_service *find_service(const struct health_plan *plan, const char *name)
{
	for (size_t s = 0; plan && s < plan->service_count; s++)
		if (strcmp(plan->services[s].name, name) == 0)
			return (struct checked_service *)&plan->services[s];
	return NULL;
}

static struct backend *find_backend(const struct checked_service *service, const char *node)
{
	for (size_t b = 0; service && b < service->backend_count; b++)
		if (strcmp(service->backends[b].node, node) == 0)
			return &service->backends[b];
	return NULL;
}

static void take_over(struct checked_service *service, const struct checked_service *before)
{
	for (size_t b = 0; b < service->backend_count; b++) {
		struct backend *backend = &service->backends[b];
		const struct backend *old = find_backend(before, backend->node);

		if (old)
			backend->told = old->told;
		for (size_t i = 0; i < backend->check_count; i++)
			subscription_start(&backend->checks[i]);
	}
}

/* What is new starts first and what is old ends last, so that a target which both want stays. */
void health_commit(struct health *health, struct health_plan *plan)
{
	struct health_plan *before = health->current;

	for (size_t s = 0; s < plan->service_count; s++)
		take_over(&plan->services[s], find_service(before, plan->services[s].name));
	health->current = plan;
	free_plan(before);
	sd_event_source_set_enabled(health->news, SD_EVENT_ONESHOT);
}

void health_abort(struct health *health, struct health_plan *plan)
{
	(void)health;
	free_plan(plan);
}

/* All of it. */

static void cleanup_health(struct health **health)
{
	health_free(*health);
}

int health_new(const struct health_setup *setup, struct health **health)
{
	CLEANUP(cleanup_health) struct health *new = calloc(1, sizeof(*new));
	int error;

	if (!new)
		return log_failure(-ENOMEM, "cannot prepare the health checks");
	new->checks = setup->checks;
	new->changed = setup->changed;
	new->context = setup->context;
	error = sd_event_add_defer(setup->event, &new->news, on_news, new);
	if (error >= 0)
		error = sd_event_source_set_enabled(new->news, SD_EVENT_OFF);
	if (error < 0)
		return log_failure(error, "cannot prepare the health checks");
	*health = TAKE_POINTER(new);
	return 0;
}

bool health_status(const struct health *health, const char *service, const char *node,
		   struct health_status *status)
{
	const struct backend *backend = find_backend(find_service(health->current, service), node);

	if (backend)
		*status = status_of(backend);
	return backend != NULL;
}

void health_free(struct health *health)
{
	if (!health)
		return;
	sd_event_source_disable_unref(health->news);
	free_plan(health->current);
	free(health);
}
