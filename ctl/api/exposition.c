// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/api/exposition.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "ctl/api/backends.h"
#include "ctl/base/address.h"
#include "ctl/base/clock.h"

static void write_header(FILE *text, const char *name, const char *type, const char *help)
{
	fprintf(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* The format's escapes are backslash, quote and newline. */
static void write_label(FILE *text, const char *name, const char *value)
{
	fprintf(text, "%s=\"", name);
	for (; *value; value++) {
		if (*value == '\n') {
			fputs("\\n", text);
			continue;
		}
		if (*value == '\\' || *value == '"')
			fputc('\\', text);
		fputc(*value, text);
	}
	fputc('"', text);
}

/* Labels of a sample; the first name that is NULL ends them. */
struct label {
	const char *name, *value;
};

#define LABELS(...) ((const struct label[]){__VA_ARGS__, {}})
#define NO_LABELS   ((const struct label[]){{}})

static void write_series(FILE *text, const char *name, const struct label *labels)
{
	fputs(name, text);
	for (const struct label *label = labels; label->name; label++) {
		fputc(label == labels ? '{' : ',', text);
		write_label(text, label->name, label->value);
	}
	if (labels->name)
		fputc('}', text);
}

static void write_count(FILE *text, const char *name, const struct label *labels, uint64_t value)
{
	write_series(text, name, labels);
	fprintf(text, " %" PRIu64 "\n", value);
}

static void write_seconds(FILE *text, const char *name, const struct label *labels, uint64_t ns)
{
	write_series(text, name, labels);
	fprintf(text, " %llu.%09llu\n", ns / NS_PER_S, ns % NS_PER_S);
}

/* Writes a metric that has no labels, whole. */
static void write_counter(FILE *text, const char *name, const char *help, uint64_t value)
{
	write_header(text, name, "counter", help);
	write_count(text, name, NO_LABELS, value);
}

static void write_gauge(FILE *text, const char *name, const char *help, uint64_t value)
{
	write_header(text, name, "gauge", help);
	write_count(text, name, NO_LABELS, value);
}

/* The node. */

static void write_node(FILE *text, const struct snapshot *snapshot)
{
	const struct attachment *attachment = snapshot->attachment;

	write_header(text, "vipd_build_info", "gauge", "The version of vipd, and its node.");
	write_count(text, "vipd_build_info",
		    LABELS({"version", VIPD_VERSION}, {"node", snapshot->config->node}), 1);
	write_gauge(text, "vipd_up", "Whether vipd runs.", 1);
	write_gauge(text, "vipd_healthy",
		    "Whether the link runs, all instances take part and all checks succeed.",
		    snapshot_healthy(snapshot));
	write_header(text, "vipd_start_time_seconds", "gauge", "When vipd started, Unix time.");
	write_seconds(text, "vipd_start_time_seconds", NO_LABELS, snapshot->started_wall);

	write_header(text, "vipd_link_running", "gauge",
		     "Whether the device that carries the virtual IPs is up and has a carrier.");
	write_count(text, "vipd_link_running", LABELS({"device", snapshot->link->device}),
		    snapshot->link->running);
	write_header(text, "vipd_xdp_mode_info", "gauge", "How the dataplane is attached.");
	write_count(text, "vipd_xdp_mode_info",
		    LABELS({"interface", attachment->interface},
			   {"mode", attachment->native ? "native" : "generic"}),
		    1);
}

/* The instances: each function writes one metric for all of them. */

static void write_vip_owners(FILE *text, const struct snapshot *snapshot)
{
	write_header(text, "vipd_vip_owner", "gauge",
		     "Whether this node answers ARP and neighbour discovery for the virtual IP.");
	for (size_t i = 0; i < snapshot->instance_count; i++) {
		const struct snapshot_instance *instance = &snapshot->instances[i];
		const struct config_instance *config = instance->config;
		char vip[ADDRESS_TEXT_MAX];

		for (size_t j = 0; j < config->vip_count; j++)
			write_count(text, "vipd_vip_owner",
				    LABELS({"vip", address_format(&config->vips[j], vip)},
					   {"instance", config->name}),
				    snapshot_owns(snapshot, instance));
	}
}

static void write_states(FILE *text, const struct snapshot *snapshot)
{
	write_header(text, "vipd_instance_state", "gauge",
		     "The VRRP state of the instance: 1 for the one it is in, 0 for the others.");
	for (size_t i = 0; i < snapshot->instance_count; i++) {
		const struct engine_status *status = &snapshot->instances[i].status;

		for (unsigned int j = 0; j < VRRP_STATE_COUNT; j++) {
			enum vrrp_state state = (enum vrrp_state)j;

			write_count(text, "vipd_instance_state",
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
	write_header(text, name, type, help);
	for (size_t i = 0; i < snapshot->instance_count; i++) {
		const struct engine_status *status = &snapshot->instances[i].status;

		write_count(text, name, LABELS({"instance", status->name}), value(status));
	}
}

/* Functions that take one value out of the status. */
#define VALUE(member)                                                                              \
	static uint64_t member(const struct engine_status *status)                                 \
	{                                                                                          \
		return status->member;                                                             \
	}

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
	write_header(text, "vipd_lease_remaining_seconds", "gauge",
		     "For how long this node will answer if nothing renews its lease.");
	for (size_t i = 0; i < snapshot->instance_count; i++) {
		const struct snapshot_instance *instance = &snapshot->instances[i];
		bool owned = snapshot_owns(snapshot, instance);

		write_seconds(text, "vipd_lease_remaining_seconds",
			      LABELS({"instance", instance->status.name}),
			      owned ? instance->status.lease_until - snapshot->now : 0);
	}
}

static void write_advert_ages(FILE *text, const struct snapshot *snapshot)
{
	const struct config *config = snapshot->config;

	write_header(text, "vipd_peer_advert_age_seconds", "gauge",
		     "How long ago the dataplane saw the peer's last valid advertisement.");
	for (size_t i = 0; i < snapshot->instance_count; i++) {
		const struct snapshot_instance *instance = &snapshot->instances[i];

		for (size_t j = 0; j < config->peer_count; j++)
			if (instance->advert_seen_at[j])
				write_seconds(text, "vipd_peer_advert_age_seconds",
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
		write_seconds(text, "vipd_takeover_seconds",
			      LABELS({"instance", status->name}, {"stage", stage}),
			      reached_at - due_at);
}

static void write_takeovers(FILE *text, const struct snapshot *snapshot)
{
	write_header(text, "vipd_takeover_seconds", "gauge",
		     "From when the last takeover was due until the lease was stored, the virtual "
		     "IPs were announced, and the gateway had answered for each.");
	for (size_t i = 0; i < snapshot->instance_count; i++) {
		const struct engine_status *status = &snapshot->instances[i].status;

		write_stage(text, status, "lease", status->takeover.stored_at);
		write_stage(text, status, "announcement", status->takeover.announced_at);
		write_stage(text, status, "gateway", status->takeover.confirmed_at);
	}
}

static void write_instances(FILE *text, const struct snapshot *snapshot)
{
	write_vip_owners(text, snapshot);
	write_states(text, snapshot);
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
}

/* The rest. */

static void write_trackers(FILE *text, const struct snapshot *snapshot)
{
	const struct config *config = snapshot->config;
	size_t count = snapshot->trackers ? config->tracker_count : 0;

	if (count == 0)
		return;
	write_header(text, "vipd_tracker_up", "gauge", "Whether what is tracked is well.");
	for (size_t i = 0; i < count; i++)
		write_count(text, "vipd_tracker_up", LABELS({"tracker", config->trackers[i].name}),
			    snapshot->trackers[i].state == TRACKED_UP);
}

static void write_checks(FILE *text, const struct snapshot *snapshot)
{
	size_t self = snapshot->config->self;

	write_header(text, "vipd_check_up", "gauge",
		     "Whether this node's nginx serves the service, as its check found.");
	for (size_t i = 0; i < snapshot->service_count; i++) {
		const struct snapshot_service *service = &snapshot->services[i];

		if (snapshot_is_backend(snapshot, service->config))
			write_count(text, "vipd_check_up",
				    LABELS({"service", service->config->name}),
				    service->checks[self].state == HEALTH_UP);
	}
}

/* What is steered: each function writes one metric for all services, or all their backends. */

static void write_per_service(FILE *text, const struct snapshot *snapshot, const char *name,
			      const char *help, bool (*value)(const struct service_view *view))
{
	write_header(text, name, "gauge", help);
	for (size_t i = 0; i < snapshot->service_count; i++) {
		const struct snapshot_service *service = &snapshot->services[i];

		write_count(text, name, LABELS({"service", service->config->name}),
			    value(&service->view));
	}
}

static bool is_settling(const struct service_view *view)
{
	return view->settling;
}

static bool is_armed(const struct service_view *view)
{
	return view->armed;
}

static bool is_panicking(const struct service_view *view)
{
	return view->panic;
}

static void write_per_backend(FILE *text, const struct snapshot *snapshot, const char *name,
			      const char *type, const char *help,
			      void (*write)(FILE *text, const char *name,
					    const struct label *labels,
					    const struct backend_view *backend))
{
	write_header(text, name, type, help);
	for (size_t i = 0; i < snapshot->service_count; i++) {
		const struct snapshot_service *service = &snapshot->services[i];

		for (size_t j = 0; j < service->view.backend_count; j++) {
			const struct backend_view *backend = &service->view.backends[j];
			const char *node = snapshot->config->peers[backend->peer].name;

			write(text, name,
			      LABELS({"service", service->config->name}, {"node", node}), backend);
		}
	}
}

static void write_up(FILE *text, const char *name, const struct label *labels,
		     const struct backend_view *backend)
{
	write_count(text, name, labels, backend_state(backend) == BACKEND_UP);
}

static void write_share(FILE *text, const char *name, const struct label *labels,
			const struct backend_view *backend)
{
	write_series(text, name, labels);
	fprintf(text, " %.6f\n", backend->share);
}

static void write_packets(FILE *text, const char *name, const struct label *labels,
			  const struct backend_view *backend)
{
	write_count(text, name, labels, backend->packets);
}

static void write_bytes(FILE *text, const char *name, const struct label *labels,
			const struct backend_view *backend)
{
	write_count(text, name, labels, backend->bytes);
}

static void write_drains(FILE *text, const struct snapshot *snapshot)
{
	write_header(text, "vipd_drained", "gauge", "Whether the node is drained, to this one.");
	for (size_t i = 0; i < snapshot->config->peer_count; i++)
		write_count(text, "vipd_drained", LABELS({"node", snapshot->config->peers[i].name}),
			    snapshot_drain(snapshot, i) != NULL);
}

static void write_services(FILE *text, const struct snapshot *snapshot)
{
	write_per_service(text, snapshot, "vipd_service_settling",
			  "Whether the backends changed a while ago, so that older connections get "
			  "second chances.",
			  is_settling);
	write_per_service(text, snapshot, "vipd_service_armed",
			  "Whether connections get second chances since a node was stepped over.",
			  is_armed);
	write_per_service(text, snapshot, "vipd_service_panic",
			  "Whether too few backends are up, so that the last table is kept.",
			  is_panicking);
	write_per_backend(text, snapshot, "vipd_backend_up", "gauge",
			  "Whether the backend takes new connections.", write_up);
	write_per_backend(text, snapshot, "vipd_backend_share", "gauge",
			  "The backend's part of the new connections, 0 to 1.", write_share);
	write_per_backend(text, snapshot, "vipd_backend_packets_total", "counter",
			  "Packets that this node steered to the backend.", write_packets);
	write_per_backend(text, snapshot, "vipd_backend_bytes_total", "counter", "Bytes of these.",
			  write_bytes);
	write_drains(text, snapshot);
}

static void write_steering(FILE *text, const struct traffic_entry *traffic)
{
	write_counter(text, "vipd_from_peers_total",
		      "Frames of services that another node steered to this one.",
		      traffic->from_peers);
	write_counter(text, "vipd_second_chances_total",
		      "Segments whose socket was looked for on this node.",
		      traffic->second_chances);
	write_counter(text, "vipd_second_chances_found_total", "Of those, the ones that had one.",
		      traffic->second_chances_found);
	write_counter(text, "vipd_second_chances_passed_total",
		      "Of those, the ones that were sent on to the next in rank.",
		      traffic->second_chances_passed);
	write_counter(text, "vipd_second_chances_spent_total",
		      "Of those, the ones for which nobody was left.",
		      traffic->second_chances_spent);
	write_counter(text, "vipd_stepped_over_total",
		      "New connections sent on because nothing listened on this node.",
		      traffic->stepped_over);
	write_counter(text, "vipd_unreachable_backend_total",
		      "Frames kept because the MAC of their backend was not known.",
		      traffic->unreachable_backend);
	write_counter(text, "vipd_icmp_errors_total", "ICMP errors about connections of services.",
		      traffic->icmp_errors);
	write_counter(text, "vipd_fragments_total", "Fragments that followed their first.",
		      traffic->fragments);
	write_counter(text, "vipd_fragments_orphaned_total",
		      "Fragments that came without their first.", traffic->fragments_orphaned);
}

static void write_dataplane(FILE *text, const struct snapshot *snapshot)
{
	const struct traffic_entry *traffic = &snapshot->traffic;

	write_counter(text, "vipd_arp_answered_total", "ARP requests answered for virtual IPs.",
		      traffic->arp_answered);
	write_counter(text, "vipd_ns_answered_total",
		      "Neighbour solicitations answered for virtual IPs.", traffic->ns_answered);
	write_counter(text, "vipd_adverts_accepted_total",
		      "VRRP advertisements that the dataplane found valid.",
		      traffic->adverts_accepted);
	write_counter(text, "vipd_adverts_pseudo_header_total",
		      "Of those, IPv4 ones with the checksum of RFC 5798 implementations.",
		      traffic->adverts_pseudo_header);
	write_counter(text, "vipd_adverts_not_delivered_total",
		      "Of those, the ones for which the controller's inbox had no room.",
		      traffic->adverts_not_delivered);
	write_counter(text, "vipd_leases_yielded_total",
		      "Leases that the dataplane ended because a peer's advertisement beat ours.",
		      traffic->adverts_yielded_to);
	write_counter(text, "vipd_vip_conflicts_total",
		      "Claims of other hosts to virtual IPs that this node owned.",
		      traffic->vip_conflicts);
}

static void write_drops(FILE *text, const struct snapshot *snapshot)
{
	write_header(text, "vipd_drops_total", "counter", "Frames dropped by the dataplane.");
	for (unsigned int i = 0; i < DROP_REASON_COUNT; i++) {
		enum drop_reason reason = (enum drop_reason)i;

		write_count(text, "vipd_drops_total", LABELS({"reason", maps_drop_name(reason)}),
			    snapshot_drops(snapshot, reason));
	}
}

char *exposition_text(const struct snapshot *snapshot, size_t *length)
{
	char *result = NULL;
	FILE *text = open_memstream(&result, length);

	if (!text)
		return NULL;
	write_node(text, snapshot);
	write_instances(text, snapshot);
	write_trackers(text, snapshot);
	write_checks(text, snapshot);
	write_services(text, snapshot);
	write_dataplane(text, snapshot);
	write_steering(text, &snapshot->traffic);
	write_drops(text, snapshot);
	if (fclose(text) == 0)
		return result;
	free(result);
	return NULL;
}
