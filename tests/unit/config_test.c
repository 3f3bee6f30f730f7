// SPDX-License-Identifier: GPL-2.0-only
/* A good configuration: what it is read as, its defaults, and files that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ctl/base/address.h"
#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/config/config.h"
#include "ctl/config/load.h"
#include "ctl/config/lookup.h"
#include "ctl/http/metrics_section.h"
#include "maps/settings.h"

static const char example[] =
	"# The same file on every node.\n"
	"node: n1                       # which of the peers this node is\n"
	"interface: eth0                # where XDP is attached\n"
	"vlan: 4000                     # omit for untagged\n"
	"gateway: [10.77.0.1, \"fd77::1\"]\n"
	"peers:                         # every node of the cluster, this one included\n"
	"  - {name: n1, address: 10.77.0.11, address6: \"fd77::11\"}    # mac: optional\n"
	"  - {name: n2, address: 10.77.0.12, address6: \"fd77::12\"}\n"
	"  - {name: n3, address: 10.77.0.13, address6: \"fd77::13\"}\n"
	"vrrp:\n"
	"  version: 3                   # 3 (default) or 2\n"
	"  advert_interval: 100ms\n"
	"  mode: unicast                # to the peers (default), or multicast\n"
	"instances:\n"
	"  - name: blue\n"
	"    vrid: 51\n"
	"    priority: {n1: 150, n2: 100, n3: 50}   # 1-255, by node\n"
	"    preempt: true              # preempt_delay: 5s\n"
	"    vips: [10.77.0.101, \"fd77::101\"]\n"
	"services:\n"
	"  - name: web\n"
	"    vips: all                  # or a list\n"
	"    ports: [80/tcp, 443/tcp, 443/udp]\n"
	"    backends: [n1, n2, n3]     # or {node: n1, weight: 2}\n"
	"    affinity: connection       # or client\n"
	"    settle: 1h                 # how long after a change\n"
	"    listener_check: true       # a SYN steps over a node\n"
	"    check: {http: \"/healthz\", port: 80, interval: 2s, timeout: 1s, fall: 2, rise: 2}\n"
	"metrics: {listen: \"127.0.0.1:9650\"}\n";

static const char minimal[] =
	"interface: eth0\n"
	"peers: [{name: n1, address: 10.77.0.11}, {name: n2, address: 10.77.0.12}]\n"
	"instances: [{name: blue, vrid: 51, priority: {n1: 150}, vips: [10.77.0.101]}]\n";

static const struct config *parse_or_fail(const char *text, const char *hostname)
{
	const struct config *config = NULL;

	assert_int_equal(config_parse("test.yaml", text, strlen(text), hostname, stderr, &config),
			 0);
	assert_non_null(config);
	return config;
}

/* minimal[] and more of it. */
static const struct config *parse_with(const char *more)
{
	char text[2048];

	snprintf(text, sizeof(text), "%s%s", minimal, more);
	return parse_or_fail(text, "n1");
}

static void assert_address(const struct ip_address *address, const char *expected)
{
	char text[ADDRESS_TEXT_MAX];

	assert_string_equal(address_format(address, text), expected);
}

static void example_network(void **state)
{
	static const char *const names[] = {"n1", "n2", "n3"};
	static const char *const addresses[] = {"10.77.0.11", "10.77.0.12", "10.77.0.13"};
	static const char *const addresses6[] = {"fd77::11", "fd77::12", "fd77::13"};
	const struct config *config = parse_or_fail(example, "elsewhere");

	(void)state;
	assert_string_equal(config->node, "n1");
	assert_int_equal(config->self, 0);
	assert_ptr_equal(config_self(config), &config->peers[0]);
	assert_string_equal(config->interface, "eth0");
	assert_int_equal(config->vlan, 4000);
	assert_address(&config->gateway4, "10.77.0.1");
	assert_address(&config->gateway6, "fd77::1");
	assert_int_equal(config->routing_table, 112);
	assert_int_equal(config->peer_count, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(config->peers[i].name, names[i]);
		assert_address(&config->peers[i].address, addresses[i]);
		assert_address(&config->peers[i].address6, addresses6[i]);
		assert_true(address_is_zero(&config->peers[i].link_local6));
		assert_false(config->peers[i].mac_pinned);
	}
	assert_address(&metrics_settings(config)->listen.address, "127.0.0.1");
	assert_int_equal(metrics_settings(config)->listen.port, 9650);
	config_unref(config);
}

