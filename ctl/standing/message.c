// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/standing/message.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/clock.h"

#define HEAD_WORDS  (sizeof(struct standing_head) / 4)
#define ORDER_WORDS 4
#define ROOM        (STANDING_WORDS - HEAD_WORDS)

/* An IPv6 address; what an advertisement lists is a whole number of them. */
#define UNIT 16

_Static_assert(STANDING_WORDS * 4 % UNIT == 0, "a full page is a number of addresses");
_Static_assert(MAX_VIPS + MAX_PEERS + MAX_PEERS * ORDER_WORDS <=
		       STANDING_PAGES * (ROOM - ORDER_WORDS + 1),
	       "all that a node may have to say has room");

/* Tags and generations only have to be spread well: the advertisement is what is authenticated. */
static uint64_t hash_of(const void *bytes, size_t length)
{
	static const unsigned char key[crypto_shorthash_KEYBYTES] = "vipd standing 1";
	uint64_t hash;

	crypto_shorthash((unsigned char *)&hash, bytes, length, key);
	return le64toh(hash);
}

uint32_t standing_vip_tag(const struct ip_address *vip)
{
	return (uint32_t)hash_of(vip, sizeof(*vip));
}

uint32_t standing_node_tag(const char *name)
{
	return (uint32_t)hash_of(name, strlen(name));
}

/* Writing. */

static uint32_t *page_words(struct standing_message *message, size_t page)
{
	return (uint32_t *)message->pages[page].bytes;
}

static struct standing_head *page_head(struct standing_message *message, size_t page)
{
	return (struct standing_head *)message->pages[page].bytes;
}

/* The page that is being written, and how much of it is taken. */
struct writer {
	struct standing_message *message;
	size_t used; /* words */
};

/* Return: room for so many words that belong together. */
static uint32_t *take_room(struct writer *writer, size_t words)
{
	struct standing_message *message = writer->message;
	uint32_t *room;

	if (message->count == 0 || writer->used + words > STANDING_WORDS) {
		message->count++;
		writer->used = HEAD_WORDS;
	}
	room = page_words(message, message->count - 1) + writer->used;
	writer->used += words;
	message->pages[message->count - 1].length = (writer->used * 4 + UNIT - 1) / UNIT * UNIT;
	return room;
}

static void write_order(struct writer *writer, const struct standing_order *order)
{
	uint32_t *room = take_room(writer, ORDER_WORDS);

	room[0] = htonl(order->node);
	room[1] = htonl((uint32_t)(order->at >> 32));
	room[2] = htonl((uint32_t)order->at);
	room[3] = htonl(order->until);
	page_head(writer->message, writer->message->count - 1)->orders++;
}

static void write_heads(const struct standing_words *words, struct standing_message *message)
{
	for (size_t i = 0; i < message->count; i++) {
		struct standing_head *head = page_head(message, i);

		head->magic = htonl(STANDING_MAGIC | STANDING_VERSION);
		head->flags = words->flags;
		head->page = (uint8_t)i;
		head->pages = (uint8_t)message->count;
		head->interval = htonl((uint32_t)(words->interval / NS_PER_US));
		memcpy(head->release, words->release, sizeof(words->release));
	}
}

/* It follows from the content, so that a node which says the same after a restart wakes nobody. */
static void write_generation(struct standing_message *message)
{
	uint64_t generation = hash_of(message->pages, sizeof(message->pages));

	for (size_t i = 0; i < message->count; i++) {
		struct standing_head *head = page_head(message, i);

		head->generation[0] = htonl((uint32_t)(generation >> 32));
		head->generation[1] = htonl((uint32_t)generation);
	}
}

