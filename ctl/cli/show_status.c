// SPDX-License-Identifier: GPL-2.0-only
/* `vipctl status`: it shows the node, its instances, VIPs and services, and notable drops. */
#include <stdio.h>
#include <string.h>

#include "ctl/base/cleanup.h"
#include "ctl/cli/cli.h"
#include "ctl/cli/client.h"
#include "ctl/cli/member.h"
#include "ctl/cli/show.h"
#include "ctl/cli/span.h"
#include "ctl/cli/table.h"

#define PATIENCE 5 /* seconds */

/* How long before the status was taken; both times are vipd's. */
static struct span since(const json_t *status, const json_t *object, const char *key)
{
	return span_between(member_text(object, key), member_text(status, "time"));
}

/* @nothing: is printed in place of a table without rows; NULL: nothing is. */
static void print_section(const struct table *table, const char *nothing, bool colour)
{
	if (!table_is_empty(table))
		table_print(table, stdout, colour);
	else if (nothing)
		puts(nothing);
	else
		return;
	putchar('\n');
}

/* The node. */

static void show_node(const json_t *status, bool colour)
{
	bool healthy = member_truth(status, "healthy");

	style_print(stdout, colour, STYLE_HEADING, "%s", member_text(status, "node"));
	fputs(": ", stdout);
	style_print(stdout, colour, healthy ? STYLE_GOOD : STYLE_BAD, "%s",
		    healthy ? "healthy" : "degraded");
	printf(", vipd %s, running for %s\n", member_text(status, "version"),
	       since(status, status, "started").text);
}

/* What is wrong. */
static void show_alarms(const json_t *status, bool colour)
{
	const json_t *alarm;
	size_t i;

	json_array_foreach (json_object_get(status, "alarms"), i, alarm)
		style_print(stdout, colour, STYLE_BAD, "%s: %s\n", member_text(alarm, "name"),
			    member_text(alarm, "text"));
}

static void show_own_drain(const json_t *status, bool colour)
{
	const json_t *drain = json_object_get(status, "drain");

	if (json_is_object(drain))
		style_print(stdout, colour, STYLE_WARNING, "drained %s\n",
			    show_drain(status, drain).text);
}

/* Instances that do not speak the version of the others. */
static void show_other_versions(const json_t *status)
{
	json_int_t usual = member_number(json_object_get(status, "vrrp"), "version");
	size_t i;
	json_t *instance;

	json_array_foreach (json_object_get(status, "instances"), i, instance)
		if (member_number(instance, "version") != usual)
			printf("      %s: version %lld\n", member_text(instance, "name"),
			       member_number(instance, "version"));
}

/* "auth  enforce, signed with key 2, keys: 1 2" */
static void show_auth(const json_t *auth)
{
	json_int_t active = member_number(auth, "active_key");
	size_t i;
	json_t *key;

	if (!json_is_object(auth))
		return;
	printf("auth  %s, ", member_text(auth, "mode"));
	if (active)
		printf("signed with key %lld, keys:", active);
	else
		printf("not signed, keys:");
	json_array_foreach (json_object_get(auth, "keys"), i, key)
		printf(" %lld", json_integer_value(key));
	putchar('\n');
}

static void show_place(const json_t *status, bool colour)
{
	const json_t *link = json_object_get(status, "link");
	const json_t *xdp = json_object_get(status, "xdp");
	const json_t *vrrp = json_object_get(status, "vrrp");
	bool running = member_truth(link, "running"),
	     native = !strcmp(member_text(xdp, "mode"), "native");

	printf("link  %s, %s, MTU %lld, ", member_text(link, "device"), member_text(link, "mac"),
	       member_number(link, "mtu"));
	style_print(stdout, colour, running ? STYLE_GOOD : STYLE_BAD, "%s",
		    running ? "running" : "down");
	printf("\nxdp   %s, ", member_text(xdp, "interface"));
	if (json_is_false(json_object_get(xdp, "attached")))
		style_print(stdout, colour, STYLE_BAD, "not attached, ");
	style_print(stdout, colour, native ? STYLE_PLAIN : STYLE_WARNING, "%s mode",
		    member_text(xdp, "mode"));
	printf(", program %lld%s\n", member_number(xdp, "program_id"),
	       member_truth(xdp, "dispatcher") ? ", behind libxdp's dispatcher" : "");
	printf("vrrp  version %lld, %s, an advertisement every %lld ms\n",
	       member_number(vrrp, "version"), member_text(vrrp, "mode"),
	       member_number(vrrp, "advert_interval_ms"));
	show_other_versions(status);
	show_auth(json_object_get(vrrp, "auth"));
	putchar('\n');
}

