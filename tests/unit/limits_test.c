// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every limit: as much as there may be is accepted, and the tables that hold it can be built; one
 * more is refused, with words that name what to change.
 */
#include "ctl/base/cleanup.h"
#include "tests/unit/fake_dataplane.h"

/* An item of a list, for the numbers from 0. */
typedef void (*item_writer)(FILE *file, unsigned int i);

static void write_list(FILE *file, const char *key, unsigned int count, item_writer write)
{
	fprintf(file, "%s: [", key);
	for (unsigned int i = 0; i < count; i++) {
		fputs(i ? ", " : "", file);
		write(file, i);
	}
	fputs("]", file);
}

static void write_interface(FILE *file, unsigned int i)
{
	fprintf(file, "if%u", i);
}

static void write_peer(FILE *file, unsigned int i)
{
	fprintf(file, "{name: n%u, address: 10.77.0.%u}", i + 1, i + 11);
}

static void write_peer_name(FILE *file, unsigned int i)
{
	fprintf(file, "n%u", i + 1);
}

static void write_vip4(FILE *file, unsigned int i)
{
	fprintf(file, "10.78.%u.%u", i / 200, i % 200 + 1);
}

static void write_vip6(FILE *file, unsigned int i)
{
	fprintf(file, "'fd77::1:%x'", i + 1);
}

static void write_instance(FILE *file, unsigned int i)
{
	fprintf(file, "{name: i%u, vrid: %u, priority: {n1: 1}, vips: [10.79.0.%u]}", i, i + 1,
		i + 1);
}

static void write_group(FILE *file, unsigned int i)
{
	fprintf(file, "{name: g%u, instances: [i%u]}", i, i);
}

static void write_tracker(FILE *file, unsigned int i)
{
	fprintf(file, "{name: t%u, interface: if%u}", i, i);
}

static void write_tracker_name(FILE *file, unsigned int i)
{
	fprintf(file, "t%u", i);
}

static void write_key(FILE *file, unsigned int i)
{
	fprintf(file, "{id: %u, file: /key}", i + 1);
}

static void write_port(FILE *file, unsigned int i)
{
	fprintf(file, "%u/tcp", i + 1);
}

static void write_status(FILE *file, unsigned int i)
{
	fprintf(file, "%u", i + 200);
}

/* Each with a check of its own, and so a pool of its own. */
static void write_service(FILE *file, unsigned int i)
{
	fprintf(file, "{name: s%u, ports: [%u/tcp], backends: [n1], check: {http: /%u}}", i, i + 1,
		i);
}

static void write_gateway(FILE *file, unsigned int i)
{
	fprintf(file, "10.77.0.%u", i + 201);
}

/* Whole files. */

static void write_rest(FILE *file)
{
	fputs("interface: eth0\n", file);
}

static void write_instances(FILE *file, unsigned int count)
{
	write_list(file, "instances", count, write_instance);
	fputs("\n", file);
}

static void write_peers(FILE *file, unsigned int count)
{
	write_list(file, "peers", count, write_peer);
	fputs("\n", file);
}

static void write_common(FILE *file)
{
	write_rest(file);
	write_peers(file, 4);
	write_instances(file, 1);
}

static void peers(FILE *file, unsigned int count)
{
	write_rest(file);
	write_peers(file, count);
	write_instances(file, 1);
}

static void instances(FILE *file, unsigned int count)
{
	write_rest(file);
	write_peers(file, 1);
	write_instances(file, count);
}

static void groups(FILE *file, unsigned int count)
{
	write_rest(file);
	write_peers(file, 1);
	write_instances(file, MAX_INSTANCES - 2);
	write_list(file, "sync_groups", count, write_group);
}

static void guarded(FILE *file, unsigned int count)
{
	write_common(file);
	write_list(file, "vrrp: {guard_interfaces", count, write_interface);
	fputs("}\n", file);
}

static void drained(FILE *file, unsigned int count)
{
	write_common(file);
	write_list(file, "drain_on_down", count, write_interface);
}

static void trackers(FILE *file, unsigned int count)
{
	write_common(file);
	write_list(file, "trackers", count, write_tracker);
}

