// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/api/drain.h"

#include <errno.h>
#include <string.h>

#include "ctl/api/backends.h"
#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/base/json.h"
#include "ctl/config/lookup.h"
#include "ctl/drain/part.h"
#include "ctl/net/connections.h"
#include "ctl/steering/part.h"

/* A year. A longer drain is better ordered without an end. */
#define FOR_MS_MAX (366LL * 24 * 3600 * 1000)

/* Return: a member of the request; NULL if it is missing or null. */
static const json_t *given(const json_t *request, const char *key)
{
	const json_t *value = json_object_get(request, key);

	return json_is_null(value) ? NULL : value;
}

/* Which node. */

static json_t *unknown_node(const struct config *config, const char *name)
{
	char known[512] = "";
	size_t length = 0;

	for (size_t i = 0; i < config->peer_count && length < sizeof(known); i++)
		length += (size_t)snprintf(known + length, sizeof(known) - length, "%s%s",
					   i ? ", " : "", config->peers[i].name);
	return value_error("no node %.64s in the configuration; there are: %s", name, known);
}

/* Return: NULL and @peer, or an {"error"}. */
static json_t *find_node(const struct config *config, const json_t *request, size_t *peer)
{
	const json_t *value = given(request, "node");
	const char *name = json_string_value(value);
	size_t found;

	*peer = config->self;
	if (!value)
		return NULL;
	if (!name)
		return value_error("\"node\" must be the name of one");
	found = config_find_peer(config, name);
	if (found == CONFIG_NONE)
		return unknown_node(config, name);
	*peer = found;
	return NULL;
}

/* Connections. */

json_t *connections_left(const struct node *node)
{
	const char *self = config_self(node->config)->name;
	json_t *answer = json_object();
	size_t count;
	int error = connections_to_services(node->config, &count);

	if (error) {
		json_decref(answer);
		return value_error("cannot count the connections: %s", strerror(-error));
	}
	value_set(&answer, "connections", value_count(count));
	value_set(&answer, "drained", json_boolean(drains_find(drains_of(node), self) != NULL));
	return answer;
}

/* Refusals. */

/* Return: whether a node is the only backend of a service that takes new connections. */
static bool is_last(const struct service_view *view, size_t peer)
{
	bool takes = false;

	for (size_t i = 0; i < view->backend_count; i++) {
		if (backend_state(&view->backends[i]) != BACKEND_UP)
			continue;
		if (view->backends[i].peer != peer)
			return false;
		takes = true;
	}
	return takes;
}

/* Return: NULL, or an {"error"}. */
static json_t *refuse_last(const struct node *node, size_t peer)
{
	for (size_t i = 0; i < node->config->service_count; i++) {
		struct service_view view;
		int error = steering_view(steering_of(node), node->config->services[i].name, &view);

		if (error)
			return value_error("cannot tell who else serves %s: %s",
					   node->config->services[i].name, strerror(-error));
		if (is_last(&view, peer))
			return value_error("%s is the last backend of %s that is up and not "
					   "drained; --force drains it all the same",
					   node->config->peers[peer].name,
					   node->config->services[i].name);
	}
	return NULL;
}

/* The text will be written on terminals, and must not control them. */
static bool has_controls(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == '\x7f')
			return true;
	return false;
}

/* Return: NULL, or an {"error"}. */
static json_t *refuse_order(const struct node *node, const json_t *request, size_t peer)
{
	const json_t *duration = given(request, "for_ms");
	const json_t *reason = given(request, "reason");
	const char *text = json_string_value(reason);

	if (duration && (!json_is_integer(duration) || json_integer_value(duration) < 1 ||
			 json_integer_value(duration) > FOR_MS_MAX))
		return value_error("drain: \"for_ms\" must be a number from 1 to %lld", FOR_MS_MAX);
	if (reason && (!text || strlen(text) >= DRAIN_REASON_MAX || has_controls(text)))
		return value_error("drain: the reason must be a text of less than %d bytes, on "
				   "one line",
				   DRAIN_REASON_MAX);
	if (peer != node->config->self && json_is_true(json_object_get(request, "wait")))
		return value_error("the connections of another node are not seen from here; "
				   "drain %s there",
				   node->config->peers[peer].name);
	if (json_is_true(json_object_get(request, "force")))
		return NULL;
	return refuse_last(node, peer);
}

