/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/bpf/harness.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "ctl/base/address.h"
/* Generated: not held to our warnings. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include "vip.skel.h"
#pragma GCC diagnostic pop

#define LEASE_MS 60000

const struct network networks[] = {
	{"untagged", VLAN_UNTAGGED, false, 0},
	{"priority tag", VLAN_UNTAGGED, true, 5 << 13},
	{"VLAN 4000", 4000, true, 4000},
	{"VLAN 4000, PCP 6, DEI", 4000, true, 6 << 13 | 1 << 12 | 4000},
};
const size_t network_count = sizeof(networks) / sizeof(networks[0]);

static struct vip *vip;
/* Large ones are mapped: there is a reset before nearly every frame. */
static struct advert_entry *adverts;
static __u64 *limits;
static struct key_entry *secrets;
static struct ring_buffer *inbox;
static struct ring_buffer *notices;

/* What a ring gave since it was last asked. */
static struct {
	size_t count;
	struct inbox_record last;
} inbox_seen;

static struct {
	size_t count;
	struct notice_record last;
} notices_seen;

static int see_inbox(void *context, void *data, size_t size)
{
	(void)context;
	assert_true(size >= sizeof(inbox_seen.last));
	memcpy(&inbox_seen.last, data, sizeof(inbox_seen.last));
	inbox_seen.count++;
	return 0;
}

static int see_notice(void *context, void *data, size_t size)
{
	(void)context;
	assert_true(size >= sizeof(notices_seen.last));
	memcpy(&notices_seen.last, data, sizeof(notices_seen.last));
	notices_seen.count++;
	return 0;
}

size_t take_inbox(struct inbox_record *last)
{
	size_t count;

	assert_true(ring_buffer__consume(inbox) >= 0);
	count = inbox_seen.count;
	if (last)
		*last = inbox_seen.last;
	memset(&inbox_seen, 0, sizeof(inbox_seen));
	return count;
}

size_t take_notices(struct notice_record *last)
{
	size_t count;

	assert_true(ring_buffer__consume(notices) >= 0);
	count = notices_seen.count;
	if (last)
		*last = notices_seen.last;
	memset(&notices_seen, 0, sizeof(notices_seen));
	return count;
}

/* Of a table whose entries are multiples of 8 bytes. */
static size_t mapped_size(const struct bpf_map *map)
{
	return bpf_map__max_entries(map) * (size_t)bpf_map__value_size(map);
}

static void *map_table(const struct bpf_map *map)
{
	void *mapped = mmap(NULL, mapped_size(map), PROT_READ | PROT_WRITE, MAP_SHARED,
			    bpf_map__fd(map), 0);

	return mapped == MAP_FAILED ? NULL : mapped;
}

static void unmap_table(const struct bpf_map *map, void *mapped)
{
	if (mapped)
		munmap(mapped, mapped_size(map));
}

int harness_open(void **state)
{
	(void)state;
	vip = vip__open_and_load();
	if (!vip)
		return -1;
	adverts = map_table(vip->maps.vipd_adverts);
	limits = map_table(vip->maps.vipd_limits);
	secrets = map_table(vip->maps.vipd_keys);
	if (!adverts || !limits || !secrets)
		return -1;
	inbox = ring_buffer__new(bpf_map__fd(vip->maps.vipd_inbox), see_inbox, NULL, NULL);
	notices = ring_buffer__new(bpf_map__fd(vip->maps.vipd_notices), see_notice, NULL, NULL);
	return inbox && notices ? 0 : -1;
}

int harness_close(void **state)
{
	(void)state;
	ring_buffer__free(notices);
	ring_buffer__free(inbox);
	unmap_table(vip->maps.vipd_keys, secrets);
	unmap_table(vip->maps.vipd_limits, limits);
	unmap_table(vip->maps.vipd_adverts, adverts);
	vip__destroy(vip);
	return 0;
}

/* Tables. */

static void store(const struct bpf_map *map, const void *key, const void *value)
{
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(map), key, value, BPF_ANY), 0);
}

static void fetch(const struct bpf_map *map, __u32 key, void *value)
{
	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(map), &key, value), 0);
}

/* Zero an array in one call: there is a reset before nearly every frame. */
static void clear_array(const struct bpf_map *map)
{
	__u32 count = bpf_map__max_entries(map);
	__u32 *keys = calloc(count, sizeof(*keys));
	void *zero = calloc(count, bpf_map__value_size(map));

	assert_non_null(keys);
	assert_non_null(zero);
	for (__u32 key = 0; key < count; key++)
		keys[key] = key;
	assert_int_equal(bpf_map_update_batch(bpf_map__fd(map), keys, zero, &count, NULL), 0);
	free(zero);
	free(keys);
}

