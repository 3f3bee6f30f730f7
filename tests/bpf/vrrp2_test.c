/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VRRPv2 (RFC 3768), with the password of RFC 2338 and without: which advertisements are accepted,
 * and what each other one is refused for.
 */
#include <string.h>

#include "tests/bpf/adverts.h"
#include "tests/bpf/signing.h"

#define SECONDS      2 /* our interval */
#define CENTISECONDS 200

static const struct network *const network = &networks[2];
static const char *const vips[] = {BLUE_VIP4, GREEN_VIP4, NULL};
static const char password[8] = "vrrp";
static const char nothing[8] = "";

/* BLUE speaks version 2. */
static void begin(__u8 authentication_type, const char text[static 8])
{
	struct instance_entry blue;

	own_both(network);
	blue = read_instance(BLUE);
	blue.version = 2;
	blue.advert_interval = CENTISECONDS;
	blue.authentication_type = authentication_type;
	memcpy(blue.authentication_data, text, sizeof(blue.authentication_data));
	set_instance(BLUE, &blue);
}

static void build(struct frame *frame, uint8_t type, const char text[static 8])
{
	frame_ethernet(frame, VRRP_GROUP4_MAC, N2_MAC, ETH_P_IP);
	frame_ip(frame, N2_ADDRESS4, VRRP_GROUP4, 112);
	frame_advert2(frame, BLUE, PRIORITY + 50, SECONDS, vips, type, text);
	frame_finish(frame);
}

static void expect_accepted(const struct frame *frame)
{
	struct inbox_record record;
	struct outcome outcome;

	run_on(network, frame, &outcome);
	assert_int_equal(outcome.verdict, XDP_PASS);
	assert_int_equal(read_traffic().adverts_accepted, 1);
	assert_int_equal(read_traffic().adverts_interval_differs, 0);
	assert_int_equal(take_inbox(&record), 1);
	assert_int_equal(record.length, 8 + 2 * 4 + 8);
	assert_memory_equal(record.message, frame->bytes + frame->transport, record.length);
	assert_int_equal(read_advert(BLUE, N2_INDEX).max_advert_interval, CENTISECONDS);
	assert_int_equal(read_advert(BLUE, N2_INDEX).priority, PRIORITY + 50);
	assert_int_equal(read_instance(BLUE).lease_until, 0);
}

static void expect_refused(const struct frame *frame, enum drop_reason reason)
{
	struct outcome outcome;
	const char *other;

	run_on(network, frame, &outcome);
	assert_int_equal(outcome.verdict, XDP_DROP);
	other = find_other_drop(reason);
	if (other)
		fail_msg("%s, not %s", other, drop_name(reason));
	assert_null(find_trace());
}

static void accepted(void **state)
{
	struct frame frame;

	(void)state;
	begin(VRRP2_NO_AUTHENTICATION, nothing);
	build(&frame, 0, nothing);
	expect_accepted(&frame);

	begin(VRRP2_SIMPLE_TEXT, password);
	build(&frame, 1, password);
	expect_accepted(&frame);

	begin(VRRP2_SIMPLE_TEXT, "12345678");
	build(&frame, 1, "12345678");
	expect_accepted(&frame);

	begin(VRRP2_SIMPLE_TEXT, password);
	build(&frame, 1, password);
	frame_pad(&frame, 100);
	expect_accepted(&frame);
}

/* Without authentication the eight bytes are there, and ignored. */
static void data_of_no_authentication(void **state)
{
	struct frame frame;

	(void)state;
	begin(VRRP2_NO_AUTHENTICATION, password);
	build(&frame, 0, "whatever");
	expect_accepted(&frame);
}

static void other_types(void **state)
{
	static const struct {
		__u8 ours, theirs;
	} pairs[] = {{0, 1}, {1, 0}, {0, 2}, {1, 2}, {1, 255}};
	struct notice_record notice;
	struct frame frame;

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		begin(pairs[i].ours, password);
		build(&frame, pairs[i].theirs, password);
		expect_refused(&frame, DROP_vrrp_authentication_type);
		assert_int_equal(take_notices(&notice), 1);
		assert_int_equal(notice.expected, pairs[i].ours);
		assert_int_equal(notice.received, pairs[i].theirs);
	}
}

static void any_other_password(void **state)
{
	struct frame frame;

	(void)state;
	for (size_t bit = 0; bit < 64; bit++) {
		char other[8];

		memcpy(other, password, sizeof(other));
		other[bit / 8] = (char)(other[bit / 8] ^ 1 << bit % 8);
		begin(VRRP2_SIMPLE_TEXT, password);
		build(&frame, 1, other);
		expect_refused(&frame, DROP_vrrp_password);
	}
}

