// SPDX-License-Identifier: GPL-2.0-only
/* Receiving: the fields of an advertisement. */
#include <string.h>

#include "ctl/base/address.h"
#include "ctl/config/config.h"
#include "ctl/vrrp/advert.h"
#include "tests/bpf/faults.h"
#include "tests/bpf/signing.h"
#include "tests/conformance/dataplane.h"
#include "tests/conformance/learning.h"
#include "tests/conformance/version2.h"

static void unchanged(struct frame *frame)
{
	(void)frame;
}

static void message_of_7(struct frame *frame)
{
	frame->length = frame->transport + 7;
}

static void header_is_whole(void)
{
	expect_changed_refused(message_of_7, DROP_vrrp_truncated);
}

static void one_address_missing(struct frame *frame)
{
	vrrp_message(frame)[VRRP_ADDRESS_COUNT] = 3;
}

static void one_byte_missing(struct frame *frame)
{
	frame->length--;
}

static void one_address_more(struct frame *frame)
{
	frame_append(frame, frame_is_ipv6(frame) ? 16 : 4);
}

static void count_and_length_agree(void)
{
	expect_changed_accepted(unchanged);
	expect_changed_refused(one_address_missing, DROP_vrrp_truncated);
	expect_changed_refused(one_byte_missing, DROP_vrrp_truncated);
	expect_changed_refused(one_address_more, DROP_vrrp_length);
}

static void version2_has_its_data(void)
{
	struct frame frame;

	speak_version2(VRRP2_NO_AUTHENTICATION, "");
	build_advert2(&frame, 0, "");
	expect_accepted(&frame);
	frame.length -= 8;
	frame_finish(&frame);
	expect_refused(&frame, DROP_vrrp_truncated);
	frame_append(&frame, 12);
	frame_finish(&frame);
	expect_refused(&frame, DROP_vrrp_length);
}

static void version_is_ours(void)
{
	static const uint8_t versions[] = {0, 1, 2, 4, 15};

	for (size_t i = 0; i < sizeof(versions); i++)
		expect_byte_refused(VRRP_VERSION_TYPE, (uint8_t)(versions[i] << 4 | 1),
				    DROP_vrrp_version);
}

static void type_is_advertisement(void)
{
	static const uint8_t types[] = {0, 2, 15};

	for (size_t i = 0; i < sizeof(types); i++)
		expect_byte_refused(VRRP_VERSION_TYPE, 0x30 | types[i], DROP_vrrp_type);
}

static void router_is_ours(void)
{
	expect_byte_refused(VRRP_VRID, 0, DROP_vrrp_unknown_vrid);
	expect_byte_refused(VRRP_VRID, 99, DROP_vrrp_unknown_vrid);
}

static void one_family_elects(void)
{
	struct frame frame;

	build_advert(&frame, &green_advert);
	set_vrrp_byte(&frame, VRRP_VRID, BLUE);
	frame_finish(&frame);
	expect_refused(&frame, DROP_vrrp_family);
	build_advert(&frame, &blue_advert);
	set_vrrp_byte(&frame, VRRP_VRID, GREEN);
	frame_finish(&frame);
	expect_refused(&frame, DROP_vrrp_family);
}

static void without_addresses(struct frame *frame)
{
	frame->length = frame->transport + 8;
	vrrp_message(frame)[VRRP_ADDRESS_COUNT] = 0;
}

static void lists_an_address(void)
{
	expect_changed_refused(without_addresses, DROP_vrrp_no_address);
}

static void no_interval(struct frame *frame)
{
	put_be16(vrrp_message(frame) + VRRP_INTERVAL, 0);
}

static void has_an_interval(void)
{
	expect_changed_refused(no_interval, DROP_vrrp_no_interval);
}

static void longer_interval(struct frame *frame)
{
	put_be16(vrrp_message(frame) + VRRP_INTERVAL, 777);
}

static void another_interval_is_learned(void)
{
	struct frame frame;

	expect_changed_accepted(longer_interval);
	expect_another_interval_learned();
	speak_version2(VRRP2_NO_AUTHENTICATION, "");
	build_advert2(&frame, 0, "");
	expect_accepted(&frame);
	vrrp_message(&frame)[VRRP2_INTERVAL]++;
	frame_finish(&frame);
	expect_refused(&frame, DROP_vrrp_interval);
}

