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
	keepalive->next_at =
		now + quorum_keepalive_interval(keepalive->config->vrrp.advert_interval);
}

/* When each node was heard last; we hear ourselves. */
static void read_heard(const struct keepalive *keepalive, const struct instance_edges *edges,
		       uint64_t now, uint64_t heard_at[static MAX_PEERS])
{
	for (size_t i = 0; i < keepalive->config->peer_count; i++) {
		struct advert_entry seen;

		heard_at[i] = 0;
		if (i == keepalive->config->self)
			heard_at[i] = now;
		else if (edges->peer_indices[i] != NO_PEER_INDEX &&
			 maps_read_advert(edges->maps, keepalive_vrid(keepalive),
					  edges->peer_indices[i], &seen) == 0)
			heard_at[i] = seen.seen_at;
	}
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
	uint64_t heard_at[MAX_PEERS];
	struct quorum quorum;

	if (!keepalive->config)
		return NEVER;
	read_heard(keepalive, edges, now, heard_at);
	quorum = count(keepalive, heard_at, now);
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
	uint64_t heard_at[MAX_PEERS];

	*status = (struct quorum_status){.asked_for = keepalive->config != NULL};
	if (!keepalive->config)
		return;
	read_heard(keepalive, edges, now, heard_at);
	status->quorum = count(keepalive, heard_at, now);
	status->majority = quorum_is_majority(&status->quorum, now);
	for (size_t i = 0; i < keepalive->config->peer_count; i++)
		status->heard[i] =
			quorum_hears(heard_at[i], keepalive->config->vrrp.advert_interval, now);
}
