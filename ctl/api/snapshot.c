// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/api/snapshot.h"

#include <errno.h>
#include <string.h>

#include "ctl/base/address.h"
#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/base/log.h"
#include "ctl/config/lookup.h"
#include "ctl/dataplane/part.h"
#include "ctl/drain/part.h"
#include "ctl/health/part.h"
#include "ctl/net/part.h"
#include "ctl/steering/part.h"
#include "ctl/trackers/part.h"
#include "ctl/vrrp/part.h"

const struct ip_address *node_peer_address(const struct config_peer *peer, int family)
{
	return family == FAMILY_IPV4 ? &peer->address : &peer->address6;
}

const char *node_peer_name(const struct config *config, const struct ip_address *address)
{
	size_t peer = config_find_peer_at(config, address);

	return peer == CONFIG_NONE ? NULL : config->peers[peer].name;
}

size_t node_instances(const struct node *node, struct engine_status **status)
{
	size_t count = engine_status(vrrp_engine(node), NULL, 0);

	*status = count ? calloc(count, sizeof(**status)) : NULL;
	if (!*status)
		return 0;
	return engine_status(vrrp_engine(node), *status, count);
}

/* All addresses of a node have the same index, so one that the dataplane knows is enough. */
static void take_adverts(const struct maps *maps, const struct config *config,
			 struct snapshot_instance *instance)
{
	int family = config_election_family(instance->config);

	for (size_t i = 0; i < config->peer_count; i++) {
		const struct config_peer *peer = &config->peers[i];
		struct peer_entry entry;
		struct advert_entry advert;

		if (i == config->self ||
		    maps_get_peer(maps, node_peer_address(peer, family), &entry))
			continue;
		instance->peers[i] = entry;
		if (maps_read_advert(maps, instance->status.vrid, entry.index, &advert))
			continue;
		instance->advert_seen_at[i] = advert.seen_at;
		instance->advert_signed[i] = advert.sequence != 0;
	}
}

static int take_instances(const struct node *node, struct snapshot *snapshot)
{
	CLEANUP(cleanup_free) struct engine_status *status = NULL;
	size_t count = node_instances(node, &status);

	if (count == 0)
		return 0;
	snapshot->instances = calloc(count, sizeof(*snapshot->instances));
	if (!snapshot->instances)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		struct snapshot_instance *instance = &snapshot->instances[snapshot->instance_count];
		size_t config;

		instance->status = status[i];
		config = config_find_instance(node->config, status[i].name);
		if (config == CONFIG_NONE)
			continue;
		instance->config = &node->config->instances[config];
		take_adverts(dataplane_maps(node), node->config, instance);
		snapshot->instance_count++;
	}
	return 0;
}

/* Whoever asks while the node still starts finds no checks yet. */
static void take_checks(const struct node *node, struct snapshot_service *service)
{
	const struct health *health = health_of(node);

	for (size_t i = 0; health && i < node->config->peer_count; i++)
		health_status(health, service->config->name, node->config->peers[i].name,
			      &service->checks[i]);
}

static int take_services(const struct node *node, struct snapshot *snapshot)
{
	size_t count = node->config->service_count;
	int error = 0;

	if (count == 0)
		return 0;
	snapshot->services = calloc(count, sizeof(*snapshot->services));
	if (!snapshot->services)
		return -ENOMEM;
	for (size_t i = 0; i < count && !error; i++) {
		struct snapshot_service *service = &snapshot->services[i];

		service->config = &node->config->services[i];
		take_checks(node, service);
		error = steering_view(steering_of(node), service->config->name, &service->view);
	}
	snapshot->service_count = count;
	return error;
}

static void take_drains(const struct node *node, struct snapshot *snapshot)
{
	for (size_t i = 0; i < node->config->peer_count; i++) {
		const struct drain *drain =
			drains_find(drains_of(node), node->config->peers[i].name);

		if (drain)
			snapshot->drains[i] = *drain;
	}
}

static int take_trackers(const struct node *node, struct snapshot *snapshot)
{
	size_t count = node->config->tracker_count;

	if (count == 0)
		return 0;
	snapshot->trackers = calloc(count, sizeof(*snapshot->trackers));
	if (!snapshot->trackers)
		return -ENOMEM;
	trackers_read(trackers_of(node), node->config, snapshot->trackers);
	return 0;
}

