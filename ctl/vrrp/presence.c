// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/vrrp/presence.h"

#include <arpa/inet.h>
#include <string.h>

#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "ctl/config/lookup.h"
#include "ctl/vrrp/advert.h"

/*
 * Standing messages elect nobody. We send the lowest priority and give our own entry the highest,
 * so that no such message, sent or heard, ever beats another.
 */
#define PRIORITY_SENT 1
#define PRIORITY_OURS 255

/* Bytes of an IPv6 address, and words of IPv4 ones: the body is a list of either. */
#define ADDRESS4_SIZE 4
#define ADDRESS6_SIZE 16

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint8_t standing_vrid(const struct presence *presence)
{
	return presence->config->vrrp.standing_vrid;
}

static bool counts(const struct presence *presence)
{
	return presence->config && presence->config->vrrp.quorum.policy != QUORUM_NONE;
}

void presence_init(struct presence *presence)
{
	*presence = (struct presence){.next_at = NEVER, .silence_at = NEVER};
}

/* What is said. */

static void encode_page(struct presence *presence, size_t page)
{
	size_t size = presence->family == FAMILY_IPV4 ? ADDRESS4_SIZE : ADDRESS6_SIZE;
	ssize_t length = advert_encode(
		&(struct advert_message){
			.version = VRRP_VERSION_3,
			.vrid = standing_vrid(presence),
			.priority = PRIORITY_SENT,
			.max_advert_interval = presence->pace + NS_PER_CS - 1, /* rounded up */
			.family = presence->family,
			.address_count = (uint8_t)(presence->said.pages[page].length / size),
			.addresses = presence->said.pages[page].bytes,
		},
		presence->messages[page]);

	presence->lengths[page] = length > 0 ? (size_t)length : 0;
}

static void encode_pages(struct presence *presence)
{
	for (size_t i = 0; i < presence->said.count; i++)
		encode_page(presence, i);
}

void presence_say(struct presence *presence, const struct standing_message *message)
{
	presence->said = *message;
	presence->next_at = message->count ? 0 : NEVER;
	if (presence->config)
		encode_pages(presence);
}

/* How often. */

uint64_t presence_need(const struct config *config)
{
	const struct config_vrrp *vrrp = &config->vrrp;

	return vrrp->quorum.policy == QUORUM_NONE ? vrrp->advert_interval
						  : quorum_pace(vrrp->advert_interval);
}

/* As often as whoever counts needs: nodes may have other intervals, or another policy, for now. */
static uint64_t needed_pace(const struct presence *presence, const struct instance_edges *edges)
{
	uint64_t pace = presence_need(presence->config);

	for (size_t i = 0; i < presence->config->peer_count; i++) {
		uint32_t index = edges->peer_indices[i];
		const struct peer_presence *peer;

		if (i == presence->config->self || index == NO_PEER_INDEX)
			continue;
		peer = &presence->peers[index];
		if (peer->interval && !peer->silent)
			pace = earlier(pace, peer->interval);
	}
	return pace > presence->prolonged ? pace : presence->prolonged;
}

void presence_presume(struct presence *presence, uint64_t until)
{
	presence->presumed_until = until;
}

void presence_prolong(struct presence *presence, uint64_t interval)
{
	presence->prolonged = interval;
}

bool presence_is_prolonged(const struct presence *presence)
{
	return !presence->config || !presence->said.count ||
	       (presence->pace >= presence->prolonged && presence->hurried == 0);
}

/*
 * A faster pace holds at once. A slower one is told a few times at the pace of before, for that is
 * what the others take a node for silent by until they have heard of the new one.
 */
static void keep_pace(struct presence *presence, const struct instance_edges *edges)
{
	uint64_t pace = needed_pace(presence, edges);

	if (pace == presence->pace)
		return;
	if (pace > presence->sent_every)
		presence->hurried = ADVERTS_TO_BE_HEARD;
	else
		presence->sent_every = pace;
	presence->pace = pace;
	encode_pages(presence);
	if (presence->next_at != NEVER)
		presence->next_at =
			earlier(presence->next_at, presence->sent_at + presence->sent_every);
}

