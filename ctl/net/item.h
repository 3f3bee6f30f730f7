/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An item is one thing that we make in the kernel. The journal and the log have it as a line of
 * text.
 */
#ifndef VIPD_NET_ITEM_H
#define VIPD_NET_ITEM_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/net/prefix.h"

#define ITEM_TEXT_MAX 192

/* Items are made in this order: when a VIP appears on lo, all that its replies need is there. */
enum item_kind {
	ITEM_OFFLOAD,
	ITEM_SYSCTL,
	ITEM_ROUTE,
	ITEM_RULE,
	ITEM_ADDRESS,
};

/* A member that a kind does not use is zero. */
struct item {
	enum item_kind kind;
	struct prefix prefix;      /* address: the VIP. rule: the source. route: the destination */
	struct ip_address gateway; /* route: all zero when the destination is on the link */
	uint32_t table;            /* rule, route */
	uint32_t metric;           /* route; 0: the kernel's default */
	uint32_t priority;         /* rule; 0: that of the last one that is asked */
	char device[IF_NAMESIZE];  /* route, sysctl, offload */
	char setting[IF_NAMESIZE]; /* sysctl, offload: its name */
	int before;                /* sysctl, offload: the value we found */
	int after;                 /* and the one we set */
};

/** item_format() - the line of text, without a newline. Return: @text. */
const char *item_format(const struct item *item, char text[static ITEM_TEXT_MAX]);

/**
 * item_parse() - the reverse of item_format()
 * @item: the result; unchanged on failure.
 *
 * Return: 0, or -EINVAL for anything that item_format() would not have written.
 */
int item_parse(const char *text, struct item *item);

/** item_compare() - order by what is made, whatever its value. Return: 0 for the same thing. */
int item_compare(const struct item *a, const struct item *b);

/* All zero is an empty list. */
struct item_list {
	struct item *items;
	size_t count;
	size_t room;
	bool failed; /* an item was lost for want of memory */
};

/** item_list_add() - append; item_list_sort() tells when there was no memory for one. */
void item_list_add(struct item_list *list, const struct item *item);

/**
 * item_list_sort() - make a set of it, in the order of item_compare()
 *
 * Return: 0, or -ENOMEM when an earlier item_list_add() had no memory.
 */
int item_list_sort(struct item_list *list);

/** item_list_contains() - whether a sorted list has this item. */
bool item_list_contains(const struct item_list *list, const struct item *item);

/** item_list_free() - empty the list and free what it holds. */
void item_list_free(struct item_list *list);

#endif