/* The clocks are read last, so that nothing in the snapshot is younger than its time. */
static int take_all(const struct node *node, struct snapshot *snapshot)
{
	int error = take_instances(node, snapshot);

	engine_quorum(vrrp_engine(node), &snapshot->quorum);
	take_drains(node, snapshot);
	if (!error)
		error = take_trackers(node, snapshot);
	if (!error)
		error = take_services(node, snapshot);
	if (!error)
		error = maps_read_drops(dataplane_maps(node), &snapshot->drops);
	if (!error)
		error = maps_read_traffic(dataplane_maps(node), &snapshot->traffic);
	node_raise_alarms(node, &snapshot->alarms);
	snapshot->now = clock_now();
	snapshot->wall = clock_wall();
	return error;
}

int snapshot_take(const struct node *node, struct snapshot **snapshot)
{
	CLEANUP(snapshot_freep) struct snapshot *new = calloc(1, sizeof(*new));
	int error;

	if (!new)
		return log_failure(-ENOMEM, "cannot gather the status");
	new->started_at = node->started_at;
	new->config = config_ref(node->config);
	new->link = *host_link(node);
	new->attachment = *attachment_of(node);
	error = take_all(node, new);
	if (error)
		return log_failure(error, "cannot gather the status");
	*snapshot = TAKE_POINTER(new);
	return 0;
}

void snapshot_free(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	free(snapshot->instances);
	free(snapshot->services);
	free(snapshot->trackers);
	config_unref(snapshot->config);
	free(snapshot);
}

void snapshot_freep(struct snapshot **snapshot)
{
	snapshot_free(*snapshot);
}

uint64_t snapshot_wall_of(const struct snapshot *snapshot, uint64_t moment)
{
	return moment ? snapshot->wall - (snapshot->now - moment) : 0;
}

bool snapshot_owns(const struct snapshot *snapshot, const struct snapshot_instance *instance)
{
	return instance->status.state == VRRP_ACTIVE &&
	       instance->status.lease_until > snapshot->now;
}

static bool lacks_quorum(const struct snapshot *snapshot)
{
	return snapshot->quorum.required && !snapshot->quorum.majority;
}

/*
 * The timer of a Backup vouches for the Active that it hears. The timer does not run without a
 * quorum, or in an instance that takes no part; then only the time of the last advertisement tells.
 */
const struct ip_address *snapshot_active(const struct snapshot *snapshot,
					 const struct snapshot_instance *instance)
{
	const struct engine_status *status = &instance->status;
	uint64_t patience = vrrp_active_patience(snapshot->config->vrrp.advert_interval);
	bool known = status->state == VRRP_ACTIVE;

	if (!known && status->active_seen_at && status->active_priority)
		known = (status->state == VRRP_BACKUP && !lacks_quorum(snapshot)) ||
			snapshot->now - status->active_seen_at < patience;
	return known && !address_is_zero(&status->active) ? &status->active : NULL;
}

const struct vrrp_rival *snapshot_rival(const struct snapshot *snapshot,
					const struct snapshot_instance *instance)
{
	const struct vrrp_rival *rival = &instance->status.rival;
	uint64_t interval = snapshot->config->vrrp.advert_interval;

	if (address_is_zero(&rival->address) || rival->seen_at - rival->since < 2 * interval ||
	    snapshot->now - rival->seen_at > vrrp_active_patience(interval))
		return NULL;
	return rival;
}

uint64_t snapshot_gateway_silence(const struct snapshot *snapshot,
				  const struct snapshot_instance *instance)
{
	uint64_t since = instance->status.confirmation.waiting_since;

	return snapshot_owns(snapshot, instance) && since ? snapshot->now - since : 0;
}

bool snapshot_is_backend(const struct snapshot *snapshot, const struct config_service *service)
{
	for (size_t i = 0; i < service->backend_count; i++)
		if (service->backends[i].peer == snapshot->config->self)
			return true;
	return false;
}

const struct drain *snapshot_drain(const struct snapshot *snapshot, size_t peer)
{
	return snapshot->drains[peer].node[0] ? &snapshot->drains[peer] : NULL;
}

/* What is wrong. */

/* A gateway that has not answered for so long is silent, for people. */
#define GATEWAY_PATIENCE (5 * NS_PER_S)

