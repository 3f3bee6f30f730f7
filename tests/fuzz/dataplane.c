// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dataplane (bpf/), compiled for this machine. The verifier has proven that it reads and writes
 * nothing that it must not; here it is held to what the project promises of a frame's way. The
 * first byte is the state of the node, see enum; the frame follows. fuzz: -max_len=600
 */
#include "tests/fuzz/host_bpf.h"

#include <sodium.h>

#include "ctl/vrrp/advert.h"

enum {
	REPAIR = 1 << 0, /* the frame's checksums, which no fuzzer guesses */
	OWNER = 1 << 1,
	TAGGED = 1 << 2,
	DRAINING = 1 << 3,
	SETTLING = 1 << 4,
	LISTENER = 1 << 5,
	CONNECTION = 1 << 6,
	PRIMARY = 1 << 7, /* of all flows; otherwise a peer is */
	/* In the second byte. */
	KEYED = 1 << 8,           /* an HMAC is asked for */
	SIGN = 1 << 9,            /* repair the trailer that the frame ends with, too */
	VERSION2 = 1 << 10,       /* is what BLUE speaks */
	PASSWORD = 1 << 11,       /* with a password, of zeros */
	TIMELESS = 1 << 12,       /* the sequence alone tells replays */
	SERVICES_ALONE = 1 << 13, /* are accepted for a VIP, */
	ACTIVE_ALONE = 1 << 14,   /* and nothing from outside by who does not own it */
};

#define SECONDS     0x68000000 /* of the wall clock */
#define KEY_ID      1
#define TRAILER     28
#define HMAC_OFFSET 12
#define HMAC_LENGTH 16

#define BLUE  51 /* elects over IPv4, */
#define GREEN 52 /* over IPv6 */

static const __u8 our_mac[6] = {2, 0, 0, 0, 0, 0x11}, peer_mac[6] = {2, 0, 0, 0, 0, 0x12};
static const struct in6_addr ipv6 = {.in6_u.u6_addr8 = {0xfd, 0x77}};

/* 10.77.0.N, and fd77::N. */
static struct ip_address address4(__u8 last)
{
	return mapped_address(bpf_htonl(10U << 24 | 77U << 16 | last));
}

static struct ip_address address6(__u8 last)
{
	struct ip_address address = plain_address(&ipv6);

	address.bytes[15] = last;
	return address;
}

static __u32 vip_flags(__u32 state)
{
	return (state & SERVICES_ALONE ? VIP_SERVICES_ONLY : 0) |
	       (state & ACTIVE_ALONE ? VIP_ACTIVE_ONLY : 0);
}

static void add_peer(__u8 node, bool self)
{
	struct ip_address addresses[] = {address4(0x10 + node), address6(0x10 + node)};
	struct peer_entry peer = {.index = node, .mac_pinned = !self, .self = self};

	mac_copy(peer.mac, self ? our_mac : peer_mac);
	for (int i = 0; i < 2; i++)
		host_update(&vipd_peers, &addresses[i], &peer, BPF_ANY);
}

static void add_instance(__u32 vrid, __u8 family, __u32 state)
{
	bool version2 = vrid == BLUE && state & VERSION2;
	struct instance_entry instance = {
		.lease_until = state & OWNER ? 2000000000 : 0,
		.configured = 1,
		.version = version2 ? 2 : 3,
		.advert_interval = 100,
		.authentication_type = version2 && state & PASSWORD,
		.family = family,
		.priority = 150,
		.source = family == FAMILY_IPV4 ? address4(0x11) : address6(0x11),
	};
	struct ip_address vips[] = {address4((__u8)(vrid + 50)), address6((__u8)(vrid + 50))};

	host_update(&vipd_instances, &vrid, &instance, BPF_ANY);
	for (__u32 i = 0; i < 2; i++) {
		struct vip_entry vip = {.vrid = vrid, .index = vrid + i, .flags = vip_flags(state)};

		host_update(&vipd_vips, &vips[i], &vip, BPF_ANY);
	}
}

