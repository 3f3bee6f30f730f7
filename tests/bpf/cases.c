/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/bpf/cases.h"

#include <stdio.h>
#include <string.h>

/* Where a complaint belongs. */
struct place {
	const struct network *network;
	const struct packet_case *row;
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
	print_error("%s, %s: %s\n", place->row->name, place->network->name, text);
	place->failures++;
}

static void print_bytes(const char *about, const struct frame *frame)
{
	print_error("  %s, %zu bytes:", about, frame->length);
	for (size_t i = 0; i < frame->length; i++)
		print_error(" %02x", frame->bytes[i]);
	print_error("\n");
}

static void prepare(const struct place *place, struct frame *frame)
{
	harness_reset(place->network);
	if (place->row->prepare)
		place->row->prepare();
	place->row->build(frame);
	if (place->network->tagged)
		frame_tag(frame, ETH_P_8021Q, place->network->control);
}

static void check_drops(struct place *place)
{
	struct drops_entry drops = read_drops();

	for (enum drop_reason reason = DROP_REASON_FIRST; reason < DROP_REASON_END; reason++) {
		__u64 expected = reason == place->row->drop;
		__u64 count = ((__u64 *)&drops)[drop_index(reason)];

		if (count != expected)
			complain(place, "%s is %llu, not %llu", drop_name(reason), count, expected);
	}
}

static void check_traffic(struct place *place)
{
	struct traffic_entry traffic = read_traffic();
	const __u64 *expected = (const __u64 *)&place->row->traffic;

	for (size_t i = 0; i < sizeof(traffic) / sizeof(__u64); i++) {
		__u64 count = ((__u64 *)&traffic)[i];

		if (count != expected[i])
			complain(place, "traffic counter %zu is %llu, not %llu", i, count,
				 expected[i]);
	}
}

/* What leaves: the answer where there is one, else what came in, to the bit. */
static void check_bytes(struct place *place, const struct frame *in, const struct frame *out)
{
	struct frame expected = *in;

	if (place->row->answer) {
		place->row->answer(&expected);
		if (place->network->tagged)
			frame_tag(&expected, ETH_P_8021Q, place->network->control);
	}
	if (same_bytes(&expected, out))
		return;
	complain(place, "wrong bytes");
	print_bytes("expected", &expected);
	print_bytes("left", out);
}

static void check_whole(struct place *place)
{
	struct outcome outcome;
	struct frame frame;

	prepare(place, &frame);
	run_frame(&frame, &outcome);
	if (outcome.verdict != place->row->verdict)
		complain(place, "%s, not %s", verdict_name(outcome.verdict),
			 verdict_name(place->row->verdict));
	check_drops(place);
	check_traffic(place);
	check_bytes(place, &frame, &outcome.frame);
}

/*
 * Cut short, a frame may be dropped only if it was for the dataplane when whole. It leaves as it
 * came, and counts as nothing done.
 */
static void check_cut(struct place *place)
{
	struct outcome outcome;
	struct frame frame;
	struct traffic_entry traffic;
	size_t whole;

	prepare(place, &frame);
	whole = frame.length - frame.padding;
	for (frame.length = ETH_HLEN; frame.length < whole; frame.length++) {
		run_frame(&frame, &outcome);
		if (outcome.verdict != XDP_PASS &&
		    (outcome.verdict != XDP_DROP || place->row->verdict == XDP_PASS))
			complain(place, "%s when cut to %zu bytes", verdict_name(outcome.verdict),
				 frame.length);
		if (!same_bytes(&frame, &outcome.frame))
			complain(place, "altered when cut to %zu bytes", frame.length);
	}
	traffic = read_traffic();
	if (traffic.adverts_accepted || traffic.arp_answered || traffic.ns_answered)
		complain(place, "counted as done when cut");
}

void check_cases(const struct packet_case *cases, size_t count)
{
	struct place place = {0};

	for (size_t i = 0; i < network_count; i++) {
		place.network = &networks[i];
		for (place.row = cases; place.row < cases + count; place.row++) {
			check_whole(&place);
			check_cut(&place);
		}
	}
	assert_int_equal(place.failures, 0);
}