static void send_pages(struct presence *presence, const struct instance_edges *edges, uint64_t now)
{
	for (size_t i = 0; i < presence->said.count; i++) {
		size_t trailer = signer_sign(edges->signer, presence->messages[i],
					     presence->lengths[i], &presence->source, clock_wall());

		transport_queue_sparingly(edges->transport, presence->family, presence->messages[i],
					  presence->lengths[i], trailer, &presence->deliveries[i],
					  now);
	}
	transport_flush(edges->transport);
	if (presence->hurried == 0 || --presence->hurried == 0)
		presence->sent_every = presence->pace;
	presence->sent_at = now;
	presence->next_at = now + presence->sent_every;
}

/* Who is heard. */

static bool is_peer(const struct presence *presence, const struct instance_edges *edges, size_t i)
{
	return i != presence->config->self && edges->peer_indices[i] != NO_PEER_INDEX &&
	       presence->config->peers[i].vipd;
}

static struct advert_entry last_heard(const struct presence *presence,
				      const struct instance_edges *edges, size_t i)
{
	struct advert_entry seen = {};

	if (is_peer(presence, edges, i))
		maps_read_advert(edges->maps, standing_vrid(presence), edges->peer_indices[i],
				 &seen);
	return seen;
}

/* Until when a node is not silent; 0: it was never heard, and is not presumed to be there. */
static uint64_t heard_until(const struct presence *presence, const struct instance_edges *edges,
			    size_t i)
{
	struct advert_entry seen = last_heard(presence, edges, i);

	uint64_t until = 0;

	if (seen.seen_at)
		until = seen.seen_at + presence_window(seen.max_advert_interval * NS_PER_CS);
	return until > presence->presumed_until ? until : presence->presumed_until;
}

static const struct ip_address *address_of(const struct presence *presence, size_t i)
{
	const struct config_peer *peer = &presence->config->peers[i];

	return presence->family == FAMILY_IPV4 ? &peer->address : &peer->address6;
}

static void set_silent(struct presence *presence, const struct instance_edges *edges, size_t i,
		       bool silent)
{
	struct peer_presence *peer = &presence->peers[edges->peer_indices[i]];

	maps_set_silent(edges->maps, edges->peer_indices[i], silent);
	transport_set_silent(edges->transport, address_of(presence, i), silent);
	peer->silences += silent && !peer->silent;
	peer->silent = silent;
	presence->changed = true;
}

/* Nobody is waited for who is silent already: the dataplane wakes us when it is heard again. */
static void look_for_silence(struct presence *presence, const struct instance_edges *edges,
			     uint64_t now)
{
	presence->silence_at = NEVER;
	for (size_t i = 0; i < presence->config->peer_count; i++) {
		uint64_t until;
		bool silent;

		if (!is_peer(presence, edges, i))
			continue;
		until = heard_until(presence, edges, i);
		silent = until <= now;
		if (silent != presence->peers[edges->peer_indices[i]].silent)
			set_silent(presence, edges, i, silent);
		if (!silent)
			presence->silence_at = earlier(presence->silence_at, until);
	}
}

static void learn_interval(struct presence *presence, const struct instance_edges *edges,
			   uint32_t index)
{
	struct standing_entry entry;
	struct standing_head head;

	if (maps_read_standing(edges->maps, index, 0, &entry) || entry.length < sizeof(head))
		return;
	memcpy(&head, entry.words, sizeof(head));
	presence->peers[index].interval = head.magic == htonl(STANDING_MAGIC | STANDING_VERSION)
						  ? ntohl(head.interval) * NS_PER_US
						  : 0;
}

void presence_hear(struct presence *presence, const struct instance_edges *edges, uint32_t peer)
{
	if (peer >= MAX_PEERS)
		return;
	learn_interval(presence, edges, peer);
	presence->changed = true;
}

void presence_run(struct presence *presence, const struct instance_edges *edges, uint64_t now)
{
	if (!presence->config)
		return;
	look_for_silence(presence, edges, now);
	keep_pace(presence, edges);
	if (now >= presence->next_at)
		send_pages(presence, edges, now);
}

struct presence_status presence_status(const struct presence *presence,
				       const struct instance_edges *edges, size_t node)
{
	struct presence_status status = {.index = edges->peer_indices[node]};

	if (!is_peer(presence, edges, node))
		return status;
	status.silent = presence->peers[status.index].silent;
	status.silences = presence->peers[status.index].silences;
	status.heard_at = last_heard(presence, edges, node).seen_at;
	return status;
}

uint64_t presence_deadline(const struct presence *presence)
{
	return earlier(presence->next_at, presence->silence_at);
}

/* Beginning and end. */