static void add_service(struct service_table *table, struct ip_address vip, __u8 protocol)
{
	const struct settings_entry *settings = host_look_up(&vipd_settings, &(__u32){0});
	__be16 port = bpf_htons(80);
	__u64 hash = service_hash(settings->hash_key, &vip, port, protocol);
	__u32 bit = vip_filter_bit(&vip);

	table->filter[bit / 64] |= 1ULL << bit % 64;
	table->places[service_place(hash, 0)] = (struct service_entry){
		.vip = vip,
		.port = port,
		.protocol = protocol,
		.flags = SERVICE_LISTENER_CHECK,
	};
}

static const __u8 secret[32] = "a secret that the two of us know";

/* The state of SHA-256 after the padded key. */
static void digest_padded(__u8 pad, __u32 *state)
{
	crypto_hash_sha256_state sha256;
	__u8 block[64];

	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = (__u8)((i < sizeof(secret) ? secret[i] : 0) ^ pad);
	crypto_hash_sha256_init(&sha256);
	crypto_hash_sha256_update(&sha256, block, sizeof(block));
	memcpy(state, sha256.state, sizeof(sha256.state));
}

static void set_authentication(__u32 state)
{
	struct authentication_entry authentication = {
		.mode = state & KEYED ? AUTHENTICATION_ENFORCE : AUTHENTICATION_OFF,
		.monotonic = !!(state & TIMELESS),
		.window = 5000000000,
		.wall_offset = SECONDS * 1000000000ULL - host.now,
	};
	struct key_entry key = {.configured = 1};

	digest_padded(0x36, key.inner);
	digest_padded(0x5c, key.outer);
	host_update(&vipd_authentication, &(__u32){0}, &authentication, BPF_ANY);
	host_update(&vipd_keys, &(__u32){KEY_ID}, &key, BPF_ANY);
}

static void set_steering(__u32 state)
{
	struct service_table *table = host_look_up(&vipd_services, &(__u32){0});
	struct slot_table *slots = host_look_up(&vipd_slots, &(__u32){0});
	struct pool_entry pool = {.settling = !!(state & SETTLING), .backends = 2};
	struct backend_entry backend = {.usable = 1};
	struct mac_address neighbour = {};
	__u8 first = state & PRIMARY ? 1 : 2;

	for (__u8 vip = BLUE + 50; vip <= GREEN + 50; vip++) {
		add_service(table, address4(vip), PROTOCOL_TCP);
		add_service(table, address6(vip), PROTOCOL_TCP);
		add_service(table, address4(vip), PROTOCOL_UDP);
	}
	if (slots->slots[0].rank[0] != first)
		for (size_t i = 0; i < POOL_SLOTS; i++)
			slots->slots[i] = (struct slot){.rank = {first, 3 - first, NOBODY}};
	mac_copy(backend.mac, peer_mac);
	mac_copy(neighbour.bytes, peer_mac);
	host_update(&vipd_pools, &(__u32){0}, &pool, BPF_ANY);
	host_update(&vipd_backends, &(__u32){2}, &backend, BPF_ANY);
	host_update(&vipd_neighbours, &neighbour, &(__u32){2}, BPF_ANY);
}

static void set_node(__u32 state)
{
	static struct bpf_sock listener = {.state = BPF_TCP_LISTEN}, connection = {.state = 1};
	struct settings_entry settings = {
		.vlan = state & TAGGED ? 4000 : VLAN_UNTAGGED,
		.gateway4 = address4(1),
		.gateway6 = address6(1),
		.draining = !!(state & DRAINING),
		.self = 1,
		.vip_flags = vip_flags(state),
	};

	host.now = 1000000000;
	host.inbox_count = 0;
	host.socket = state & CONNECTION ? &connection : state & LISTENER ? &listener : NULL;
	host_clear(&vipd_drops);
	host_clear(&vipd_traffic);
	host_clear(&vipd_adverts);
	host_clear(&vipd_fragments);
	mac_copy(settings.mac.bytes, our_mac);
	host_update(&vipd_settings, &(__u32){0}, &settings, BPF_ANY);
	add_peer(1, true);
	add_peer(2, false);
	add_instance(BLUE, FAMILY_IPV4, state);
	add_instance(GREEN, FAMILY_IPV6, state);
	set_authentication(state);
	set_steering(state);
}

