// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/config/services.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/config/lookup.h"
#include "ctl/config/problems.h"
#include "ctl/config/validate.h"

const struct config_service config_service_defaults = {
	.all_vips = true,
	.affinity = AFFINITY_CONNECTION,
	.settle = 3600 * NS_PER_S,
	.listener_check = true,
	.check =
		{
			.expect_status = {{200, 399}},
			.expect_status_count = 1,
			.user = "nobody",
			.interval = 2 * NS_PER_S,
			.jitter = 10,
			.fall = 2,
			.rise = 2,
		},
};

/* Lists. */

struct service_list *service_list_new(void)
{
	return calloc(1, sizeof(struct service_list));
}

/* A copy of an array; NULL if it is empty. */
static int copy_array(const void *from, size_t count, size_t size, void **copy)
{
	*copy = NULL;
	if (count == 0)
		return 0;
	*copy = calloc(count, size);
	if (!*copy)
		return -ENOMEM;
	memcpy(*copy, from, count * size);
	return 0;
}

static void free_service(const struct config_service *service)
{
	free(service->vips);
	free(service->backends);
}

int service_list_add(struct service_list *list, const struct config_service *service)
{
	struct config_service *services =
		reallocarray(list->services, list->count + 1, sizeof(*services));
	struct config_service copy = *service;
	int error;

	if (!services)
		return -ENOMEM;
	list->services = services;
	error = copy_array(service->vips, service->vip_count, sizeof(*copy.vips),
			   (void **)&copy.vips);
	if (error)
		return error;
	error = copy_array(service->backends, service->backend_count, sizeof(*copy.backends),
			   (void **)&copy.backends);
	if (error) {
		free(copy.vips);
		return error;
	}
	list->services[list->count++] = copy;
	return 0;
}

const struct service_list *service_list_ref(const struct service_list *list)
{
	__atomic_add_fetch(&((struct service_list *)list)->further_references, 1, __ATOMIC_RELAXED);
	return list;
}

void service_list_unref(const struct service_list *list)
{
	struct service_list *own = (struct service_list *)list;

	if (!own || __atomic_fetch_sub(&own->further_references, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	for (size_t i = 0; i < own->count; i++)
		free_service(&own->services[i]);
	free(own->services);
	free(own);
}

void service_list_unrefp(const struct service_list **list)
{
	service_list_unref(*list);
}

/* In a configuration. */

static uint16_t default_port(const struct config_service *service)
{
	switch (service->check.method) {
	case CHECK_HTTP:
		return 80;
	case CHECK_HTTPS:
	case CHECK_TLS:
		return 443;
	default:
		return service->ports[0].port;
	}
}

static void complete_check(struct config_service *service)
{
	struct config_check *check = &service->check;

	if (!check->port && !check->every_port)
		check->port = default_port(service);
	if (!check->timeout)
		check->timeout = check->interval < NS_PER_S ? check->interval : NS_PER_S;
}

/* Unless the service names its backends, every node that runs vipd is one. */
static void name_all_backends(const struct config *config, struct config_service *service)
{
	service->backend_count = 0;
	for (size_t i = 0; i < config->peer_count; i++) {
		struct config_backend *backend = &service->backends[service->backend_count];

		if (!config->peers[i].vipd)
			continue;
		*backend = (struct config_backend){.peer = i, .weight = 1};
		memcpy(backend->node, config->peers[i].name, sizeof(backend->node));
		service->backend_count++;
	}
}

static void find_backends(const struct config *config, struct config_service *service,
			  const struct config_backend *listed)
{
	for (size_t i = 0; i < service->backend_count; i++) {
		service->backends[i] = listed[i];
		service->backends[i].peer =
			*listed[i].node ? config_find_peer(config, listed[i].node) : CONFIG_NONE;
	}
}

static int resolve_backends(const struct config *config, struct config_service *service,
			    const struct config_service *listed)
{
	service->backend_count = listed->backend_count ?: config->peer_count;
	service->backends = NULL;
	if (service->backend_count == 0)
		return 0;
	service->backends = calloc(service->backend_count, sizeof(*service->backends));
	if (!service->backends)
		return -ENOMEM;
	if (listed->backend_count)
		find_backends(config, service, listed->backends);
	else
		name_all_backends(config, service);
	return 0;
}

/* The list still owns the VIPs; the configuration owns the backends. */
int services_take_up(struct config *config, const struct service_list *list)
{
	struct config_service *services = calloc(list->count + 1, sizeof(*services));

	if (!services)
		return -ENOMEM;
	config->service_list = service_list_ref(list);
	config->services = services;
	config->service_count = list->count;
	for (size_t i = 0; i < list->count; i++) {
		int error;

		services[i] = list->services[i];
		error = resolve_backends(config, &services[i], &list->services[i]);
		if (error) {
			config->service_count = i;
			return error;
		}
		complete_check(&services[i]);
	}
	return 0;
}

void services_let_go(struct config *config)
{
	for (size_t i = 0; i < config->service_count; i++)
		free(config->services[i].backends);
	free((void *)config->services);
	service_list_unref(config->service_list);
}

/* Another list. */

static struct config *derive(const struct config *base)
{
	struct config *derived = malloc(sizeof(*derived));

	if (!derived)
		return NULL;
	*derived = *base;
	derived->further_references = 0;
	derived->base = config_ref(base->base ?: base);
	derived->service_list = NULL;
	derived->services = NULL;
	derived->service_count = 0;
	return derived;
}

int config_with_services(const struct config *base, const struct service_list *list,
			 const char *name, FILE *report, const struct config **config)
{
	struct problems problems CLEANUP(problems_clear) = {.file = name};
	struct config *derived = derive(base);
	const struct config *result CLEANUP(config_unrefp) = derived;
	const struct validation validation = {.config = derived, .problems = &problems};
	const struct report reader = report_to_stream(report);

	if (!derived || services_take_up(derived, list))
		return -ENOMEM;
	validate_services(&validation);
	problems_report(&problems, report ? &reader : NULL);
	if (problems.out_of_memory)
		return -ENOMEM;
	if (problems.count > problems.notes)
		return -EINVAL;
	*config = TAKE_POINTER(result);
	return 0;
}
