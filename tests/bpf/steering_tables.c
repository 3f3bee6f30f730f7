// SPDX-License-Identifier: GPL-2.0-only
#include "tests/bpf/steering_tables.h"

#include <assert.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "ctl/base/address.h"
#include "tests/bpf/harness.h"

#define SECOND_PLACE_SHIFT 20

int tables_open(const struct bpf_object *object, struct maps *maps)
{
	struct map_fds fds;
	int error = maps_find(object, &fds);

	if (!error)
		error = maps_map(&fds, maps);
	return error ? error : maps_open_pool(maps, WEB_POOL);
}

__u64 random_number(void)
{
	static __u64 state = 88172645463325252ULL;

	/* Marsaglia 2003, xorshift64. */
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static struct ip_address address_of(const char *text)
{
	struct ip_address address;
	int result = address_parse(text, &address);

	assert(result == 0);
	(void)result;
	return address;
}

static void set_settings(struct maps *maps, __u16 vlan)
{
	struct settings_entry settings = {
		.vlan = vlan,
		.gateway4 = address_of(GATEWAY4),
		.gateway6 = address_of(GATEWAY6),
		.hash_key = FLOW_KEY,
		.self = N1_INDEX,
	};
	int result = mac_parse(OUR_MAC, settings.mac.bytes) |
		     mac_parse(GATEWAY_MAC, settings.gateway_mac4.bytes) |
		     mac_parse(GATEWAY_MAC, settings.gateway_mac6.bytes);

	assert(result == 0);
	(void)result;
	*maps->settings = settings;
}

void tables_set_backend(struct maps *maps, __u32 node, const char *mac)
{
	struct backend_entry backend = {.usable = 1};
	int result = mac_parse(mac, backend.mac);

	maps->backends[node] = backend;
	result |= maps_set_neighbour(maps, backend.mac, node);
	assert(result == 0);
	(void)result;
}

static struct service_table *services(const struct maps *maps)
{
	return &maps->services[maps->settings->service_copy & 1];
}

void tables_add_service(struct maps *maps, const struct service_entry *service)
{
	struct service_table *table = services(maps);
	__u64 hash = service_hash(maps->settings->hash_key, &service->vip, service->port,
				  service->protocol);
	struct service_entry *first = &table->places[service_place(hash, 0)];
	struct service_entry *second = &table->places[service_place(hash, table->shift)];
	/* Every other one in its second place: both must be found. */
	struct service_entry *place = table->entries % 2 ? second : first;
	__u32 bit = vip_filter_bit(&service->vip);

	if (place->protocol)
		place = place == first ? second : first;
	assert(!place->protocol);
	*place = *service;
	table->entries++;
	table->filter[bit / 64] |= 1ULL << (bit % 64);
}

static const char *const vips[] = {BLUE_VIP4, BLUE_VIP6, GREEN_VIP4, GREEN_VIP6};

#define VIP_COUNT (sizeof(vips) / sizeof(vips[0]))

/* What of each VIP is the service's. */
static const struct {
	__u16 port;
	__u8 protocol;
} keys[] = {
	{HTTP_PORT, IPPROTO_TCP},
	{HTTPS_PORT, IPPROTO_TCP},
	{HTTPS_PORT, IPPROTO_UDP},
	{PROXY_PORT, IPPROTO_TCP},
};

#define KEY_COUNT (sizeof(keys) / sizeof(keys[0]))

static void add_vip(struct maps *maps, const char *text, const struct vip_entry *vip, __u8 flags)
{
	struct service_entry service = {
		.vip = address_of(text),
		.flags = flags,
		.service = WEB,
		.pool = WEB_POOL,
	};
	int result = maps_set_vip(maps, &service.vip, vip);

	assert(result == 0);
	(void)result;
	for (size_t i = 0; i < KEY_COUNT; i++) {
		service.port = htons(keys[i].port);
		service.protocol = keys[i].protocol;
		tables_add_service(maps, &service);
	}
}

void tables_reset(struct maps *maps, __u16 vlan, __u8 flags)
{
	set_settings(maps, vlan);
	memset(services(maps), 0, sizeof(struct service_table));
	services(maps)->shift = SECOND_PLACE_SHIFT;
	for (__u32 i = 0; i < VIP_COUNT; i++)
		add_vip(maps, vips[i], &(struct vip_entry){.vrid = BLUE, .index = i}, flags);
	maps->pools[WEB_POOL] = (struct pool_entry){.backends = 3};
	tables_set_backend(maps, N2_INDEX, N2_MAC);
	tables_set_backend(maps, N3_INDEX, N3_MAC);
}

static struct slot *slots(const struct maps *maps)
{
	return maps->slots[WEB_POOL][maps->pools[WEB_POOL].copy].slots;
}

void tables_fill(struct maps *maps, const __u8 ranks[static RANKS])
{
	tables_fill_led_by(maps, ranks[0], ranks);
}

void tables_fill_led_by(struct maps *maps, __u8 primary, const __u8 ranks[static RANKS])
{
	struct slot slot = {.primary = primary, .rank = {ranks[0], ranks[1], ranks[2]}};

	for (size_t i = 0; i < POOL_SLOTS; i++)
		slots(maps)[i] = slot;
}

static bool all_differ(const __u8 ranks[static RANKS])
{
	return ranks[0] != ranks[1] && ranks[0] != ranks[2] && ranks[1] != ranks[2];
}

void tables_fill_random(struct maps *maps)
{
	char mac[MAC_TEXT_MAX];

	maps->settings->self = MAX_PEERS - 1;
	for (__u8 node = 0; node < BIG_POOL; node++) {
		snprintf(mac, sizeof(mac), "02:00:00:00:01:%02x", node);
		tables_set_backend(maps, node, mac);
	}
	for (size_t i = 0; i < POOL_SLOTS; i++) {
		__u8 *ranks = slots(maps)[i].rank;

		do {
			for (int j = 0; j < RANKS; j++)
				ranks[j] = (__u8)(random_number() % BIG_POOL);
		} while (!all_differ(ranks));
		slots(maps)[i].primary = ranks[0];
	}
}

struct flow random_flow(void)
{
	size_t key = random_number() % KEY_COUNT;
	struct flow flow = {
		.vip = address_of(vips[random_number() % VIP_COUNT]),
		.client_port = (__be16)random_number(),
		.vip_port = htons(keys[key].port),
		.protocol = keys[key].protocol,
	};
	__u64 random[2] = {random_number(), random_number()};

	if (address_family(&flow.vip) == FAMILY_IPV4)
		flow.client = address_from_ipv4((struct in_addr){(__be32)random[0]});
	else
		memcpy(flow.client.bytes, random, sizeof(random));
	return flow;
}

const struct slot *tables_slot(const struct maps *maps, const struct flow *flow)
{
	const struct service_table *table = services(maps);
	__u64 key = maps->settings->hash_key;
	__u64 hash = service_hash(key, &flow->vip, flow->vip_port, flow->protocol);
	const struct service_entry *service = &table->places[service_place(hash, 0)];

	if (!service_matches(service, flow))
		service = &table->places[service_place(hash, table->shift)];
	if (!service_matches(service, flow))
		return NULL;
	return &slots(maps)[flow_slot(key, hash, flow, service->flags)];
}