static bool lacks_quorum(const json_t *status)
{
	const json_t *quorum = json_object_get(status, "quorum");

	return json_is_object(quorum) && !member_truth(quorum, "majority");
}

/* "quorum  majority: 2 of 3 nodes are heard, not n3" */
static void show_quorum(const json_t *status, bool colour)
{
	const json_t *quorum = json_object_get(status, "quorum");
	bool lacks = lacks_quorum(status);
	size_t i;
	json_t *node;

	if (json_is_object(quorum)) {
		fputs("quorum  ", stdout);
		style_print(stdout, colour, lacks ? STYLE_BAD : STYLE_GOOD, "%s",
			    lacks ? "no majority" : "majority");
		printf(": %lld of %lld nodes are heard", member_number(quorum, "heard"),
		       member_number(quorum, "nodes"));
		json_array_foreach (json_object_get(quorum, "not_heard"), i, node)
			printf("%s%s", i ? ", " : ", not ", json_string_value(node));
		putchar('\n');
	}
	putchar('\n');
}

/* Nodes of which each is shown, and not only those that do not serve. */
#define FEW_NODES 8

static void show_peer(const json_t *node, bool colour)
{
	const char *standing = member_text(node, "standing");
	bool good = strcmp(standing, "serving") == 0 || strcmp(standing, "foreign") == 0;
	const json_t *age = json_object_get(node, "age_ms");

	printf("%s ", member_text(node, "name"));
	style_print(stdout, colour, good ? STYLE_PLAIN : STYLE_WARNING, "%s", standing);
	if (json_is_integer(age))
		printf(", heard %lld ms ago", (long long)json_integer_value(age));
	if (member_number(node, "vips_missing") > 0)
		style_print(stdout, colour, STYLE_WARNING, ", lacks %lld VIPs",
			    member_number(node, "vips_missing"));
}

/* "nodes  n1 serving; n2 silent, heard 4012 ms ago" */
static void show_peers(const json_t *status, bool colour)
{
	const json_t *nodes = json_object_get(status, "peers");
	bool few = json_array_size(nodes) <= FEW_NODES;
	size_t i, serving = 0, shown = 0;
	json_t *node;

	if (json_array_size(nodes) == 0)
		return;
	fputs("nodes  ", stdout);
	json_array_foreach (nodes, i, node) {
		bool serves = strcmp(member_text(node, "standing"), "serving") == 0;

		serving += serves;
		if (serves && !few)
			continue;
		fputs(shown++ ? "; " : "", stdout);
		show_peer(node, colour);
	}
	if (!few)
		printf("%s%zu of %zu serving", shown ? "; " : "", serving, json_array_size(nodes));
	putchar('\n');
}

/* The instances. */

static enum style state_style(const char *state)
{
	if (strcmp(state, "MASTER") == 0)
		return STYLE_GOOD;
	return strcmp(state, "BACKUP") == 0 ? STYLE_PLAIN : STYLE_BAD;
}

/* "10.77.0.11 (n1)" */
static void add_master(struct table *table, const json_t *instance)
{
	const char *address = member_text(instance, "master"),
		   *node = member_text(instance, "master_node");

	if (!address[0])
		table_cell(table, STYLE_BAD, "none known");
	else if (node[0])
		table_cell(table, STYLE_PLAIN, "%s (%s)", address, node);
	else
		table_cell(table, STYLE_PLAIN, "%s", address);
}

/* What is wrong with the trackers of an instance, as far as it fits; "" if nothing is. */
struct track_note {
	char text[160];
};

static struct track_note note_tracks(const json_t *instance, const char *key)
{
	struct track_note note = {""};
	size_t i;
	json_t *track;