static void reserved_bits(struct frame *frame)
{
	vrrp_message(frame)[VRRP_INTERVAL] |= 0xf0;
}

static struct ip_address address(const char *text)
{
	struct ip_address parsed;

	assert_int_equal(address_parse(text, &parsed), 0);
	return parsed;
}

static struct advert_message any_message(const uint8_t *addresses)
{
	return (struct advert_message){
		.version = VRRP_VERSION_3,
		.vrid = BLUE,
		.priority = PRIORITY,
		.max_advert_interval = 4095 * NS_PER_CS,
		.family = FAMILY_IPV4,
		.address_count = 1,
		.addresses = addresses,
	};
}

static void reserved_bits_mean_nothing(void)
{
	const uint8_t addresses[4] = {10, 77, 0, 101};
	struct advert_message message = any_message(addresses);
	uint8_t bytes[ADVERT_MESSAGE_MAX];

	expect_changed_accepted(reserved_bits);
	assert_int_equal(advert_encode(&message, bytes), 12);
	assert_int_equal(bytes[VRRP_INTERVAL] & 0xf0, 0);
}

/* Checksums. */

static void expect_pseudo_headers(const struct frame *frame, __u64 count)
{
	expect_accepted(frame);
	assert_int_equal(read_traffic().adverts_pseudo_header, count);
}

static void either_checksum_of_ipv4(void)
{
	const uint8_t addresses[4] = {10, 77, 0, 101};
	struct ip_address source = address(OUR_ADDRESS4), group = address(VRRP_GROUP4);
	struct advert_message message = any_message(addresses);
	uint8_t plain[ADVERT_MESSAGE_MAX], pseudo[ADVERT_MESSAGE_MAX];
	struct frame frame;

	build_advert(&frame, &blue_advert);
	expect_pseudo_headers(&frame, 0);
	frame_pseudo_checksum(&frame);
	expect_pseudo_headers(&frame, 1);

	advert_encode(&message, plain);
	advert_encode(&message, pseudo);
	advert_checksum(plain, 12, VRRP_CHECKSUM_MESSAGE, &source, &group);
	advert_checksum(pseudo, 12, VRRP_CHECKSUM_PSEUDO_HEADER, &source, &group);
	assert_memory_not_equal(plain + VRRP_CHECKSUM, pseudo + VRRP_CHECKSUM, 2);
}

static void ipv6_has_a_pseudo_header(void)
{
	struct frame frame;

	build_advert(&frame, &green_advert);
	expect_accepted(&frame);
	put_be16(vrrp_message(&frame) + VRRP_CHECKSUM, 0);
	put_be16(vrrp_message(&frame) + VRRP_CHECKSUM, checksum_transport(&frame, false));
	expect_refused(&frame, DROP_vrrp_checksum);
}

static void enforce(void)
{
	ask_for_hmac(AUTHENTICATION_ENFORCE, false);
}

static void build_signed(struct frame *frame, const struct advert *advert)
{
	build_advert(frame, advert);
	frame_sign(frame, &first_secret, sequence_in(0));
}

static void ipv6_covers_the_trailer(void)
{
	struct frame frame;

	ipv6_has_a_pseudo_header();
	prepare_dataplane(enforce);
	build_signed(&frame, &green_advert);
	expect_accepted(&frame);
	put_be16(vrrp_message(&frame) + VRRP_CHECKSUM,
		 (uint16_t)(get_be16(vrrp_message(&frame) + VRRP_CHECKSUM) - 1));
	expect_refused(&frame, DROP_vrrp_checksum);
}

static void ipv4_leaves_the_trailer_out(void)
{
	struct frame frame, plain;

	prepare_dataplane(enforce);
	build_signed(&frame, &blue_advert);
	expect_accepted(&frame);
	build_advert(&plain, &blue_advert);
	assert_memory_equal(vrrp_message(&frame) + VRRP_CHECKSUM,
			    vrrp_message(&plain) + VRRP_CHECKSUM, 2);
	frame.trailer = 0; /* let it be covered, too */
	frame_checksum(&frame);
	expect_refused(&frame, DROP_vrrp_checksum);
}

static void version2_covers_its_data(void)
{
	struct frame frame;

	speak_version2(VRRP2_SIMPLE_TEXT, "password");
	build_advert2(&frame, 1, "password");
	expect_accepted(&frame);
	frame_pseudo_checksum(&frame);
	expect_refused(&frame, DROP_vrrp_checksum);
	frame_finish(&frame);
	frame.bytes[frame.length - 1] ^= 1;
	expect_refused(&frame, DROP_vrrp_checksum);
}

