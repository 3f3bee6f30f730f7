// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/api/exposition.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/api/exposition_internal.h"
#include "ctl/base/address.h"
#include "ctl/base/metric_text.h"
#include "ctl/config/lookup.h"

/* The node. */

static bool is_first_of_its_name(const struct alarms *alarms, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(alarms->list[i].name, alarms->list[index].name) == 0)
			return false;
	return true;
}

static uint64_t count_alarms(const struct alarms *alarms, const char *name)
{
	uint64_t count = 0;

	for (size_t i = 0; i < alarms->count; i++)
		count += strcmp(alarms->list[i].name, name) == 0;
	return count;
}

static void write_alarms(FILE *text, const struct snapshot *snapshot)
{
	struct alarms alarms;

	snapshot_alarms(snapshot, &alarms);
	metric_write_gauge(text, "vipd_healthy", "Whether there are no alarms.", alarms.count == 0);
	metric_write_header(text, "vipd_alarms", "gauge", "What is wrong with the node.");
	for (size_t i = 0; i < alarms.count; i++)
		if (is_first_of_its_name(&alarms, i))
			metric_write_count(text, "vipd_alarms",
					   LABELS({"name", alarms.list[i].name}),
					   count_alarms(&alarms, alarms.list[i].name));
}

static void write_node(FILE *text, const struct snapshot *snapshot)
{
	const struct attachment *attachment = &snapshot->attachment;

	metric_write_header(text, "vipd_build_info", "gauge", "The version of vipd, and its node.");
	metric_write_count(text, "vipd_build_info",
			   LABELS({"version", VIPD_VERSION}, {"node", snapshot->config->node}), 1);
	metric_write_gauge(text, "vipd_up", "Whether vipd runs.", 1);
	write_alarms(text, snapshot);
	metric_write_header(text, "vipd_start_time_seconds", "gauge",
			    "When vipd started, Unix time.");
	metric_write_seconds(text, "vipd_start_time_seconds", NO_LABELS,
			     snapshot_wall_of(snapshot, snapshot->started_at));

	metric_write_header(
		text, "vipd_link_running", "gauge",
		"Whether the device that carries the virtual IPs is up and has a carrier.");
	metric_write_count(text, "vipd_link_running", LABELS({"device", snapshot->link.device}),
			   snapshot->link.running);
	metric_write_header(text, "vipd_xdp_attached", "gauge",
			    "Whether the dataplane is attached; if not, this node hears nobody.");
	metric_write_count(text, "vipd_xdp_attached", LABELS({"interface", attachment->interface}),
			   !attachment->error);
	metric_write_header(text, "vipd_xdp_mode_info", "gauge", "How the dataplane is attached.");
	metric_write_count(text, "vipd_xdp_mode_info",
			   LABELS({"interface", attachment->interface},
				  {"mode", attachment->native ? "native" : "generic"}),
			   1);
}

static void write_quorum(FILE *text, const struct snapshot *snapshot)
{
	const struct quorum_status *status = &snapshot->quorum;

	if (!status->required)
		return;
	metric_write_gauge(text, "vipd_quorum", "Whether this node hears a majority of the nodes.",
			   status->majority);
	metric_write_header(text, "vipd_quorum_heard", "gauge",
			    "Whether the node counts as heard; this one hears itself.");
	for (size_t i = 0; i < snapshot->config->peer_count; i++)
		metric_write_count(text, "vipd_quorum_heard",
				   LABELS({"node", snapshot->config->peers[i].name}),
				   status->heard[i]);
}

static void write_authentication(FILE *text, const struct snapshot *snapshot)
{
	const struct config_authentication *config = &snapshot->config->vrrp.authentication;
	char active_key[sizeof("255")];

	snprintf(active_key, sizeof(active_key), "%u", config->active_key);
	metric_write_header(text, "vipd_authentication_info", "gauge",
			    "What is asked of advertisements, and the key that signs ours.");
	metric_write_count(
		text, "vipd_authentication_info",
		LABELS({"mode", config_mode_name(config->mode)}, {"active_key", active_key}), 1);
	metric_write_gauge(text, "vipd_authentication_keys",
			   "Keys that advertisements may be signed with.", config->key_count);
}

