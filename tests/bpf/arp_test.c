/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ARP: requests for a VIP are answered by its owner and by nobody else; claims by others are
 * noticed; all other ARP passes.
 */
#include <string.h>

#include "ctl/base/address.h"
#include "tests/bpf/cases.h"

#define REQUEST 1
#define REPLY   2

/* Where fields are in an ARP packet. */
#define HARDWARE_TYPE   0
#define PROTOCOL_TYPE   2
#define HARDWARE_LENGTH 4
#define PROTOCOL_LENGTH 5
#define OPERATION       6

static const struct arp_side host = {HOST_MAC, HOST_ADDRESS4};
static const struct arp_side gateway = {GATEWAY_MAC, GATEWAY4};

static struct arp_side asked(const char *address)
{
	return (struct arp_side){NO_MAC, address};
}

/* An ARP packet in a frame of its sender's. */
static void arp(struct frame *frame, const char *destination, uint16_t operation,
		struct arp_side sender, struct arp_side target)
{
	frame_ethernet(frame, destination, sender.mac, ETH_P_ARP);
	frame_arp(frame, operation, sender, target);
}

static void set_field(struct frame *frame, size_t at, uint8_t value)
{
	frame->bytes[frame->network + at] = value;
}

/* Requests that the owner answers, and the answers. */

static void broadcast_request(struct frame *frame)
{
	arp(frame, BROADCAST, REQUEST, host, asked(BLUE_VIP4));
}

static void unicast_request(struct frame *frame)
{
	arp(frame, OUR_MAC, REQUEST, host, (struct arp_side){OUR_MAC, BLUE_VIP4});
}

static void gateway_request(struct frame *frame)
{
	arp(frame, BROADCAST, REQUEST, gateway, asked(BLUE_VIP4));
}

static void probe(struct frame *frame)
{
	arp(frame, BROADCAST, REQUEST, (struct arp_side){HOST_MAC, "0.0.0.0"}, asked(BLUE_VIP4));
}

static void padded_request(struct frame *frame)
{
	broadcast_request(frame);
	frame_pad(frame, 60);
}

static void oversized_request(struct frame *frame)
{
	broadcast_request(frame);
	frame_pad(frame, 200);
}

/* Sent for the host by a proxy: the frame goes back to the proxy, the answer names the host. */
static void relayed_request(struct frame *frame)
{
	frame_ethernet(frame, BROADCAST, N2_MAC, ETH_P_ARP);
	frame_arp(frame, REQUEST, host, asked(BLUE_VIP4));
}

/* RFC 826: the target's hardware address in a request means nothing. */
static void request_with_target_mac(struct frame *frame)
{
	arp(frame, BROADCAST, REQUEST, host, (struct arp_side){BROADCAST, BLUE_VIP4});
}

static void answer_to(struct frame *answer, const char *destination, struct arp_side asker)
{
	frame_ethernet(answer, destination, OUR_MAC, ETH_P_ARP);
	frame_arp(answer, REPLY, (struct arp_side){OUR_MAC, BLUE_VIP4}, asker);
}

static void answer_to_host(struct frame *answer)
{
	answer_to(answer, HOST_MAC, host);
}

static void answer_to_gateway(struct frame *answer)
{
	answer_to(answer, GATEWAY_MAC, gateway);
}

static void answer_to_probe(struct frame *answer)
{
	answer_to(answer, HOST_MAC, (struct arp_side){HOST_MAC, "0.0.0.0"});
}

static void padded_answer(struct frame *answer)
{
	answer_to_host(answer);
	frame_pad(answer, 60);
}

static void oversized_answer(struct frame *answer)
{
	answer_to_host(answer);
	frame_pad(answer, 200);
}

static void answer_to_relay(struct frame *answer)
{
	answer_to(answer, N2_MAC, host);
}

static const struct packet_case owner[] = {
	ANSWERED("broadcast request", broadcast_request, answer_to_host, arp_answered),
	ANSWERED("unicast request", unicast_request, answer_to_host, arp_answered),
	ANSWERED("the gateway's request", gateway_request, answer_to_gateway, arp_answered),
	ANSWERED("probe (RFC 5227)", probe, answer_to_probe, arp_answered),
	ANSWERED("padded request", padded_request, padded_answer, arp_answered),
	ANSWERED("oversized request", oversized_request, oversized_answer, arp_answered),
	ANSWERED("relayed request", relayed_request, answer_to_relay, arp_answered),
	ANSWERED("request with a target MAC", request_with_target_mac, answer_to_host,
		 arp_answered),
};

