// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/http/part.h"

#include <errno.h>
#include <stdlib.h>

#include "ctl/api/exposition.h"
#include "ctl/base/address.h"
#include "ctl/base/log.h"
#include "ctl/http/http.h"
#include "ctl/http/metrics_section.h"

struct web {
	struct http *http;
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

static int start_http(struct node *node, struct web *web)
{
	const struct value_listen *listen = &metrics_settings(node->config)->listen;
	const struct http_setup setup = {
		.event = node->event,
		.node = node,
		.routes = web->routes,
		.address = listen->address,
		.port = listen->port,
	};

	return listen->port ? http_start(&setup, &web->http) : 0;
}

static int start(struct node *node)
{
	size_t count = list_routes(node, NULL);
	struct web *web = calloc(1, sizeof(*web) + (count + 1) * sizeof(web->routes[0]));
	int error;

	if (!web)
		return log_failure(-ENOMEM, "cannot serve HTTP");
	list_routes(node, web->routes);
	error = start_http(node, web);
	if (error) {
		free(web);
		return error;
	}
	node_set_state(node, &http_part, web);
	return 0;
}

static int prepare(struct node *node, const struct config *next, void **plan)
{
	const struct value_listen *before = &metrics_settings(node->config)->listen;
	const struct value_listen *after = &metrics_settings(next)->listen;

	(void)plan;
	if (before->port == after->port && address_equal(&before->address, &after->address))
		return 0;
	return node_refuse(node, "metrics: cannot change while vipd runs; restart it for that");
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
	.stop = stop,
	.routes = routes,
};