/* Zero the one entry, of counters only, of a table per CPU. */
static void clear_counters(const struct bpf_map *map)
{
	void *zero = calloc((size_t)libbpf_num_possible_cpus(), bpf_map__value_size(map));
	__u32 key = 0;

	assert_non_null(zero);
	store(map, &key, zero);
	free(zero);
}

static struct ip_address key_of(const char *text)
{
	struct ip_address address;

	assert_int_equal(address_parse(text, &address), 0);
	return address;
}

static void set_settings(__u16 vlan, __u32 router_flag)
{
	struct settings_entry settings = {
		.vlan = vlan,
		.gateway4 = key_of(GATEWAY4),
		.gateway6 = key_of(GATEWAY6),
		.router_flag = router_flag,
	};
	__u32 key = 0;

	assert_int_equal(mac_parse(OUR_MAC, settings.mac.bytes), 0);
	store(vip->maps.vipd_settings, &key, &settings);
}

void set_router_flag(void)
{
	struct settings_entry settings;

	fetch(vip->maps.vipd_settings, 0, &settings);
	set_settings(settings.vlan, 1);
}

void accept_virtual_mac(void)
{
	struct settings_entry settings;
	__u32 key = 0;

	fetch(vip->maps.vipd_settings, 0, &settings);
	settings.virtual_mac = 1;
	store(vip->maps.vipd_settings, &key, &settings);
}

void set_instance(__u32 vrid, const struct instance_entry *instance)
{
	store(vip->maps.vipd_instances, &vrid, instance);
}

static void set_election(__u32 vrid, __u8 family, const char *source, __u64 lease_until)
{
	struct instance_entry instance = {
		.lease_until = lease_until,
		.configured = 1,
		.version = 3,
		.family = family,
		.priority = PRIORITY,
		.advert_interval = INTERVAL,
		.source = key_of(source),
	};

	set_instance(vrid, &instance);
}

void set_lease(__u32 vrid, __u64 lease_until)
{
	struct instance_entry instance = read_instance(vrid);

	instance.lease_until = lease_until;
	set_instance(vrid, &instance);
}

__u64 lease_in(unsigned int milliseconds)
{
	return clock_now() + milliseconds * NS_PER_MS;
}

void disown_blue(void)
{
	set_lease(BLUE, 0);
}

static void set_vip(const char *address, __u32 vrid, __u32 index)
{
	struct ip_address key = key_of(address);
	struct vip_entry entry = {.vrid = vrid, .index = index};

	store(vip->maps.vipd_vips, &key, &entry);
}

void set_peer(const char *address, const struct peer_entry *peer)
{
	struct ip_address key = key_of(address);

	store(vip->maps.vipd_peers, &key, peer);
}

void set_advert(__u32 vrid, __u32 peer, const struct advert_entry *advert)
{
	adverts[advert_index(vrid, peer)] = *advert;
}

void set_authentication(const struct authentication_entry *authentication)
{
	__u32 key = 0;

	store(vip->maps.vipd_authentication, &key, authentication);
}

void set_key(__u32 id, const struct key_entry *key)
{
	secrets[id] = *key;
}

void set_silent(__u32 node, bool silent)
{
	struct backend_entry entry = {.silent = silent};

	store(vip->maps.vipd_backends, &node, &entry);
}

/* Few tests store any. */
static void clear_standings(void)
{
	static const struct standing_entry nothing;

	for (__u32 i = 0; i < 3 * STANDING_PAGES; i++)
		store(vip->maps.vipd_standings, &i, &nothing);
}

static void set_peers(void)
{
	struct peer_entry n1 = {.index = N1_INDEX, .self = 1};
	struct peer_entry n2 = {.index = N2_INDEX, .mac_pinned = 1};
	struct peer_entry n3 = {.index = N3_INDEX};

	assert_int_equal(mac_parse(N2_MAC, n2.mac), 0);
	set_peer(OUR_ADDRESS4, &n1);
	set_peer(OUR_ADDRESS6, &n1);
	set_peer(OUR_LINK_LOCAL, &n1);
	set_peer(N2_ADDRESS4, &n2);
	set_peer(N2_ADDRESS6, &n2);
	set_peer(N2_LINK_LOCAL, &n2);
	set_peer(N3_ADDRESS4, &n3);
	set_peer(N3_LINK_LOCAL, &n3);
}