/* The instances: each function writes one metric for all of them. */

static void write_vip_owners(FILE *text, const struct snapshot *snapshot)
{
	metric_write_header(
		text, "vipd_vip_owner", "gauge",
		"Whether this node answers ARP and neighbour discovery for the virtual IP.");
	for (size_t i = 0; i < snapshot->instance_count; i++) {
		const struct snapshot_instance *instance = &snapshot->instances[i];
		const struct config_instance *config = instance->config;
		char vip[ADDRESS_TEXT_MAX];

		for (size_t j = 0; j < config->vip_count; j++)
			metric_write_count(text, "vipd_vip_owner",
					   LABELS({"vip", address_format(&config->vips[j], vip)},
						  {"instance", config->name}),
					   snapshot_owns(snapshot, instance));
	}
}

static void write_states(FILE *text, const struct snapshot *snapshot)
{
	metric_write_header(
		text, "vipd_instance_state", "gauge",
		"The VRRP state of the instance: 1 for the one it is in, 0 for the others.");
	for (size_t i = 0; i < snapshot->instance_count; i++) {
		const struct engine_status *status = &snapshot->instances[i].status;

		for (unsigned int j = 0; j < VRRP_STATE_COUNT; j++) {
			enum vrrp_state state = (enum vrrp_state)j;

			metric_write_count(text, "vipd_instance_state",
					   LABELS({"instance", status->name},
						  {"state", vrrp_state_name(state)}),
					   status->state == state);
		}
	}
}

static void write_per_instance(FILE *text, const struct snapshot *snapshot, const char *name,
			       const char *type, const char *help,
			       uint64_t (*value)(const struct engine_status *status))
{
	metric_write_header(text, name, type, help);
	for (size_t i = 0; i < snapshot->instance_count; i++) {
		const struct engine_status *status = &snapshot->instances[i].status;

		metric_write_count(text, name, LABELS({"instance", status->name}), value(status));
	}
}

/* Functions that take one value out of the status. */
#define VALUE(member)                                                                              \
	static uint64_t member(const struct engine_status *status)                                 \
	{                                                                                          \
		return status->member;                                                             \
	}

VALUE(version)
VALUE(priority)
VALUE(effective_priority)
VALUE(transitions)
VALUE(adverts_sent)
VALUE(adverts_heard)
VALUE(address_mismatches)
VALUE(interval_mismatches)
VALUE(intervals_clamped)

static void write_leases(FILE *text, const struct snapshot *snapshot)
{
	metric_write_header(text, "vipd_lease_remaining_seconds", "gauge",
			    "For how long this node will answer if nothing renews its lease.");
	for (size_t i = 0; i < snapshot->instance_count; i++) {
		const struct snapshot_instance *instance = &snapshot->instances[i];
		bool owned = snapshot_owns(snapshot, instance);

		metric_write_seconds(text, "vipd_lease_remaining_seconds",
				     LABELS({"instance", instance->status.name}),
				     owned ? instance->status.lease_until - snapshot->now : 0);
	}
}

static void write_advert_ages(FILE *text, const struct snapshot *snapshot)
{
	const struct config *config = snapshot->config;

	metric_write_header(text, "vipd_peer_advert_age_seconds", "gauge",
			    "How long ago the dataplane saw the peer's last valid advertisement.");
	for (size_t i = 0; i < snapshot->instance_count; i++) {
		const struct snapshot_instance *instance = &snapshot->instances[i];

		for (size_t j = 0; j < config->peer_count; j++)
			if (instance->advert_seen_at[j])
				metric_write_seconds(text, "vipd_peer_advert_age_seconds",
						     LABELS({"instance", instance->status.name},
							    {"peer", config->peers[j].name}),
						     snapshot->now - instance->advert_seen_at[j]);
	}
}