static void tracks(FILE *file, unsigned int count)
{
	write_rest(file);
	write_peers(file, 1);
	write_list(file, "trackers", 10, write_tracker);
	fputs("\ninstances:\n- {name: a, vrid: 1, priority: {n1: 1}, vips: [10.77.0.101], ", file);
	write_list(file, "track", count, write_tracker_name);
	fputs("}\n", file);
}

static void group_tracks(FILE *file, unsigned int count)
{
	write_common(file);
	write_list(file, "trackers", 10, write_tracker);
	fputs("\nsync_groups:\n- {name: g, instances: [i0], ", file);
	write_list(file, "track", count, write_tracker_name);
	fputs("}\n", file);
}

static void keys(FILE *file, unsigned int count)
{
	write_common(file);
	fputs("vrrp: {auth: {mode: receive-only, ", file);
	write_list(file, "keys", count, write_key);
	fputs("}}\n", file);
}

/* One of a family. */
static void gateways(FILE *file, unsigned int count)
{
	write_common(file);
	write_list(file, "gateway", count, write_gateway);
}

/* In as many instances as it takes, for an advertisement has a limit of its own. */
static void vips(FILE *file, unsigned int count)
{
	write_rest(file);
	write_peers(file, 4);
	fputs("instances:\n", file);
	for (unsigned int i = 0; i < count; i++) {
		if (i % 250 == 0)
			fprintf(file, "%s- {name: i%u, vrid: %u, priority: {n1: 1}, vips: [",
				i ? "]}\n" : "", i, i / 250 + 1);
		else
			fputs(", ", file);
		write_vip4(file, i);
	}
	fputs("]}\nservices: [{name: web, ports: [80/tcp]}]\n", file);
}

static void advert(FILE *file, unsigned int count, item_writer write, const char *vrrp)
{
	write_rest(file);
	fputs("peers: [{name: n1, address: 10.77.0.11, address6: 'fd77::11'}]\n"
	      "instances: [{name: a, vrid: 1, priority: {n1: 1}, ",
	      file);
	write_list(file, "vips", count, write);
	fprintf(file, "}]\n%s", vrrp);
}

static void advert4(FILE *file, unsigned int count)
{
	advert(file, count, write_vip4, "");
}

static void advert6(FILE *file, unsigned int count)
{
	advert(file, count, write_vip6, "");
}

static void signed_advert6(FILE *file, unsigned int count)
{
	advert(file, count, write_vip6,
	       "vrrp: {auth: {active_key: 1, keys: [{id: 1, file: /key}]}}\n");
}

static void services(FILE *file, unsigned int count)
{
	write_common(file);
	write_list(file, "services", count, write_service);
}

static void ports(FILE *file, unsigned int count)
{
	write_common(file);
	fputs("services: [{name: web, ", file);
	write_list(file, "ports", count, write_port);
	fputs("}]\n", file);
}

static void backends(FILE *file, unsigned int count)
{
	write_rest(file);
	write_peers(file, MAX_PEERS);
	write_instances(file, 1);
	fputs("services: [{name: web, ports: [80/tcp], ", file);
	write_list(file, "backends", count, write_peer_name);
	fputs("}]\n", file);
}

static void statuses(FILE *file, unsigned int count)
{
	write_common(file);
	fputs("services: [{name: web, ports: [80/tcp], check: {http: /, ", file);
	write_list(file, "expect_status", count, write_status);
	fputs("}}]\n", file);
}

/* 64 services of 16 ports at 4 VIPs make 4096; what is more, one at a single VIP. */
static void pairs(FILE *file, unsigned int count)
{
	write_rest(file);
	write_peers(file, 4);
	fputs("instances:\n- {name: i, vrid: 1, priority: {n1: 1}, ", file);
	write_list(file, "vips", 5, write_vip4);
	fputs("}\nservices:\n", file);
	for (unsigned int s = 0; s < 64; s++) {
		unsigned int left = count > s * 64 ? count - s * 64 : 0;

		fprintf(file,
			"- {name: s%u, vips: [10.78.0.1, 10.78.0.2, 10.78.0.3, 10.78.0.4%s], ", s,
			s == 63 && left > 64 ? ", 10.78.0.5" : "");
		fprintf(file, "ports: [");
		for (unsigned int i = 0; i < 16; i++)
			fprintf(file, "%s%u/tcp", i ? ", " : "", s * 16 + i + 1);
		fputs("]}\n", file);
	}
}

