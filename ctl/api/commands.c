// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/api/commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/api/drain.h"
#include "ctl/api/explain.h"
#include "ctl/api/failover.h"
#include "ctl/api/server.h"
#include "ctl/api/session.h"
#include "ctl/api/snapshot.h"
#include "ctl/api/status.h"
#include "ctl/base/cleanup.h"
#include "ctl/base/json.h"

/* Commands that only show something, and reload. */

static json_t *show(const struct command_call *call, json_t *(*format)(const struct snapshot *))
{
	CLEANUP(snapshot_freep) struct snapshot *snapshot = NULL;
	int error = snapshot_take(call->node, &snapshot);

	if (error)
		return value_error("cannot gather the status: %s", strerror(-error));
	return format(snapshot);
}

static json_t *run_status(const struct command_call *call, const json_t *request)
{
	json_t *status = show(call, status_json);

	(void)request;
	if (!json_object_get(status, "error"))
		node_add_status(call->node, &status);
	return status;
}

static json_t *run_drops(const struct command_call *call, const json_t *request)
{
	(void)request;
	return show(call, drops_json);
}

static json_t *run_events(const struct command_call *call, const json_t *request)
{
	(void)request;
	server_follow(call->server, call->session);
	return NULL;
}

static json_t *run_explain(const struct command_call *call, const json_t *request)
{
	return explain_packet(call->node, request);
}

static json_t *run_reload(const struct command_call *call, const json_t *request)
{
	CLEANUP(cleanup_free) char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);
	struct report report;
	json_t *answer;
	int error;

	(void)request;
	if (!stream)
		return value_error("reload: %s", strerror(ENOMEM));
	report = report_to_stream(stream);
	error = server_reload(call->server, &report);
	fclose(stream);
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

static const struct command status_command = {"status", COMMAND_LOOKS, NULL, run_status};
static const struct command drops_command = {"drops", COMMAND_LOOKS, NULL, run_drops};
static const struct command events_command = {"events", COMMAND_LOOKS, NULL, run_events};
static const struct command reload_command = {"reload", COMMAND_CHANGES, NULL, run_reload};

static const struct command explain_command = {
	.name = "explain",
	.level = COMMAND_LOOKS,
	.members =
		(const struct command_member[]){
			{"protocol", COMMAND_OPTIONAL, COMMAND_TEXT, "tcp or udp"},
			{"source", COMMAND_OPTIONAL, COMMAND_TEXT, "an address and a port"},
			{"destination", COMMAND_OPTIONAL, COMMAND_TEXT, "an address and a port"},
			{},
		},
	.run = run_explain,
};

static const struct command *const commands[] = {
	&status_command,  &drops_command,       &events_command,  &failover_command, &drain_command,
	&undrain_command, &connections_command, &explain_command, &reload_command,   NULL,
};

/* From a request to its command. */

static const struct command *find_among(const struct command *const *list, const char *name)
{
	for (; list && *list; list++)
		if (strcmp((*list)->name, name) == 0)
			return *list;
	return NULL;
}

static bool has_type(const json_t *value, enum command_value type)
{
	switch (type) {
	case COMMAND_TEXT:
		return json_is_string(value);
	case COMMAND_NUMBER:
		return json_is_integer(value);
	case COMMAND_TRUTH:
		return json_is_boolean(value);
	}
	return false;
}

static const struct command_member *find_member(const struct command *command, const char *name)
{
	for (const struct command_member *member = command->members; member && member->name;
	     member++)
		if (strcmp(member->name, name) == 0)
			return member;
	return NULL;
}

static json_t *unknown_member(const struct command *command, const char *name)
{
	char known[256] = "none";
	size_t length = 0;

	for (const struct command_member *member = command->members;
	     member && member->name && length < sizeof(known); member++)
		length += (size_t)snprintf(known + length, sizeof(known) - length, "%s%s",
					   length ? ", " : "", member->name);
	return value_error("%s: there is no member \"%.64s\"; there are: %s", command->name, name,
			   known);
}

/* Return: NULL, or an {"error"}. */
static json_t *refuse_unknown(const struct command *command, const json_t *request)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)request, name, value)
		if (strcmp(name, "command") != 0 && !find_member(command, name))
			return unknown_member(command, name);
	return NULL;
}

/* Return: NULL, or an {"error"}. */
static json_t *refuse_types(const struct command *command, const json_t *request)
{
	for (const struct command_member *member = command->members; member && member->name;
	     member++) {
		const json_t *value = json_object_get(request, member->name);
		bool missing = !value || json_is_null(value);

		if (missing ? member->need == COMMAND_REQUIRED : !has_type(value, member->type))
			return value_error("%s: \"%s\" must be %s", command->name, member->name,
					   member->expected);
	}
	return NULL;
}

static json_t *refuse(const struct command *command, enum command_level level,
		      const json_t *request)
{
	json_t *refusal;

	if (command->level > level)
		return value_error("%s: this user may only look; see control.group in "
				   "vipd.yaml(5)",
				   command->name);
	refusal = refuse_unknown(command, request);
	return refusal ? refusal : refuse_types(command, request);
}

static json_t *dispatch(const struct command_call *call, enum command_level level,
			const json_t *request)
{
	const char *name = json_string_value(json_object_get(request, "command"));
	const struct command *command;
	json_t *refusal;

	if (!name)
		return value_error("a request is an object with a \"command\"");
	command = find_among(commands, name);
	if (!command)
		command = find_among(server_setup(call->server)->commands, name);
	if (!command)
		return value_error("no such command: %.64s", name);
	refusal = refuse(command, level, request);
	return refusal ? refusal : command->run(call, request);
}

static bool begins_like_object(const char *line, size_t length)
{
	while (length && (*line == ' ' || *line == '\t' || *line == '\r')) {
		line++;
		length--;
	}
	return length && *line == '{';
}

/*
 * Every line that is not an object gets the same answer. A line that begins like one is also told
 * where the parser gave up.
 */
static json_t *answer_line(const struct command_call *call, enum command_level level,
			   const char *line, size_t length)
{
	json_error_t error;
	json_t *request = json_loadb(line, length, JSON_REJECT_DUPLICATES, &error), *answer;

	if (json_is_object(request))
		answer = dispatch(call, level, request);
	else if (!request && begins_like_object(line, length))
		answer = value_error("not a JSON object: %s", error.text);
	else
		answer = value_error("not a JSON object: a request is one, such as "
				     "{\"command\": \"status\"}");
	json_decref(request);
	return answer;
}

void command_run(const struct command_call *call, enum command_level level, const char *line,
		 size_t length)
{
	json_t *answer = answer_line(call, level, line, length);

	if (answer)
		session_send(call->session, answer);
	json_decref(answer);
}