void harness_reset(const struct network *network)
{
	set_settings(network->vlan, 0);
	set_election(BLUE, FAMILY_IPV4, OUR_ADDRESS4, lease_in(LEASE_MS));
	set_election(GREEN, FAMILY_IPV6, OUR_LINK_LOCAL, 0);
	set_vip(BLUE_VIP4, BLUE, BLUE_VIP4_INDEX);
	set_vip(BLUE_VIP6, BLUE, BLUE_VIP6_INDEX);
	set_vip(GREEN_VIP4, GREEN, GREEN_VIP4_INDEX);
	set_vip(GREEN_VIP6, GREEN, GREEN_VIP6_INDEX);
	set_peers();
	set_authentication(&(struct authentication_entry){.mode = AUTHENTICATION_OFF});
	clear_counters(vip->maps.vipd_drops);
	clear_counters(vip->maps.vipd_traffic);
	clear_array(vip->maps.vipd_sightings);
	clear_array(vip->maps.vipd_backends);
	clear_array(vip->maps.vipd_senders);
	clear_standings();
	memset(limits, 0, mapped_size(vip->maps.vipd_limits));
	memset(secrets, 0, mapped_size(vip->maps.vipd_keys));
	memset(adverts, 0, mapped_size(vip->maps.vipd_adverts));
	take_inbox(NULL);
	take_notices(NULL);
}

/* Frames. */

static void run_program(const struct bpf_program *program, const struct frame *frame,
			struct outcome *outcome)
{
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame->bytes,
		    .data_size_in = (__u32)frame->length, .data_out = outcome->frame.bytes,
		    .data_size_out = sizeof(outcome->frame.bytes), .repeat = 1);

	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(program), &run), 0);
	outcome->verdict = run.retval;
	outcome->frame.length = run.data_size_out;
}

void run_frame(const struct frame *frame, struct outcome *outcome)
{
	run_program(vip->progs.vip, frame, outcome);
}

void run_elsewhere(const struct frame *frame, struct outcome *outcome)
{
	run_program(vip->progs.guard_only, frame, outcome);
}

void run_on(const struct network *network, const struct frame *frame, struct outcome *outcome)
{
	struct frame seen = *frame;

	if (network->tagged)
		frame_tag(&seen, ETH_P_8021Q, network->control);
	run_frame(&seen, outcome);
}

bool same_bytes(const struct frame *a, const struct frame *b)
{
	return a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0;
}

const char *verdict_name(__u32 verdict)
{
	static const char *const names[] = {"aborted", "drop", "pass", "tx", "redirect"};

	return verdict < sizeof(names) / sizeof(names[0]) ? names[verdict] : "unknown";
}

/* Counters. */

/* The sum over all CPUs of a table's one entry, which is made of counters only. */
static void sum_counters(const struct bpf_map *map, __u64 *sum, size_t size)
{
	size_t cpus = (size_t)libbpf_num_possible_cpus();
	size_t count = size / sizeof(*sum);
	__u64 *each = calloc(cpus, size);

	assert_non_null(each);
	fetch(map, 0, each);
	memset(sum, 0, size);
	for (size_t i = 0; i < cpus * count; i++)
		sum[i % count] += each[i];
	free(each);
}

struct drops_entry read_drops(void)
{
	struct drops_entry drops;

	sum_counters(vip->maps.vipd_drops, (__u64 *)&drops, sizeof(drops));
	return drops;
}

__u64 read_drop(enum drop_reason reason)
{
	struct drops_entry drops = read_drops();

	return ((__u64 *)&drops)[drop_index(reason)];
}

__u64 read_all_drops(void)
{
	struct drops_entry drops = read_drops();
	__u64 sum = 0;

	for (size_t i = 0; i < DROP_REASON_COUNT; i++)
		sum += ((__u64 *)&drops)[i];
	return sum;
}

const char *drop_name(enum drop_reason reason)
{
	static const char *const names[] = {
#define DROP(name, text) #name,
		DROP_REASONS(DROP)
#undef DROP
	};

	return drop_is_reason(reason) ? names[drop_index(reason)] : "none";
}

struct traffic_entry read_traffic(void)
{
	struct traffic_entry traffic;

	sum_counters(vip->maps.vipd_traffic, (__u64 *)&traffic, sizeof(traffic));
	return traffic;
}

struct instance_entry read_instance(__u32 vrid)
{
	struct instance_entry instance;

	fetch(vip->maps.vipd_instances, vrid, &instance);
	return instance;
}

struct sighting_entry read_sighting(__u32 index)
{
	struct sighting_entry sighting;

	fetch(vip->maps.vipd_sightings, index, &sighting);
	return sighting;
}

struct advert_entry read_advert(__u32 vrid, __u32 peer)
{
	return adverts[advert_index(vrid, peer)];
}

struct sender_entry read_sender(__u32 peer)
{
	struct sender_entry entry;

	fetch(vip->maps.vipd_senders, peer, &entry);
	return entry;
}

struct standing_entry read_standing(__u32 peer, __u32 page)
{
	struct standing_entry entry;

	fetch(vip->maps.vipd_standings, standing_index(peer, page), &entry);
	return entry;
}

bool no_adverts(void)
{
	const char *bytes = (const char *)adverts;
	size_t size = mapped_size(vip->maps.vipd_adverts);

	return bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}
