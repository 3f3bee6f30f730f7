// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/api/status.h"

#include "ctl/api/backends.h"
#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "ctl/base/json.h"
#include "ctl/config/lookup.h"

static json_t *vips_json(const struct config_instance *config, bool owned)
{
	json_t *vips = json_array();

	for (size_t i = 0; i < config->vip_count; i++) {
		json_t *vip = json_object();

		value_set(&vip, "address", value_address(&config->vips[i]));
		value_set(&vip, "owned", json_boolean(owned));
		value_append(&vips, vip);
	}
	return vips;
}

/* The other nodes that take part. */
static json_t *peers_json(const struct snapshot *snapshot, const struct snapshot_instance *instance)
{
	const struct config *config = snapshot->config;
	int family = config_election_family(instance->config);
	json_t *peers = json_array();

	for (size_t i = 0; i < config->peer_count; i++) {
		const struct peer_entry *known = &instance->peers[i];
		json_t *peer;

		if (i == config->self || !instance->config->priority[i])
			continue;
		peer = json_object();
		value_set(&peer, "name", value_text(config->peers[i].name));
		value_set(&peer, "address",
			  value_address(node_peer_address(&config->peers[i], family)));
		value_set(&peer, "advert_age_ms",
			  value_span(instance->advert_seen_at[i], snapshot->now, NS_PER_MS));
		value_set(&peer, "signed", json_boolean(instance->advert_signed[i]));
		value_set(&peer, "mac",
			  known->mac_pinned || known->mac_known ? value_mac(known->mac)
								: json_null());
		value_set(&peer, "mac_pinned", json_boolean(known->mac_pinned));
		value_append(&peers, peer);
	}
	return peers;
}

static json_t *tracker_json(const struct config_tracker *tracker,
			    const struct tracker_status *status)
{
	json_t *object = json_object();

	value_set(&object, "name", value_text(tracker->name));
	value_set(&object, "state", value_text(tracker_state_name(status->state)));
	value_set(&object, "detail", value_text(status->detail));
	if (tracker->kind == TRACKER_FILE)
		value_set(&object, "number", json_integer(status->number));
	return object;
}

static json_t *trackers_json(const struct snapshot *snapshot)
{
	const struct config *config = snapshot->config;
	json_t *trackers = json_array();

	for (size_t i = 0; i < config->tracker_count && snapshot->trackers; i++)
		value_append(&trackers, tracker_json(&config->trackers[i], &snapshot->trackers[i]));
	return trackers;
}

static json_t *track_json(const struct snapshot *snapshot, const struct config_track *track)
{
	const struct config_tracker *tracker = &snapshot->config->trackers[track->tracker];
	struct track_effect effect =
		weights_effect(track, tracker->kind, &snapshot->trackers[track->tracker]);
	json_t *object = json_object();

	value_set(&object, "tracker", value_text(tracker->name));
	value_set(&object, "weight", json_integer(track->weight));
	value_set(&object, "adds", json_integer(effect.adds));
	value_set(&object, "pulls_down", json_boolean(effect.pulls_down));
	value_set(&object, "fails", json_boolean(effect.fails));
	return object;
}

static void append_tracks(json_t **tracks, const struct snapshot *snapshot,
			  const struct config_track *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		value_append(tracks, track_json(snapshot, &list[i]));
}

static json_t *tracks_json(const struct snapshot *snapshot, const struct config_instance *instance)
{
	const struct config_sync_group *group = config_sync_group(snapshot->config, instance);
	json_t *tracks = json_array();

	if (!snapshot->trackers)
		return tracks;
	append_tracks(&tracks, snapshot, instance->tracks, instance->track_count);
	if (group)
		append_tracks(&tracks, snapshot, group->tracks, group->track_count);
	return tracks;
}

/* All times count from the moment at which the takeover was due. */
static json_t *takeover_json(const struct takeover_times *times)
{
	json_t *takeover = json_object();

	value_set(&takeover, "due_to_lease_us",
		  value_span(times->due_at, times->stored_at, NS_PER_US));
	value_set(&takeover, "due_to_announcement_us",
		  value_span(times->due_at, times->announced_at, NS_PER_US));
	value_set(&takeover, "gateway_confirmed_ms",
		  value_span(times->due_at, times->confirmed_at, NS_PER_MS));
	return takeover;
}

