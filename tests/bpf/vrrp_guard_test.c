/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VRRP guard: whatever is wrong with an advertisement, alone or two things at a time, drops it
 * for its reason and leaves nothing behind; VRRP has no business on other networks.
 */
#include <string.h>

#include "ctl/base/address.h"
#include "tests/bpf/faults.h"

static size_t failures;

static void complain(const char *network, const char *name, const char *other, const char *what)
{
	print_error("%s, %s%s%s: %s\n", network, name, other ? " and " : "", other ? other : "",
		    what);
	failures++;
}

/* A refused frame is dropped for its reason, unaltered, and leaves no trace. */
static const char *find_wrong(const struct frame *frame, enum drop_reason reason)
{
	struct outcome outcome;
	const char *found;

	run_frame(frame, &outcome);
	if (outcome.verdict != XDP_DROP)
		return verdict_name(outcome.verdict);
	found = find_other_drop(reason);
	if (found)
		return found;
	if (!same_bytes(frame, &outcome.frame))
		return "altered";
	return find_trace();
}

static void check_refusal(const struct network *network, const struct advert *advert,
			  const struct fault *fault, const struct fault *second)
{
	struct frame frame;
	const char *wrong;

	own_both(network);
	build_advert(&frame, advert);
	if (second && second->change)
		second->change(&frame);
	if (fault->change)
		fault->change(&frame);
	frame_finish(&frame);
	if (second && second->spoil)
		second->spoil(&frame);
	if (fault->spoil)
		fault->spoil(&frame);
	if (network->tagged)
		frame_tag(&frame, ETH_P_8021Q, network->control);
	wrong = find_wrong(&frame, fault->reason);
	if (wrong)
		complain(network->name, fault->name, second ? second->name : NULL, wrong);
}

static void check_each(const struct advert *advert, const struct fault *faults, size_t count)
{
	failures = 0;
	for (size_t i = 0; i < network_count; i++)
		for (size_t j = 0; j < count; j++)
			check_refusal(&networks[i], advert, &faults[j], NULL);
	assert_int_equal(failures, 0);
}

static void each_fault_of_ipv4_is_refused(void **state)
{
	(void)state;
	check_each(&blue_advert, faults4, fault4_count);
}

static void each_fault_of_ipv6_is_refused(void **state)
{
	(void)state;
	check_each(&green_advert, faults6, fault6_count);
}

/* Two faults that say nothing about the order, or undo each other. */
static bool obscure(const struct advert *advert, const struct fault *first,
		    const struct fault *second)
{
	if (first->reason == second->reason)
		return true;
	if (first->reason == DROP_vrrp_truncated && second->reason == DROP_vrrp_length)
		return true;
	/* Which of two extension headers comes first is the frame's affair. */
	return advert == &green_advert && first->reason == DROP_vrrp_ip_header &&
	       second->reason == DROP_vrrp_fragment;
}

/* Of any two faults the one judged first is the reason. */
static void check_pairs(const struct advert *advert, const struct fault *faults, size_t count)
{
	failures = 0;
	for (size_t first = 0; first < count; first++)
		for (size_t second = first + 1; second < count; second++)
			if (!obscure(advert, &faults[first], &faults[second]))
				check_refusal(&networks[2], advert, &faults[first],
					      &faults[second]);
	assert_int_equal(failures, 0);
}

static void faults_of_ipv4_are_judged_in_order(void **state)
{
	(void)state;
	check_pairs(&blue_advert, faults4, fault4_count);
}

static void faults_of_ipv6_are_judged_in_order(void **state)
{
	(void)state;
	check_pairs(&green_advert, faults6, fault6_count);
}

/* Cut where its IP header is whole, an advertisement is refused; no cut one leaves a trace. */
static void check_cuts(const struct network *network, const struct advert *advert)
{
	struct outcome outcome;
	struct frame frame;
	size_t whole;

	build_advert(&frame, advert);
	if (network->tagged)
		frame_tag(&frame, ETH_P_8021Q, network->control);
	whole = frame.length;
	for (frame.length = ETH_HLEN; frame.length < whole; frame.length++) {
		own_both(network);
		run_frame(&frame, &outcome);
		assert_true(outcome.verdict == XDP_DROP ||
			    (outcome.verdict == XDP_PASS && frame.length < frame.transport));
		assert_int_equal(read_all_drops(), outcome.verdict == XDP_DROP);
		assert_true(same_bytes(&frame, &outcome.frame));
		assert_null(find_trace());
	}
}

static void cut_adverts_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < network_count; i++) {
		check_cuts(&networks[i], &blue_advert);
		check_cuts(&networks[i], &green_advert);
	}
}

/* An instance of VRRPv2 does not listen to VRRPv3. */
static void another_version_is_refused(void **state)
{
	struct instance_entry blue;
	struct frame frame;

	(void)state;
	own_both(&networks[0]);
	blue = read_instance(BLUE);
	blue.version = 2;
	set_instance(BLUE, &blue);
	build_advert(&frame, &blue_advert);
	assert_null(find_wrong(&frame, DROP_vrrp_version));
}

