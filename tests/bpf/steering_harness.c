// SPDX-License-Identifier: GPL-2.0-only
#include "tests/bpf/steering_harness.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "ctl/base/address.h"
/* Generated: not held to our warnings. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include "vip.skel.h"
#pragma GCC diagnostic pop

const struct client stranger = {"198.51.100.7", "2001:db8:1::7", 40000};

static struct vip *vip;
static struct maps maps;

int steering_open(void **state)
{
	(void)state;
	vip = vip__open_and_load();
	return vip ? tables_open(vip->obj, &maps) : -1;
}

int steering_close(void **state)
{
	(void)state;
	maps_unmap(&maps);
	vip__destroy(vip);
	return 0;
}

static void clear_counters(int fd, __u32 key, size_t size)
{
	void *zero = calloc((size_t)libbpf_num_possible_cpus(), size);

	assert_non_null(zero);
	assert_int_equal(bpf_map_update_elem(fd, &key, zero, BPF_ANY), 0);
	free(zero);
}

struct maps *steering_reset(const struct network *network, __u8 service_flags)
{
	tables_reset(&maps, network->vlan, service_flags);
	clear_counters(maps.fds.drops, 0, sizeof(struct drops_entry));
	clear_counters(maps.fds.traffic, 0, sizeof(struct traffic_entry));
	for (__u32 node = N1_INDEX; node <= N3_INDEX; node++)
		clear_counters(maps.fds.steered, steered_index(WEB, node),
			       sizeof(struct steered_entry));
	forget_fragments();
	return &maps;
}

void steering_run(const struct frame *frame, struct outcome *outcome)
{
	/* cppcheck-suppress uninitvar ; it is written here */
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame->bytes,
		    .data_size_in = (__u32)frame->length, .data_out = outcome->frame.bytes,
		    .data_size_out = sizeof(outcome->frame.bytes), .repeat = 1);

	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(vip->progs.vip), &run), 0);
	outcome->verdict = run.retval;
	outcome->frame.length = run.data_size_out;
}

struct traffic_entry steering_traffic(void)
{
	struct traffic_entry traffic;

	assert_int_equal(maps_read_traffic(&maps, &traffic), 0);
	return traffic;
}

const char *vip_of(__u8 family)
{
	return family == FAMILY_IPV4 ? BLUE_VIP4 : BLUE_VIP6;
}

const char *node_mac(__u8 node)
{
	static const char *const macs[] = {OUR_MAC, N2_MAC, N3_MAC};

	assert_true(node <= N3_INDEX);
	return macs[node];
}

/* Fragments. */

static int fragments_fd(void)
{
	return bpf_map__fd(vip->maps.vipd_fragments);
}

size_t steering_fragments(void)
{
	struct fragment_key key, *previous = NULL;
	size_t count = 0;

	for (; bpf_map_get_next_key(fragments_fd(), previous, &key) == 0; previous = &key)
		count++;
	return count;
}

void age_fragments(__u64 age)
{
	struct fragment_key key, *previous = NULL;
	struct fragment_entry entry;

	for (; bpf_map_get_next_key(fragments_fd(), previous, &key) == 0; previous = &key) {
		assert_int_equal(bpf_map_lookup_elem(fragments_fd(), &key, &entry), 0);
		entry.seen_at -= age;
		assert_int_equal(bpf_map_update_elem(fragments_fd(), &key, &entry, BPF_EXIST), 0);
	}
}

void forget_fragments(void)
{
	struct fragment_key key;

	while (bpf_map_get_next_key(fragments_fd(), NULL, &key) == 0)
		assert_int_equal(bpf_map_delete_elem(fragments_fd(), &key), 0);
}

/* What is expected. */

static void readdress(struct frame *frame, const char *mac)
{
	assert_int_equal(mac_parse(mac, frame->bytes), 0);
	frame_set_source(frame, OUR_MAC);
}

void assert_sent(const struct outcome *outcome, const struct frame *frame, const char *mac)
{
	struct frame expected = *frame;

	readdress(&expected, mac);
	assert_string_equal(verdict_name(outcome->verdict), "tx");
	assert_int_equal(outcome->frame.length, expected.length);
	assert_memory_equal(outcome->frame.bytes, expected.bytes, expected.length);
}

void assert_passed(const struct outcome *outcome, const struct frame *frame)
{
	assert_string_equal(verdict_name(outcome->verdict), "pass");
	assert_int_equal(outcome->frame.length, frame->length);
	assert_memory_equal(outcome->frame.bytes, frame->bytes, frame->length);
}

/* Tables of cases. */

/* Where a complaint belongs. */
struct place {
	const struct network *network;
	const struct steering_case *row;
	__u8 family;
	__u8 affinity; /* SERVICE_BY_CLIENT or 0 */
	size_t failures;
};

