// SPDX-License-Identifier: GPL-2.0-only
/* The part of `vipctl status` that is about steering: services, their backends, drains. */
#include <stdio.h>
#include <string.h>

#include "ctl/base/cleanup.h"
#include "ctl/cli/member.h"
#include "ctl/cli/show.h"
#include "ctl/cli/span.h"

#define BAR_WIDTH 10 /* characters, for all of the traffic */

enum style backend_style(const char *state)
{
	if (strcmp(state, "up") == 0)
		return STYLE_GOOD;
	return strcmp(state, "down") == 0 ? STYLE_BAD : STYLE_WARNING;
}

struct drain_text show_drain(const json_t *status, const json_t *drain)
{
	const char *until = member_text(drain, "until"), *reason = member_text(drain, "reason");
	struct span age = span_between(member_text(drain, "since"), member_text(status, "time"));
	struct drain_text result;

	snprintf(result.text, sizeof(result.text), "for %s%s%s%s%s", age.text,
		 until[0] ? ", until " : "", until, reason[0] ? ": " : "", reason);
	return result;
}

/* Backends. */

static void add_share(struct table *table, const json_t *backend)
{
	double share = json_number_value(json_object_get(backend, "share"));
	char bar[BAR_WIDTH + 1] = "";

	for (int i = 0; i < BAR_WIDTH && i + 0.5 <= share * BAR_WIDTH; i++)
		bar[i] = '#';
	table_cell(table, STYLE_PLAIN, "%.1f %%", 100 * share);
	table_cell(table, STYLE_FAINT, "%s", bar);
}

static void add_bytes(struct table *table, json_int_t bytes)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
	double number = (double)bytes;
	size_t unit = 0;

	for (; number >= 1000; unit++)
		number /= 1000;
	table_cell(table, STYLE_PLAIN, unit ? "%.1f %s" : "%.0f %s", number, units[unit]);
}

static void add_check(struct table *table, const char *detail, const json_t *check)
{
	const json_t *age = json_object_get(check, "age_ms");

	if (json_is_integer(age))
		table_cell(table, STYLE_PLAIN, "%s, %.1f s ago", detail,
			   (double)json_integer_value(age) / 1000);
	else
		table_cell(table, STYLE_PLAIN, "%s", detail);
}

/* The reason why a backend is not up, or else the detail of its check. */
static void add_note(struct table *table, const json_t *status, const json_t *backend)
{
	const json_t *check = json_object_get(backend, "check");
	const json_t *drain = json_object_get(backend, "drain");
	const char *reason = member_text(backend, "reason");

	if (strcmp(member_text(backend, "state"), "drain") == 0 && json_is_object(drain))
		table_cell(table, STYLE_PLAIN, "%s", show_drain(status, drain).text);
	else if (!reason[0] || strcmp(reason, member_text(check, "detail")) == 0)
		add_check(table, member_text(check, "detail"), check);
	else
		table_cell(table, STYLE_PLAIN, "%s", reason);
}

static void add_backend(struct table *table, const json_t *status, const json_t *service,
			const json_t *backend)
{
	const char *state = member_text(backend, "state");

	table_cell(table, STYLE_PLAIN, "%s", member_text(service, "name"));
	table_cell(table, STYLE_PLAIN, "%s%s", member_text(backend, "node"),
		   member_truth(backend, "local") ? " (here)" : "");
	table_cell(table, backend_style(state), "%s", state);
	add_share(table, backend);
	table_cell(table, STYLE_PLAIN, "%" JSON_INTEGER_FORMAT, member_number(backend, "packets"));
	add_bytes(table, member_number(backend, "bytes"));
	add_note(table, status, backend);
}

/* Services. */

static void print_notes(const json_t *service, bool colour)
{
	const json_t *settled_in = json_object_get(service, "settled_in_ms");
	const char *name = member_text(service, "name");
	struct span rest = span_of_seconds(json_integer_value(settled_in) / 1000);

	if (member_truth(service, "panic"))
		style_print(stdout, colour, STYLE_BAD,
			    "%s: too few backends are up, so the checks are not believed\n", name);
	if (member_truth(service, "settling"))
		style_print(stdout, colour, STYLE_WARNING,
			    "%s: settling, for its backends changed: older connections are looked "
			    "for (%s%s)\n",
			    name, json_is_integer(settled_in) ? "yet for " : "until the drain ends",
			    json_is_integer(settled_in) ? rest.text : "");
	if (member_truth(service, "armed"))
		style_print(stdout, colour, STYLE_WARNING,
			    "%s: new connections were passed on from here, and so is what follows "
			    "them\n",
			    name);
}

void show_services(const json_t *status, bool colour)
{
	static const struct table_column columns[] = {
		{"SERVICE", false}, {"BACKEND", false}, {"STATE", false}, {"SHARE", true},
		{"", false},        {"PACKETS", true},  {"BYTES", true},  {"NOTE", false},
	};
	const json_t *services = json_object_get(status, "services");
	CLEANUP(table_freep)
	struct table *table = table_new(columns, sizeof(columns) / sizeof(columns[0]));
	size_t i, j;
	json_t *service, *backend;

	json_array_foreach (services, i, service)
		json_array_foreach (json_object_get(service, "backends"), j, backend)
			add_backend(table, status, service, backend);
	if (table_is_empty(table))
		return;
	table_print(table, stdout, colour);
	json_array_foreach (services, i, service)
		print_notes(service, colour);
	putchar('\n');
}