/* Null unless this node owns: nobody else asks the gateway. */
static json_t *gateway_json(const struct snapshot *snapshot,
			    const struct snapshot_instance *instance)
{
	const struct attract_confirmation *confirmation = &instance->status.confirmation;
	uint64_t silence = snapshot_gateway_silence(snapshot, instance);
	json_t *gateway = json_object();

	if (!snapshot_owns(snapshot, instance)) {
		json_decref(gateway);
		return json_null();
	}
	value_set(&gateway, "confirmed_age_ms",
		  value_span(confirmation->confirmed_at, snapshot->now, NS_PER_MS));
	value_set(&gateway, "silent_ms", silence ? value_count(silence / NS_PER_MS) : json_null());
	value_set(&gateway, "silent_for", value_address(&confirmation->vip));
	return gateway;
}

static json_t *rival_json(const struct snapshot *snapshot, const struct snapshot_instance *instance)
{
	const struct vrrp_rival *rival = snapshot_rival(snapshot, instance);
	json_t *object;

	if (!rival)
		return json_null();
	object = json_object();
	value_set(&object, "address", value_address(&rival->address));
	value_set(&object, "node", value_text(node_peer_name(snapshot->config, &rival->address)));
	value_set(&object, "priority", json_integer(rival->priority));
	value_set(&object, "since_ms", value_span(rival->since, snapshot->now, NS_PER_MS));
	return object;
}

static json_t *lease_json(const struct snapshot *snapshot, const struct snapshot_instance *instance)
{
	if (!snapshot_owns(snapshot, instance))
		return json_integer(0);
	return value_span(snapshot->now, instance->status.lease_until, NS_PER_MS);
}

/* Only version 2 has authentication of its own. */
static json_t *authentication_json(const struct config_instance *config)
{
	bool password = config->simple_text.type == VRRP2_SIMPLE_TEXT;

	return config->version == 2 ? value_text(password ? "pass" : "none") : json_null();
}

static json_t *instance_json(const struct snapshot *snapshot,
			     const struct snapshot_instance *instance)
{
	const struct engine_status *status = &instance->status;
	const struct ip_address *active = snapshot_active(snapshot, instance);
	const char *node = active ? node_peer_name(snapshot->config, active) : NULL;
	bool owned = snapshot_owns(snapshot, instance);
	json_t *object = json_object();

	value_set(&object, "name", value_text(status->name));
	value_set(&object, "vrid", json_integer(status->vrid));
	value_set(&object, "version", json_integer(status->version));
	value_set(&object, "authentication", authentication_json(instance->config));
	value_set(&object, "state", value_text(vrrp_state_name(status->state)));
	value_set(&object, "priority", json_integer(status->priority));
	value_set(&object, "effective_priority", json_integer(status->effective_priority));
	value_set(&object, "master", active ? value_address(active) : json_null());
	value_set(&object, "master_node", value_text(node));
	value_set(&object, "lease_remaining_ms", lease_json(snapshot, instance));
	value_set(&object, "transitions", value_count(status->transitions));
	value_set(&object, "last_transition",
		  value_second(snapshot_wall_of(snapshot, status->changed_at)));
	value_set(&object, "accept",
		  json_boolean(config_accepts(snapshot->config, instance->config)));
	value_set(&object, "accept_as_backup", json_boolean(instance->config->accept_as_backup));
	value_set(&object, "vips", vips_json(instance->config, owned));
	value_set(&object, "fault", value_text(status->fault));
	value_set(&object, "yielded", json_boolean(status->handed_over));
	value_set(&object, "reluctant", json_boolean(status->reluctant));
	value_set(&object, "tracks", tracks_json(snapshot, instance->config));
	value_set(&object, "addresses_differ", json_boolean(status->addresses_differ));
	value_set(&object, "address_mismatches", value_count(status->address_mismatches));
	value_set(&object, "interval_mismatches", value_count(status->interval_mismatches));
	value_set(&object, "intervals_clamped", value_count(status->intervals_clamped));
	value_set(&object, "adverts_sent", value_count(status->adverts_sent));
	value_set(&object, "adverts_heard", value_count(status->adverts_heard));
	value_set(&object, "peers", peers_json(snapshot, instance));
	value_set(&object, "takeover", takeover_json(&status->takeover));
	value_set(&object, "gateway", gateway_json(snapshot, instance));
	value_set(&object, "other_owner", rival_json(snapshot, instance));
	return object;
}