static void write_stage(FILE *text, const struct engine_status *status, const char *stage,
			uint64_t reached_at)
{
	uint64_t due_at = status->takeover.due_at;

	if (due_at && reached_at >= due_at)
		metric_write_seconds(text, "vipd_takeover_seconds",
				     LABELS({"instance", status->name}, {"stage", stage}),
				     reached_at - due_at);
}

static void write_takeovers(FILE *text, const struct snapshot *snapshot)
{
	metric_write_header(
		text, "vipd_takeover_seconds", "gauge",
		"From when the last takeover was due until the lease was stored, the virtual "
		"IPs were announced, and the gateway had answered for each.");
	for (size_t i = 0; i < snapshot->instance_count; i++) {
		const struct engine_status *status = &snapshot->instances[i].status;

		write_stage(text, status, "lease", status->takeover.stored_at);
		write_stage(text, status, "announcement", status->takeover.announced_at);
		write_stage(text, status, "gateway", status->takeover.confirmed_at);
	}
}

/* There is no sample while nothing is confirmed, and none where nobody asks. */
static void write_confirmations(FILE *text, const struct snapshot *snapshot)
{
	metric_write_header(text, "vipd_gateway_confirmation_age_seconds", "gauge",
			    "How long ago the gateway last answered for all virtual IPs that this "
			    "node owns.");
	for (size_t i = 0; i < snapshot->instance_count; i++) {
		const struct snapshot_instance *instance = &snapshot->instances[i];
		uint64_t at = instance->status.confirmation.confirmed_at;

		if (at && snapshot_owns(snapshot, instance))
			metric_write_seconds(text, "vipd_gateway_confirmation_age_seconds",
					     LABELS({"instance", instance->status.name}),
					     snapshot->now - at);
	}
	metric_write_header(text, "vipd_gateway_silence_seconds", "gauge",
			    "For how long the gateway has been asked for one of them without an "
			    "answer.");
	for (size_t i = 0; i < snapshot->instance_count; i++) {
		const struct snapshot_instance *instance = &snapshot->instances[i];

		metric_write_seconds(text, "vipd_gateway_silence_seconds",
				     LABELS({"instance", instance->status.name}),
				     snapshot_gateway_silence(snapshot, instance));
	}
}

static void write_instances(FILE *text, const struct snapshot *snapshot)
{
	write_vip_owners(text, snapshot);
	write_states(text, snapshot);
	write_per_instance(text, snapshot, "vipd_instance_version", "gauge",
			   "The version of VRRP that the instance speaks.", version);
	write_per_instance(text, snapshot, "vipd_instance_priority", "gauge",
			   "The priority as configured.", priority);
	write_per_instance(text, snapshot, "vipd_instance_effective_priority", "gauge",
			   "The priority that advertisements carry, after the weights of trackers; "
			   "0 in Fault.",
			   effective_priority);
	write_per_instance(text, snapshot, "vipd_transitions_total", "counter",
			   "Changes of the instance's VRRP state.", transitions);
	write_per_instance(text, snapshot, "vipd_adverts_sent_total", "counter",
			   "Advertisements sent.", adverts_sent);
	write_per_instance(text, snapshot, "vipd_adverts_heard_total", "counter",
			   "Valid advertisements that reached the instance.", adverts_heard);
	write_per_instance(text, snapshot, "vipd_address_mismatches_total", "counter",
			   "Advertisements that listed other addresses than this node has.",
			   address_mismatches);
	write_per_instance(text, snapshot, "vipd_interval_mismatches_total", "counter",
			   "Advertisements with another interval than this node's.",
			   interval_mismatches);
	write_per_instance(text, snapshot, "vipd_intervals_clamped_total", "counter",
			   "Of those, the ones whose interval was too long to be learned.",
			   intervals_clamped);
	write_leases(text, snapshot);
	write_advert_ages(text, snapshot);
	write_takeovers(text, snapshot);
	write_confirmations(text, snapshot);
}

/* The rest. */

