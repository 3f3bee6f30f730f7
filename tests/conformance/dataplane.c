// SPDX-License-Identifier: GPL-2.0-only
#include "tests/conformance/dataplane.h"

/* Untagged, and in a VLAN. */
static const size_t networks_used[] = {0, 2};

uint8_t *ip_header(struct frame *frame)
{
	return frame->bytes + frame->network;
}

uint8_t *vrrp_message(struct frame *frame)
{
	return frame->bytes + frame->transport;
}

void set_source(struct frame *frame, const char *address)
{
	put_address(ip_header(frame) + (frame_is_ipv6(frame) ? 8 : 12), address);
}

void set_destination(struct frame *frame, const char *address)
{
	put_address(ip_header(frame) + (frame_is_ipv6(frame) ? 24 : 16), address);
}

void set_vrrp_byte(struct frame *frame, size_t field, uint8_t value)
{
	vrrp_message(frame)[field] = value;
}

static void (*prepare_tables)(void);

void prepare_dataplane(void (*prepare)(void))
{
	prepare_tables = prepare;
}

static void send_on(size_t network, const struct frame *frame, struct outcome *outcome)
{
	own_both(&networks[network]);
	if (prepare_tables)
		prepare_tables();
	run_on(&networks[network], frame, outcome);
}

void expect_accepted(const struct frame *frame)
{
	struct outcome outcome;

	for (size_t i = 0; i < 2; i++) {
		send_on(networks_used[i], frame, &outcome);
		assert_string_equal(verdict_name(outcome.verdict), "pass");
		assert_int_equal(read_all_drops(), 0);
		assert_int_equal(read_traffic().adverts_accepted, 1);
		assert_int_equal(take_inbox(NULL), 1);
	}
}

void expect_refused(const struct frame *frame, enum drop_reason reason)
{
	struct outcome outcome;

	for (size_t i = 0; i < 2; i++) {
		const char *found;

		send_on(networks_used[i], frame, &outcome);
		assert_string_equal(verdict_name(outcome.verdict), "drop");
		found = find_other_drop(reason);
		if (found)
			fail_msg("not counted as %s, but as: %s", drop_name(reason), found);
		found = find_trace();
		if (found)
			fail_msg("dropped for %s, but %s", drop_name(reason), found);
	}
}

void expect_changed_accepted(void (*change)(struct frame *frame))
{
	const struct advert *const adverts[] = {&blue_advert, &green_advert};
	struct frame frame;

	for (size_t i = 0; i < 2; i++) {
		build_advert(&frame, adverts[i]);
		change(&frame);
		frame_finish(&frame);
		expect_accepted(&frame);
	}
}

void expect_changed_refused(void (*change)(struct frame *frame), enum drop_reason reason)
{
	const struct advert *const adverts[] = {&blue_advert, &green_advert};
	struct frame frame;

	for (size_t i = 0; i < 2; i++) {
		build_advert(&frame, adverts[i]);
		change(&frame);
		frame_finish(&frame);
		expect_refused(&frame, reason);
	}
}

void expect_byte_refused(size_t field, uint8_t value, enum drop_reason reason)
{
	const struct advert *const adverts[] = {&blue_advert, &green_advert};
	struct frame frame;

	for (size_t i = 0; i < 2; i++) {
		build_advert(&frame, adverts[i]);
		set_vrrp_byte(&frame, field, value);
		frame_finish(&frame);
		expect_refused(&frame, reason);
	}
}
