// SPDX-License-Identifier: GPL-2.0-only
/* ARP: who answers for a VIP, and how a takeover is told. */
#include <string.h>

#include "ctl/attract/arp_nd.h"
#include "ctl/attract/frames.h"
#include "ctl/base/address.h"
#include "tests/bpf/cases.h"
#include "tests/conformance/dataplane.h"

#define REQUEST 1
#define REPLY   2

/* Where fields are in an ARP packet. */
#define HARDWARE_TYPE   0
#define HARDWARE_LENGTH 4
#define PROTOCOL_LENGTH 5

static const struct arp_side host = {HOST_MAC, HOST_ADDRESS4};
static const struct arp_side prober = {HOST_MAC, "0.0.0.0"};
static const struct arp_side claimant = {HOST_MAC, BLUE_VIP4};
static const struct arp_side blue = {OUR_MAC, BLUE_VIP4};

static void arp(struct frame *frame, const char *destination, uint16_t operation,
		struct arp_side sender, struct arp_side target)
{
	frame_ethernet(frame, destination, sender.mac, ETH_P_ARP);
	frame_arp(frame, operation, sender, target);
}

static void request(struct frame *frame)
{
	arp(frame, BROADCAST, REQUEST, host, (struct arp_side){NO_MAC, BLUE_VIP4});
}

static void minimal_request(struct frame *frame)
{
	request(frame);
	frame_pad(frame, 60);
}

static void unicast_request(struct frame *frame)
{
	arp(frame, OUR_MAC, REQUEST, host, blue);
}

static void answer(struct frame *frame)
{
	arp(frame, HOST_MAC, REPLY, blue, host);
}

static void minimal_answer(struct frame *frame)
{
	answer(frame);
	frame_pad(frame, 60);
}

static void the_owner_answers(void)
{
	static const struct packet_case cases[] = {
		ANSWERED("request", request, answer, arp_answered),
		ANSWERED("request of 60 bytes", minimal_request, minimal_answer, arp_answered),
	};

	CHECK_CASES(cases);
}

/* Probes and claims. */

static void probe(struct frame *frame)
{
	arp(frame, BROADCAST, REQUEST, prober, (struct arp_side){NO_MAC, BLUE_VIP4});
}

static void answer_to_probe(struct frame *frame)
{
	arp(frame, HOST_MAC, REPLY, blue, prober);
}

static void claim(struct frame *frame)
{
	arp(frame, BROADCAST, REQUEST, claimant, (struct arp_side){NO_MAC, BLUE_VIP4});
}

static void defends_at_a_measured_pace(void)
{
	struct announcement announcement;
	struct attraction *attraction = &announcement.attraction;
	uint64_t now = NS_PER_S;

	announcement_init(&announcement, NULL, 51, NULL, 0);
	announcement.counted_since = now;
	announcement.announcing.begun_at = announcement.asking.begun_at = now;
	attract_take(attraction, now + NS_PER_MS);
	assert_int_equal(attraction->next_at, now + 100 * NS_PER_MS);
	attract_take(attraction, now + 50 * NS_PER_MS);
	assert_int_equal(attraction->next_at, now + 100 * NS_PER_MS);
}

static void probes_and_claims(void)
{
	static const struct packet_case cases[] = {
		ANSWERED("probe", probe, answer_to_probe, arp_answered),
		{.name = "claim",
		 .build = claim,
		 .verdict = XDP_DROP,
		 .drop = DROP_arp_claim,
		 .traffic = {.vip_conflicts = 1}},
	};

	CHECK_CASES(cases);
	defends_at_a_measured_pace();
}

/* Others than the owner. */

static void lease_of_the_past(void)
{
	set_lease(BLUE, clock_now() - 1);
}

#define UNANSWERED(about, frame, change)                                                           \
	{                                                                                          \
		.name = about, .build = frame, .verdict = XDP_DROP, .drop = DROP_arp_not_owner,    \
		.prepare = change,                                                                 \
	}

static void others_are_silent(void)
{
	static const struct packet_case cases[] = {
		UNANSWERED("request, no lease", request, disown_blue),
		UNANSWERED("request, the lease has ended", request, lease_of_the_past),
		UNANSWERED("unicast request", unicast_request, disown_blue),
		UNANSWERED("probe", probe, disown_blue),
	};

	CHECK_CASES(cases);
}

static void unicast_is_answered(void)
{
	static const struct packet_case cases[] = {
		ANSWERED("unicast request", unicast_request, answer, arp_answered),
	};

	CHECK_CASES(cases);
}

static void request_for_node(struct frame *frame)
{
	arp(frame, BROADCAST, REQUEST, host, (struct arp_side){NO_MAC, OUR_ADDRESS4});
}

static void request_for_host(struct frame *frame)
{
	arp(frame, BROADCAST, REQUEST, (struct arp_side){GATEWAY_MAC, GATEWAY4},
	    (struct arp_side){NO_MAC, HOST_ADDRESS4});
}