static const struct limit {
	void (*write)(FILE *file, unsigned int count);
	unsigned int max;
	bool is_built; /* in steering's tables, at the maximum */
	const char *refusal;
} limits[] = {
	{peers, MAX_PEERS, false,
	 "peers: 129 items, expected a list of the cluster's nodes, 1 to 128 of them"},
	{instances, MAX_INSTANCES - 2, false,
	 "instances: 255 items, expected a list of instances, 1 to 254 of them"},
	{groups, MAX_INSTANCES - 2, false,
	 "sync_groups: 255 items, expected a list of sync groups, 0 to 254 of them"},
	{guarded, CONFIG_TRACKED_MAX, false,
	 "vrrp.guard_interfaces: 9 items, expected a list of network interfaces, 0 to 8 of them"},
	{drained, CONFIG_TRACKED_MAX, false,
	 "drain_on_down: 9 items, expected a list of network interfaces, 0 to 8 of them"},
	{trackers, CONFIG_TRACKERS_MAX, false,
	 "trackers: 65 items, expected a list of trackers, 0 to 64 of them"},
	{tracks, CONFIG_TRACKS_MAX, false,
	 "instances[0].track: 9 items, expected a list of trackers"},
	{group_tracks, CONFIG_TRACKS_MAX, false,
	 "sync_groups[0].track: 9 items, expected a list of trackers"},
	{keys, MAX_KEYS - 1, false,
	 "vrrp.auth.keys: 256 items, expected a list of keys, 1 to 255 of them"},
	{gateways, 1, false,
	 "gateway: two of IPv4, expected an address, or a list of at most one for each family"},
	{vips, MAX_VIPS, true, "instances: 513 VIPs, expected 512 at most"},
	{advert4, 255, false,
	 "instances[0].vips: 256 IPv4 addresses do not fit an advertisement, expected 255 at most"},
	{advert6, 84, false,
	 "instances[0].vips: 85 IPv6 addresses do not fit an advertisement, expected 84 at most"},
	{signed_advert6, 82, false,
	 "instances[0].vips: 83 IPv6 addresses do not fit a signed advertisement, expected 82 at "
	 "most"},
	{services, CONFIG_SERVICES_MAX, true,
	 "services: 65 items, expected a list of services, 0 to 64 of them"},
	{ports, CONFIG_PORTS_MAX, true,
	 "services[0].ports: 17 items, expected a list of ports such as 443/tcp, 1 to 16 of them"},
	{backends, MAX_PEERS, false,
	 "services[0].backends: 129 items, expected a list of nodes, 1 to 128 of them"},
	{statuses, CONFIG_STATUSES_MAX, false,
	 "services[0].check.expect_status: 17 items, expected a list of HTTP statuses"},
	{pairs, SERVICE_KEYS, true,
	 "services: 4112 pairs of a VIP and a port, expected 4096 at most; s63 has 80 of them, "
	 "give "
	 "it fewer vips or ports"},
};

static char *write_file(const struct limit *limit, unsigned int count)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	limit->write(file, count);
	fclose(file);
	return text;
}

static void as_much_as_there_may_be(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		char *text CLEANUP(cleanup_free) = write_file(&limits[i], limits[i].max);
		struct fake_node node;

		if (limits[i].is_built) {
			fake_node_open(&node, "n1", text);
			fake_node_close(&node);
		} else {
			config_unref(parsed("n1", text));
		}
	}
}

static void one_more(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		char *text CLEANUP(cleanup_free) = write_file(&limits[i], limits[i].max + 1);
		char *report CLEANUP(cleanup_free) = NULL;
		const struct config *config = NULL;
		size_t size;
		FILE *stream = open_memstream(&report, &size);

		assert_int_equal(config_parse("t", text, strlen(text), "n1", stream, &config),
				 -EINVAL);
		fclose(stream);
		if (!strstr(report, limits[i].refusal))
			fail_msg("not \"%s\", but:\n%s", limits[i].refusal, report);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_much_as_there_may_be),
		cmocka_unit_test(one_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
