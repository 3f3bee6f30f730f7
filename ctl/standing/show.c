// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/standing/show.h"

#include "ctl/base/clock.h"
#include "ctl/base/json.h"
#include "ctl/base/metric_text.h"

#define RELEASE_TEXT_MAX sizeof("255.255.255")

static bool is_understood(const struct standing_view *view)
{
	return view->standing != NODE_UNKNOWN && view->standing != NODE_FOREIGN &&
	       (view->self || view->heard_at);
}

static json_t *release_json(const struct standing_view *view)
{
	const uint8_t *release = view->words->release;
	char text[RELEASE_TEXT_MAX];

	if (!is_understood(view))
		return json_null();
	snprintf(text, sizeof(text), "%u.%u.%u", release[0], release[1], release[2]);
	return value_text(text);
}

static json_t *node_json(const struct standing_view *view, uint64_t now)
{
	json_t *object = json_object();

	value_set(&object, "name", value_text(view->name));
	value_set(&object, "self", json_boolean(view->self));
	value_set(&object, "standing", value_text(node_standing_name(view->standing)));
	value_set(&object, "age_ms", value_span(view->heard_at, now, NS_PER_MS));
	value_set(&object, "version", release_json(view));
	value_set(&object, "vips_missing",
		  is_understood(view) ? json_integer((json_int_t)view->vips_missing) : json_null());
	return object;
}

json_t *standings_json(const struct standings *standings, uint64_t now)
{
	json_t *array = json_array();

	for (size_t i = 0; i < standings_count(standings); i++) {
		struct standing_view view = standings_view(standings, i);

		value_append(&array, node_json(&view, now));
	}
	return array;
}

static void write_standings(const struct standings *standings, FILE *text)
{
	metric_write_header(text, "vipd_node_standing", "gauge",
			    "What each node says that it is good for; 1 for the one that holds.");
	for (size_t i = 0; i < standings_count(standings); i++) {
		struct standing_view view = standings_view(standings, i);

		for (enum node_standing state = NODE_SERVES; state <= NODE_FOREIGN; state++)
			metric_write_count(text, "vipd_node_standing",
					   LABELS({"node", view.name},
						  {"standing", node_standing_name(state)}),
					   view.standing == state);
	}
}

static void write_ages(const struct standings *standings, uint64_t now, FILE *text)
{
	metric_write_header(text, "vipd_node_heard_seconds", "gauge",
			    "How long ago each other node was heard.");
	for (size_t i = 0; i < standings_count(standings); i++) {
		struct standing_view view = standings_view(standings, i);

		if (view.heard_at && view.heard_at <= now)
			metric_write_seconds(text, "vipd_node_heard_seconds",
					     LABELS({"node", view.name}), now - view.heard_at);
	}
}

void standings_write_metrics(const struct standings *standings, uint64_t now, FILE *text)
{
	write_standings(standings, text);
	write_ages(standings, now, text);
}

void standings_raise_alarms(const struct standings *standings, struct alarms *alarms)
{
	for (size_t i = 0; i < standings_count(standings); i++) {
		struct standing_view view = standings_view(standings, i);

		if (view.standing == NODE_UNKNOWN)
			alarm_raise(alarms, "node_unknown",
				    "%s says what it is good for in words that this version does "
				    "not understand, and gets no new connections: run the same "
				    "version on all nodes",
				    view.name);
		else if (view.standing == NODE_SERVES && view.vips_missing)
			alarm_raise(
				alarms, "node_lacks_vips",
				"%s does not take %zu of the VIPs that this node has: reload it "
				"with the same configuration",
				view.name, view.vips_missing);
	}
}