static void the_owner_answers(void **state)
{
	(void)state;
	CHECK_CASES(owner);
}

/* The same requests where they are not ours to answer. */

static void request_for_green(struct frame *frame)
{
	arp(frame, BROADCAST, REQUEST, host, asked(GREEN_VIP4));
}

static void unicast_request_for_green(struct frame *frame)
{
	arp(frame, OUR_MAC, REQUEST, host, asked(GREEN_VIP4));
}

static void probe_for_green(struct frame *frame)
{
	arp(frame, BROADCAST, REQUEST, (struct arp_side){HOST_MAC, "0.0.0.0"}, asked(GREEN_VIP4));
}

static const struct packet_case not_owner[] = {
	DROPPED("broadcast request", request_for_green, arp_not_owner),
	DROPPED("unicast request", unicast_request_for_green, arp_not_owner),
	DROPPED("probe", probe_for_green, arp_not_owner),
};

static void others_drop(void **state)
{
	(void)state;
	CHECK_CASES(not_owner);
}

/* Claims: another host speaks as a VIP. */

static const struct arp_side claimant = {HOST_MAC, BLUE_VIP4};

static void announcement(struct frame *frame)
{
	arp(frame, BROADCAST, REQUEST, claimant, asked(BLUE_VIP4));
}

static void broadcast_reply(struct frame *frame)
{
	arp(frame, BROADCAST, REPLY, claimant, (struct arp_side){BROADCAST, BLUE_VIP4});
}

static void unicast_reply(struct frame *frame)
{
	arp(frame, OUR_MAC, REPLY, claimant, (struct arp_side){OUR_MAC, OUR_ADDRESS4});
}

/* What a new owner asks to teach the gateway. */
static void request_for_gateway(struct frame *frame)
{
	arp(frame, BROADCAST, REQUEST, claimant, asked(GATEWAY4));
}

#define CLAIM(about, frame, conflict_count, change)                                                \
	{                                                                                          \
		.name = about, .build = frame, .verdict = XDP_DROP, .drop = DROP_arp_claim,        \
		.prepare = change, .traffic = {.vip_conflicts = conflict_count},                   \
	}
#define REMARK(about, frame, conflict_count, change)                                               \
	{                                                                                          \
		.name = about, .build = frame, .verdict = XDP_PASS, .drop = NO_DROP,               \
		.prepare = change, .traffic = {.vip_conflicts = conflict_count},                   \
	}

static const struct packet_case claims[] = {
	CLAIM("announcement to the owner", announcement, 1, NULL),
	CLAIM("broadcast reply to the owner", broadcast_reply, 1, NULL),
	CLAIM("unicast reply to the owner", unicast_reply, 1, NULL),
	REMARK("request for the gateway to the owner", request_for_gateway, 1, NULL),
	CLAIM("announcement to a backup", announcement, 0, disown_blue),
	CLAIM("broadcast reply to a backup", broadcast_reply, 0, disown_blue),
	CLAIM("unicast reply to a backup", unicast_reply, 0, disown_blue),
	REMARK("request for the gateway to a backup", request_for_gateway, 0, disown_blue),
};

static void claims_are_noticed(void **state)
{
	(void)state;
	CHECK_CASES(claims);
}

/* What is none of the above passes. */

static void request_for_host(struct frame *frame)
{
	arp(frame, BROADCAST, REQUEST, gateway, asked(HOST_ADDRESS4));
}

static void request_for_node(struct frame *frame)
{
	arp(frame, BROADCAST, REQUEST, host, asked(OUR_ADDRESS4));
}

static void reply_from_host(struct frame *frame)
{
	arp(frame, OUR_MAC, REPLY, host, (struct arp_side){OUR_MAC, OUR_ADDRESS4});
}

static void reply_to_vip(struct frame *frame)
{
	arp(frame, OUR_MAC, REPLY, host, (struct arp_side){OUR_MAC, BLUE_VIP4});
}

