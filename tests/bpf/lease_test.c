/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lease: it alone decides who answers, it ends by itself, and an advertisement that beats ours
 * ends it at once. And what else an accepted advertisement leaves behind.
 */
#include <string.h>

#include "ctl/base/address.h"
#include "tests/bpf/adverts.h"

static const struct network *const network = &networks[2];

/* The verdict on an ARP request for a VIP. */
static __u32 ask(const char *address)
{
	struct outcome outcome;
	struct frame frame;

	frame_ethernet(&frame, BROADCAST, HOST_MAC, ETH_P_ARP);
	frame_arp(&frame, 1, (struct arp_side){HOST_MAC, HOST_ADDRESS4},
		  (struct arp_side){NO_MAC, address});
	run_on(network, &frame, &outcome);
	return outcome.verdict;
}

static void hear(const struct advert *advert)
{
	struct outcome outcome;
	struct frame frame;

	build_advert(&frame, advert);
	run_on(network, &frame, &outcome);
	assert_int_equal(outcome.verdict, XDP_PASS);
}

static void a_lease_lasts_until_its_time(void **state)
{
	const struct timespec pause = {.tv_nsec = 60 * (long)NS_PER_MS};

	(void)state;
	harness_reset(network);
	set_lease(BLUE, NEVER);
	assert_int_equal(ask(BLUE_VIP4), XDP_TX);
	set_lease(BLUE, 0);
	assert_int_equal(ask(BLUE_VIP4), XDP_DROP);
	set_lease(BLUE, 1);
	assert_int_equal(ask(BLUE_VIP4), XDP_DROP);
	set_lease(BLUE, clock_now());
	assert_int_equal(ask(BLUE_VIP4), XDP_DROP);
	set_lease(BLUE, lease_in(50));
	assert_int_equal(ask(BLUE_VIP4), XDP_TX);
	nanosleep(&pause, NULL);
	assert_int_equal(ask(BLUE_VIP4), XDP_DROP);
	assert_int_equal(read_drop(DROP_arp_not_owner), 4);
}

/* Asked without a pause while the lease runs out: an answer before the end, none after it. */
static void no_answer_comes_late(void **state)
{
	__u64 lease_until, before;
	__u32 verdict;

	(void)state;
	harness_reset(network);
	lease_until = lease_in(30);
	set_lease(BLUE, lease_until);
	do {
		before = clock_now();
		verdict = ask(BLUE_VIP4);
		if (before >= lease_until)
			assert_int_equal(verdict, XDP_DROP);
		else if (clock_now() < lease_until)
			assert_int_equal(verdict, XDP_TX);
	} while (before < lease_until + 5 * NS_PER_MS);
}

static void each_instance_has_its_own(void **state)
{
	(void)state;
	harness_reset(network);
	assert_int_equal(ask(BLUE_VIP4), XDP_TX);
	assert_int_equal(ask(GREEN_VIP4), XDP_DROP);
	set_lease(GREEN, lease_in(60000));
	disown_blue();
	assert_int_equal(ask(BLUE_VIP4), XDP_DROP);
	assert_int_equal(ask(GREEN_VIP4), XDP_TX);
}

/* Who wins: RFC 9568 section 6.4.3. */
struct election {
	const char *name;
	struct advert advert;
	const char *our_address;
	bool beaten;
};

#define N3_SAYS(vrid, priority, source)                                                            \
	{                                                                                          \
		N3_MAC, source, vrid, priority, 100, NULL                                          \
	}

static const struct election elections[] = {
	{"higher", N3_SAYS(BLUE, PRIORITY + 1, N3_ADDRESS4), OUR_ADDRESS4, true},
	{"highest", N3_SAYS(BLUE, 255, N3_ADDRESS4), OUR_ADDRESS4, true},
	{"lower", N3_SAYS(BLUE, PRIORITY - 1, N3_ADDRESS4), OUR_ADDRESS4, false},
	{"resigning", N3_SAYS(BLUE, 0, N3_ADDRESS4), OUR_ADDRESS4, false},
	{"equal, greater address", N3_SAYS(BLUE, PRIORITY, N3_ADDRESS4), OUR_ADDRESS4, true},
	{"equal, smaller address", N3_SAYS(BLUE, PRIORITY, N3_ADDRESS4), "10.77.0.14", false},
	{"equal, third byte unsigned", N3_SAYS(BLUE, PRIORITY, N3_ADDRESS4), "10.77.128.0", false},
	{"equal, first byte counts", N3_SAYS(BLUE, PRIORITY, N3_ADDRESS4), "9.255.255.255", true},
	{"equal, first byte unsigned", N3_SAYS(BLUE, PRIORITY, N3_ADDRESS4), "192.0.2.1", false},
	{"higher, smaller address", N3_SAYS(BLUE, PRIORITY + 1, N3_ADDRESS4), "192.0.2.1", true},
	{"lower, greater address", N3_SAYS(BLUE, PRIORITY - 1, N3_ADDRESS4), "9.0.0.1", false},
	{"IPv6 higher", N3_SAYS(GREEN, PRIORITY + 1, N3_LINK_LOCAL), OUR_LINK_LOCAL, true},
	{"IPv6 lower", N3_SAYS(GREEN, PRIORITY - 1, N3_LINK_LOCAL), OUR_LINK_LOCAL, false},
	{"IPv6 greater address", N3_SAYS(GREEN, PRIORITY, N3_LINK_LOCAL), OUR_LINK_LOCAL, true},
	{"IPv6 smaller address", N3_SAYS(GREEN, PRIORITY, N3_LINK_LOCAL), "fe80::8000:0", false},
	{"IPv6 first byte counts", N3_SAYS(GREEN, PRIORITY, N3_LINK_LOCAL), "7e80::ffff", true},
	{"IPv6 third word counts", N3_SAYS(GREEN, PRIORITY, N3_LINK_LOCAL), "fe80::1:0:0", false},
};