/* Checksums. */

static void put_checksum(__u8 *place, const __u8 *bytes, size_t length, __u32 sum)
{
	__u16 checksum;

	memset(place, 0, 2);
	for (size_t i = 0; i + 1 < length; i += 2) {
		__u16 word;

		memcpy(&word, bytes + i, 2);
		sum += word;
	}
	checksum = (__u16)~fold(sum);
	memcpy(place, &checksum, 2);
}

static __u32 sum_of(const void *bytes, size_t length)
{
	__u16 sum;

	put_checksum((__u8 *)&sum, bytes, length, 0);
	return (__u16)~sum;
}

/* What stands behind an IP header: the message, and the trailer if there is one. */
static void sign_trailer(__u8 *message, size_t length, __u8 family, const __u8 *source)
{
	__u8 *trailer = message + length - TRAILER, checksum[2];
	__u8 pseudo_header[20] = {family, message[0] >> 4, message[1]};
	__u8 hmac[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state state;

	memcpy(pseudo_header + 4, source, family == FAMILY_IPV4 ? 4 : 16);
	memcpy(trailer, (__u8[]){1, KEY_ID, 0, 0, 0x68, 0, 0, 0}, 8);
	memset(trailer + HMAC_OFFSET, 0, HMAC_LENGTH);
	memcpy(checksum, message + 6, 2);
	memset(message + 6, 0, 2);
	crypto_auth_hmacsha256_init(&state, secret, sizeof(secret));
	crypto_auth_hmacsha256_update(&state, pseudo_header, sizeof(pseudo_header));
	crypto_auth_hmacsha256_update(&state, message, length);
	crypto_auth_hmacsha256_final(&state, hmac);
	memcpy(message + 6, checksum, 2);
	memcpy(trailer + HMAC_OFFSET, hmac, HMAC_LENGTH);
}

static bool has_trailer(__u32 state, size_t length)
{
	return state & SIGN && length >= 8 + TRAILER;
}

/* Over IPv4 a trailer is not covered; where the message ends is what it says of itself. */
static size_t covered(const __u8 *message, size_t length)
{
	size_t end = 8 + message[3] * 4U + (message[0] >> 4 == 2 ? 8 : 0);

	return end < length ? end : length;
}

static void repair_ipv4(__u8 *ip, size_t length, __u32 state)
{
	size_t total = (size_t)(ip[2] << 8 | ip[3]), message = total - 20;

	put_checksum(ip + 10, ip, 20, 0);
	if (ip[9] != PROTOCOL_VRRP || total < 28 || total > length)
		return;
	if (has_trailer(state, message))
		sign_trailer(ip + 20, message, FAMILY_IPV4, ip + 12);
	put_checksum(ip + 26, ip + 20, covered(ip + 20, message), 0);
}

static void repair_ipv6(__u8 *ip, size_t length, __u32 state)
{
	size_t payload = (size_t)(ip[4] << 8 | ip[5]);
	__u32 pseudo = sum_of(ip + 8, 32) + bpf_htons((__u16)payload) + bpf_htons(ip[6]);

	if (payload < 8 || payload > length - 40)
		return;
	if (ip[6] == PROTOCOL_VRRP && has_trailer(state, payload))
		sign_trailer(ip + 40, payload, FAMILY_IPV6, ip + 8);
	if (ip[6] == PROTOCOL_VRRP)
		put_checksum(ip + 46, ip + 40, payload, pseudo);
	if (ip[6] == PROTOCOL_ICMPV6)
		put_checksum(ip + 42, ip + 40, payload, pseudo);
}

static void repair(__u8 *frame, size_t length, __u32 state)
{
	size_t at = 14;

	if (length >= 18 && frame[12] == 0x81 && frame[13] == 0)
		at = 18;
	if (length >= at + 20 && frame[at - 2] == 0x08 && frame[at - 1] == 0x00)
		repair_ipv4(frame + at, length - at, state);
	if (length >= at + 40 && frame[at - 2] == 0x86 && frame[at - 1] == 0xdd)
		repair_ipv6(frame + at, length - at, state);
}

/* Promises. */

/* A drop has exactly one reason, and what is not dropped has none. */
static void check_drops(int verdict, __u32 state)
{
	const __u64 *drops = host_look_up(&vipd_drops, &(__u32){0});
	__u64 sum = 0;

	for (size_t i = 0; i < DROP_REASON_COUNT; i++)
		sum += drops[i];
	REQUIRE(sum == (verdict == XDP_DROP));
	REQUIRE(state & SERVICES_ALONE || !drops[drop_index(DROP_vip_not_accepted)]);
	REQUIRE((state & ACTIVE_ALONE && !(state & OWNER)) ||
		!drops[drop_index(DROP_vip_not_owner)]);
}

/* What the controller gets is an advertisement to it too, of the peer and for one of ours. */
static void check_accepted(const struct traffic_entry *traffic, __u32 state)
{
	struct advert_message message;

	REQUIRE(host.inbox_count == 1);
	REQUIRE(traffic->adverts_authenticated == !!(state & KEYED));
	REQUIRE(!(state & KEYED) || state & SIGN); /* nobody guesses an HMAC */
	REQUIRE(host.inbox.length <= ADVERT_MESSAGE_MAX && host.inbox.peer == 2);
	REQUIRE(host.inbox.vrid == BLUE || host.inbox.vrid == GREEN);
	REQUIRE(advert_decode(host.inbox.message, host.inbox.length, host.inbox.family, &message) ==
		0);
	REQUIRE(message.address_count > 0 && message.max_advert_interval > 0);
}

/* What was refused, or is no advertisement, has moved nothing. */
static void check_untouched(__u32 state)
{
	static const struct advert_entry nothing;

	REQUIRE(host.inbox_count == 0);
	for (__u32 vrid = BLUE; vrid <= GREEN; vrid++) {
		const struct instance_entry *instance = host_look_up(&vipd_instances, &vrid);
		__u32 index = advert_index(vrid, 2);

		REQUIRE(instance->beaten == 0);
		REQUIRE((instance->lease_until != 0) == !!(state & OWNER));
		REQUIRE(memcmp(host_look_up(&vipd_adverts, &index), &nothing, sizeof(nothing)) ==
			0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
	const struct traffic_entry *traffic;
	__u8 before[HOST_FRAME_MAX], *frame;
	__u32 state;
	int verdict;

	if (length < 2 || length > HOST_FRAME_MAX)
		return 0;
	if (!host.guard)
		host_open();
	state = input[0] | (__u32)input[1] << 8;
	length -= 2;
	set_node(state);
	frame = host_frame(length);
	memcpy(frame, input + 2, length);
	if (state & REPAIR)
		repair(frame, length, state);
	memcpy(before, frame, length);

	verdict = vip(&host.context);
	REQUIRE(verdict == XDP_DROP || verdict == XDP_PASS || verdict == XDP_TX);
	REQUIRE(verdict == XDP_TX || memcmp(frame, before, length) == 0);
	check_drops(verdict, state);
	traffic = host_look_up(&vipd_traffic, &(__u32){0});
	if (traffic->adverts_accepted)
		check_accepted(traffic, state);
	else
		check_untouched(state);
	return 0;
}
