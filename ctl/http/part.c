// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/http/part.h"

#include <errno.h>
#include <stdlib.h>

#include "ctl/api/exposition.h"
#include "ctl/base/address.h"
#include "ctl/base/cleanup.h"
#include "ctl/base/log.h"
#include "ctl/http/http.h"
#include "ctl/http/metrics_section.h"

struct web {
	struct value_listen listen;        /* where it is served; port 0: nowhere */
	struct http *http;                 /* NULL: nowhere */
	const struct http_route *routes[]; /* of all parts; NULL ends it */
};

static struct web *state(const struct node *node)
{
	return node_state(node, &http_part);
}

/* Return: how many there are; with @routes, they are listed there. */
static size_t list_routes(const struct node *node, const struct http_route **routes)
{
	size_t count = 0;

	for (size_t i = 0; i < node->part_count; i++) {
		const struct http_route *const *own = node->parts[i]->routes;

		for (; own && *own; own++, count++)
			if (routes)
				routes[count] = *own;
	}
	return count;
}

/* Another place to listen at; there is no plan while the place is the same. */
struct web_plan {
	struct value_listen listen;
	struct http *http;
};

static int start(struct node *node)
{
	size_t count = list_routes(node, NULL);
	struct web *web = calloc(1, sizeof(*web) + (count + 1) * sizeof(web->routes[0]));

	if (!web)
		return log_failure(-ENOMEM, "cannot serve HTTP");
	list_routes(node, web->routes);
	node_set_state(node, &http_part, web);
	return 0;
}

static bool is_same_place(const struct value_listen *a, const struct value_listen *b)
{
	return a->port == b->port && address_equal(&a->address, &b->address);
}

static int open_place(struct node *node, const struct web *web, struct web_plan *plan)
{
	const struct http_setup setup = {
		.event = node->event,
		.node = node,
		.routes = web->routes,
		.address = plan->listen.address,
		.port = plan->listen.port,
		.successor_of = web->http,
	};

	return setup.port ? http_start(&setup, &plan->http) : 0;
}

static int prepare(struct node *node, const struct config *next, void **plan)
{
	const struct value_listen *listen = &metrics_settings(next)->listen;
	CLEANUP(cleanup_free) struct web_plan *new = NULL;
	const struct web *web = state(node);
	int error;

	if (is_same_place(listen, &web->listen))
		return 0;
	new = calloc(1, sizeof(*new));
	if (!new)
		return log_failure(-ENOMEM, "cannot serve HTTP");
	new->listen = *listen;
	error = open_place(node, web, new);
	if (error)
		return error;
	*plan = TAKE_POINTER(new);
	return 0;
}

static void commit(struct node *node, void *context)
{
	struct web_plan *plan = context;
	struct web *web = state(node);

	if (!plan)
		return;
	http_stop(web->http);
	web->http = plan->http;
	web->listen = plan->listen;
	free(plan);
}

static void abort_plan(struct node *node, void *context)
{
	struct web_plan *plan = context;

	(void)node;
	if (!plan)
		return;
	http_stop(plan->http);
	free(plan);
}

static void stop(struct node *node)
{
	http_stop(state(node)->http);
	free(state(node));
	node_set_state(node, &http_part, NULL);
}

static const struct http_route *const routes[] = {&metrics_route, NULL};

const struct part http_part = {
	.name = "http",
	.start = start,
	.prepare = prepare,
	.commit = commit,
	.abort = abort_plan,
	.stop = stop,
	.routes = routes,
};