static void example_election(void **state)
{
	const struct config *config = parse_or_fail(example, "elsewhere");
	const struct config_instance *blue = config->instances;

	(void)state;
	assert_int_equal(config->vrrp.version, 3);
	assert_int_equal(config->vrrp.advert_interval, 100 * NS_PER_MS);
	assert_int_equal(config->vrrp.handover_delay, 2 * NS_PER_MS);
	assert_int_equal(config->vrrp.refresh, 60 * NS_PER_S);
	assert_int_equal(config->vrrp.mode, VRRP_UNICAST);
	assert_int_equal(config->vrrp.checksum, VRRP_CHECKSUM_PSEUDO_HEADER);
	assert_int_equal(config->instance_count, 1);
	assert_string_equal(blue->name, "blue");
	assert_int_equal(blue->vrid, 51);
	assert_int_equal(blue->priority[0], 150);
	assert_int_equal(blue->priority[1], 100);
	assert_int_equal(blue->priority[2], 50);
	for (size_t i = 3; i < MAX_PEERS; i++)
		assert_int_equal(blue->priority[i], 0);
	assert_true(blue->preempt);
	assert_int_equal(blue->preempt_delay, 0);
	assert_int_equal(blue->vip_count, 2);
	assert_address(&blue->vips[0], "10.77.0.101");
	assert_address(&blue->vips[1], "fd77::101");
	assert_int_equal(config_election_family(blue), FAMILY_IPV4);
	config_unref(config);
}

static void assert_port(const struct config_port *port, uint16_t number, uint8_t protocol)
{
	assert_int_equal(port->port, number);
	assert_int_equal(port->protocol, protocol);
}

static void example_service(void **state)
{
	const struct config *config = parse_or_fail(example, "elsewhere");
	const struct config_service *web = config->services;

	(void)state;
	assert_int_equal(config->service_count, 1);
	assert_string_equal(web->name, "web");
	assert_true(web->all_vips);
	assert_null(web->vips);
	assert_int_equal(web->vip_count, 0);
	assert_true(config_service_has_vip(web, &config->instances[0].vips[1]));
	assert_int_equal(web->port_count, 3);
	assert_port(&web->ports[0], 80, IPPROTO_TCP);
	assert_port(&web->ports[1], 443, IPPROTO_TCP);
	assert_port(&web->ports[2], 443, IPPROTO_UDP);
	assert_int_equal(web->backend_count, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(web->backends[i].peer, i);
		assert_int_equal(web->backends[i].weight, 1);
	}
	assert_int_equal(web->affinity, AFFINITY_CONNECTION);
	assert_int_equal(web->settle, 3600 * NS_PER_S);
	assert_true(web->listener_check);
	assert_true(web->check.enabled);
	assert_int_equal(web->panic_threshold, 0);
	assert_int_equal(web->check.method, CHECK_HTTP);
	assert_string_equal(web->check.path, "/healthz");
	assert_int_equal(web->check.port, 80);
	assert_int_equal(web->check.interval, 2 * NS_PER_S);
	assert_int_equal(web->check.timeout, NS_PER_S);
	assert_int_equal(web->check.fall, 2);
	assert_int_equal(web->check.rise, 2);
	config_unref(config);
}

