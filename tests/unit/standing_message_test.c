// SPDX-License-Identifier: GPL-2.0-only
/* What a node says that it is good for: what is written is read again, and nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "ctl/standing/message.h"

static struct standing_message message;
static struct standing_page pages[STANDING_PAGES];
static struct standing_words read;

static int decode(void)
{
	for (size_t i = 0; i < STANDING_PAGES; i++)
		pages[i] = (struct standing_page){message.pages[i].bytes, message.pages[i].length};
	return standing_decode(pages, &read);
}

static struct standing_words few_words(void)
{
	struct standing_words words = {
		.flags = STANDING_SERVES | STANDING_DRAINING,
		.interval = 50 * NS_PER_MS,
		.release = {0, 1, 2},
		.vip_count = 2,
		.vips = {0xfeedbeef, 7},
		.avoided_count = 1,
		.avoided = {77},
		.order_count = 1,
		.orders = {{.node = 9, .at = 0x123456789abcULL, .until = ORDER_FOR_EVER}},
	};

	return words;
}

static struct standing_words many_words(void)
{
	struct standing_words words = few_words();

	for (words.vip_count = 0; words.vip_count < MAX_VIPS; words.vip_count++)
		words.vips[words.vip_count] = (uint32_t)words.vip_count * 0x9e3779b9;
	for (words.avoided_count = 0; words.avoided_count < MAX_PEERS; words.avoided_count++)
		words.avoided[words.avoided_count] = ~(uint32_t)words.avoided_count;
	for (words.order_count = 0; words.order_count < MAX_PEERS; words.order_count++)
		words.orders[words.order_count] = (struct standing_order){
			.node = (uint32_t)words.order_count,
			.at = words.order_count << 33,
		};
	return words;
}

static void expect_read(const struct standing_words *words)
{
	assert_int_equal(decode(), 0);
	assert_int_equal(read.flags, words->flags);
	assert_int_equal(read.interval, words->interval);
	assert_memory_equal(read.release, words->release, sizeof(words->release));
	assert_int_equal(read.vip_count, words->vip_count);
	assert_memory_equal(read.vips, words->vips, words->vip_count * sizeof(words->vips[0]));
	assert_int_equal(read.avoided_count, words->avoided_count);
	assert_memory_equal(read.avoided, words->avoided,
			    words->avoided_count * sizeof(words->avoided[0]));
	assert_int_equal(read.order_count, words->order_count);
	for (size_t i = 0; i < words->order_count; i++) {
		assert_int_equal(read.orders[i].node, words->orders[i].node);
		assert_int_equal(read.orders[i].at, words->orders[i].at);
		assert_int_equal(read.orders[i].until, words->orders[i].until);
	}
}

static void what_is_written_is_read(void **state)
{
	struct standing_words nothing = {}, few = few_words(), many = many_words();

	(void)state;
	standing_encode(&nothing, &message);
	assert_int_equal(message.count, 1);
	expect_read(&nothing);
	standing_encode(&few, &message);
	assert_int_equal(message.count, 1);
	expect_read(&few);
	standing_encode(&many, &message);
	assert_in_range(message.count, 5, STANDING_PAGES);
	expect_read(&many);
}

/* They travel in the place of addresses, of either family. */
static void pages_are_a_number_of_addresses(void **state)
{
	struct standing_words words = many_words();

	(void)state;
	for (words.vip_count = 0; words.vip_count < MAX_VIPS; words.vip_count++) {
		standing_encode(&words, &message);
		for (size_t i = 0; i < message.count; i++) {
			assert_int_equal(message.pages[i].length % 16, 0);
			assert_in_range(message.pages[i].length, 32, 255 * 4);
		}
	}
}

static uint64_t generation_of(const struct standing_words *words)
{
	struct standing_head head;
	uint64_t generation;

	standing_encode(words, &message);
	memcpy(&head, message.pages[message.count - 1].bytes, sizeof(head));
	memcpy(&generation, head.generation, sizeof(generation));
	return generation;
}

static void each_change_is_another_generation(void **state)
{
	struct standing_words words = few_words();
	uint64_t generation = generation_of(&words);

	(void)state;
	assert_int_equal(generation_of(&words), generation);
#define CHANGED(change)                                                                            \
	words = few_words();                                                                       \
	change;                                                                                    \
	assert_int_not_equal(generation_of(&words), generation)
	CHANGED(words.flags ^= STANDING_LEAVING);
	CHANGED(words.interval *= 2);
	CHANGED(words.release[2]++);
	CHANGED(words.vip_count--);
	CHANGED(words.vips[1]++);
	CHANGED(words.avoided_count--);
	CHANGED(words.avoided[0]++);
	CHANGED(words.order_count--);
	CHANGED(words.orders[0].node++);
	CHANGED(words.orders[0].at++);
	CHANGED(words.orders[0].until = ORDER_ENDED);
#undef CHANGED
}

