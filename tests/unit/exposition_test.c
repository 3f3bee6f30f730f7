// SPDX-License-Identifier: GPL-2.0-only
/* A snapshot made by hand, as the metrics show it. */
#include <stdio.h>

#include "ctl/api/exposition.h"
#include "ctl/base/cleanup.h"
#include "tests/unit/snapshot_scene.h"

static void expect_lines(const struct scene *scene, const char *const *lines)
{
	CLEANUP(cleanup_free) char *text = NULL;
	size_t length;

	text = exposition_text(NULL, &scene->snapshot, &length);
	assert_non_null(text);
	assert_int_equal(strlen(text), length);
	for (; *lines; lines++) {
		CLEANUP(cleanup_free) char *line = NULL;

		assert_true(asprintf(&line, "\n%s\n", *lines) > 0);
		if (!strstr(text, line))
			fail_msg("no line \"%s\" in:\n%s", *lines, text);
	}
}

static void metrics_show_what_the_status_shows(void **state)
{
	static const char *const lines[] = {
		"vipd_build_info{version=\"" VIPD_VERSION "\",node=\"n1\"} 1",
		"vipd_up 1",
		"vipd_healthy 1",
		"vipd_start_time_seconds 1767225600.000000000",
		"vipd_link_running{device=\"eth0.4000\"} 1",
		"vipd_xdp_attached{interface=\"eth0\"} 1",
		"vipd_xdp_mode_info{interface=\"eth0\",mode=\"native\"} 1",
		"vipd_vip_owner{vip=\"fd77::101\",instance=\"blue\"} 1",
		"vipd_instance_state{instance=\"blue\",state=\"BACKUP\"} 0",
		"vipd_instance_state{instance=\"blue\",state=\"MASTER\"} 1",
		"vipd_authentication_info{mode=\"off\",active_key=\"0\"} 1",
		"vipd_authentication_keys 0",
		"vipd_instance_version{instance=\"blue\"} 3",
		"vipd_instance_priority{instance=\"blue\"} 150",
		"vipd_instance_effective_priority{instance=\"blue\"} 150",
		"vipd_address_mismatches_total{instance=\"blue\"} 0",
		"vipd_interval_mismatches_total{instance=\"blue\"} 0",
		"vipd_intervals_clamped_total{instance=\"blue\"} 0",
		"# TYPE vipd_transitions_total counter",
		"vipd_transitions_total{instance=\"blue\"} 3",
		"vipd_adverts_sent_total{instance=\"blue\"} 20",
		"vipd_adverts_heard_total{instance=\"blue\"} 10",
		"vipd_lease_remaining_seconds{instance=\"blue\"} 0.287000001",
		"vipd_peer_advert_age_seconds{instance=\"blue\",peer=\"n2\"} 0.035000000",
		"vipd_takeover_seconds{instance=\"blue\",stage=\"lease\"} 0.000180000",
		"vipd_takeover_seconds{instance=\"blue\",stage=\"gateway\"} 0.002000000",
		"vipd_gateway_confirmation_age_seconds{instance=\"blue\"} 0.999000000",
		"vipd_gateway_silence_seconds{instance=\"blue\"} 0.000000000",
		"vipd_check_up{service=\"web\"} 1",
		"vipd_service_settling{service=\"web\"} 0",
		"vipd_service_armed{service=\"web\"} 0",
		"vipd_service_panic{service=\"web\"} 0",
		"vipd_backend_up{service=\"web\",node=\"n2\"} 1",
		"vipd_backend_share{service=\"web\",node=\"n1\"} 0.750000",
		"vipd_backend_packets_total{service=\"web\",node=\"n1\"} 12",
		"vipd_backend_bytes_total{service=\"web\",node=\"n1\"} 3400",
		"vipd_drained{node=\"n1\"} 0",
		"vipd_second_chances_total 7",
		"# HELP vipd_arp_answered_total ARP requests answered for virtual IPs.",
		"# TYPE vipd_arp_answered_total counter",
		"vipd_arp_answered_total 9",
		"vipd_vip_conflicts_total 1",
		"vipd_drops_total{reason=\"vrrp_ttl\"} 4",
		"vipd_drops_total{reason=\"vrrp_checksum\"} 0",
		NULL,
	};

	expect_lines(*state, lines);
}

static void metrics_escape_labels(void **state)
{
	static const char *const lines[] = {
		"vipd_link_running{device=\"a\\\\b\\\"c\\nd\"} 1",
		NULL,
	};
	struct scene *scene = *state;

	strcpy(scene->snapshot.link.device, "a\\b\"c\nd");
	expect_lines(scene, lines);
}

static void alarms_are_counted_by_name(void **state)
{
	static const char *const lines[] = {
		"vipd_healthy 0",
		"vipd_alarms{name=\"many\"} 2",
		"vipd_alarms{name=\"link_down\"} 1",
		NULL,
	};
	struct scene *scene = *state;

	scene->snapshot.link.running = false;
	alarm_raise(&scene->snapshot.alarms, "many", "one");
	alarm_raise(&scene->snapshot.alarms, "many", "two");
	expect_lines(scene, lines);
}

static void metrics_show_the_quorum_where_one_is_asked_for(void **state)
{
	static const char *const lines[] = {
		"vipd_quorum 0",
		"vipd_quorum_heard{node=\"n1\"} 1",
		"vipd_quorum_heard{node=\"n3\"} 0",
		NULL,
	};
	struct scene *scene = *state;

	scene->snapshot.quorum = (struct quorum_status){.required = true, .heard = {true}};
	expect_lines(scene, lines);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(metrics_show_what_the_status_shows),
		test(metrics_escape_labels),
		test(alarms_are_counted_by_name),
		test(metrics_show_the_quorum_where_one_is_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