static void set_our_address(__u32 vrid, const char *address)
{
	struct instance_entry instance = read_instance(vrid);

	assert_int_equal(address_parse(address, &instance.source), 0);
	set_instance(vrid, &instance);
}

/* Return: what is wrong, or NULL. */
static const char *find_wrong(const struct election *election)
{
	__u32 vrid = election->advert.vrid;
	__u32 other = vrid == BLUE ? GREEN : BLUE;
	struct traffic_entry traffic = read_traffic();
	struct instance_entry instance = read_instance(vrid);

	if ((instance.lease_until == 0) != election->beaten)
		return election->beaten ? "the lease stands" : "the lease is gone";
	if (instance.beaten != election->beaten)
		return "beaten does not tell";
	if (traffic.adverts_yielded_to != election->beaten || traffic.adverts_accepted != 1)
		return "wrong counters";
	if (read_instance(other).lease_until == 0 || read_instance(other).beaten != 0)
		return "the other instance was touched";
	return NULL;
}

static void the_better_advert_ends_a_lease(void **state)
{
	size_t failures = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(elections) / sizeof(elections[0]); i++) {
		const struct election *election = &elections[i];
		const char *wrong;

		own_both(network);
		set_our_address(election->advert.vrid, election->our_address);
		hear(&election->advert);
		wrong = find_wrong(election);
		if (wrong) {
			print_error("%s: %s\n", election->name, wrong);
			failures++;
		}
	}
	assert_int_equal(failures, 0);
}

static void yielding_ends_the_answers(void **state)
{
	(void)state;
	own_both(network);
	assert_int_equal(ask(BLUE_VIP4), XDP_TX);
	hear(&blue_advert);
	assert_int_equal(ask(BLUE_VIP4), XDP_DROP);
	assert_int_equal(ask(GREEN_VIP4), XDP_TX);
}

/* There is nothing to yield, but a controller about to take over must be able to tell. */
static void a_backup_is_beaten_too(void **state)
{
	(void)state;
	own_both(network);
	disown_blue();
	hear(&blue_advert);
	hear(&blue_advert);
	assert_int_equal(read_instance(BLUE).beaten, 2);
	assert_int_equal(read_instance(BLUE).lease_until, 0);
	assert_int_equal(read_traffic().adverts_yielded_to, 0);
	assert_int_equal(read_traffic().adverts_accepted, 2);
}

/* What the controller gets to see. */

static void check_record(const struct advert *advert, __u32 peer, __u64 before)
{
	struct inbox_record record;
	struct ip_address source;
	struct frame frame;

	build_advert(&frame, advert);
	assert_int_equal(address_parse(advert->source, &source), 0);
	assert_int_equal(take_inbox(&record), 1);
	assert_in_range(record.seen_at, before, clock_now());
	assert_memory_equal(&record.source, &source, sizeof(source));
	assert_int_equal(record.peer, peer);
	assert_int_equal(record.family, frame_is_ipv6(&frame) ? FAMILY_IPV6 : FAMILY_IPV4);
	assert_int_equal(record.vrid, advert->vrid);
	assert_int_equal(record.length, frame.length - frame.transport);
	assert_memory_equal(record.message, frame.bytes + frame.transport, record.length);
}

static void check_sight(const struct advert *advert, __u32 peer, __u64 before, __u64 count)
{
	struct advert_entry seen = read_advert(advert->vrid, peer);

	assert_in_range(seen.seen_at, before, clock_now());
	assert_int_equal(seen.count, count);
	assert_int_equal(seen.max_advert_interval, advert->interval);
	assert_int_equal(seen.priority, advert->priority);
}

