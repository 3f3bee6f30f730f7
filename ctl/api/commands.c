// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/api/commands.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/api/drain.h"
#include "ctl/api/explain.h"
#include "ctl/api/failover.h"
#include "ctl/api/snapshot.h"
#include "ctl/api/status.h"
#include "ctl/api/value.h"
#include "ctl/base/cleanup.h"

static json_t *show(const struct command_call *call, json_t *(*format)(const struct snapshot *))
{
	CLEANUP(snapshot_freep) struct snapshot *snapshot = NULL;
	int error = snapshot_take(call->setup->node, &snapshot);

	if (error)
		return value_error("cannot gather the status: %s", strerror(-error));
	return format(snapshot);
}

static json_t *run_status(const struct command_call *call, const json_t *request)
{
	(void)request;
	return show(call, status_json);
}

static json_t *run_drops(const struct command_call *call, const json_t *request)
{
	(void)request;
	return show(call, drops_json);
}

static json_t *run_events(const struct command_call *call, const json_t *request)
{
	(void)request;
	broadcast_join(call->broadcast, call->session);
	return NULL;
}

static json_t *run_failover(const struct command_call *call, const json_t *request)
{
	const char *instance = json_string_value(json_object_get(request, "instance"));

	if (!instance)
		return value_error("failover: \"instance\" must be the name of one");
	return failover_begin(call->setup->event, call->setup->node, instance, call->session);
}

static json_t *run_drain(const struct command_call *call, const json_t *request)
{
	return drain_order(call->setup->node, request);
}

static json_t *run_undrain(const struct command_call *call, const json_t *request)
{
	return undrain_order(call->setup->node, request);
}

static json_t *run_connections(const struct command_call *call, const json_t *request)
{
	(void)request;
	return connections_left(call->setup->node);
}

static json_t *run_explain(const struct command_call *call, const json_t *request)
{
	return explain_packet(call->setup->node, request);
}

static json_t *run_reload(const struct command_call *call, const json_t *request)
{
	CLEANUP(cleanup_free) char *text = NULL;
	size_t size;
	FILE *report = open_memstream(&text, &size);
	json_t *answer;
	int error;

	(void)request;
	if (!report)
		return value_error("reload: %s", strerror(ENOMEM));
	error = call->setup->reload(report, call->setup->context);
	fclose(report);
	if (error == -EINVAL)
		answer = value_error("the configuration is not valid; the old one runs on");
	else if (error)
		answer = value_error("not reloaded, the old configuration runs on: %s",
				     strerror(-error));
	else
		answer = json_pack("{s:b}", "reloaded", true);
	value_set(&answer, "report", value_text(text));
	return answer;
}

/* A handler returns the answer, or NULL when it will come later, or has been sent. */
static const struct {
	const char *name;
	json_t *(*run)(const struct command_call *call, const json_t *request);
} commands[] = {
	{"status", run_status},           {"drops", run_drops},     {"events", run_events},
	{"failover", run_failover},       {"drain", run_drain},     {"undrain", run_undrain},
	{"connections", run_connections}, {"explain", run_explain}, {"reload", run_reload},
};

static json_t *dispatch(const struct command_call *call, const json_t *request)
{
	const char *name = json_string_value(json_object_get(request, "command"));

	if (!name)
		return value_error("a request is an object with a \"command\"");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(name, commands[i].name) == 0)
			return commands[i].run(call, request);
	return value_error("no such command: %.64s", name);
}

void command_run(const struct command_call *call, const char *line, size_t length)
{
	json_error_t error;
	json_t *request = json_loadb(line, length, JSON_REJECT_DUPLICATES, &error), *answer;

	if (request)
		answer = dispatch(call, request);
	else
		answer = value_error("not a JSON object: %s", error.text);
	if (answer)
		session_send(call->session, answer);
	json_decref(answer);
	json_decref(request);
}
