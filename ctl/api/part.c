// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/api/part.h"

#include <errno.h>
#include <stdlib.h>

#include "ctl/api/server.h"
#include "ctl/base/log.h"
#include "ctl/config/config.h"
#include "ctl/part/command.h"

struct control {
	struct server *server;
	const struct command *commands[]; /* of all parts; NULL ends it */
};

static struct control *control_of(const struct node *node)
{
	return node_state(node, &control_part);
}

static struct server *server_of(const struct node *node)
{
	return control_of(node)->server;
}

/* Return: how many there are; with @commands, they are listed there. */
static size_t list_commands(const struct node *node, const struct command **commands)
{
	size_t count = 0;

	for (size_t i = 0; i < node->part_count; i++) {
		const struct command *const *own = node->parts[i]->commands;

		for (; own && *own; own++, count++)
			if (commands)
				commands[count] = *own;
	}
	return count;
}

static int reload_for_client(const struct report *report, void *context)
{
	struct node *node = context;

	return node->reload(node, report);
}

static int start_server(struct node *node, struct control *control)
{
	char path[PATH_MAX];
	const struct server_setup setup = {
		.event = node->event,
		.path = node_path(node, "vipd.sock", path),
		.events = node->events,
		.node = node,
		.commands = control->commands,
		.reload = reload_for_client,
		.context = node,
	};

	return server_start(&setup, &control->server);
}

static int start_control(struct node *node)
{
	size_t count = list_commands(node, NULL);
	struct control *control =
		calloc(1, sizeof(*control) + (count + 1) * sizeof(control->commands[0]));
	int error;

	if (!control)
		return log_failure(-ENOMEM, "cannot open the control socket");
	list_commands(node, control->commands);
	error = start_server(node, control);
	if (error) {
		free(control);
		return error;
	}
	node_set_state(node, &control_part, control);
	return 0;
}

PART_FOLLOWS(server, server_of)

static void stop_control(struct node *node)
{
	server_stop(server_of(node));
	free(control_of(node));
	node_set_state(node, &control_part, NULL);
}

const struct part control_part = {
	.name = "control",
	.start = start_control,
	.prepare = prepare,
	.commit = commit,
	.abort = abort_plan,
	.stop = stop_control,
};