	json_array_foreach (json_object_get(instance, "tracks"), i, track) {
		size_t length = strlen(note.text);
		json_int_t adds = member_number(track, "adds");

		if (!member_truth(track, key))
			continue;
		snprintf(note.text + length, sizeof(note.text) - length, "%s%s", length ? ", " : "",
			 member_text(track, "tracker"));
		length = strlen(note.text);
		if (adds < 0)
			snprintf(note.text + length, sizeof(note.text) - length, " %lld", adds);
	}
	return note;
}

/* Return: whether there is something to say of the gateway, which knows where the VIPs are. */
static bool note_gateway(struct table *table, const json_t *instance)
{
	const json_t *gateway = json_object_get(instance, "gateway");
	const json_t *took =
		json_object_get(json_object_get(instance, "takeover"), "gateway_confirmed_ms");
	const json_t *age = json_object_get(gateway, "confirmed_age_ms");
	json_int_t silent = member_number(gateway, "silent_ms");

	if (silent >= 1000)
		table_cell(table, STYLE_WARNING, "the gateway has not answered for %s for %lld s",
			   member_text(gateway, "silent_for"), silent / 1000);
	else if (json_is_integer(took) && json_is_integer(age))
		table_cell(table, STYLE_FAINT,
			   "the gateway knew within %lld ms, and said so %lld s ago",
			   json_integer_value(took) + 1, json_integer_value(age) / 1000);
	else
		return false;
	return true;
}

static void add_note(struct table *table, const json_t *status, const json_t *instance)
{
	struct track_note failed = note_tracks(instance, "fails"),
			  pulling = note_tracks(instance, "pulls_down");
	const json_t *rival = json_object_get(instance, "other_owner");
	bool active = strcmp(member_text(instance, "state"), "MASTER") == 0;

	if (member_text(instance, "fault")[0])
		table_cell(table, STYLE_BAD, "%s%s%s", member_text(instance, "fault"),
			   failed.text[0] ? ": " : "", failed.text);
	else if (lacks_quorum(status))
		table_cell(table, STYLE_BAD, "no quorum");
	else if (json_is_object(rival))
		table_cell(table, STYLE_BAD, "another owner is heard: %s, priority %lld",
			   member_text(rival, "address"), member_number(rival, "priority"));
	else if (active && member_truth(instance, "reluctant"))
		table_cell(table, STYLE_WARNING, "the last resort: nobody else takes it");
	else if (member_truth(instance, "reluctant"))
		table_cell(table, STYLE_PLAIN, "left to others");
	else if (member_truth(instance, "yielded"))
		table_cell(table, STYLE_WARNING, "handed over on request");
	else if (pulling.text[0])
		table_cell(table, STYLE_WARNING, "pulled down by %s", pulling.text);
	else if (member_truth(instance, "addresses_differ"))
		table_cell(table, STYLE_WARNING, "a peer advertises other VIPs");
	else if (!active || !note_gateway(table, instance))
		table_cell(table, STYLE_PLAIN, "%s", "");
}

static void add_instance(struct table *table, const json_t *status, const json_t *instance)
{
	const char *state = member_text(instance, "state");
	json_int_t lease = member_number(instance, "lease_remaining_ms");

	table_cell(table, STYLE_PLAIN, "%s", member_text(instance, "name"));
	table_cell(table, STYLE_PLAIN, "%lld", member_number(instance, "vrid"));
	table_cell(table, state_style(state), "%s", state);
	table_cell(table, STYLE_PLAIN, "%lld", member_number(instance, "effective_priority"));
	add_master(table, instance);
	if (lease)
		table_cell(table, STYLE_PLAIN, "%lld ms", lease);
	else
		table_cell(table, STYLE_PLAIN, "%s", "");
	table_cell(table, STYLE_PLAIN, "%s", since(status, instance, "last_transition").text);
	table_cell(table, STYLE_PLAIN, "%lld", member_number(instance, "transitions"));
	add_note(table, status, instance);
}