static void defaults(void **state)
{
	const struct config *config = parse_or_fail(minimal, "n2");

	(void)state;
	assert_string_equal(config->node, "n2");
	assert_int_equal(config->self, 1);
	assert_int_equal(config->vlan, VLAN_UNTAGGED);
	assert_true(address_is_zero(&config->gateway4));
	assert_true(address_is_zero(&config->gateway6));
	assert_true(address_is_zero(&metrics_settings(config)->listen.address));
	assert_int_equal(config->vrrp.version, 3);
	assert_int_equal(config->vrrp.advert_interval, NS_PER_S);
	assert_int_equal(config->vrrp.mode, VRRP_UNICAST);
	assert_int_equal(config->vrrp.quorum.policy, QUORUM_NONE);
	assert_int_equal(config->instances[0].priority[1], 0);
	assert_true(config->instances[0].preempt);
	assert_int_equal(config->service_count, 0);
	config_unref(config);
}

/* Unless the service names its backends, they are the nodes that run vipd. */
static void other_implementations_are_no_backends(void **state)
{
	const struct config *config = parse_or_fail(
		"node: n1\ninterface: eth0\n"
		"peers: [{name: n1, address: 10.77.0.11}, {name: n2, address: 10.77.0.12, "
		"vipd: false}, {name: n3, address: 10.77.0.13}]\n"
		"instances: [{name: a, vrid: 51, priority: {n1: 1}, vips: [10.77.0.101]}]\n"
		"services: [{name: web, ports: [80/tcp]}]\n",
		NULL);

	(void)state;
	assert_int_equal(config->vrrp.standing_vrid, 255);
	assert_true(config->peers[0].vipd);
	assert_false(config->peers[1].vipd);
	assert_int_equal(config->services[0].backend_count, 2);
	assert_int_equal(config->services[0].backends[1].peer, 2);
	config_unref(config);
}

static void quorum_as_a_word_and_as_a_mapping(void **state)
{
	static const char cluster[] =
		"interface: eth0\n"
		"peers: [{name: n1, address: 10.77.0.11, address6: 'fd77::11'}, "
		"{name: n2, address: 10.77.0.12, address6: 'fd77::12'}, {name: n3, %s: %s}]\n"
		"instances: [{name: blue, vrid: 51, priority: {n1: 1}, vips: [10.77.0.101]}]\n"
		"vrrp: {quorum: %s}\n";
	char text[512];
	const struct config *config;

	(void)state;
	snprintf(text, sizeof(text), cluster, "address", "10.77.0.13", "majority");
	config = parse_or_fail(text, "n1");
	assert_int_equal(config->vrrp.quorum.policy, QUORUM_MAJORITY);
	assert_int_equal(config->vrrp.quorum.vrid, 255);
	assert_int_equal(config_standing_family(config), FAMILY_IPV4);
	config_unref(config);

	snprintf(text, sizeof(text), cluster, "address6", "fd77::13",
		 "{policy: majority, vrid: 250}");
	config = parse_or_fail(text, "n1");
	assert_int_equal(config->vrrp.quorum.vrid, 250);
	assert_int_equal(config_standing_family(config), FAMILY_IPV6);
	config_unref(config);

	snprintf(text, sizeof(text), cluster, "address", "10.77.0.13", "none");
	config = parse_or_fail(text, "n1");
	assert_int_equal(config->vrrp.quorum.policy, QUORUM_NONE);
	config_unref(config);
}

static void no_services(void **state)
{
	const struct config *config = parse_with("services: []\n");

	(void)state;
	assert_int_equal(config->service_count, 0);
	config_unref(config);
}

static void assert_statuses(const struct config_statuses *statuses, uint16_t first, uint16_t last)
{
	assert_int_equal(statuses->first, first);
	assert_int_equal(statuses->last, last);
}