static void checksums_are_verified(void)
{
	const struct advert *const adverts[] = {&blue_advert, &green_advert};
	struct frame frame;

	for (size_t i = 0; i < 2; i++) {
		build_advert(&frame, adverts[i]);
		vrrp_message(&frame)[VRRP_CHECKSUM] ^= 1;
		expect_refused(&frame, DROP_vrrp_checksum);
	}
	build_advert(&frame, &blue_advert);
	frame_pseudo_checksum(&frame);
	vrrp_message(&frame)[VRRP_CHECKSUM] ^= 1;
	expect_refused(&frame, DROP_vrrp_checksum);
}

/* What we send is the configuration's alone; what was accepted changes nothing of what is next. */
static void checksums_are_not_learned(void)
{
	struct frame plain, pseudo;

	build_advert(&plain, &blue_advert);
	pseudo = plain;
	frame_pseudo_checksum(&pseudo);
	for (int i = 0; i < 3; i++) {
		expect_pseudo_headers(&pseudo, 1);
		expect_pseudo_headers(&plain, 0);
	}
}

static void other_addresses(struct frame *frame)
{
	vrrp_message(frame)[11] = 0x99;
}

static void other_addresses_are_no_reason(void)
{
	struct ip_address ours = address(BLUE_VIP4);
	struct advert_message message;
	struct inbox_record record;
	struct outcome outcome;
	struct frame frame;

	expect_changed_accepted(other_addresses);
	own_both(&networks[0]);
	build_advert(&frame, &blue_advert);
	run_frame(&frame, &outcome);
	assert_int_equal(take_inbox(&record), 1);
	assert_int_equal(advert_decode(record.message, record.length, record.family, &message), 0);
	assert_false(advert_lists(&message, &ours, 1)); /* it has GREEN's, too: to be told */
}

static void link_local_first(struct frame *frame)
{
	if (frame_is_ipv6(frame))
		put_address(vrrp_message(frame) + 8, "fe80::5");
}

static void any_first_address(void)
{
	expect_changed_accepted(unchanged); /* fd77::101 first */
	expect_changed_accepted(link_local_first);
}

/* Both of these are refused in every way that can be told, and each leaves nothing behind. */

static void expect_fault_refused(const struct advert *advert, const struct fault *fault)
{
	struct frame frame;

	build_advert(&frame, advert);
	if (fault->change)
		fault->change(&frame);
	frame_finish(&frame);
	if (fault->spoil)
		fault->spoil(&frame);
	expect_refused(&frame, fault->reason);
}

static void one_counter_for_each(void)
{
	for (size_t i = 0; i < fault4_count; i++)
		expect_fault_refused(&blue_advert, &faults4[i]);
	for (size_t i = 0; i < fault6_count; i++)
		expect_fault_refused(&green_advert, &faults6[i]);
}

/* Of any bit that is another, no checksum holds. */
static void refused_touch_nothing(void)
{
	struct outcome outcome;
	struct frame frame;

	build_advert(&frame, &blue_advert);
	own_both(&networks[0]);
	for (size_t bit = frame.transport * 8; bit < frame.length * 8; bit++) {
		struct frame changed = frame;

		changed.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
		run_frame(&changed, &outcome);
		assert_int_equal(outcome.verdict, XDP_DROP);
	}
	assert_null(find_trace());
}

