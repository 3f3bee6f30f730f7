// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/api/explain.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "ctl/api/backends.h"
#include "ctl/base/address.h"
#include "ctl/base/cleanup.h"
#include "ctl/base/json.h"
#include "ctl/config/lookup.h"
#include "ctl/config/values.h"
#include "ctl/listeners/listeners.h"
#include "ctl/steering/part.h"

/* A packet as it was asked for, and what the tables say of it. */
struct question {
	const struct snapshot *snapshot;
	const char *protocol, *source, *destination;
	struct value_listen from, to;
	bool begins_here; /* the source is an address of this node */
	struct explanation explanation;
};

/* The question. */

static json_t *read_end(const json_t *request, const char *key, const char **text,
			struct value_listen *end)
{
	const struct value_rule rule = {.size = sizeof(*end)};

	*text = json_string_value(json_object_get(request, key));
	if (*text && type_listen.parse(*text, &rule, end) && !address_is_zero(&end->address))
		return NULL;
	return value_error("explain: the %s must be an address and a port, such as "
			   "198.51.100.7:40000 or [2001:db8::7]:40000",
			   key);
}

static uint8_t protocol_number(const char *name)
{
	if (name && strcmp(name, "tcp") == 0)
		return IPPROTO_TCP;
	return name && strcmp(name, "udp") == 0 ? IPPROTO_UDP : 0;
}

/* Return: NULL, or an {"error"}. */
static json_t *read_question(const json_t *request, struct question *question)
{
	json_t *refusal;

	question->protocol = json_string_value(json_object_get(request, "protocol"));
	if (!protocol_number(question->protocol))
		return value_error("explain: the protocol must be tcp or udp");
	refusal = read_end(request, "source", &question->source, &question->from);
	if (!refusal)
		refusal = read_end(request, "destination", &question->destination, &question->to);
	if (!refusal &&
	    address_family(&question->from.address) != address_family(&question->to.address))
		refusal = value_error("explain: source and destination must be of one family");
	return refusal;
}

static struct flow flow_of(const struct question *question)
{
	return (struct flow){
		.client = question->from.address,
		.vip = question->to.address,
		.client_port = htons(question->from.port),
		.vip_port = htons(question->to.port),
		.protocol = protocol_number(question->protocol),
	};
}

/* The VIPs are on lo of each node, so that a packet from one of its addresses stays in the kernel.
 */
static bool begins_here(const struct question *question)
{
	const struct config *config = question->snapshot->config;
	const struct ip_address *source = &question->from.address;

	return config_peer_has(config_self(config), source) || config_is_vip(config, source) ||
	       address_is_local(source);
}

/* The answer. */

static const char *name_of(const struct question *question, uint8_t node)
{
	const struct config *config = question->snapshot->config;

	return node < config->peer_count ? config->peers[node].name : NULL;
}

static const struct snapshot_service *service_of(const struct question *question)
{
	return &question->snapshot->services[question->explanation.service];
}

static const struct backend_view *find_backend(const struct question *question, uint8_t node)
{
	const struct service_view *view = &service_of(question)->view;

	for (size_t i = 0; i < view->backend_count; i++)
		if (view->backends[i].peer == node)
			return &view->backends[i];
	return NULL;
}

/* Return: @text, or NULL when it takes new connections. */
static const char *why_not(const struct question *question, uint8_t node,
			   char text[static BACKEND_REASON_MAX])
{
	const struct backend_view *backend = find_backend(question, node);

	if (backend)
		return backend_reason(question->snapshot, service_of(question), backend, text);
	snprintf(text, BACKEND_REASON_MAX, "no backend any longer");
	return text;
}

static json_t *rank_json(const struct question *question, uint8_t node)
{
	const struct backend_view *backend = find_backend(question, node);
	enum backend_state state = backend ? backend_state(backend) : BACKEND_DOWN;
	bool local = node == question->snapshot->config->self;
	char reason[BACKEND_REASON_MAX];
	json_t *rank = json_object();

	value_set(&rank, "node", value_text(name_of(question, node)));
	value_set(&rank, "local", json_boolean(local));
	value_set(&rank, "state", value_text(backend_state_name(state)));
	value_set(&rank, "reason", value_text(why_not(question, node, reason)));
	return rank;
}

static json_t *ranks_json(const struct question *question)
{
	json_t *ranks = json_array();

	for (size_t i = 0; i < RANKS; i++)
		if (name_of(question, question->explanation.rank[i]))
			value_append(&ranks, rank_json(question, question->explanation.rank[i]));
	return ranks;
}

static json_t *second_chances_json(const struct question *question)
{
	const uint8_t *asked = question->explanation.second_chance;
	json_t *nodes = json_array();

	for (size_t i = 0; i < RANKS && !question->begins_here; i++)
		if (name_of(question, asked[i]))
			value_append(&nodes, value_text(name_of(question, asked[i])));
	return nodes;
}