static void service_defaults(void **state)
{
	const struct config *config =
		parse_with("services: [{name: web, ports: [80/tcp], check: {http: /}},"
			   " {name: dns, ports: [53/udp], check: {http: /, interval: 200ms}},"
			   " {name: raw, ports: [22/tcp]}]\n");
	const struct config_service *web = config->services;

	(void)state;
	assert_true(web->all_vips);
	assert_int_equal(web->backend_count, 2);
	assert_int_equal(web->backends[1].peer, 1);
	assert_int_equal(web->backends[1].weight, 1);
	assert_int_equal(web->settle, 3600 * NS_PER_S);
	assert_true(web->listener_check);
	assert_true(web->check.enabled);
	assert_int_equal(web->check.port, 80);
	assert_string_equal(web->check.host, "");
	assert_int_equal(web->check.expect_status_count, 1);
	assert_statuses(&web->check.expect_status[0], 200, 399);
	assert_string_equal(web->check.expect_body, "");
	assert_false(web->check.verify);
	assert_string_equal(web->check.user, "nobody");
	assert_int_equal(web->check.jitter, 10);
	assert_int_equal(web->check.timeout, NS_PER_S);
	assert_int_equal(config->services[1].check.timeout, 200 * NS_PER_MS);
	assert_false(config->services[2].check.enabled);
	config_unref(config);
}

static void assert_check(const struct config_check *check, enum check_method method, uint16_t port)
{
	assert_true(check->enabled);
	assert_int_equal(check->method, method);
	assert_int_equal(check->port, port);
}

/* The ports are what the method has by itself, unless it has none. */
static void each_kind_of_check(void **state)
{
	const struct config *config = parse_with(
		"services:\n"
		"- {name: a, ports: [1/tcp], check: {http: /}}\n"
		"- {name: b, ports: [2/tcp], check: {https: /, host: www.example.com, verify: "
		"yes,\n"
		"   expect_status: [204, 300-302], expect_body: \"it's fine\"}}\n"
		"- {name: c, ports: [3/tcp, 4/tcp], check: {tcp: true}}\n"
		"- {name: d, ports: [5/tcp], check: {tls: yes, host: xn--bcher-kva.example}}\n"
		"- {name: e, ports: [6/udp], check: {script: /usr/local/bin/check it, user: www}}\n"
		"- {name: f, ports: [7/udp], check: {tcp: true, port: 53}}\n");
	const struct config_service *services = config->services;

	(void)state;
	assert_check(&services[0].check, CHECK_HTTP, 80);
	assert_check(&services[1].check, CHECK_HTTPS, 443);
	assert_string_equal(services[1].check.path, "/");
	assert_string_equal(services[1].check.host, "www.example.com");
	assert_true(services[1].check.verify);
	assert_int_equal(services[1].check.expect_status_count, 2);
	assert_statuses(&services[1].check.expect_status[0], 204, 204);
	assert_statuses(&services[1].check.expect_status[1], 300, 302);
	assert_string_equal(services[1].check.expect_body, "it's fine");
	assert_check(&services[2].check, CHECK_TCP, 3);
	assert_check(&services[3].check, CHECK_TLS, 443);
	assert_check(&services[4].check, CHECK_SCRIPT, 6);
	assert_string_equal(services[4].check.path, "/usr/local/bin/check it");
	assert_string_equal(services[4].check.user, "www");
	assert_check(&services[5].check, CHECK_TCP, 53);
	config_unref(config);
}

/* What a check asks beyond one port of the families of the VIPs. */
static void where_a_check_asks(void **state)
{
	const struct config *config = parse_with(
		"services:\n"
		"- {name: a, ports: [1/tcp, 2/udp], check: {tcp: true, every_port: true, to: "
		"vip}}\n"
		"- {name: b, ports: [3/tcp], check: {tcp: true, families: ipv4}}\n"
		"- {name: c, ports: [4/tcp], check: {tcp: true, families: both}}\n"
		"- {name: d, ports: [5/tcp], check: {tcp: true, every_port: false, port: 6}}\n");
	const struct config_service *services = config->services;

	(void)state;
	assert_true(services[0].check.every_port);
	assert_int_equal(services[0].check.port, 0);
	assert_int_equal(services[0].check.to, CHECK_TO_VIP);
	assert_int_equal(services[0].check.families, CHECK_FAMILIES_VIPS);
	assert_int_equal(services[1].check.families, CHECK_FAMILIES_IPV4);
	assert_int_equal(services[1].check.to, CHECK_TO_ADDRESS);
	assert_int_equal(services[2].check.families, CHECK_FAMILIES_BOTH);
	assert_check(&services[3].check, CHECK_TCP, 6);
	config_unref(config);
}