static void own_announcement(struct frame *frame)
{
	arp(frame, BROADCAST, REQUEST, (struct arp_side){OUR_MAC, BLUE_VIP4}, asked(BLUE_VIP4));
}

static void own_reply(struct frame *frame)
{
	arp(frame, HOST_MAC, REPLY, (struct arp_side){OUR_MAC, BLUE_VIP4}, host);
}

static void own_request_for_vip(struct frame *frame)
{
	arp(frame, BROADCAST, REQUEST, (struct arp_side){OUR_MAC, OUR_ADDRESS4}, asked(BLUE_VIP4));
}

static void own_request_for_green(struct frame *frame)
{
	arp(frame, BROADCAST, REQUEST, (struct arp_side){OUR_MAC, OUR_ADDRESS4}, asked(GREEN_VIP4));
}

static void token_ring(struct frame *frame)
{
	broadcast_request(frame);
	set_field(frame, HARDWARE_TYPE + 1, 6);
}

static void other_protocol(struct frame *frame)
{
	broadcast_request(frame);
	put_be16(frame->bytes + frame->network + PROTOCOL_TYPE, ETH_P_IPV6);
}

static void long_hardware_address(struct frame *frame)
{
	broadcast_request(frame);
	set_field(frame, HARDWARE_LENGTH, 8);
}

static void short_hardware_address(struct frame *frame)
{
	announcement(frame);
	set_field(frame, HARDWARE_LENGTH, 0);
}

static void long_protocol_address(struct frame *frame)
{
	broadcast_request(frame);
	set_field(frame, PROTOCOL_LENGTH, 16);
}

static void operation_0(struct frame *frame)
{
	broadcast_request(frame);
	set_field(frame, OPERATION + 1, 0);
}

static void rarp_operation(struct frame *frame)
{
	broadcast_request(frame);
	set_field(frame, OPERATION + 1, 3);
}

static void operation_257(struct frame *frame)
{
	broadcast_request(frame);
	set_field(frame, OPERATION, 1);
}

static void rarp(struct frame *frame)
{
	frame_ethernet(frame, BROADCAST, HOST_MAC, ETH_P_RARP);
	frame_arp(frame, 3, (struct arp_side){HOST_MAC, "0.0.0.0"},
		  (struct arp_side){HOST_MAC, BLUE_VIP4});
}

static const struct packet_case untouched[] = {
	PASSED("request for another host", request_for_host),
	PASSED("request for this node's address", request_for_node),
	PASSED("another host's reply", reply_from_host),
	PASSED("another host's reply to a VIP", reply_to_vip),
	PASSED("our own announcement", own_announcement),
	PASSED("our own reply", own_reply),
	PASSED("our own request for a VIP of ours", own_request_for_vip),
	PASSED("our own request for a VIP of others", own_request_for_green),
	PASSED("hardware type 6", token_ring),
	PASSED("protocol type IPv6", other_protocol),
	PASSED("hardware address of 8", long_hardware_address),
	PASSED("hardware address of 0", short_hardware_address),
	PASSED("protocol address of 16", long_protocol_address),
	PASSED("operation 0", operation_0),
	PASSED("operation 3", rarp_operation),
	PASSED("operation 257", operation_257),
	PASSED("RARP", rarp),
};

static void the_rest_passes(void **state)
{
	(void)state;
	CHECK_CASES(untouched);
}

/* What is left behind for the controller. */

static void a_conflict_is_recorded(void **state)
{
	const struct network *network = &networks[2];
	struct sighting_entry sighting;
	struct notice_record notice;
	struct ip_address address;
	struct outcome outcome;
	struct frame frame;
	uint8_t mac[6];
	__u64 before;

	(void)state;
	harness_reset(network);
	assert_int_equal(mac_parse(HOST_MAC, mac), 0);
	assert_int_equal(address_parse(BLUE_VIP4, &address), 0);
	announcement(&frame);
	before = clock_now();
	run_on(network, &frame, &outcome);

	sighting = read_sighting(BLUE_VIP4_INDEX);
	assert_int_equal(sighting.conflicts, 1);
	assert_in_range(sighting.conflict_at, before, clock_now());
	assert_memory_equal(sighting.conflict_mac, mac, sizeof(mac));
	assert_int_equal(sighting.confirmed_at, 0);

	assert_int_equal(take_notices(&notice), 1);
	assert_int_equal(notice.kind, NOTICE_CONFLICT);
	assert_in_range(notice.seen_at, before, clock_now());
	assert_memory_equal(&notice.address, &address, sizeof(address));
	assert_memory_equal(notice.mac, mac, sizeof(mac));
	assert_int_equal(notice.vlan, 4000);
}