static json_t *why_stack(const struct question *question)
{
	bool vip = config_is_vip(question->snapshot->config, &question->to.address);
	char address[ADDRESS_TEXT_MAX], text[256];

	address_format(&question->to.address, address);
	if (vip)
		snprintf(text, sizeof(text), "no service has %u/%s of the virtual IP %s",
			 question->to.port, question->protocol, address);
	else
		snprintf(text, sizeof(text), "%s is no virtual IP", address);
	return value_text(text);
}

static json_t *why_here(const struct question *question)
{
	char address[ADDRESS_TEXT_MAX], text[256];

	snprintf(text, sizeof(text),
		 "%s is an address of this node, and so is the virtual IP: a packet that begins "
		 "here does not leave it",
		 address_format(&question->from.address, address));
	return value_text(text);
}

static json_t *why_service(const struct question *question)
{
	const struct explanation *explanation = &question->explanation;
	const char *primary = name_of(question, explanation->primary);
	const char *first = name_of(question, explanation->rank[0]);
	char reason[BACKEND_REASON_MAX], text[2 * BACKEND_REASON_MAX];
	const char *obstacle = primary ? why_not(question, explanation->primary, reason) : NULL;

	if (!primary || !first)
		snprintf(text, sizeof(text), "no backend was up since vipd started");
	else if (explanation->node == NOBODY)
		snprintf(text, sizeof(text), "%s is its node (%s), so it stays here", primary,
			 obstacle ? obstacle : "out of reach");
	else if (explanation->node != explanation->primary)
		snprintf(text, sizeof(text),
			 "%s is its node, but is not heard; %s is the next in rank that is",
			 primary, name_of(question, explanation->node));
	else if (obstacle)
		snprintf(text, sizeof(text), "%s takes it all the same (%s)", primary, obstacle);
	else if (explanation->primary == explanation->rank[0])
		snprintf(text, sizeof(text), "%s is the first in rank", primary);
	else
		snprintf(text, sizeof(text), "%s is the first in rank that is up (%s: %s)", primary,
			 first, why_not(question, explanation->rank[0], reason));
	return value_text(text);
}

/* Whether something here takes it; null where that cannot be seen, or does not matter. */
static json_t *listener_json(const struct question *question, bool local)
{
	const struct config_port port = {
		.port = question->to.port,
		.protocol = protocol_number(question->protocol),
	};
	bool listens;

	if (!local || !service_of(question)->config->listener_check ||
	    listeners_look_at(question->snapshot->link.parent_index, &question->to.address, &port,
			      &listens))
		return json_null();
	return json_boolean(listens);
}

static json_t *answer_stack(const struct question *question, json_t *answer)
{
	value_set(&answer, "service", json_null());
	value_set(&answer, "verdict", value_text("stack"));
	value_set(&answer, "node", json_null());
	value_set(&answer, "reason", why_stack(question));
	return answer;
}

static json_t *answer_service(const struct question *question, json_t *answer)
{
	const struct explanation *explanation = &question->explanation;
	const struct snapshot_service *service = service_of(question);
	bool local = explanation->local || question->begins_here;
	const char *goes_to = question->begins_here ? config_self(question->snapshot->config)->name
						    : name_of(question, explanation->node);
	const char *verdict = local ? "local" : goes_to ? "forward" : "stack";

	value_set(&answer, "service", value_text(service->config->name));
	value_set(&answer, "pool", json_integer(explanation->pool));
	value_set(&answer, "slot", json_integer(explanation->slot));
	value_set(&answer, "settling", json_boolean(explanation->settling));
	value_set(&answer, "armed", json_boolean(service->view.armed));
	value_set(&answer, "panic", json_boolean(service->view.panic));
	value_set(&answer, "ranks", ranks_json(question));
	value_set(&answer, "second_chances", second_chances_json(question));
	value_set(&answer, "verdict", value_text(verdict));
	value_set(&answer, "listener", listener_json(question, local));
	value_set(&answer, "node", value_text(goes_to));
	value_set(&answer, "reason",
		  question->begins_here ? why_here(question) : why_service(question));
	return answer;
}

json_t *explain_packet(const struct node *node, const json_t *request)
{
	CLEANUP(snapshot_freep) struct snapshot *snapshot = NULL;
	struct question question = {};
	json_t *answer = read_question(request, &question);
	struct flow flow;
	int error;

	if (answer)
		return answer;
	error = snapshot_take(node, &snapshot);
	if (error)
		return value_error("cannot gather the status: %s", strerror(-error));
	question.snapshot = snapshot;
	question.begins_here = begins_here(&question);
	flow = flow_of(&question);
	steering_explain(steering_of(node), &flow, &question.explanation);

	answer = json_object();
	value_set(&answer, "protocol", value_text(question.protocol));
	value_set(&answer, "source", value_text(question.source));
	value_set(&answer, "destination", value_text(question.destination));
	return question.explanation.is_service ? answer_service(&question, answer)
					       : answer_stack(&question, answer);
}