/* Each key at something else than its default, in block style, instances before the peers. */
static void every_key(void **state)
{
	const struct config *config =
		parse_or_fail("node: \"2\"\n"
			      "instances:\n"
			      "- name: green\n"
			      "  vrid: 255\n"
			      "  priority:\n"
			      "    n.1: 1\n"
			      "    \"2\": 255\n"
			      "  preempt: no\n"
			      "  vips:\n"
			      "  - fd77::101\n"
			      "- {name: delayed, vrid: 1, priority: {n.1: 2},\n"
			      "   preempt_delay: 2.5m, vips: [fd77::102]}\n"
			      "services:\n"
			      "- name: web\n"
			      "  vips: [fd77::101]\n"
			      "  ports: [65535/udp]\n"
			      "  backends: [{node: \"2\", weight: 100}]\n"
			      "  affinity: client\n"
			      "  settle: 0\n"
			      "  listener_check: off\n"
			      "  panic_threshold: 34%\n"
			      "  check: {http: /a?b, port: 8080, interval: 1m,\n"
			      "          timeout: 1m, jitter: 50, fall: 1, rise: 100}\n"
			      "vrrp:\n"
			      "  advert_interval: 40.95s\n"
			      "  handover_delay: 500us\n"
			      "  mode: multicast\n"
			      "  checksum: rfc9568\n"
			      "  standing_vrid: 254\n"
			      "gateway: fe80::1\n"
			      "routing_table: 4294967295\n"
			      "interface: enp3s0f1\n"
			      "drain_on_down: [dummy0, eth0.7]\n"
			      "metrics:\n"
			      "  listen: \"[::1]:1\"\n"
			      "peers:\n"
			      "- name: n.1\n"
			      "  address6: fd77::11\n"
			      "  link_local6: fe80::11\n"
			      "  mac: 02:00:00:00:00:0A\n"
			      "- {name: \"2\", address6: fd77::12,\n"
			      "   link_local6: febf::12}\n",
			      NULL);
	static const uint8_t mac[] = {2, 0, 0, 0, 0, 10};
	const struct config_service *web = config->services;

	(void)state;
	assert_int_equal(config->self, 1);
	assert_true(config->peers[0].mac_pinned);
	assert_memory_equal(config->peers[0].mac, mac, sizeof(mac));
	assert_address(&config->peers[0].link_local6, "fe80::11");
	assert_true(address_is_zero(&config->peers[0].address));
	assert_address(&config->gateway6, "fe80::1");
	assert_int_equal(config->routing_table, UINT32_MAX);
	assert_int_equal(config->vrrp.advert_interval, 40950 * NS_PER_MS);
	assert_int_equal(config->vrrp.handover_delay, 500 * NS_PER_US);
	assert_int_equal(config->vrrp.mode, VRRP_MULTICAST);
	assert_int_equal(config->vrrp.checksum, VRRP_CHECKSUM_MESSAGE);
	assert_int_equal(config->vrrp.standing_vrid, 254);
	assert_int_equal(config->instances[0].priority[0], 1);
	assert_int_equal(config->instances[0].priority[1], 255);
	assert_false(config->instances[0].preempt);
	assert_int_equal(config_election_family(config->instances), FAMILY_IPV6);
	assert_int_equal(config->instances[1].preempt_delay, 150 * NS_PER_S);
	assert_false(web->all_vips);
	assert_true(config_service_has_vip(web, &config->instances[0].vips[0]));
	assert_false(config_service_has_vip(web, &config->instances[1].vips[0]));
	assert_int_equal(web->backend_count, 1);
	assert_int_equal(web->backends[0].peer, 1);
	assert_int_equal(web->backends[0].weight, 100);
	assert_int_equal(web->affinity, AFFINITY_CLIENT);
	assert_int_equal(web->settle, 0);
	assert_false(web->listener_check);
	assert_int_equal(web->panic_threshold, 34);
	assert_string_equal(web->check.path, "/a?b");
	assert_int_equal(web->check.jitter, 50);
	assert_int_equal(web->check.timeout, 60 * NS_PER_S);
	assert_int_equal(web->check.rise, 100);
	assert_int_equal(config->drain_on_down_count, 2);
	assert_string_equal(config->drain_on_down[1], "eth0.7");
	assert_address(&metrics_settings(config)->listen.address, "::1");
	config_unref(config);
}