static void other_intervals(void **state)
{
	static const uint8_t seconds[] = {0, 1, 3, 4, 128, 255};
	struct frame frame;

	(void)state;
	for (size_t i = 0; i < sizeof(seconds); i++) {
		begin(VRRP2_NO_AUTHENTICATION, nothing);
		build(&frame, 0, nothing);
		frame.bytes[frame.transport + VRRP2_INTERVAL] = seconds[i];
		frame_checksum(&frame);
		expect_refused(&frame, seconds[i] ? DROP_vrrp_interval : DROP_vrrp_no_interval);
	}
}

/* No pseudo header, ever; and the password counts. */
static void checksums(void **state)
{
	struct frame frame;

	(void)state;
	begin(VRRP2_SIMPLE_TEXT, password);
	build(&frame, 1, password);
	frame_pseudo_checksum(&frame);
	expect_refused(&frame, DROP_vrrp_checksum);

	begin(VRRP2_SIMPLE_TEXT, password);
	build(&frame, 1, password);
	frame.bytes[frame.length - 1] ^= 1;
	expect_refused(&frame, DROP_vrrp_checksum);
}

static void of_another_length(void **state)
{
	struct frame frame;

	(void)state;
	begin(VRRP2_NO_AUTHENTICATION, nothing);
	build(&frame, 0, nothing);
	frame.length -= 8; /* no authentication data */
	frame_finish(&frame);
	expect_refused(&frame, DROP_vrrp_truncated);

	begin(VRRP2_NO_AUTHENTICATION, nothing);
	build(&frame, 0, nothing);
	frame_append(&frame, 4);
	frame_finish(&frame);
	expect_refused(&frame, DROP_vrrp_length);

	build(&frame, 0, nothing);
	while (frame.length > frame.transport) {
		begin(VRRP2_NO_AUTHENTICATION, nothing);
		frame.length--;
		frame_finish(&frame);
		expect_refused(&frame, DROP_vrrp_truncated);
	}
}

static void versions_are_apart(void **state)
{
	struct frame frame;

	(void)state;
	begin(VRRP2_NO_AUTHENTICATION, nothing);
	build_advert(&frame, &blue_advert);
	expect_refused(&frame, DROP_vrrp_version);
	own_both(network);
	build(&frame, 0, nothing);
	expect_refused(&frame, DROP_vrrp_version);
}

/* There is no version 2 over IPv6, whatever the table says. */
static void not_over_ipv6(void **state)
{
	struct instance_entry green;
	struct frame frame;

	(void)state;
	own_both(network);
	green = read_instance(GREEN);
	green.version = 2;
	set_instance(GREEN, &green);
	build_advert(&frame, &green_advert);
	frame.bytes[frame.transport + VRRP_VERSION_TYPE] = 0x21;
	frame_append(&frame, 8);
	frame_finish(&frame);
	expect_refused(&frame, DROP_vrrp_family);
}

/* The HMAC is for both versions. */
static void signed_too(void **state)
{
	struct frame frame;

	(void)state;
	begin(VRRP2_SIMPLE_TEXT, password);
	ask_for_hmac(AUTHENTICATION_ENFORCE, false);
	build(&frame, 1, password);
	expect_refused(&frame, DROP_vrrp_unsigned);

	begin(VRRP2_SIMPLE_TEXT, password);
	ask_for_hmac(AUTHENTICATION_ENFORCE, false);
	frame_sign(&frame, &first_secret, sequence_in(0));
	expect_accepted(&frame);
}

/* RFC 9568 section 7.1: in version 3 another interval is counted, and obeyed. */
static void version_3_counts_intervals(void **state)
{
	struct advert advert = blue_advert;
	struct outcome outcome;
	struct frame frame;

	(void)state;
	own_both(network);
	build_advert(&frame, &advert);
	run_on(network, &frame, &outcome);
	assert_int_equal(read_traffic().adverts_interval_differs, 0);
	advert.interval = INTERVAL + 1;
	build_advert(&frame, &advert);
	run_on(network, &frame, &outcome);
	assert_int_equal(outcome.verdict, XDP_PASS);
	assert_int_equal(read_traffic().adverts_interval_differs, 1);
	assert_int_equal(read_traffic().adverts_accepted, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepted),
		cmocka_unit_test(data_of_no_authentication),
		cmocka_unit_test(other_types),
		cmocka_unit_test(any_other_password),
		cmocka_unit_test(other_intervals),
		cmocka_unit_test(checksums),
		cmocka_unit_test(of_another_length),
		cmocka_unit_test(versions_are_apart),
		cmocka_unit_test(not_over_ipv6),
		cmocka_unit_test(signed_too),
		cmocka_unit_test(version_3_counts_intervals),
	};

	return cmocka_run_group_tests(tests, harness_open, harness_close);
}