static void __attribute__((format(printf, 2, 3)))
complain(struct place *place, const char *format, ...)
{
	char text[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	print_error("%s, %s, IPv%d, by %s: %s\n", place->row->name, place->network->name,
		    place->family, place->affinity ? "client" : "connection", text);
	place->failures++;
}

static void set_state(const struct place *place)
{
	const struct steering_case *row = place->row;
	__u8 flags = place->affinity;

	if (!(row->state & UNCHECKED))
		flags |= SERVICE_LISTENER_CHECK;
	steering_reset(place->network, flags);
	tables_fill(&maps, row->ranks);
	maps.pools[WEB_POOL].settling = !!(row->state & SETTLING);
	maps.pools[WEB_POOL].armed = !!(row->state & ARMED);
	maps.settings->draining = !!(row->state & DRAINING);
	if (row->state & UNREACHABLE)
		maps.backends[N2_INDEX].usable = maps.backends[N3_INDEX].usable = 0;
	maps_set_silent(&maps, N2_INDEX, row->state & N2_SILENT);
	maps_set_silent(&maps, N3_INDEX, row->state & N3_SILENT);
}

static void prepare(const struct place *place, struct frame *frame)
{
	const struct steering_case *row = place->row;
	const struct client *client = row->client ? row->client : &stranger;
	struct flow flow = flow_of(
		IPPROTO_TCP, place->family == FAMILY_IPV4 ? client->address4 : client->address6,
		client->port, vip_of(place->family), row->port ? row->port : HTTP_PORT);

	set_state(place);
	row->build(frame, &flow);
	if (row->from)
		frame_set_source(frame, row->from);
	if (row->ttl)
		frame_set_ttl(frame, row->ttl);
	if (place->network->tagged)
		frame_tag(frame, ETH_P_8021Q, place->network->control);
}

static void check_traffic(struct place *place, const struct traffic_entry *counters)
{
	struct traffic_entry traffic = steering_traffic();
	const __u64 *expected = (const __u64 *)counters;

	for (size_t i = 0; i < sizeof(traffic) / sizeof(__u64); i++) {
		__u64 count = ((__u64 *)&traffic)[i];

		if (count != expected[i])
			complain(place, "traffic counter %zu is %llu, not %llu", i, count,
				 expected[i]);
	}
}

static void check_drops(struct place *place)
{
	struct drops_entry drops;

	assert_int_equal(maps_read_drops(&maps, &drops), 0);
	for (enum drop_reason reason = DROP_REASON_FIRST; reason < DROP_REASON_END; reason++) {
		__u64 count = ((__u64 *)&drops)[drop_index(reason)];

		if (count != 0)
			complain(place, "%s is %llu", drop_name(reason), count);
	}
}

static void check_steered(struct place *place, bool counted, size_t length)
{
	for (__u8 node = N1_INDEX; node <= N3_INDEX; node++) {
		__u64 packets = counted && node == place->row->ranks[0];
		struct steered_entry steered;

		assert_int_equal(maps_read_steered(&maps, WEB, node, &steered), 0);
		if (steered.packets != packets || steered.bytes != packets * length)
			complain(place, "%llu packets and %llu bytes steered to node %d",
				 steered.packets, steered.bytes, node);
	}
}

static void check_outcome(struct place *place, const struct frame *in,
			  const struct outcome *outcome)
{
	const struct steering_case *row = place->row;
	struct frame expected = *in;

	if (outcome->verdict != row->verdict)
		complain(place, "%s, not %s, at %zu bytes", verdict_name(outcome->verdict),
			 verdict_name(row->verdict), in->length);
	if (row->verdict == XDP_TX) {
		readdress(&expected, node_mac(row->to));
		if (row->hop)
			frame_set_ttl(&expected, ttl_passed_on(row->ttl ? row->ttl : 64));
		if (row->in_doubt)
			frame_set_ttl(&expected, ttl_in_doubt(row->ttl ? row->ttl : 64));
	}
	if (!same_bytes(&expected, &outcome->frame))
		complain(place, "wrong bytes at a length of %zu", in->length);
}

static void check_whole(struct place *place)
{
	struct outcome outcome;
	struct frame frame;

	prepare(place, &frame);
	steering_run(&frame, &outcome);
	check_outcome(place, &frame, &outcome);
	check_traffic(place, &place->row->traffic);
	check_drops(place);
	check_steered(place, place->row->counted, frame.length);
	if (maps.pools[WEB_POOL].armed != (place->row->arms || place->row->state & ARMED))
		complain(place, "armed is %u", maps.pools[WEB_POOL].armed);
}

/*
 * Cut before its flow is known, a frame passes as it is and nothing is done; cut behind that, it is
 * a frame like any other.
 */
static void check_cut(struct place *place)
{
	struct outcome outcome;
	struct frame frame;
	size_t whole, judged;

	prepare(place, &frame);
	whole = frame.length;
	judged = frame_judged(&frame);
	for (frame.length = ETH_HLEN; frame.length < judged; frame.length++) {
		steering_run(&frame, &outcome);
		if (outcome.verdict != XDP_PASS || !same_bytes(&frame, &outcome.frame))
			complain(place, "%s when cut to %zu of %zu bytes",
				 verdict_name(outcome.verdict), frame.length, judged);
	}
	check_traffic(place, &(struct traffic_entry){0});
	check_steered(place, false, 0);
	if (steering_fragments())
		complain(place, "remembered when cut");
	for (; frame.length < whole; frame.length++) {
		steering_run(&frame, &outcome);
		if (frame.length >= judged + place->row->options)
			check_outcome(place, &frame, &outcome);
		else if (outcome.verdict == XDP_TX)
			complain(place, "tx when cut to %zu bytes", frame.length);
	}
}

static void check_variants(struct place *place)
{
	for (place->family = FAMILY_IPV4; place->family <= FAMILY_IPV6; place->family += 2) {
		if (place->row->family && place->row->family != place->family)
			continue;
		for (place->affinity = 0; place->affinity <= SERVICE_BY_CLIENT; place->affinity++) {
			check_whole(place);
			check_cut(place);
		}
	}
}

void check_steering(const struct steering_case *cases, size_t count)
{
	struct place place = {0};

	for (size_t i = 0; i < network_count; i++) {
		place.network = &networks[i];
		for (place.row = cases; place.row < cases + count; place.row++)
			check_variants(&place);
	}
	assert_int_equal(place.failures, 0);
}