static void an_alias_is_what_it_stands_for(void **state)
{
	const struct config *config =
		parse_with("services:\n"
			   "- {name: a, ports: [80/tcp], backends: &both [n1, n2]}\n"
			   "- {name: b, ports: [81/tcp], backends: *both}\n");

	(void)state;
	assert_int_equal(config->services[1].backend_count, 2);
	assert_int_equal(config->services[1].backends[1].peer, 1);
	config_unref(config);
}

static void line_ends_of_windows(void **state)
{
	const struct config *config =
		parse_or_fail("interface: eth0\r\n"
			      "peers: [{name: n1, address: 10.77.0.11}]\r\n"
			      "instances: [{name: blue, vrid: 51, vips: "
			      "[10.77.0.101],\r\n   priority: {n1: 150}}]\r\n",
			      "n1");

	(void)state;
	assert_string_equal(config->interface, "eth0");
	config_unref(config);
}

static void load_expecting(const char *path, int error, const char *message)
{
	const struct config *untouched = (const struct config *)&example;
	const struct config *config = untouched;
	char report[512] = "";
	FILE *stream = fmemopen(report, sizeof(report), "w");
	const struct report reader = report_to_stream(stream);

	assert_int_equal(config_load(path, "n1", &reader, &config), error);
	fclose(stream);
	assert_ptr_equal(config, untouched);
	assert_int_equal(strncmp(report, path, strlen(path)), 0);
	assert_non_null(strstr(report, message));
	assert_int_equal(config_load(path, "n1", NULL, &config), error);
}

static void files_that_cannot_be_read(void **state)
{
	(void)state;
	load_expecting("/", -EISDIR, "cannot be read: Is a directory");
	load_expecting("/nonexistent/vipd.yaml", -ENOENT, "cannot be read: No such file");
	load_expecting("/dev/zero", -ENOTSUP, "cannot be read: it is not a regular file");
	load_expecting("/dev/null", -ENOTSUP, "cannot be read: it is not a regular file");
}

static void files_that_are_too_large_or_empty(void **state)
{
	char path[] = "/tmp/vipd-config-XXXXXX";
	int file = mkstemp(path);

	(void)state;
	assert_true(file >= 0);
	load_expecting(path, -EINVAL, "empty");
	assert_int_equal(ftruncate(file, (1 << 20) + 1), 0);
	load_expecting(path, -EFBIG, "larger than 1048576 bytes");
	close(file);
	unlink(path);
}

/* Nobody has it open for writing, which is what a blocking open would wait for. */
static void a_fifo_is_refused_at_once(void **state)
{
	char directory[] = "/tmp/vipd-config-XXXXXX", path[sizeof(directory) + 8];

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/fifo", directory);
	assert_int_equal(mkfifo(path, 0600), 0);
	alarm(5);
	load_expecting(path, -ENOTSUP, "cannot be read: it is not a regular file");
	alarm(0);
	unlink(path);
	rmdir(directory);
}

/* A file of that kind took the parser more than twenty seconds. */
static void deep_nesting_is_refused_at_once(void **state)
{
	static char text[500000];
	const struct config *config = NULL;
	char report[256] = "";
	FILE *stream = fmemopen(report, sizeof(report), "w");
	clock_t began = clock();

	(void)state;
	memset(text, '[', sizeof(text));
	memcpy(text, "peers: ", strlen("peers: "));
	assert_int_equal(config_parse("t", text, sizeof(text), "n1", stream, &config), -EINVAL);
	fclose(stream);
	assert_string_equal(report, "t:1: lists and mappings in each other, more than 16 deep\n");
	assert_true(clock() - began < CLOCKS_PER_SEC);
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 2 ? ' ' : '-';
	assert_int_equal(config_parse("t", text, sizeof(text), "n1", NULL, &config), -EINVAL);
	for (size_t i = 0; i + 3 <= sizeof(text); i += 3)
		memcpy(text + i, "{a:", 3);
	assert_int_equal(config_parse("t", text, sizeof(text), "n1", NULL, &config), -EINVAL);
	for (size_t i = 0; i + 2 <= sizeof(text); i += 2)
		memcpy(text + i, "[\n", 2);
	assert_int_equal(config_parse("t", text, sizeof(text), "n1", NULL, &config), -EINVAL);
	assert_true(clock() - began < 2 * CLOCKS_PER_SEC);
}