static void write_trackers(FILE *text, const struct snapshot *snapshot)
{
	const struct config *config = snapshot->config;
	size_t count = snapshot->trackers ? config->tracker_count : 0;

	if (count == 0)
		return;
	metric_write_header(text, "vipd_tracker_up", "gauge", "Whether what is tracked is well.");
	for (size_t i = 0; i < count; i++)
		metric_write_count(text, "vipd_tracker_up",
				   LABELS({"tracker", config->trackers[i].name}),
				   snapshot->trackers[i].state == TRACKED_UP);
}

static void write_checks(FILE *text, const struct snapshot *snapshot)
{
	size_t self = snapshot->config->self;

	metric_write_header(text, "vipd_check_up", "gauge",
			    "Whether this node's nginx serves the service, as its check found.");
	for (size_t i = 0; i < snapshot->service_count; i++) {
		const struct snapshot_service *service = &snapshot->services[i];

		if (snapshot_is_backend(snapshot, service->config))
			metric_write_count(text, "vipd_check_up",
					   LABELS({"service", service->config->name}),
					   service->checks[self].state == HEALTH_UP);
	}
}

static void write_dataplane(FILE *text, const struct snapshot *snapshot)
{
	const struct traffic_entry *traffic = &snapshot->traffic;

	metric_write_counter(text, "vipd_arp_answered_total",
			     "ARP requests answered for virtual IPs.", traffic->arp_answered);
	metric_write_counter(text, "vipd_ns_answered_total",
			     "Neighbour solicitations answered for virtual IPs.",
			     traffic->ns_answered);
	metric_write_counter(text, "vipd_adverts_accepted_total",
			     "VRRP advertisements that the dataplane found valid.",
			     traffic->adverts_accepted);
	metric_write_counter(text, "vipd_adverts_pseudo_header_total",
			     "Of those, IPv4 ones with the checksum of RFC 5798 implementations.",
			     traffic->adverts_pseudo_header);
	metric_write_counter(text, "vipd_adverts_authenticated_total",
			     "Of those, the ones that were signed with a key of this node.",
			     traffic->adverts_authenticated);
	metric_write_counter(text, "vipd_adverts_interval_differs_total",
			     "Of those, the ones with another interval than this node's.",
			     traffic->adverts_interval_differs);
	metric_write_counter(text, "vipd_adverts_not_delivered_total",
			     "Of those, the ones for which the controller's inbox had no room.",
			     traffic->adverts_not_delivered);
	metric_write_counter(
		text, "vipd_leases_yielded_total",
		"Leases that the dataplane ended because a peer's advertisement beat ours.",
		traffic->adverts_yielded_to);
	metric_write_counter(text, "vipd_vip_conflicts_total",
			     "Claims of other hosts to virtual IPs that this node owned.",
			     traffic->vip_conflicts);
}

static void write_drops(FILE *text, const struct snapshot *snapshot)
{
	metric_write_header(text, "vipd_drops_total", "counter",
			    "Frames dropped by the dataplane.");
	for (enum drop_reason reason = DROP_REASON_FIRST; reason < DROP_REASON_END; reason++) {

		metric_write_count(text, "vipd_drops_total",
				   LABELS({"reason", maps_drop_name(reason)}),
				   snapshot_drops(snapshot, reason));
	}
}

char *exposition_text(const struct node *node, const struct snapshot *snapshot, size_t *length)
{
	char *result = NULL;
	FILE *text = open_memstream(&result, length);

	if (!text)
		return NULL;
	write_node(text, snapshot);
	write_quorum(text, snapshot);
	write_authentication(text, snapshot);
	write_instances(text, snapshot);
	write_trackers(text, snapshot);
	write_checks(text, snapshot);
	exposition_write_services(text, snapshot);
	write_dataplane(text, snapshot);
	exposition_write_steering(text, &snapshot->traffic);
	write_drops(text, snapshot);
	if (node)
		node_write_metrics(node, text);
	if (fclose(text) == 0)
		return result;
	free(result);
	return NULL;
}

const struct http_route metrics_route = {
	.path = "/metrics",
	.type = "text/plain; version=0.0.4; charset=utf-8",
	.render = exposition_text,
};
