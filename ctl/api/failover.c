// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/api/failover.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/api/server.h"
#include "ctl/api/snapshot.h"
#include "ctl/base/address.h"
#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/base/json.h"
#include "ctl/vrrp/part.h"

#define POLL_INTERVAL_US 20000
#define POLL_ACCURACY_US 1000

struct failover {
	const struct node *node;
	struct session *session;
	sd_event_source *timer;
	char instance[CONFIG_NAME_MAX];
	struct ip_address from;
	uint64_t began_at; /* CLOCK_MONOTONIC ns */
	uint64_t patience; /* ns */
};

static int find_instance(const struct node *node, const char *name, struct engine_status *status)
{
	CLEANUP(cleanup_free) struct engine_status *all = NULL;
	size_t count = node_instances(node, &all);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(all[i].name, name) != 0)
			continue;
		*status = all[i];
		return 0;
	}
	return -ENOENT;
}

/* Refusals. */

static json_t *unknown_instance(const struct node *node, const char *name)
{
	CLEANUP(cleanup_free) struct engine_status *all = NULL;
	size_t count = node_instances(node, &all), length = 0;
	char known[512] = "none";

	for (size_t i = 0; i < count && length < sizeof(known); i++)
		length += (size_t)snprintf(known + length, sizeof(known) - length, "%s%s",
					   i ? ", " : "", all[i].name);
	return value_error("no instance %.64s on this node; there are: %s", name, known);
}

static json_t *not_active(const struct node *node, const struct engine_status *status)
{
	const char *name = node_peer_name(node->config, &status->active);
	char address[ADDRESS_TEXT_MAX];

	if (address_is_zero(&status->active))
		return value_error("%s is %s on this node, and no other node was heard of",
				   status->name, vrrp_state_name(status->state));
	return value_error("%s is %s on this node; it is with %s (%s): hand it over there",
			   status->name, vrrp_state_name(status->state), name ? name : "a stranger",
			   address_format(&status->active, address));
}

/* The wait. */

static void failover_free(void *work)
{
	struct failover *failover = work;

	sd_event_source_disable_unref(failover->timer);
	free(failover);
}

static json_t *succeeded(const struct failover *failover, const struct engine_status *status)
{
	uint64_t took = status->active_seen_at - failover->began_at;
	json_t *answer = json_object();

	value_set(&answer, "instance", value_text(failover->instance));
	value_set(&answer, "from", value_address(&failover->from));
	value_set(&answer, "to", value_address(&status->active));
	value_set(&answer, "to_node",
		  value_text(node_peer_name(failover->node->config, &status->active)));
	value_set(&answer, "took_ms", json_real((double)(took / NS_PER_US) / 1000));
	return answer;
}

/* Return: the answer, or NULL when it is too early to tell. */
static json_t *find_outcome(const struct failover *failover)
{
	struct engine_status status;

	if (find_instance(failover->node, failover->instance, &status))
		return value_error("%s was removed by a reload meanwhile", failover->instance);
	if (status.offering)
		return NULL;
	if (status.state == VRRP_ACTIVE)
		return value_error("no backup took over; this node owns %s again",
				   failover->instance);
	if (status.active_seen_at > failover->began_at && status.active_priority)
		return succeeded(failover, &status);
	if (clock_now() - failover->began_at < failover->patience)
		return NULL;
	return value_error("no node was heard to take %s over within %g s; it is %s on this node",
			   failover->instance, (double)failover->patience / (double)NS_PER_S,
			   vrrp_state_name(status.state));
}

static int again(struct failover *failover)
{
	int error = sd_event_source_set_time_relative(failover->timer, POLL_INTERVAL_US);

	return error < 0 ? error : sd_event_source_set_enabled(failover->timer, SD_EVENT_ONESHOT);
}

static int on_poll(sd_event_source *source, uint64_t due, void *context)
{
	struct failover *failover = context;
	struct session *session = failover->session;
	json_t *answer = find_outcome(failover);

	(void)source;
	(void)due;
	if (!answer && again(failover) == 0)
		return 0;
	if (!answer)
		answer = value_error("%s was handed over, but nobody can wait for the outcome",
				     failover->instance);
	failover_free(failover);
	session_send(session, answer);
	json_decref(answer);
	session_resume(session);
	return 0;
}

/* The timer is made first, because a hand-over cannot be taken back. */
json_t *failover_begin(sd_event *event, const struct node *node, const char *instance,
		       struct session *session)
{
	struct failover *failover;
	struct engine_status status;
	int error;

	if (find_instance(node, instance, &status))
		return unknown_instance(node, instance);
	failover = calloc(1, sizeof(*failover));
	if (!failover)
		return value_error("failover: %s", strerror(ENOMEM));
	failover->node = node;
	failover->session = session;
	failover->from = status.active;
	failover->patience = vrrp_hand_over_patience(node->config->vrrp.advert_interval);
	memcpy(failover->instance, status.name, sizeof(failover->instance));
	error = sd_event_add_time_relative(event, &failover->timer, CLOCK_MONOTONIC,
					   POLL_INTERVAL_US, POLL_ACCURACY_US, on_poll, failover);
	failover->began_at = clock_now();
	if (error >= 0)
		error = engine_hand_over(vrrp_engine(node), instance);
	if (error >= 0) {
		session_wait(session, failover, failover_free);
		return NULL;
	}
	failover_free(failover);
	return error == -EPERM ? not_active(node, &status)
			       : value_error("failover: %s", strerror(-error));
}

static json_t *run_failover(const struct command_call *call, const json_t *request)
{
	const char *instance = json_string_value(json_object_get(request, "instance"));

	return failover_begin(server_setup(call->server)->event, call->node, instance,
			      call->session);
}

const struct command failover_command = {
	.name = "failover",
	.level = COMMAND_CHANGES,
	.members =
		(const struct command_member[]){
			{"instance", COMMAND_REQUIRED, COMMAND_TEXT, "the name of one"},
			{},
		},
	.run = run_failover,
};