static void many_anchors_are_refused_at_once(void **state)
{
	char *text CLEANUP(cleanup_free) = NULL, report[256] = "";
	size_t length;
	FILE *stream = open_memstream(&text, &length);
	const struct config *config = NULL;
	clock_t began = clock();

	(void)state;
	for (unsigned int i = 0; i < 100000; i++)
		fprintf(stream, "- &%x x\n", i);
	fclose(stream);
	stream = fmemopen(report, sizeof(report), "w");
	assert_int_equal(config_parse("t", text, length, "n1", stream, &config), -EINVAL);
	fclose(stream);
	assert_string_equal(report, "t:257: more than 256 anchors\n");
	assert_true(clock() - began < CLOCKS_PER_SEC);
}

static void the_packaged_example(void **state)
{
	static const char path[] = "packaging/vipd.yaml";
	const struct report reader = report_to_stream(stderr);
	const struct config *config = NULL;

	(void)state;
	if (access(path, R_OK) != 0)
		skip();
	assert_int_equal(config_load(path, "n2", &reader, &config), 0);
	assert_int_equal(config->self, 1);
	config_unref(config);
}

/* From here on only that it returns, and leaks nothing. The text is copied to its exact size, so
 * that a read beyond it is seen. */
static void parse_anything(const char *text, size_t length)
{
	char *exact = malloc(length ? length : 1);
	const struct config *config = NULL;
	int error;

	assert_non_null(exact);
	memcpy(exact, text, length);
	error = config_parse("test.yaml", exact, length, "n1", NULL, &config);
	assert_true(error == 0 || error == -EINVAL);
	assert_int_equal(error == 0, config != NULL);
	config_unref(config);
	free(exact);
}

static void cut_anywhere(void **state)
{
	(void)state;
	for (size_t length = 0; length < sizeof(example); length++)
		parse_anything(example, length);
}

static void any_byte_changed(void **state)
{
	static const char bytes[] = "\0\n \"'#&*-0:[]{},~\xff";
	char text[sizeof(example)];

	(void)state;
	memcpy(text, example, sizeof(text));
	for (size_t at = 0; at < sizeof(text) - 1; at++) {
		for (size_t i = 0; i < sizeof(bytes) - 1; i++) {
			text[at] = bytes[i];
			parse_anything(text, sizeof(text) - 1);
		}
		text[at] = example[at];
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(example_network),
		cmocka_unit_test(example_election),
		cmocka_unit_test(example_service),
		cmocka_unit_test(defaults),
		cmocka_unit_test(other_implementations_are_no_backends),
		cmocka_unit_test(quorum_as_a_word_and_as_a_mapping),
		cmocka_unit_test(no_services),
		cmocka_unit_test(service_defaults),
		cmocka_unit_test(each_kind_of_check),
		cmocka_unit_test(where_a_check_asks),
		cmocka_unit_test(every_key),
		cmocka_unit_test(an_alias_is_what_it_stands_for),
		cmocka_unit_test(line_ends_of_windows),
		cmocka_unit_test(files_that_cannot_be_read),
		cmocka_unit_test(files_that_are_too_large_or_empty),
		cmocka_unit_test(a_fifo_is_refused_at_once),
		cmocka_unit_test(deep_nesting_is_refused_at_once),
		cmocka_unit_test(many_anchors_are_refused_at_once),
		cmocka_unit_test(the_packaged_example),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(any_byte_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