static void reply_from_host(struct frame *frame)
{
	arp(frame, OUR_MAC, REPLY, host, (struct arp_side){OUR_MAC, OUR_ADDRESS4});
}

static void the_rest_passes(void)
{
	static const struct packet_case cases[] = {
		PASSED("request for this node", request_for_node),
		PASSED("request for another host", request_for_host),
		PASSED("reply from a host", reply_from_host),
	};

	CHECK_CASES(cases);
}

/* Announcing. */

static void takeover_is_announced(void)
{
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 0x11};
	struct link_frame announced;
	struct ip_address vip;
	struct frame expected;

	assert_int_equal(address_parse(BLUE_VIP4, &vip), 0);
	frame_announcement(&announced, mac, &vip, false);
	arp(&expected, BROADCAST, REQUEST, blue, (struct arp_side){NO_MAC, BLUE_VIP4});
	assert_int_equal(announced.length, expected.length);
	assert_memory_equal(announced.bytes, expected.bytes, expected.length);
}

/* Frames that are no ARP for Ethernet and IPv4. */

static void token_ring(struct frame *frame)
{
	request(frame);
	frame->bytes[frame->network + HARDWARE_TYPE + 1] = 6;
}

static void hardware_length_of_8(struct frame *frame)
{
	request(frame);
	frame->bytes[frame->network + HARDWARE_LENGTH] = 8;
}

static void protocol_length_of_16(struct frame *frame)
{
	request(frame);
	frame->bytes[frame->network + PROTOCOL_LENGTH] = 16;
}

static void reverse(struct frame *frame)
{
	request(frame);
	put_be16(frame->bytes + 12, ETH_P_RARP);
}

static void truncated(struct frame *frame)
{
	request(frame);
	frame->length -= 1;
}

static void other_arp_is_not_answered(void)
{
	static const struct packet_case cases[] = {
		PASSED("Token Ring", token_ring),
		PASSED("hardware addresses of 8 bytes", hardware_length_of_8),
		PASSED("protocol addresses of 16 bytes", protocol_length_of_16),
		PASSED("RARP", reverse),
		PASSED("truncated", truncated),
	};

	CHECK_CASES(cases);
}

static void tags_stay(void)
{
	static const struct packet_case cases[] = {
		ANSWERED("request", request, answer, arp_answered),
	};

	CHECK_CASES(cases); /* untagged, with a priority tag, and in a VLAN with PCP and DEI */
}

static void floods_do_not_stop_vrrp(void)
{
	struct frame asked, advert;
	struct outcome outcome;

	own_both(&networks[0]);
	request(&asked);
	for (int i = 0; i < 10000; i++) {
		run_frame(&asked, &outcome);
		assert_int_equal(outcome.verdict, XDP_TX);
	}
	build_advert(&advert, &blue_advert);
	run_frame(&advert, &outcome);
	assert_int_equal(take_inbox(NULL), 1);
}

static const struct conformance_row rows[] = {
	TESTED(83, "The owner answers a request: by unicast, with its MAC, in the tag it came in",
	       "RFC 826, RFC 9568 8.1.2", DATAPLANE, the_owner_answers,
	       .decision = "with the NIC's MAC, not the virtual router's"),
	TESTED(84,
	       "A probe is answered; another's claim is not, but is counted and defended against",
	       "RFC 5227 2.1.1, 2.4", DATAPLANE ", " MACHINE, probes_and_claims,
	       .decision = "by announcing again, at most every 100 ms"),
	TESTED(85, "Nobody else answers, nor does a kernel that has the VIP", "RFC 9568 6.4.2",
	       DATAPLANE, others_are_silent,
	       .elsewhere = "tests/lab/test_ownership.py::test_no_kernel_answers",
	       .decision = "arp_ignore is 1 as well, for a node without XDP"),
	TESTED(86, "A unicast request is answered like any other", "RFC 1122 2.3.2.1", DATAPLANE,
	       unicast_is_answered),
	TESTED(87, "ARP for other addresses passes, bit by bit", "ours", DATAPLANE,
	       the_rest_passes),
	TESTED(88, "A takeover is announced by a broadcast request with the VIP on both sides",
	       "RFC 9568 6.4.2, erratum 7949", MESSAGE, takeover_is_announced,
	       .decision = "several times; then the gateway is asked in the VIP's name until it "
			   "answers"),
	TESTED(89, "What is no ARP for Ethernet and IPv4, or is cut short, is not answered",
	       "RFC 826", DATAPLANE, other_arp_is_not_answered),
	TESTED(90,
	       "An 802.1Q tag is seen in the frame; a NIC that would take it off is told not to",
	       "IEEE 802.1Q", DATAPLANE, tags_stay,
	       .elsewhere = "tests/host/net_test.c::test_vlan_tags_are_kept_in_the_frame"),
	TESTED(91, "A flood of requests does not hold back VRRP", "ours", DATAPLANE,
	       floods_do_not_stop_vrrp,
	       .decision =
		       "no limit for each sender: an answer costs less than its bookkeeping would"),
};

THEME(arp_theme, "ARP");
