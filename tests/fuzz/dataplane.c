// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dataplane (bpf/), compiled for this machine. The verifier has proven that it reads and writes
 * nothing that it must not; here it is held to what the project promises of a frame's way. The
 * first byte is the state of the node, see enum; the frame follows. fuzz: -max_len=600
 */
#include "tests/fuzz/host_bpf.h"

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
};

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

static void add_peer(__u8 node, bool self)
{
	struct ip_address addresses[] = {address4(0x10 + node), address6(0x10 + node)};
	struct peer_entry peer = {.index = node, .mac_pinned = !self, .self = self};

	mac_copy(peer.mac, self ? our_mac : peer_mac);
	for (int i = 0; i < 2; i++)
		host_update(&vipd_peers, &addresses[i], &peer, BPF_ANY);
}

static void add_instance(__u32 vrid, __u8 family, __u64 lease_until)
{
	struct instance_entry instance = {
		.lease_until = lease_until,
		.configured = 1,
		.version = 3,
		.family = family,
		.priority = 150,
		.source = family == FAMILY_IPV4 ? address4(0x11) : address6(0x11),
	};
	struct ip_address vips[] = {address4((__u8)(vrid + 50)), address6((__u8)(vrid + 50))};

	host_update(&vipd_instances, &vrid, &instance, BPF_ANY);
	for (__u32 i = 0; i < 2; i++) {
		struct vip_entry vip = {.vrid = vrid, .index = vrid + i};

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

static void set_steering(__u8 state)
{
	struct service_table *table = host_look_up(&vipd_services, &(__u32){0});
	struct slot_table *slots = host_look_up(&vipd_slots, &(__u32){0});
	struct pool_entry pool = {.settling = !!(state & SETTLING), .backends = 2};
	struct backend_entry backend = {.usable = 1};
	struct mac_key neighbour = {};
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
	mac_copy(neighbour.mac, peer_mac);
	host_update(&vipd_pools, &(__u32){0}, &pool, BPF_ANY);
	host_update(&vipd_backends, &(__u32){2}, &backend, BPF_ANY);
	host_update(&vipd_neighbours, &neighbour, &(__u32){2}, BPF_ANY);
}

static void set_node(__u8 state)
{
	static struct bpf_sock listener = {.state = BPF_TCP_LISTEN}, connection = {.state = 1};
	struct settings_entry settings = {
		.vlan = state & TAGGED ? 4000 : VLAN_UNTAGGED,
		.gateway4 = address4(1),
		.gateway6 = address6(1),
		.draining = !!(state & DRAINING),
		.self = 1,
	};
	__u64 lease = state & OWNER ? 2000000000 : 0;

	host.now = 1000000000;
	host.inbox_count = 0;
	host.socket = state & CONNECTION ? &connection : state & LISTENER ? &listener : NULL;
	host_clear(&vipd_drops);
	host_clear(&vipd_traffic);
	host_clear(&vipd_adverts);
	host_clear(&vipd_fragments);
	mac_copy(settings.mac, our_mac);
	host_update(&vipd_settings, &(__u32){0}, &settings, BPF_ANY);
	add_peer(1, true);
	add_peer(2, false);
	add_instance(BLUE, FAMILY_IPV4, lease);
	add_instance(GREEN, FAMILY_IPV6, lease);
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

static void repair_ipv4(__u8 *ip, size_t length)
{
	size_t total = (size_t)(ip[2] << 8 | ip[3]);

	put_checksum(ip + 10, ip, 20, 0);
	if (ip[9] == PROTOCOL_VRRP && total >= 28 && total <= length)
		put_checksum(ip + 26, ip + 20, total - 20, 0);
}

static void repair_ipv6(__u8 *ip, size_t length)
{
	size_t payload = (size_t)(ip[4] << 8 | ip[5]);
	__u32 pseudo = sum_of(ip + 8, 32) + bpf_htons((__u16)payload) + bpf_htons(ip[6]);

	if (payload < 8 || payload > length - 40)
		return;
	if (ip[6] == PROTOCOL_VRRP)
		put_checksum(ip + 46, ip + 40, payload, pseudo);
	if (ip[6] == PROTOCOL_ICMPV6)
		put_checksum(ip + 42, ip + 40, payload, pseudo);
}

static void repair(__u8 *frame, size_t length)
{
	size_t at = 14;

	if (length >= 18 && frame[12] == 0x81 && frame[13] == 0)
		at = 18;
	if (length >= at + 20 && frame[at - 2] == 0x08 && frame[at - 1] == 0x00)
		repair_ipv4(frame + at, length - at);
	if (length >= at + 40 && frame[at - 2] == 0x86 && frame[at - 1] == 0xdd)
		repair_ipv6(frame + at, length - at);
}

/* Promises. */

/* A drop has exactly one reason, and what is not dropped has none. */
static void check_drops(int verdict)
{
	const __u64 *drops = host_look_up(&vipd_drops, &(__u32){0});
	__u64 sum = 0;

	for (size_t i = 0; i < DROP_REASON_COUNT; i++)
		sum += drops[i];
	REQUIRE(sum == (verdict == XDP_DROP));
}

/* What the controller gets is an advertisement to it too, of the peer and for one of ours. */
static void check_accepted(void)
{
	struct advert_message message;

	REQUIRE(host.inbox_count == 1);
	REQUIRE(host.inbox.length <= ADVERT_MESSAGE_MAX && host.inbox.peer == 2);
	REQUIRE(host.inbox.vrid == BLUE || host.inbox.vrid == GREEN);
	REQUIRE(advert_decode(host.inbox.message, host.inbox.length, host.inbox.family, &message) ==
		0);
	REQUIRE(message.address_count > 0 && message.max_advert_interval > 0);
}

/* What was refused, or is no advertisement, has moved nothing. */
static void check_untouched(__u8 state)
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
	int verdict;

	if (length < 1 || length > HOST_FRAME_MAX)
		return 0;
	if (!host.guard)
		host_open();
	set_node(input[0]);
	frame = host_frame(--length);
	memcpy(frame, input + 1, length);
	if (input[0] & REPAIR)
		repair(frame, length);
	memcpy(before, frame, length);

	verdict = vip(&host.context);
	REQUIRE(verdict == XDP_DROP || verdict == XDP_PASS || verdict == XDP_TX);
	REQUIRE(verdict == XDP_TX || memcmp(frame, before, length) == 0);
	check_drops(verdict);
	traffic = host_look_up(&vipd_traffic, &(__u32){0});
	if (traffic->adverts_accepted)
		check_accepted();
	else
		check_untouched(input[0]);
	return 0;
}