static void publish(const struct presence *presence, const struct instance_edges *edges)
{
	uint64_t interval = presence->config->vrrp.advert_interval;
	struct instance_entry entry = {
		.version = VRRP_VERSION_3,
		.family = (__u8)presence->family,
		.priority = PRIORITY_OURS,
		.standing = 1,
		.advert_interval = (__u16)(interval / NS_PER_CS),
		.source = presence->source,
	};

	maps_drop_lease(edges->maps, standing_vrid(presence));
	maps_configure_instance(edges->maps, standing_vrid(presence), &entry);
}

/* What the dataplane holds may be of a run that crashed, or of a node that had the index before. */
static void begin_peers(struct presence *presence, const struct instance_edges *edges, uint64_t now)
{
	for (size_t i = 0; i < presence->config->peer_count; i++) {
		uint32_t index = edges->peer_indices[i];

		if (index == NO_PEER_INDEX)
			continue;
		if (is_peer(presence, edges, i)) {
			learn_interval(presence, edges, index);
			set_silent(presence, edges, i, heard_until(presence, edges, i) <= now);
		} else {
			maps_set_silent(edges->maps, index, false);
			presence->peers[index] = (struct peer_presence){};
		}
	}
}

void presence_begin(struct presence *presence, const struct config *config,
		    const struct instance_edges *edges, uint64_t granted_until)
{
	presence->config = config;
	presence->family = config_standing_family(config);
	presence->source = *transport_source(config, presence->family);
	presence->granted_until = granted_until;
	presence->majority = counts(presence) && (presence->majority || granted_until > 0);
	publish(presence, edges);
	begin_peers(presence, edges, clock_now());
	presence->pace = needed_pace(presence, edges);
	if (presence->sent_every && presence->pace > presence->sent_every)
		presence->hurried = ADVERTS_TO_BE_HEARD;
	else
		presence->sent_every = presence->pace;
	encode_pages(presence);
	if (presence->said.count)
		presence->next_at = 0;
}

void presence_end(struct presence *presence, const struct instance_edges *edges,
		  const struct config *next)
{
	if (!presence->config)
		return;
	if (!next || next->vrrp.standing_vrid != standing_vrid(presence))
		maps_end_instance(edges->maps, standing_vrid(presence));
	presence->config = NULL;
	presence->next_at = NEVER;
	presence->silence_at = NEVER;
}

/* The quorum. */

/* We hear ourselves; a node that is no vipd has no vote. */
static size_t read_heard(const struct presence *presence, const struct instance_edges *edges,
			 uint64_t now, uint64_t heard_at[static MAX_PEERS])
{
	const struct config *config = presence->config;
	size_t count = 0;

	for (size_t i = 0; i < config->peer_count; i++)
		if (i == config->self || config->peers[i].vipd)
			heard_at[count++] =
				i == config->self ? now : last_heard(presence, edges, i).seen_at;
	return count;
}

static struct quorum count(const struct presence *presence, const struct instance_edges *edges,
			   uint64_t now)
{
	uint64_t heard_at[MAX_PEERS];
	size_t nodes = read_heard(presence, edges, now, heard_at);
	struct quorum quorum =
		quorum_count(heard_at, nodes, presence->config->vrrp.advert_interval, now);

	if (quorum.until < presence->granted_until)
		quorum.until = presence->granted_until;
	return quorum;
}

uint64_t presence_count(struct presence *presence, const struct instance_edges *edges, uint64_t now)
{
	struct quorum quorum;

	if (!counts(presence))
		return NEVER;
	quorum = count(presence, edges, now);
	if (quorum_is_majority(&quorum, now) != presence->majority) {
		presence->majority = !presence->majority;
		edges->tell(
			&(struct instance_event){
				.kind = QUORUM_CHANGED,
				.wall = clock_wall(),
				.majority = presence->majority,
				.quorum = quorum,
			},
			edges->context);
	}
	return quorum.until;
}

void presence_quorum(const struct presence *presence, const struct instance_edges *edges,
		     uint64_t now, struct quorum_status *status)
{
	*status = (struct quorum_status){.required = counts(presence)};
	if (!status->required)
		return;
	status->quorum = count(presence, edges, now);
	status->majority = quorum_is_majority(&status->quorum, now);
	for (size_t i = 0; i < presence->config->peer_count; i++)
		status->heard[i] = i == presence->config->self ||
				   quorum_hears(last_heard(presence, edges, i).seen_at,
						presence->config->vrrp.advert_interval, now);
}