static void judge_rival(const struct snapshot *snapshot, const struct snapshot_instance *instance,
			struct alarms *alarms)
{
	const struct vrrp_rival *rival = snapshot_rival(snapshot, instance);
	const char *name = rival ? node_peer_name(snapshot->config, &rival->address) : NULL;
	char address[ADDRESS_TEXT_MAX];

	if (rival)
		alarm_raise(alarms, "other_owner",
			    "another owner of %s is heard: %s (%s), priority %u, for %llu s; it "
			    "does not hear this node",
			    instance->status.name, name ? name : "a stranger",
			    address_format(&rival->address, address), rival->priority,
			    (unsigned long long)((snapshot->now - rival->since) / NS_PER_S));
}

static void judge_gateway(const struct snapshot *snapshot, const struct snapshot_instance *instance,
			  struct alarms *alarms)
{
	const struct attract_confirmation *confirmation = &instance->status.confirmation;
	uint64_t silence = snapshot_gateway_silence(snapshot, instance);
	char gateway[ADDRESS_TEXT_MAX], vip[ADDRESS_TEXT_MAX];

	if (silence > GATEWAY_PATIENCE)
		alarm_raise(alarms, "gateway_silent",
			    "the gateway %s has not answered for %s of %s for %llu s: it may send "
			    "elsewhere",
			    address_format(&confirmation->asked, gateway),
			    address_format(&confirmation->vip, vip), instance->status.name,
			    (unsigned long long)(silence / NS_PER_S));
}

static void judge_instance(const struct snapshot *snapshot,
			   const struct snapshot_instance *instance, struct alarms *alarms)
{
	const struct engine_status *status = &instance->status;

	judge_rival(snapshot, instance, alarms);
	judge_gateway(snapshot, instance, alarms);

	if (status->state != VRRP_ACTIVE && status->state != VRRP_BACKUP)
		alarm_raise(alarms, "instance_out", "%s is in %s: %s", status->name,
			    vrrp_state_name(status->state),
			    status->fault ? status->fault : "no reason is known");
}

static void judge_service(const struct snapshot *snapshot, const struct snapshot_service *service,
			  struct alarms *alarms)
{
	const struct health_status *check = &service->checks[snapshot->config->self];

	if (service->view.panic)
		alarm_raise(alarms, "service_panic",
			    "too few backends of %s are up for its checks to be believed: all get "
			    "connections",
			    service->config->name);
	if (snapshot_is_backend(snapshot, service->config) && check->state != HEALTH_UP)
		alarm_raise(alarms, "backend_down", "this node's server of %s is %s: %s",
			    service->config->name, health_state_name(check->state),
			    check->detail[0] ? check->detail : "no result yet");
}

void snapshot_alarms(const struct snapshot *snapshot, struct alarms *alarms)
{
	const struct quorum *quorum = &snapshot->quorum.quorum;

	*alarms = snapshot->alarms;
	if (!snapshot->link.running)
		alarm_raise(alarms, "link_down", "%s is down or without carrier",
			    snapshot->link.device);
	if (lacks_quorum(snapshot))
		alarm_raise(alarms, "quorum_lost",
			    "%zu of %zu nodes are heard, needed are %zu: this node owns nothing",
			    quorum->heard, quorum->nodes, quorum->needed);
	for (size_t i = 0; i < snapshot->instance_count; i++)
		judge_instance(snapshot, &snapshot->instances[i], alarms);
	for (size_t i = 0; i < snapshot->service_count; i++)
		judge_service(snapshot, &snapshot->services[i], alarms);
}

bool snapshot_healthy(const struct snapshot *snapshot)
{
	struct alarms alarms;

	snapshot_alarms(snapshot, &alarms);
	return alarms.count == 0;
}

uint64_t snapshot_drops(const struct snapshot *snapshot, enum drop_reason reason)
{
	const uint64_t counters[] = {
#define DROP(name, text) snapshot->drops.name,
		DROP_REASONS(DROP)
#undef DROP
	};

	return counters[drop_index(reason)];
}

uint64_t snapshot_drops_total(const struct snapshot *snapshot)
{
	uint64_t total = 0;

	for (enum drop_reason reason = DROP_REASON_FIRST; reason < DROP_REASON_END; reason++)
		total += snapshot_drops(snapshot, reason);
	return total;
}
