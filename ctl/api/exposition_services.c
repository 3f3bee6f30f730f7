// SPDX-License-Identifier: GPL-2.0-only
/* What is steered, and to whom. */
#include "ctl/api/exposition_internal.h"

#include "ctl/api/backends.h"
#include "ctl/base/metric_text.h"

/* Each function writes one metric for all services, or all their backends. */

static void write_per_service(FILE *text, const struct snapshot *snapshot, const char *name,
			      const char *help, bool (*value)(const struct service_view *view))
{
	metric_write_header(text, name, "gauge", help);
	for (size_t i = 0; i < snapshot->service_count; i++) {
		const struct snapshot_service *service = &snapshot->services[i];

		metric_write_count(text, name, LABELS({"service", service->config->name}),
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
	metric_write_header(text, name, type, help);
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
	metric_write_count(text, name, labels, backend_state(backend) == BACKEND_UP);
}

static void write_share(FILE *text, const char *name, const struct label *labels,
			const struct backend_view *backend)
{
	metric_write_fraction(text, name, labels, backend->share);
}

static void write_packets(FILE *text, const char *name, const struct label *labels,
			  const struct backend_view *backend)
{
	metric_write_count(text, name, labels, backend->packets);
}

static void write_bytes(FILE *text, const char *name, const struct label *labels,
			const struct backend_view *backend)
{
	metric_write_count(text, name, labels, backend->bytes);
}

static void write_drains(FILE *text, const struct snapshot *snapshot)
{
	metric_write_header(text, "vipd_drained", "gauge",
			    "Whether the node is drained, to this one.");
	for (size_t i = 0; i < snapshot->config->peer_count; i++)
		metric_write_count(text, "vipd_drained",
				   LABELS({"node", snapshot->config->peers[i].name}),
				   snapshot_drain(snapshot, i) != NULL);
}

void exposition_write_services(FILE *text, const struct snapshot *snapshot)
{
	write_per_service(text, snapshot, "vipd_service_settling",
			  "Whether the backends changed a while ago, so that older connections get "
			  "second chances.",
			  is_settling);
	write_per_service(text, snapshot, "vipd_service_armed",
			  "Whether connections get second chances since a node was stepped over.",
			  is_armed);
	write_per_service(text, snapshot, "vipd_service_panic",
			  "Whether too few backends are up for the checks to be believed.",
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

void exposition_write_steering(FILE *text, const struct traffic_entry *traffic)
{
	metric_write_counter(text, "vipd_from_peers_total",
			     "Frames of services that another node steered to this one.",
			     traffic->from_peers);
	metric_write_counter(text, "vipd_second_chances_total",
			     "Segments whose socket was looked for on this node.",
			     traffic->second_chances);
	metric_write_counter(text, "vipd_second_chances_found_total",
			     "Of those, the ones that had one.", traffic->second_chances_found);
	metric_write_counter(text, "vipd_second_chances_passed_total",
			     "Of those, the ones that were sent on to the next in rank.",
			     traffic->second_chances_passed);
	metric_write_counter(text, "vipd_second_chances_spent_total",
			     "Of those, the ones for which nobody was left.",
			     traffic->second_chances_spent);
	metric_write_counter(text, "vipd_stepped_over_total",
			     "New connections sent on because nothing listened on this node.",
			     traffic->stepped_over);
	metric_write_counter(text, "vipd_unreachable_backend_total",
			     "Frames kept because the MAC of their backend was not known.",
			     traffic->unreachable_backend);
	metric_write_counter(text, "vipd_icmp_errors_total",
			     "ICMP errors about connections of services.", traffic->icmp_errors);
	metric_write_counter(text, "vipd_fragments_total", "Fragments that followed their first.",
			     traffic->fragments);
	metric_write_counter(text, "vipd_fragments_orphaned_total",
			     "Fragments that came without their first.",
			     traffic->fragments_orphaned);
}