static void a_backup_records_no_conflict(void **state)
{
	struct outcome outcome;
	struct frame frame;

	(void)state;
	harness_reset(&networks[0]);
	disown_blue();
	announcement(&frame);
	run_frame(&frame, &outcome);
	assert_int_equal(read_sighting(BLUE_VIP4_INDEX).conflicts, 0);
	assert_int_equal(take_notices(NULL), 0);
}

/* One notice a VIP in 100 ms, whatever comes in; each conflict counts all the same. */
static void notices_of_conflicts_are_limited(void **state)
{
	const struct timespec pause = {.tv_nsec = 120 * (long)NS_PER_MS};
	struct outcome outcome;
	struct frame frame;
	__u64 begun;

	(void)state;
	harness_reset(&networks[0]);
	set_lease(GREEN, lease_in(60000));
	begun = clock_now();
	for (int i = 0; i < 100; i++) {
		announcement(&frame);
		run_frame(&frame, &outcome);
	}
	if (clock_now() - begun > 90 * NS_PER_MS)
		skip(); /* a machine too busy to tell */
	assert_int_equal(take_notices(NULL), 1);
	arp(&frame, BROADCAST, REQUEST, (struct arp_side){HOST_MAC, GREEN_VIP4}, asked(GREEN_VIP4));
	run_frame(&frame, &outcome);
	assert_int_equal(take_notices(NULL), 1);

	nanosleep(&pause, NULL);
	announcement(&frame);
	run_frame(&frame, &outcome);
	assert_int_equal(take_notices(NULL), 1);
	assert_int_equal(read_sighting(BLUE_VIP4_INDEX).conflicts, 101);
	assert_int_equal(read_traffic().vip_conflicts, 102);
}

/* The gateway's reply to a VIP; @destination and @sender vary what makes it a confirmation. */
static __u64 confirmed_by(const char *destination, struct arp_side sender, uint16_t operation)
{
	struct outcome outcome;
	struct frame frame;

	harness_reset(&networks[0]);
	arp(&frame, destination, operation, sender, (struct arp_side){OUR_MAC, BLUE_VIP4});
	run_frame(&frame, &outcome);
	return read_sighting(BLUE_VIP4_INDEX).confirmed_at;
}

static void confirm(struct frame *frame)
{
	arp(frame, OUR_MAC, REPLY, gateway, (struct arp_side){OUR_MAC, BLUE_VIP4});
}

static const struct packet_case confirmation[] = {
	PASSED("the gateway's reply", confirm),
};

static void the_gateway_confirms(void **state)
{
	__u64 before = clock_now();
	__u64 confirmed_at;

	(void)state;
	CHECK_CASES(confirmation);
	confirmed_at = confirmed_by(OUR_MAC, gateway, REPLY);
	assert_in_range(confirmed_at, before, clock_now());
	assert_int_equal(read_sighting(BLUE_VIP4_INDEX).conflicts, 0);
	assert_int_equal(take_notices(NULL), 0);

	assert_int_equal(confirmed_by(N2_MAC, gateway, REPLY), 0);
	assert_int_equal(confirmed_by(OUR_MAC, host, REPLY), 0);
	assert_int_equal(confirmed_by(OUR_MAC, gateway, REQUEST), 0);
	assert_int_equal(confirmed_by(OUR_MAC, gateway, 9), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_owner_answers),
		cmocka_unit_test(others_drop),
		cmocka_unit_test(claims_are_noticed),
		cmocka_unit_test(the_rest_passes),
		cmocka_unit_test(a_conflict_is_recorded),
		cmocka_unit_test(a_backup_records_no_conflict),
		cmocka_unit_test(notices_of_conflicts_are_limited),
		cmocka_unit_test(the_gateway_confirms),
	};

	return cmocka_run_group_tests(tests, harness_open, harness_close);
}