static json_t *instances_json(const struct snapshot *snapshot)
{
	json_t *instances = json_array();

	for (size_t i = 0; i < snapshot->instance_count; i++)
		value_append(&instances, instance_json(snapshot, &snapshot->instances[i]));
	return instances;
}

static json_t *not_heard_json(const struct snapshot *snapshot)
{
	json_t *names = json_array();

	for (size_t i = 0; i < snapshot->config->peer_count; i++)
		if (!snapshot->quorum.heard[i])
			value_append(&names, value_text(snapshot->config->peers[i].name));
	return names;
}

static json_t *quorum_json(const struct snapshot *snapshot)
{
	const struct quorum_status *status = &snapshot->quorum;
	json_t *object;

	if (!status->required)
		return json_null();
	object = json_object();
	value_set(&object, "policy", value_text("majority"));
	value_set(&object, "vrid", json_integer(snapshot->config->vrrp.quorum.vrid));
	value_set(&object, "majority", json_boolean(status->majority));
	value_set(&object, "heard", json_integer((json_int_t)status->quorum.heard));
	value_set(&object, "needed", json_integer((json_int_t)status->quorum.needed));
	value_set(&object, "nodes", json_integer((json_int_t)status->quorum.nodes));
	value_set(&object, "not_heard", not_heard_json(snapshot));
	return object;
}

static json_t *services_json(const struct snapshot *snapshot)
{
	json_t *services = json_array();

	for (size_t i = 0; i < snapshot->service_count; i++)
		value_append(&services, service_json(snapshot, &snapshot->services[i]));
	return services;
}

static json_t *xdp_json(const struct attachment *attachment)
{
	json_t *xdp = json_object();

	value_set(&xdp, "interface", value_text(attachment->interface));
	value_set(&xdp, "attached", json_boolean(!attachment->error));
	value_set(&xdp, "mode", value_text(attachment->native ? "native" : "generic"));
	value_set(&xdp, "program_id", json_integer(attachment->program_id));
	value_set(&xdp, "dispatcher", json_boolean(attachment->dispatcher));
	value_set(&xdp, "adopted", json_boolean(attachment->adopted));
	return xdp;
}

static json_t *keys_json(const struct config_authentication *config)
{
	json_t *ids = json_array();

	for (size_t i = 0; i < config->key_count; i++)
		value_append(&ids, json_integer(config->keys[i].id));
	return ids;
}

static json_t *auth_json(const struct config_authentication *config)
{
	json_t *auth = json_object();
	bool signs = config->active_key && config->mode != AUTHENTICATION_RECEIVE_ONLY;

	value_set(&auth, "mode", value_text(config_mode_name(config->mode)));
	value_set(&auth, "active_key", signs ? json_integer(config->active_key) : json_null());
	value_set(&auth, "keys", keys_json(config));
	value_set(&auth, "anti_replay", value_text(config->monotonic ? "monotonic" : "time"));
	value_set(&auth, "window_ms",
		  config->monotonic ? json_null() : value_count(config->window / NS_PER_MS));
	return auth;
}

static json_t *vrrp_json(const struct config_vrrp *config)
{
	bool unicast = config->mode == VRRP_UNICAST;
	json_t *vrrp = json_object();

	value_set(&vrrp, "version", json_integer(config->version));
	value_set(&vrrp, "advert_interval_ms", value_count(config->advert_interval / NS_PER_MS));
	value_set(&vrrp, "mode", value_text(unicast ? "unicast" : "multicast"));
	value_set(&vrrp, "auth",
		  config->authentication.mode == AUTHENTICATION_OFF
			  ? json_null()
			  : auth_json(&config->authentication));
	return vrrp;
}

static json_t *link_json(const struct net_link *config)
{
	json_t *link = json_object();

	value_set(&link, "device", value_text(config->device));
	value_set(&link, "mac", value_mac(config->mac));
	value_set(&link, "mtu", json_integer(config->mtu));
	value_set(&link, "running", json_boolean(config->running));
	return link;
}