/* Our own advertisements, looped back by a switch, are nobody's business. */
static void our_own_pass(void **state)
{
	struct advert own = blue_advert;
	struct outcome outcome;
	struct frame frame;

	(void)state;
	own.mac = OUR_MAC;
	own.source = OUR_ADDRESS4;
	for (size_t i = 0; i < network_count; i++) {
		own_both(&networks[i]);
		build_advert(&frame, &own);
		run_on(&networks[i], &frame, &outcome);
		assert_int_equal(outcome.verdict, XDP_PASS);
		assert_int_equal(read_all_drops(), 0);
		assert_null(find_trace());
	}
}

/* VRRP on the guarded NIC, but not on our network. */

static void check_elsewhere(const struct network *network, const struct advert *advert, bool tagged,
			    uint16_t control)
{
	struct frame frame;
	const char *wrong;

	own_both(network);
	build_advert(&frame, advert);
	if (tagged)
		frame_tag(&frame, ETH_P_8021Q, control);
	wrong = find_wrong(&frame, DROP_vrrp_other_vlan);
	if (wrong)
		complain(network->name, tagged ? "tagged" : "untagged", NULL, wrong);
}

static void other_networks_carry_no_vrrp(void **state)
{
	const struct advert *const adverts[] = {&blue_advert, &green_advert};

	(void)state;
	failures = 0;
	for (size_t i = 0; i < 2; i++) {
		check_elsewhere(&networks[0], adverts[i], true, 4000);
		check_elsewhere(&networks[0], adverts[i], true, 7 << 13 | 1);
		check_elsewhere(&networks[2], adverts[i], false, 0);
		check_elsewhere(&networks[2], adverts[i], true, 0);
		check_elsewhere(&networks[2], adverts[i], true, 4001);
		check_elsewhere(&networks[2], adverts[i], true, 4000 & ~0x0800);
	}
	assert_int_equal(failures, 0);
}

/* Nor does it matter what is wrong with it there. */
static void other_networks_carry_no_broken_vrrp(void **state)
{
	struct frame frame;

	(void)state;
	for (size_t i = 0; i < fault4_count; i++) {
		if (faults4[i].reason != DROP_vrrp_ttl && faults4[i].reason != DROP_vrrp_fragment)
			continue;
		own_both(&networks[2]);
		build_advert(&frame, &blue_advert);
		faults4[i].change(&frame);
		frame_finish(&frame);
		assert_null(find_wrong(&frame, DROP_vrrp_other_vlan));
	}
}

/* What an operator hears of a refusal. */

static const struct fault *find_fault(enum drop_reason reason)
{
	for (size_t i = 0; i < fault4_count; i++)
		if (faults4[i].reason == reason)
			return &faults4[i];
	fail_msg("no fault for %s", drop_name(reason));
	return NULL;
}

/* One frame refused for @reason, without a reset before it. */
static void refuse(enum drop_reason reason)
{
	const struct fault *fault = find_fault(reason);
	struct outcome outcome;
	struct frame frame;

	build_advert(&frame, &blue_advert);
	fault->change(&frame);
	frame_finish(&frame);
	run_on(&networks[2], &frame, &outcome);
	assert_int_equal(outcome.verdict, XDP_DROP);
}

static void a_refusal_is_noticed(void **state)
{
	struct notice_record notice;
	struct ip_address source;
	uint8_t mac[6];
	__u64 before;

	(void)state;
	assert_int_equal(address_parse(N2_ADDRESS4, &source), 0);
	assert_int_equal(mac_parse(N2_MAC, mac), 0);
	own_both(&networks[2]);
	before = clock_now();
	refuse(DROP_vrrp_version);

	assert_int_equal(take_notices(&notice), 1);
	assert_in_range(notice.seen_at, before, clock_now());
	assert_int_equal(notice.kind, NOTICE_DROP);
	assert_int_equal(notice.reason, DROP_vrrp_version);
	assert_memory_equal(&notice.address, &source, sizeof(source));
	assert_memory_equal(notice.mac, mac, sizeof(mac));
	assert_int_equal(notice.vlan, 4000);
	assert_int_equal(notice.vrid, BLUE);
	assert_int_equal(notice.expected, 3);
	assert_int_equal(notice.received, 2);
	assert_true(notice.ours);
	assert_true(notice.first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fault_of_ipv4_is_refused),
		cmocka_unit_test(each_fault_of_ipv6_is_refused),
		cmocka_unit_test(faults_of_ipv4_are_judged_in_order),
		cmocka_unit_test(faults_of_ipv6_are_judged_in_order),
		cmocka_unit_test(cut_adverts_are_refused),
		cmocka_unit_test(another_version_is_refused),
		cmocka_unit_test(our_own_pass),
		cmocka_unit_test(other_networks_carry_no_vrrp),
		cmocka_unit_test(other_networks_carry_no_broken_vrrp),
		cmocka_unit_test(a_refusal_is_noticed),
	};

	return cmocka_run_group_tests(tests, harness_open, harness_close);
}