static const struct conformance_row rows[] = {
	TESTED(16, "Fewer than eight bytes are refused", "RFC 9568 7.1", DATAPLANE,
	       header_is_whole),
	TESTED(17, "The length is that of the header and the addresses it counts", "RFC 9568 7.1",
	       DATAPLANE, count_and_length_agree,
	       .decision = "longer is refused, too; the RFC leaves that open"),
	TESTED(18, "Version 2: with the addresses, eight bytes of authentication data",
	       "RFC 3768 5.3.10, 7.1", DATAPLANE, version2_has_its_data),
	TESTED(19, "Another version than the instance's is refused", "RFC 9568 5.2.1, 7.1",
	       DATAPLANE, version_is_ours),
	TESTED(20, "Another type than 1 is refused", "RFC 9568 5.2.2", DATAPLANE,
	       type_is_advertisement),
	TESTED(21, "VRID 0 is nobody's, and an unknown VRID is counted", "RFC 9568 5.2.3, 7.1",
	       DATAPLANE, router_is_ours),
	TESTED(22, "One VRID over IPv4 and over IPv6 is two virtual routers", "RFC 9568 1.2",
	       DATAPLANE, one_family_elects,
	       .decision = "a VRID is one instance here, elected over one family and moving the "
			   "VIPs of both; the other family's is refused, and counted"),
	TESTED(23, "A count of 0 is ignored", "RFC 9568 5.2.5, erratum 8299", DATAPLANE,
	       lists_an_address),
	TESTED(24, "An interval of 0 is refused", "RFC 9568 5.2.7, erratum 8301", DATAPLANE,
	       has_an_interval),
	TESTED(25, "Version 3: another interval than ours is accepted; version 2: refused",
	       "RFC 9568 7.1, RFC 3768 7.1", DATAPLANE ", " MACHINE, another_interval_is_learned,
	       .decision = "and counted"),
	TESTED(26, "A learned interval is no more than ten of ours, or ten seconds", "ours",
	       MACHINE, expect_learned_interval_clamped,
	       .decision = "no one advertisement makes a backup deaf for two minutes, and "
			   "intervals can be changed node by node"),
	TESTED(27, "The reserved bits are not looked at, and sent as 0", "RFC 9568 5.2.6",
	       DATAPLANE ", " MESSAGE, reserved_bits_mean_nothing),
	TESTED(28, "Version 3 over IPv4: the checksum covers the message alone", "RFC 9568 5.2.8",
	       DATAPLANE ", " MESSAGE, either_checksum_of_ipv4,
	       .decision = "either way is accepted, and counted; we send what vrrp.checksum says, "
			   "by default with RFC 5798's pseudo header, as keepalived and FRR do"),
	TESTED(29,
	       "Over IPv6 the checksum covers RFC 8200's pseudo header and, if there is one, the "
	       "HMAC trailer",
	       "RFC 9568 5.2.8, RFC 8200 8.1", DATAPLANE, ipv6_covers_the_trailer),
	TESTED(30, "Over IPv4 the checksum leaves the HMAC trailer out", "keepalived", DATAPLANE,
	       ipv4_leaves_the_trailer_out),
	TESTED(31, "Version 2: the checksum covers the authentication data, and no pseudo header",
	       "RFC 3768 5.3.8", DATAPLANE, version2_covers_its_data),
	TESTED(32, "A wrong checksum is refused, whichever is asked for", "RFC 9568 7.1", DATAPLANE,
	       checksums_are_verified),
	TESTED(33, "What a peer's checksum covers is not learned", "keepalived", DATAPLANE,
	       checksums_are_not_learned,
	       .decision =
		       "keepalived goes over to a unicast peer's way after one packet, for good"),
	TESTED(34, "Other addresses than ours are no reason to refuse", "RFC 9568 7.1",
	       DATAPLANE ", " MESSAGE, other_addresses_are_no_reason,
	       .decision = "an operator is told, once a minute"),
	TESTED(35, "IPv6: the first address is link-local", "RFC 9568 5.2.9, erratum 8300",
	       DATAPLANE, any_first_address,
	       .decision = "accepted whatever it is: no VIP of ours is link-local"),
	TESTED(36,
	       "Priority 255 is obeyed by all but the owner, and between owners the address "
	       "decides",
	       "RFC 9568 6.4, erratum 8298", MACHINE, expect_owner_obeyed,
	       .decision = "by the erratum; the text published would have an owner ignore another"),
	TESTED(37, "Each refusal counts for exactly one reason, and the log stays short",
	       "RFC 9568 7.1, keepalived", DATAPLANE, one_counter_for_each,
	       .elsewhere = "tests/bpf/notices_test.c::a_valid_one_ends_a_burst",
	       .decision = "a notice is for an instance and a reason; a burst begins anew after a "
			   "valid advertisement"),
	TESTED(38, "What is refused moves no timer, no interval, no priority and no address",
	       "RFC 9568 7.1", DATAPLANE, refused_touch_nothing,
	       .elsewhere = "tests/bpf/vrrp_mutation_test.c::random_bits_under_right_checksums"),
};

THEME(field_theme, "Receiving: the fields");