static json_t *traffic_json(const struct traffic_entry *counters)
{
	json_t *traffic = json_object();

	value_set(&traffic, "arp_answered", value_count(counters->arp_answered));
	value_set(&traffic, "ns_answered", value_count(counters->ns_answered));
	value_set(&traffic, "adverts_accepted", value_count(counters->adverts_accepted));
	value_set(&traffic, "adverts_pseudo_header", value_count(counters->adverts_pseudo_header));
	value_set(&traffic, "adverts_authenticated", value_count(counters->adverts_authenticated));
	value_set(&traffic, "adverts_interval_differs",
		  value_count(counters->adverts_interval_differs));
	value_set(&traffic, "adverts_yielded_to", value_count(counters->adverts_yielded_to));
	value_set(&traffic, "adverts_not_delivered", value_count(counters->adverts_not_delivered));
	value_set(&traffic, "vip_conflicts", value_count(counters->vip_conflicts));
	value_set(&traffic, "from_peers", value_count(counters->from_peers));
	value_set(&traffic, "second_chances", value_count(counters->second_chances));
	value_set(&traffic, "second_chances_found", value_count(counters->second_chances_found));
	value_set(&traffic, "second_chances_passed", value_count(counters->second_chances_passed));
	value_set(&traffic, "second_chances_spent", value_count(counters->second_chances_spent));
	value_set(&traffic, "stepped_over", value_count(counters->stepped_over));
	value_set(&traffic, "unreachable_backend", value_count(counters->unreachable_backend));
	value_set(&traffic, "icmp_errors", value_count(counters->icmp_errors));
	value_set(&traffic, "fragments", value_count(counters->fragments));
	value_set(&traffic, "fragments_orphaned", value_count(counters->fragments_orphaned));
	return traffic;
}

static json_t *alarms_json(const struct alarms *alarms)
{
	json_t *list = json_array();

	for (size_t i = 0; i < alarms->count; i++) {
		json_t *alarm = json_object();

		value_set(&alarm, "name", value_text(alarms->list[i].name));
		value_set(&alarm, "text", value_text(alarms->list[i].text));
		value_append(&list, alarm);
	}
	return list;
}

json_t *status_json(const struct snapshot *snapshot)
{
	json_t *status = json_object();
	struct alarms alarms;

	snapshot_alarms(snapshot, &alarms);

	value_set(&status, "node", value_text(snapshot->config->node));
	value_set(&status, "version", value_text(VIPD_VERSION));
	value_set(&status, "healthy", json_boolean(alarms.count == 0));
	value_set(&status, "alarms", alarms_json(&alarms));
	value_set(&status, "time", value_time(snapshot->wall));
	value_set(&status, "started",
		  value_second(snapshot_wall_of(snapshot, snapshot->started_at)));
	value_set(&status, "drain", drain_json(snapshot_drain(snapshot, snapshot->config->self)));
	value_set(&status, "instances", instances_json(snapshot));
	value_set(&status, "quorum", quorum_json(snapshot));
	value_set(&status, "trackers", trackers_json(snapshot));
	value_set(&status, "services", services_json(snapshot));
	value_set(&status, "xdp", xdp_json(&snapshot->attachment));
	value_set(&status, "vrrp", vrrp_json(&snapshot->config->vrrp));
	value_set(&status, "link", link_json(&snapshot->link));
	value_set(&status, "traffic", traffic_json(&snapshot->traffic));
	value_set(&status, "drops_total", value_count(snapshot_drops_total(snapshot)));
	return status;
}

json_t *drops_json(const struct snapshot *snapshot)
{
	json_t *object = json_object(), *drops = json_array();

	for (enum drop_reason reason = DROP_REASON_FIRST; reason < DROP_REASON_END; reason++) {
		json_t *drop = json_object();

		value_set(&drop, "reason", value_text(maps_drop_name(reason)));
		value_set(&drop, "count", value_count(snapshot_drops(snapshot, reason)));
		value_set(&drop, "text", value_text(maps_drop_text(reason)));
		value_append(&drops, drop);
	}
	value_set(&object, "drops", drops);
	value_set(&object, "total", value_count(snapshot_drops_total(snapshot)));
	return object;
}
