// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/net/item.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void format_route(const struct item *item, char text[static ITEM_TEXT_MAX])
{
	char prefix[PREFIX_TEXT_MAX], gateway[ADDRESS_TEXT_MAX], metric[32] = "";

	prefix_format(&item->prefix, prefix);
	if (item->metric)
		snprintf(metric, sizeof(metric), " metric %" PRIu32, item->metric);
	if (address_is_zero(&item->gateway))
		snprintf(text, ITEM_TEXT_MAX, "route %s dev %s table %" PRIu32 "%s", prefix,
			 item->device, item->table, metric);
	else
		snprintf(text, ITEM_TEXT_MAX, "route %s via %s dev %s table %" PRIu32 "%s", prefix,
			 address_format(&item->gateway, gateway), item->device, item->table,
			 metric);
}

static void format_rule(const struct item *item, char text[static ITEM_TEXT_MAX])
{
	char prefix[PREFIX_TEXT_MAX], priority[32] = "";

	if (item->priority)
		snprintf(priority, sizeof(priority), " priority %" PRIu32, item->priority);
	snprintf(text, ITEM_TEXT_MAX, "rule from %s lookup %" PRIu32 "%s",
		 prefix_format(&item->prefix, prefix), item->table, priority);
}

const char *item_format(const struct item *item, char text[static ITEM_TEXT_MAX])
{
	char prefix[PREFIX_TEXT_MAX];

	switch (item->kind) {
	case ITEM_OFFLOAD:
		snprintf(text, ITEM_TEXT_MAX, "offload %s of %s from %d to %d", item->setting,
			 item->device, item->before, item->after);
		break;
	case ITEM_SYSCTL:
		snprintf(text, ITEM_TEXT_MAX, "sysctl net/ipv4/conf/%s/%s from %d to %d",
			 item->device, item->setting, item->before, item->after);
		break;
	case ITEM_ROUTE:
		format_route(item, text);
		break;
	case ITEM_RULE:
		format_rule(item, text);
		break;
	case ITEM_ADDRESS:
		snprintf(text, ITEM_TEXT_MAX, "address %s dev lo",
			 prefix_format(&item->prefix, prefix));
		break;
	}
	return text;
}

static bool parse_route(const char *text, struct item *item)
{
	char prefix[PREFIX_TEXT_MAX], gateway[ADDRESS_TEXT_MAX];

	item->kind = ITEM_ROUTE;
	if (sscanf(text, "route %49s via %45s dev %15s table %" SCNu32 " metric %" SCNu32, prefix,
		   gateway, item->device, &item->table, &item->metric) >= 4)
		return prefix_parse(prefix, &item->prefix) == 0 &&
		       address_parse(gateway, &item->gateway) == 0;
	if (sscanf(text, "route %49s dev %15s table %" SCNu32 " metric %" SCNu32, prefix,
		   item->device, &item->table, &item->metric) >= 3)
		return prefix_parse(prefix, &item->prefix) == 0;
	return false;
}

static bool parse_rule(const char *text, struct item *item)
{
	char prefix[PREFIX_TEXT_MAX];

	item->kind = ITEM_RULE;
	return sscanf(text, "rule from %49s lookup %" SCNu32 " priority %" SCNu32, prefix,
		      &item->table, &item->priority) >= 2 &&
	       prefix_parse(prefix, &item->prefix) == 0;
}

static bool parse_address(const char *text, struct item *item)
{
	char prefix[PREFIX_TEXT_MAX];

	item->kind = ITEM_ADDRESS;
	return sscanf(text, "address %49s", prefix) == 1 &&
	       prefix_parse(prefix, &item->prefix) == 0;
}

static bool parse_sysctl(const char *text, struct item *item)
{
	item->kind = ITEM_SYSCTL;
	return sscanf(text, "sysctl net/ipv4/conf/%15[^/]/%15[a-z_] from %d to %d", item->device,
		      item->setting, &item->before, &item->after) == 4;
}

static bool parse_offload(const char *text, struct item *item)
{
	item->kind = ITEM_OFFLOAD;
	return sscanf(text, "offload %15s of %15s from %d to %d", item->setting, item->device,
		      &item->before, &item->after) == 4;
}

int item_parse(const char *text, struct item *item)
{
	static bool (*const parsers[])(const char *text, struct item *item) = {
		parse_offload, parse_sysctl, parse_route, parse_rule, parse_address,
	};
	char again[ITEM_TEXT_MAX];

	for (size_t i = 0; i < sizeof(parsers) / sizeof(*parsers); i++) {
		struct item parsed = {};

		/* sscanf() is lenient, so the item must give the same text again. */
		if (parsers[i](text, &parsed) && strcmp(item_format(&parsed, again), text) == 0) {
			*item = parsed;
			return 0;
		}
	}
	return -EINVAL;
}

int item_compare(const struct item *a, const struct item *b)
{
	int order;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	/* A gateway must be reachable before a route through it can be made. */
	if ((order = address_compare(&a->gateway, &b->gateway)) != 0)
		return order;
	if ((order = prefix_compare(&a->prefix, &b->prefix)) != 0)
		return order;
	if (a->table != b->table)
		return a->table < b->table ? -1 : 1;
	if (a->priority != b->priority)
		return a->priority < b->priority ? -1 : 1;
	if (a->metric != b->metric)
		return a->metric < b->metric ? -1 : 1;
	if ((order = strcmp(a->device, b->device)) != 0)
		return order;
	return strcmp(a->setting, b->setting);
}

static int compare_for_sort(const void *a, const void *b)
{
	return item_compare(a, b);
}

void item_list_add(struct item_list *list, const struct item *item)
{
	if (list->count == list->room) {
		size_t room = list->room ? 2 * list->room : 16;
		struct item *items = reallocarray(list->items, room, sizeof(*items));

		if (!items) {
			list->failed = true;
			return;
		}
		list->items = items;
		list->room = room;
	}
	list->items[list->count++] = *item;
}

int item_list_sort(struct item_list *list)
{
	size_t kept = 0;

	if (list->failed)
		return -ENOMEM;
	if (list->count == 0)
		return 0;

	qsort(list->items, list->count, sizeof(*list->items), compare_for_sort);
	for (size_t i = 1; i < list->count; i++)
		if (item_compare(&list->items[kept], &list->items[i]) != 0)
			list->items[++kept] = list->items[i];
	list->count = kept + 1;
	return 0;
}

bool item_list_contains(const struct item_list *list, const struct item *item)
{
	return list->count > 0 && bsearch(item, list->items, list->count, sizeof(*list->items),
					  compare_for_sort) != NULL;
}

void item_list_free(struct item_list *list)
{
	free(list->items);
	*list = (struct item_list){};
}
