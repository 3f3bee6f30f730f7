// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/part/node.h"

#include <errno.h>
#include <stdarg.h>

#include "ctl/base/log.h"

#define REFUSAL_MAX 512

static size_t place_of(const struct node *node, const struct part *part)
{
	size_t place = 0;

	while (place < node->part_count && node->parts[place] != part)
		place++;
	return place;
}

void *node_state(const struct node *node, const struct part *part)
{
	size_t place = place_of(node, part);

	return place < node->part_count ? node->states[place] : NULL;
}

void node_set_state(struct node *node, const struct part *part, void *state)
{
	node->states[place_of(node, part)] = state;
}

const char *node_path(const struct node *node, const char *name, char path[static PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s", node->run_dir, name);
	return path;
}

int node_refuse(struct node *node, const char *format, ...)
{
	char text[REFUSAL_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (node->report)
		report_line(node->report, LOG_ERR, "%s", text);
	else
		log_error("%s", text);
	return -EINVAL;
}

void node_weigh_soon(struct node *node)
{
	if (node->weighing)
		sd_event_source_set_enabled(node->weighing, SD_EVENT_ONESHOT);
}

void node_add_status(const struct node *node, struct json_t **status)
{
	for (size_t i = 0; i < node->started; i++)
		if (node->parts[i]->status)
			node->parts[i]->status(node, status);
}

void node_write_metrics(const struct node *node, FILE *text)
{
	for (size_t i = 0; i < node->started; i++)
		if (node->parts[i]->metrics)
			node->parts[i]->metrics(node, text);
}

void node_raise_alarms(const struct node *node, struct alarms *alarms)
{
	for (size_t i = 0; i < node->started; i++)
		if (node->parts[i]->alarms)
			node->parts[i]->alarms(node, alarms);
}

int node_link_changed(struct node *node, const struct net_link *link)
{
	int first_error = 0;

	for (size_t i = 0; i < node->started; i++) {
		const struct part *part = node->parts[i];
		int error = part->link_changed ? part->link_changed(node, link) : 0;

		if (!first_error)
			first_error = error;
	}
	return first_error;
}
