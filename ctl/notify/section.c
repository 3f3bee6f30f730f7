// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/notify/section.h"

#include <string.h>

#include "ctl/base/clock.h"

/* EVENT_KIND_COUNT: there is no such kind. */
static enum event_kind find_kind(const char *name)
{
	unsigned int kind = 0;

	while (kind < EVENT_KIND_COUNT &&
	       (!name || strcmp(event_kind_name((enum event_kind)kind), name) != 0))
		kind++;
	return (enum event_kind)kind;
}

static void read_kind(const struct reader *reader, const struct place *place,
		      struct notify_settings *settings)
{
	enum event_kind kind = find_kind(schema_scalar(place->node));

	if (kind < EVENT_KIND_COUNT)
		settings->kinds[kind] = true;
	else
		schema_refuse(reader, place,
			      "%s is no kind of event; vipctl-events in vipctl(1) lists them",
			      schema_quote(place->node).text);
}

/* What is listed replaces the default. */
static void read_kinds(const struct reader *reader, const struct place *place,
		       const struct field *field, void *target)
{
	struct notify_settings *settings = target;
	const yaml_node_t *list = place->node;
	size_t count;

	(void)field;
	if (list->type != YAML_SEQUENCE_NODE) {
		schema_refuse(reader, place, "must be a list of kinds of event, not %s",
			      schema_quote(list).text);
		return;
	}
	memset(settings->kinds, 0, sizeof(settings->kinds));
	count = (size_t)(list->data.sequence.items.top - list->data.sequence.items.start);
	for (size_t i = 0; i < count; i++) {
		const struct place element = {
			.parent = place,
			.index = i,
			.node = yaml_document_get_node(reader->document,
						       list->data.sequence.items.start[i]),
		};

		read_kind(reader, &element, settings);
	}
}

static const struct field fields[] = {
	{"script", "the program that is told", MEMBER(notify_settings, script), .type = &type_file,
	 REQUIRED},
	{"user", "who it runs as", MEMBER(notify_settings, user), .type = &type_name},
	{"timeout", "when it is ended", MEMBER(notify_settings, timeout), .type = &type_duration,
	 RANGE(100 * NS_PER_MS, 600 * NS_PER_S)},
	{"events", "what it is told of", .read = read_kinds},
	{},
};

static const struct notify_settings defaults = {
	.user = "nobody",
	.timeout = 30 * NS_PER_S,
	.kinds = {[EVENT_TRANSITION] = true},
};

const struct config_section notify_section = {
	.field = {"notify", "a program that is told of what happens", .fields = fields},
	.size = sizeof(struct notify_settings),
	.defaults = &defaults,
};
