// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/vrrp/keepalive.h"

#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "ctl/config/lookup.h"
#include "ctl/vrrp/advert.h"

/* Nobody is elected: what is sent comes before nothing, and nothing that is heard before ours. */
#define PRIORITY_SENT 1
#define PRIORITY_OURS 255

void keepalive_init(struct keepalive *keepalive)
{
	*keepalive = (struct keepalive){.next_at = NEVER};
}

static uint8_t keepalive_vrid(const struct keepalive *keepalive)
{
	return keepalive->config->vrrp.quorum.vrid;
}

/* An advertisement has to list an address: our own. */
static void encode_message(struct keepalive *keepalive)
{
	size_t size = keepalive->family == FAMILY_IPV4 ? 4 : 16;
	ssize_t length = advert_encode(
		&(struct advert_message){
			.version = VRRP_VERSION_3,
			.vrid = keepalive_vrid(keepalive),
			.priority = PRIORITY_SENT,
			.max_advert_interval = keepalive->config->vrrp.advert_interval,
			.family = keepalive->family,
			.address_count = 1,
			.addresses = (const uint8_t *)(&keepalive->source + 1) - size,
		},
		keepalive->message);

	keepalive->message_length = length > 0 ? (size_t)length : 0;
}

static void publish(const struct keepalive *keepalive, const struct instance_edges *edges)
{
	uint64_t interval = keepalive->config->vrrp.advert_interval;
	struct instance_entry entry = {
		.version = VRRP_VERSION_3,
		.family = (__u8)keepalive->family,
		.priority = PRIORITY_OURS,
		.advert_interval = (__u16)(interval / NS_PER_CS),
		.source = keepalive->source,
	};

	maps_drop_lease(edges->maps, keepalive_vrid(keepalive));
	maps_configure_instance(edges->maps, keepalive_vrid(keepalive), &entry);
}

void keepalive_begin(struct keepalive *keepalive, const struct config *config,
		     const struct instance_edges *edges, uint64_t granted_until)
{
	if (config->vrrp.quorum.policy == QUORUM_NONE) {
		keepalive_init(keepalive);
		return;
	}
	keepalive->config = config;
	keepalive->family = config_quorum_family(config);
	keepalive->next_at = 0;
	keepalive->sent_at = 0;
	keepalive->pace = config->vrrp.advert_interval;
	keepalive->granted_until = granted_until;
	keepalive->majority |= granted_until > 0;
	keepalive->source = *transport_source(config, keepalive->family);
	encode_message(keepalive);
	publish(keepalive, edges);
}

void keepalive_end(struct keepalive *keepalive, const struct instance_edges *edges)
{
	if (!keepalive->config)
		return;
	maps_end_instance(edges->maps, keepalive_vrid(keepalive));
	keepalive->config = NULL;
	keepalive->next_at = NEVER;
}

void keepalive_run(struct keepalive *keepalive, const struct instance_edges *edges, uint64_t now)
{
	size_t trailer;

	if (now < keepalive->next_at)
		return;
	trailer = signer_sign(edges->signer, keepalive->message, keepalive->message_length,
			      &keepalive->source, clock_wall());
	transport_queue(edges->transport, keepalive->family, keepalive->message,
			keepalive->message_length, trailer, &keepalive->delivery);
	transport_flush(edges->transport);
	keepalive->sent_at = now;
	keepalive->next_at = now + quorum_keepalive_interval(keepalive->pace);
}

/* When each node was heard last, and its interval; we hear ourselves. */
struct heard {
	uint64_t at[MAX_PEERS];
	uint64_t interval[MAX_PEERS];
};

static void read_heard(const struct keepalive *keepalive, const struct instance_edges *edges,
		       uint64_t now, struct heard *heard)
{
	for (size_t i = 0; i < keepalive->config->peer_count; i++) {
		struct advert_entry seen = {};

		if (i != keepalive->config->self && edges->peer_indices[i] != NO_PEER_INDEX)
			maps_read_advert(edges->maps, keepalive_vrid(keepalive),
					 edges->peer_indices[i], &seen);
		heard->at[i] = i == keepalive->config->self ? now : seen.seen_at;
		heard->interval[i] = seen.max_advert_interval * NS_PER_CS;
	}
}

/*
 * A node counts others by its own interval, which they may not have yet, or no longer: they are
 * sent keepalives by the shortest interval that is heard.
 */
static void keep_pace(struct keepalive *keepalive, const struct heard *heard, uint64_t now)
{
	uint64_t own = keepalive->config->vrrp.advert_interval;

	keepalive->pace = own;
	for (size_t i = 0; i < keepalive->config->peer_count; i++)
		if (i != keepalive->config->self && heard->interval[i] < keepalive->pace &&
		    quorum_hears(heard->at[i], own, now))
			keepalive->pace = heard->interval[i];
	keepalive->next_at = keepalive->sent_at + quorum_keepalive_interval(keepalive->pace);
}

static struct quorum count(const struct keepalive *keepalive, const uint64_t *heard_at,
			   uint64_t now)
{
	struct quorum quorum = quorum_count(heard_at, keepalive->config->peer_count,
					    keepalive->config->vrrp.advert_interval, now);

	if (quorum.until < keepalive->granted_until)
		quorum.until = keepalive->granted_until;
	return quorum;
}

uint64_t keepalive_count(struct keepalive *keepalive, const struct instance_edges *edges,
			 uint64_t now)
{
	struct heard heard;
	struct quorum quorum;

	if (!keepalive->config)
		return NEVER;
	read_heard(keepalive, edges, now, &heard);
	keep_pace(keepalive, &heard, now);
	quorum = count(keepalive, heard.at, now);
	if (quorum_is_majority(&quorum, now) != keepalive->majority) {
		keepalive->majority = !keepalive->majority;
		edges->tell(
			&(struct instance_event){
				.kind = QUORUM_CHANGED,
				.wall = clock_wall(),
				.majority = keepalive->majority,
				.quorum = quorum,
			},
			edges->context);
	}
	return quorum.until;
}

void keepalive_status(const struct keepalive *keepalive, const struct instance_edges *edges,
		      uint64_t now, struct quorum_status *status)
{
	struct heard heard;

	*status = (struct quorum_status){.required = keepalive->config != NULL};
	if (!keepalive->config)
		return;
	read_heard(keepalive, edges, now, &heard);
	status->quorum = count(keepalive, heard.at, now);
	status->majority = quorum_is_majority(&status->quorum, now);
	for (size_t i = 0; i < keepalive->config->peer_count; i++)
		status->heard[i] =
			quorum_hears(heard.at[i], keepalive->config->vrrp.advert_interval, now);
}