void standing_encode(const struct standing_words *words, struct standing_message *message)
{
	struct writer writer = {.message = message};

	memset(message, 0, sizeof(*message));
	take_room(&writer, 0);
	for (size_t i = 0; i < words->vip_count; i++) {
		uint32_t *room = take_room(&writer, 1);
		struct standing_head *head = page_head(message, message->count - 1);

		*room = htonl(words->vips[i]);
		head->tags = htons((uint16_t)(ntohs(head->tags) + 1));
	}
	for (size_t i = 0; i < words->avoided_count; i++) {
		uint32_t *room = take_room(&writer, 1);
		struct standing_head *head = page_head(message, message->count - 1);

		*room = htonl(words->avoided[i]);
		head->avoided = htons((uint16_t)(ntohs(head->avoided) + 1));
	}
	for (size_t i = 0; i < words->order_count; i++)
		write_order(&writer, &words->orders[i]);
	write_heads(words, message);
	write_generation(message);
}

/* Reading. */

static struct standing_head read_head(const struct standing_page *page)
{
	struct standing_head head = {};

	if (page->length >= sizeof(head))
		memcpy(&head, page->bytes, sizeof(head));
	return head;
}

static bool fits(const struct standing_page *page, const struct standing_head *head)
{
	size_t words = HEAD_WORDS + ntohs(head->tags) + ntohs(head->avoided) +
		       (size_t)head->orders * ORDER_WORDS;

	return page->length <= STANDING_WORDS * 4 && words * 4 <= page->length;
}

static uint32_t word_at(const struct standing_page *page, size_t place)
{
	uint32_t word;

	memcpy(&word, (const uint8_t *)page->bytes + place * 4, sizeof(word));
	return ntohl(word);
}

static int read_page(const struct standing_page *page, const struct standing_head *head,
		     struct standing_words *words)
{
	size_t place = HEAD_WORDS, tags = ntohs(head->tags), avoided = ntohs(head->avoided);

	if (!fits(page, head) || words->vip_count + tags > MAX_VIPS ||
	    words->avoided_count + avoided > MAX_PEERS ||
	    words->order_count + head->orders > MAX_PEERS)
		return -EBADMSG;
	while (tags--)
		words->vips[words->vip_count++] = word_at(page, place++);
	while (avoided--)
		words->avoided[words->avoided_count++] = word_at(page, place++);
	for (size_t i = 0; i < head->orders; i++, place += ORDER_WORDS)
		words->orders[words->order_count++] = (struct standing_order){
			.node = word_at(page, place),
			.at = (uint64_t)word_at(page, place + 1) << 32 | word_at(page, place + 2),
			.until = word_at(page, place + 3),
		};
	return 0;
}

static bool same_message(const struct standing_head *a, const struct standing_head *b)
{
	return a->magic == b->magic && a->pages == b->pages && a->flags == b->flags &&
	       memcmp(a->generation, b->generation, sizeof(a->generation)) == 0;
}

int standing_decode(const struct standing_page *pages, struct standing_words *result)
{
	struct standing_head first = read_head(&pages[0]);
	struct standing_words words = {
		.flags = first.flags,
		.interval = ntohl(first.interval) * NS_PER_US,
	};

	if (pages[0].length == 0)
		return -ENOENT;
	if (first.magic != htonl(STANDING_MAGIC | STANDING_VERSION))
		return -EPROTONOSUPPORT;
	if (first.pages == 0 || first.pages > STANDING_PAGES)
		return -EBADMSG;
	memcpy(words.release, first.release, sizeof(words.release));
	for (uint8_t i = 0; i < first.pages; i++) {
		struct standing_head head = read_head(&pages[i]);
		int error;

		if (!same_message(&head, &first) || head.page != i)
			return -EAGAIN;
		error = read_page(&pages[i], &head, &words);
		if (error)
			return error;
	}
	*result = words;
	return 0;
}

static bool is_among(const uint32_t *tags, size_t count, uint32_t tag)
{
	for (size_t i = 0; i < count; i++)
		if (tags[i] == tag)
			return true;
	return false;
}

bool standing_has_vip(const struct standing_words *words, uint32_t tag)
{
	return is_among(words->vips, words->vip_count, tag);
}

bool standing_avoids(const struct standing_words *words, uint32_t tag)
{
	return is_among(words->avoided, words->avoided_count, tag);
}