/* Orders. */

static json_t *describe(const struct node *node, size_t peer)
{
	const char *name = node->config->peers[peer].name;
	json_t *answer = drain_json(drains_find(drains_of(node), name)), *count = json_null();
	bool local = peer == node->config->self;
	size_t connections;

	if (local && connections_to_services(node->config, &connections) == 0)
		count = value_count(connections);
	value_set(&answer, "node", value_text(name));
	value_set(&answer, "local", json_boolean(local));
	value_set(&answer, "connections", count);
	return answer;
}

/* A member that the request lacks stays as the order before had it. */
static int give_order(const struct node *node, const json_t *request, const char *name)
{
	const struct drain *drain = drains_find(drains_of(node), name);
	const json_t *reason = given(request, "reason"), *duration = given(request, "for_ms");
	struct drain before = drain && !drain->held ? *drain : (struct drain){};
	uint64_t now = clock_wall(), rest = before.until > now ? before.until - now : 0;

	return drains_set(drains_of(node), name, reason ? json_string_value(reason) : before.reason,
			  duration ? (uint64_t)json_integer_value(duration) * NS_PER_MS : rest,
			  now);
}

json_t *drain_order(const struct node *node, const json_t *request)
{
	size_t peer;
	json_t *refusal = find_node(node->config, request, &peer);
	int error;

	if (!refusal)
		refusal = refuse_order(node, request, peer);
	if (refusal)
		return refusal;
	error = give_order(node, request, node->config->peers[peer].name);
	if (error)
		return value_error("drain: %s", strerror(-error));
	return describe(node, peer);
}

json_t *undrain_order(const struct node *node, const json_t *request)
{
	json_t *refusal, *answer;
	const struct drain *drain;
	bool was_drained;
	const char *name;
	size_t peer;

	refusal = find_node(node->config, request, &peer);
	if (refusal)
		return refusal;
	name = node->config->peers[peer].name;
	was_drained = drains_clear(drains_of(node), name) == 0;
	drain = drains_find(drains_of(node), name);
	if (drain)
		return value_error("%s stays drained as long as this lasts: %s", name,
				   drain->reason);
	answer = json_object();
	value_set(&answer, "node", value_text(name));
	value_set(&answer, "was_drained", json_boolean(was_drained));
	return answer;
}

/* Commands. */

static json_t *run_drain(const struct command_call *call, const json_t *request)
{
	return drain_order(call->node, request);
}

static json_t *run_undrain(const struct command_call *call, const json_t *request)
{
	return undrain_order(call->node, request);
}

static json_t *run_connections(const struct command_call *call, const json_t *request)
{
	(void)request;
	return connections_left(call->node);
}

#define NODE_MEMBER                                                                                \
	{                                                                                          \
		"node", COMMAND_OPTIONAL, COMMAND_TEXT, "the name of one"                          \
	}

const struct command drain_command = {
	.name = "drain",
	.level = COMMAND_CHANGES,
	.members =
		(const struct command_member[]){
			NODE_MEMBER,
			{"for_ms", COMMAND_OPTIONAL, COMMAND_NUMBER, "a number of milliseconds"},
			{"reason", COMMAND_OPTIONAL, COMMAND_TEXT, "a text on one line"},
			{"force", COMMAND_OPTIONAL, COMMAND_TRUTH, "true or false"},
			{"wait", COMMAND_OPTIONAL, COMMAND_TRUTH, "true or false"},
			{},
		},
	.run = run_drain,
};

const struct command undrain_command = {
	.name = "undrain",
	.level = COMMAND_CHANGES,
	.members = (const struct command_member[]){NODE_MEMBER, {}},
	.run = run_undrain,
};

const struct command connections_command = {
	.name = "connections",
	.level = COMMAND_LOOKS,
	.run = run_connections,
};
