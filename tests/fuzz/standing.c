// SPDX-License-Identifier: GPL-2.0-only
/*
 * The codec of the nodes' standing (ctl/standing/message.c). Two bytes before each page say how
 * long it is.
 * fuzz: -max_len=8192
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "ctl/standing/message.h"

/* Whatever was read can be said, and is read as the same again. */
static void check_round_trip(const struct standing_words *words)
{
	static struct standing_message message;
	struct standing_page pages[STANDING_PAGES];
	struct standing_words again;

	standing_encode(words, &message);
	REQUIRE(message.count >= 1 && message.count <= STANDING_PAGES);
	for (size_t i = 0; i < STANDING_PAGES; i++)
		pages[i] = (struct standing_page){message.pages[i].bytes, message.pages[i].length};
	memset(&again, 0, sizeof(again));
	REQUIRE(standing_decode(pages, &again) == 0);
	REQUIRE(again.flags == words->flags && again.interval == words->interval);
	REQUIRE(again.vip_count == words->vip_count);
	REQUIRE(memcmp(again.vips, words->vips, words->vip_count * sizeof(words->vips[0])) == 0);
	REQUIRE(again.avoided_count == words->avoided_count);
	REQUIRE(again.order_count == words->order_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
	struct standing_page pages[STANDING_PAGES] = {};
	uint8_t *copies[STANDING_PAGES] = {};
	struct standing_words words = {};

	for (size_t i = 0; i < STANDING_PAGES && length >= 2; i++) {
		size_t page = (size_t)input[0] << 8 | input[1];

		input += 2;
		length -= 2;
		page = page < length ? page : length;
		copies[i] = fuzz_copy(input, page);
		pages[i] = (struct standing_page){copies[i], page};
		input += page;
		length -= page;
	}
	if (standing_decode(pages, &words) == 0)
		check_round_trip(&words);
	for (size_t i = 0; i < STANDING_PAGES; i++)
		free(copies[i]);
	return 0;
}