static void an_accepted_advert_is_delivered(void **state)
{
	const struct advert n3 = N3_SAYS(BLUE, 0, N3_ADDRESS4);
	struct advert green_from_fd77 = green_advert;
	__u64 before = clock_now();

	(void)state;
	green_from_fd77.source = N2_ADDRESS6;
	green_from_fd77.destination = OUR_ADDRESS6;
	green_from_fd77.priority = 1;
	green_from_fd77.interval = 4095;
	own_both(network);

	hear(&blue_advert);
	check_record(&blue_advert, N2_INDEX, before);
	check_sight(&blue_advert, N2_INDEX, before, 1);
	hear(&n3);
	check_record(&n3, N3_INDEX, before);
	check_sight(&n3, N3_INDEX, before, 1);
	check_sight(&blue_advert, N2_INDEX, before, 1);
	hear(&green_advert);
	check_record(&green_advert, N2_INDEX, before);
	check_sight(&green_advert, N2_INDEX, before, 1);
	hear(&green_from_fd77);
	check_record(&green_from_fd77, N2_INDEX, before);
	check_sight(&green_from_fd77, N2_INDEX, before, 2);

	assert_int_equal(read_all_drops(), 0);
	assert_int_equal(read_traffic().adverts_accepted, 4);
	assert_int_equal(take_notices(NULL), 0);
}

/* A frame that is accepted, and leaves the message in the inbox as it came. */
static void check_accepted(const struct frame *frame, bool pseudo_header)
{
	size_t length = frame_payload_end(frame) - frame->transport;
	struct inbox_record record;
	struct outcome outcome;

	for (size_t i = 0; i < network_count; i++) {
		own_both(&networks[i]);
		run_on(&networks[i], frame, &outcome);
		assert_int_equal(outcome.verdict, XDP_PASS);
		assert_int_equal(read_all_drops(), 0);
		assert_int_equal(read_traffic().adverts_accepted, 1);
		assert_int_equal(read_traffic().adverts_pseudo_header, pseudo_header);
		assert_int_equal(take_inbox(&record), 1);
		assert_int_equal(record.length, length);
		assert_memory_equal(record.message, frame->bytes + frame->transport, length);
	}
}

static void accepted_in_all_its_forms(void **state)
{
	struct frame frame;

	(void)state;
	build_advert(&frame, &blue_advert);
	check_accepted(&frame, false);
	frame_pad(&frame, 60); /* to Ethernet's least */
	check_accepted(&frame, false);
	frame_pad(&frame, 100);
	check_accepted(&frame, false);

	build_advert(&frame, &blue_advert);
	frame_pseudo_checksum(&frame);
	check_accepted(&frame, true);

	build_advert(&frame, &blue_advert);
	frame.bytes[frame.transport + VRRP_INTERVAL] |= 0xf0; /* reserved */
	frame_finish(&frame);
	check_accepted(&frame, false);

	build_advert(&frame, &blue_advert);
	frame.bytes[frame.network + IPV4_FRAGMENT] = 0x40; /* do not fragment */
	frame.bytes[frame.network + 1] = 0xc0;             /* TOS, as keepalived sets it */
	frame_finish(&frame);
	check_accepted(&frame, false);

	build_advert(&frame, &green_advert);
	frame_pad(&frame, 150);
	check_accepted(&frame, false);
}

/* The longest that count and MTU allow. */
static void check_of_length(const struct advert *advert, uint8_t count)
{
	struct frame frame;
	size_t address;

	build_advert(&frame, advert);
	address = frame_is_ipv6(&frame) ? 16 : 4;
	for (size_t i = 2 * address; i < count * address; i++)
		frame_append(&frame, 1)[0] = (uint8_t)(i * 7);
	frame.bytes[frame.transport + VRRP_ADDRESS_COUNT] = count;
	frame_finish(&frame);
	check_accepted(&frame, false);
}

static void accepted_at_any_length(void **state)
{
	(void)state;
	for (unsigned int count = 2; count <= 255; count++)
		check_of_length(&blue_advert, (uint8_t)count);
	for (unsigned int count = 2; count <= 85; count++)
		check_of_length(&green_advert, (uint8_t)count);
}

/* A peer that sends from another MAC is refused only where its MAC is pinned. */
static void the_pin_decides(void **state)
{
	struct advert moved = N3_SAYS(BLUE, 100, N3_ADDRESS4);

	(void)state;
	own_both(network);
	moved.mac = HOST_MAC;
	hear(&moved);
	assert_int_equal(read_traffic().adverts_accepted, 1);
	assert_int_equal(read_all_drops(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lease_lasts_until_its_time),
		cmocka_unit_test(no_answer_comes_late),
		cmocka_unit_test(each_instance_has_its_own),
		cmocka_unit_test(the_better_advert_ends_a_lease),
		cmocka_unit_test(yielding_ends_the_answers),
		cmocka_unit_test(a_backup_is_beaten_too),
		cmocka_unit_test(an_accepted_advert_is_delivered),
		cmocka_unit_test(accepted_in_all_its_forms),
		cmocka_unit_test(accepted_at_any_length),
		cmocka_unit_test(the_pin_decides),
	};

	return cmocka_run_group_tests(tests, harness_open, harness_close);
}