static void nothing_was_heard(void **state)
{
	(void)state;
	memset(&message, 0, sizeof(message));
	assert_int_equal(decode(), -ENOENT);
}

/* The next version, a keepalive of an old one, an advertisement of somebody else's. */
static void other_versions_are_known_to_be_such(void **state)
{
	struct standing_words words = few_words();
	static const uint8_t address[] = {10, 77, 0, 12};

	(void)state;
	standing_encode(&words, &message);
	message.pages[0].bytes[3]++;
	assert_int_equal(decode(), -EPROTONOSUPPORT);
	memset(&message, 0, sizeof(message));
	memcpy(message.pages[0].bytes, address, sizeof(address));
	message.pages[0].length = sizeof(address);
	assert_int_equal(decode(), -EPROTONOSUPPORT);
}

/* A page is missing, or is still that of what was said before. */
static void all_pages_belong_together(void **state)
{
	struct standing_words words = many_words();
	struct standing_message before;

	(void)state;
	standing_encode(&words, &before);
	words.vips[500]++;
	standing_encode(&words, &message);
	for (size_t i = 0; i < message.count; i++) {
		__typeof__(message.pages[0]) page = message.pages[i];

		message.pages[i] = before.pages[i];
		assert_int_equal(decode(), -EAGAIN);
		message.pages[i].length = 0;
		assert_int_equal(decode(), i == 0 ? -ENOENT : -EAGAIN);
		message.pages[i] = page;
		assert_int_equal(decode(), 0);
	}
}

static struct standing_head *head(void)
{
	return (struct standing_head *)message.pages[0].bytes;
}

static void what_is_no_message_is_refused(void **state)
{
	struct standing_words words = few_words();

	(void)state;
	standing_encode(&words, &message);
	read.flags = 0x5a;
	head()->pages = 0;
	assert_int_equal(decode(), -EBADMSG);
	head()->pages = STANDING_PAGES + 1;
	assert_int_equal(decode(), -EBADMSG);
	standing_encode(&words, &message);
	head()->tags = 0xffff;
	assert_int_equal(decode(), -EBADMSG);
	standing_encode(&words, &message);
	head()->avoided = htons(MAX_PEERS + 1);
	assert_int_equal(decode(), -EBADMSG);
	standing_encode(&words, &message);
	head()->orders = 255;
	assert_int_equal(decode(), -EBADMSG);
	standing_encode(&words, &message);
	message.pages[0].length = sizeof(struct standing_head) + 4;
	assert_int_equal(decode(), -EBADMSG);
	message.pages[0].length = 8;
	assert_int_equal(decode(), -EPROTONOSUPPORT);
	assert_int_equal(read.flags, 0x5a);
}

static void vips_are_known_by_their_tags(void **state)
{
	struct standing_words words = {.vip_count = 1};
	struct ip_address vip, other;

	(void)state;
	address_parse("10.77.0.101", &vip);
	address_parse("fd77::101", &other);
	words.vips[0] = standing_vip_tag(&vip);
	assert_true(standing_has_vip(&words, standing_vip_tag(&vip)));
	assert_false(standing_has_vip(&words, standing_vip_tag(&other)));
	assert_true(
		standing_avoids(&(struct standing_words){.avoided_count = 1, .avoided = {7}}, 7));
	assert_false(standing_avoids(&words, standing_vip_tag(&vip)));
	assert_int_equal(standing_node_tag("n1"), standing_node_tag("n1"));
	assert_int_not_equal(standing_node_tag("n1"), standing_node_tag("n2"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(pages_are_a_number_of_addresses),
		cmocka_unit_test(each_change_is_another_generation),
		cmocka_unit_test(nothing_was_heard),
		cmocka_unit_test(other_versions_are_known_to_be_such),
		cmocka_unit_test(all_pages_belong_together),
		cmocka_unit_test(what_is_no_message_is_refused),
		cmocka_unit_test(vips_are_known_by_their_tags),
	};

	return cmocka_run_group_tests_name("standing message", tests, NULL, NULL);
}