static void show_instances(const json_t *status, bool colour)
{
	static const struct table_column columns[] = {
		{"INSTANCE", false}, {"VRID", true},        {"STATE", false},
		{"PRIORITY", true},  {"MASTER", false},     {"LEASE", true},
		{"SINCE", true},     {"TRANSITIONS", true}, {"NOTE", false},
	};
	CLEANUP(table_freep)
	struct table *table = table_new(columns, sizeof(columns) / sizeof(columns[0]));
	size_t i;
	json_t *instance;

	json_array_foreach (json_object_get(status, "instances"), i, instance)
		add_instance(table, status, instance);
	print_section(table, "no instances on this node", colour);
}

/* The VIPs. */

static void add_vip(struct table *table, const json_t *instance, const json_t *vip)
{
	const char *node = member_text(instance, "master_node");
	bool active = strcmp(member_text(instance, "state"), "MASTER") == 0;

	table_cell(table, STYLE_PLAIN, "%s", member_text(vip, "address"));
	table_cell(table, STYLE_PLAIN, "%s", member_text(instance, "name"));
	if (member_truth(vip, "owned"))
		table_cell(table, STYLE_GOOD, "this node");
	else if (active)
		table_cell(table, STYLE_BAD, "nobody: this node is MASTER without a lease");
	else if (member_text(instance, "master")[0])
		table_cell(table, STYLE_PLAIN, "%s",
			   node[0] ? node : member_text(instance, "master"));
	else
		table_cell(table, STYLE_BAD, "nobody known");
}

static void show_vips(const json_t *status, bool colour)
{
	static const struct table_column columns[] = {
		{"VIP", false}, {"INSTANCE", false}, {"OWNER", false}};
	CLEANUP(table_freep)
	struct table *table = table_new(columns, sizeof(columns) / sizeof(columns[0]));
	size_t i, j;
	json_t *instance, *vip;

	json_array_foreach (json_object_get(status, "instances"), i, instance)
		json_array_foreach (json_object_get(instance, "vips"), j, vip)
			add_vip(table, instance, vip);
	print_section(table, NULL, colour);
}

/* What elections depend on. */

static void show_trackers(const json_t *status, bool colour)
{
	static const struct table_column columns[] = {
		{"TRACKER", false}, {"STATE", false}, {"DETAIL", false}};
	CLEANUP(table_freep)
	struct table *table = table_new(columns, sizeof(columns) / sizeof(columns[0]));
	size_t i;
	json_t *tracker;

	json_array_foreach (json_object_get(status, "trackers"), i, tracker) {
		const char *state = member_text(tracker, "state");

		table_cell(table, STYLE_PLAIN, "%s", member_text(tracker, "name"));
		table_cell(table, strcmp(state, "up") == 0 ? STYLE_GOOD : STYLE_BAD, "%s", state);
		table_cell(table, STYLE_PLAIN, "%s", member_text(tracker, "detail"));
	}
	print_section(table, NULL, colour);
}

/* @status, @drops: answers to requests of those names. */
static void show(const json_t *status, const json_t *drops)
{
	bool colour = style_wanted(stdout);

	show_node(status, colour);
	show_alarms(status, colour);
	show_own_drain(status, colour);
	show_place(status, colour);
	show_peers(status, colour);
	show_quorum(status, colour);
	show_instances(status, colour);
	show_vips(status, colour);
	show_trackers(status, colour);
	show_services(status, colour);
	show_traffic(status, colour);
	show_notable_drops(drops, colour);
}

static int run(const struct invocation *invocation)
{
	CLEANUP(cleanup_json) json_t *status = NULL;
	CLEANUP(cleanup_json) json_t *drops = NULL;
	int result = client_ask(invocation, client_command("status"), PATIENCE, &status);

	if (result == EXIT_OK && !invocation->json)
		result = client_ask(invocation, client_command("drops"), PATIENCE, &drops);
	if (result != EXIT_OK)
		return result;
	if (!invocation->json)
		show(status, drops);
	return member_truth(status, "healthy") ? EXIT_OK : EXIT_PROBLEM;
}

const struct cli_command cli_status = {
	.name = "status",
	.arguments = "",
	.run = run,
	.help = "this node, its instances, VIPs and backends (default)",
	.example = "vipctl --json status",
};
