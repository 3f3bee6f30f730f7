/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a node says that it is good for, on the wire and as a value: bytes to fields and back. The
 * wire format is in maps/standings.h, because the dataplane tells news from repetitions.
 *
 * Pure: nothing is looked up here, and nothing of another machine is believed beyond its length.
 */
#ifndef VIPD_STANDING_MESSAGE_H
#define VIPD_STANDING_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/vrrp/presence.h"
#include "maps/peers.h"
#include "maps/standings.h"
#include "maps/vips.h"

/* An order to drain a node, or to end that. Of two orders the later one is in force. */
struct standing_order {
	uint32_t node;  /* its tag */
	uint64_t at;    /* when it was ordered, ms since the epoch */
	uint32_t until; /* when the drain ends, s since the epoch; or one of these: */
};

#define ORDER_ENDED    0          /* the node is drained no longer */
#define ORDER_FOR_EVER UINT32_MAX /* until it is ended */

struct standing_words {
	uint8_t flags;     /* STANDING_SERVES and so on */
	uint64_t interval; /* ns: how often the node has to hear the others; a multiple of 1 us */
	uint8_t release[3];
	size_t vip_count;
	uint32_t vips[MAX_VIPS]; /* tags of those it takes */
	size_t avoided_count;
	uint32_t avoided[MAX_PEERS]; /* tags of nodes that said they take nothing new, and that
					get nothing new from it by now */
	size_t order_count;
	struct standing_order orders[MAX_PEERS];
};

/* A page as it was heard. */
struct standing_page {
	const void *bytes;
	size_t length;
};

/** standing_vip_tag() - what stands for a VIP on the wire. */
uint32_t standing_vip_tag(const struct ip_address *vip);

/** standing_node_tag() - what stands for a node on the wire. @name: as it is configured. */
uint32_t standing_node_tag(const char *name);

/** standing_encode() - write it. @message: all of it is set. */
void standing_encode(const struct standing_words *words, struct standing_message *message);

/**
 * standing_decode() - read what a node said
 * @pages: STANDING_PAGES of them, by their place; a length of 0: that page was not heard.
 *
 * Return: 0; -ENOENT: nothing was heard; -EPROTONOSUPPORT: it is of another version, or no standing
 * at all; -EAGAIN: not all pages of it have been heard yet; -EBADMSG: it is no message that a node
 * of this version sends. @words is unchanged then.
 */
int standing_decode(const struct standing_page *pages, struct standing_words *words);

/** standing_has_vip() - whether a tag is among those of the VIPs. */
bool standing_has_vip(const struct standing_words *words, uint32_t tag);

/** standing_avoids() - whether a node's tag is among those that get nothing new. */
bool standing_avoids(const struct standing_words *words, uint32_t tag);

#endif
