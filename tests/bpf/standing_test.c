// SPDX-License-Identifier: GPL-2.0-only
/*
 * What nodes say that they are good for: it is kept as it came, and wakes the controller only when
 * it is news.
 */
#include <arpa/inet.h>
#include <string.h>

#include "tests/bpf/adverts.h"

#define STANDING 255

static const struct network *const network = &networks[0];

static void listen_for_standing(uint8_t family)
{
	struct instance_entry instance = {
		.configured = 1,
		.version = 3,
		.family = family,
		.priority = 255,
		.standing = 1,
		.advert_interval = INTERVAL,
	};

	own_both(network);
	set_instance(STANDING, &instance);
}

/* A page of so many words with a generation. */
struct said {
	uint8_t page;
	uint32_t generation;
	size_t words;
	uint32_t magic;
};

static const struct said few = {.generation = 7, .words = 8};

static void fill_page(uint8_t *body, const struct said *said)
{
	struct standing_head head = {
		.magic = htonl(said->magic ?: STANDING_MAGIC | STANDING_VERSION),
		.flags = STANDING_SERVES,
		.page = said->page,
		.pages = STANDING_PAGES,
		.generation = {0, htonl(said->generation)},
	};
	uint8_t whole[STANDING_WORDS * 4];

	for (size_t i = 0; i < sizeof(whole); i++)
		whole[i] = (uint8_t)(i * 31 + said->generation);
	memcpy(whole, &head, sizeof(head));
	memcpy(body, whole, said->words * 4);
}

static void build(struct frame *frame, const char *mac, const char *source, const struct said *said)
{
	bool ipv6 = strchr(source, ':') != NULL;
	size_t message, unit = ipv6 ? 16 : 4;

	frame_ethernet(frame, ipv6 ? VRRP_GROUP6_MAC : VRRP_GROUP4_MAC, mac,
		       ipv6 ? ETH_P_IPV6 : ETH_P_IP);
	frame_ip(frame, source, ipv6 ? VRRP_GROUP6 : VRRP_GROUP4, 112);
	message = frame->length;
	frame_advert(frame, STANDING, 1, 10, (const char *const[]){NULL});
	frame->bytes[message + 3] = (uint8_t)(said->words * 4 / unit);
	fill_page(frame_append(frame, said->words * 4), said);
	frame_finish(frame);
}

static void say_as(const char *mac, const char *source, const struct said *said, __u32 verdict)
{
	struct outcome outcome;
	struct frame frame;

	build(&frame, mac, source, said);
	run_on(network, &frame, &outcome);
	assert_int_equal(outcome.verdict, verdict);
}

static void say(const struct said *said)
{
	say_as(N2_MAC, N2_ADDRESS4, said, XDP_PASS);
}

static void expect_kept(const struct said *said)
{
	struct standing_entry entry = read_standing(N2_INDEX, said->page);
	uint8_t expected[STANDING_WORDS * 4];

	fill_page(expected, said);
	assert_int_equal(entry.length, said->words * 4);
	assert_memory_equal(entry.words, expected, said->words * 4);
	assert_int_equal(entry.begun, entry.ended);
}

static void it_is_kept_and_delivered_once(void **state)
{
	struct inbox_record record;

	(void)state;
	listen_for_standing(FAMILY_IPV4);
	say(&few);
	expect_kept(&few);
	assert_int_equal(take_inbox(&record), 1);
	assert_int_equal(record.vrid, STANDING);
	assert_int_equal(record.peer, N2_INDEX);
	for (int i = 0; i < 10; i++)
		say(&few);
	assert_int_equal(take_inbox(NULL), 0);
	assert_int_equal(read_advert(STANDING, N2_INDEX).count, 11);
	assert_int_equal(read_traffic().adverts_accepted, 11);
}

static void news_are_delivered(void **state)
{
	struct said other = few;

	(void)state;
	listen_for_standing(FAMILY_IPV4);
	say(&few);
	other.generation++;
	say(&other);
	expect_kept(&other);
	assert_int_equal(take_inbox(NULL), 2);
	other.words = 24;
	say(&other);
	expect_kept(&other);
	other.words = 12;
	say(&other);
	expect_kept(&other);
	assert_int_equal(take_inbox(NULL), 2);
}

static void each_page_has_its_place(void **state)
{
	struct said pages[STANDING_PAGES];

	(void)state;
	listen_for_standing(FAMILY_IPV4);
	for (uint8_t i = 0; i < STANDING_PAGES; i++) {
		pages[i] = (struct said){.page = i, .generation = 40, .words = STANDING_WORDS};
		say(&pages[i]);
	}
	for (uint8_t i = 0; i < STANDING_PAGES; i++)
		expect_kept(&pages[i]);
	assert_int_equal(take_inbox(NULL), STANDING_PAGES);
	assert_int_equal(read_standing(N3_INDEX, 0).length, 0);
}

static void over_ipv6_too(void **state)
{
	struct said page = {.generation = 3, .words = STANDING_WORDS};

	(void)state;
	listen_for_standing(FAMILY_IPV6);
	say_as(N2_MAC, N2_LINK_LOCAL, &page, XDP_PASS);
	expect_kept(&page);
	assert_int_equal(take_inbox(NULL), 1);
}

/* The controller has to know when a node that it took for silent is heard again. */
static void who_was_silent_is_news(void **state)
{
	(void)state;
	listen_for_standing(FAMILY_IPV4);
	say(&few);
	assert_int_equal(take_inbox(NULL), 1);
	set_silent(N2_INDEX, true);
	say(&few);
	assert_int_equal(take_inbox(NULL), 1);
	set_silent(N2_INDEX, false);
	say(&few);
	assert_int_equal(take_inbox(NULL), 0);
}

/* Another version, and whoever lists addresses there, is page 0. */
static void who_says_something_else_is_kept_as_such(void **state)
{
	struct said next = few, keepalive = few;

	(void)state;
	listen_for_standing(FAMILY_IPV4);
	next.magic = STANDING_MAGIC | (STANDING_VERSION + 1);
	next.page = 3;
	say(&next);
	assert_int_equal(read_standing(N2_INDEX, 0).words[0], htonl(next.magic));
	assert_int_equal(read_standing(N2_INDEX, 3).length, 0);
	keepalive.magic = 0x0a4d000c;
	keepalive.words = 1;
	say(&keepalive);
	say(&keepalive);
	assert_int_equal(read_standing(N2_INDEX, 0).length, 4);
	assert_int_equal(take_inbox(NULL), 2);
}

/* Nobody else can say anything, and what others elect by is no standing. */
static void it_is_guarded_like_any_advertisement(void **state)
{
	static const struct standing_entry nothing;
	struct standing_entry entry;

	(void)state;
	listen_for_standing(FAMILY_IPV4);
	say_as(HOST_MAC, HOST_ADDRESS4, &few, XDP_DROP);
	say_as(HOST_MAC, N2_ADDRESS4, &few, XDP_DROP);
	ask_for_hmac(AUTHENTICATION_ENFORCE, false);
	say_as(N2_MAC, N2_ADDRESS4, &few, XDP_DROP);
	entry = read_standing(N2_INDEX, 0);
	assert_memory_equal(&entry, &nothing, sizeof(entry));
	assert_int_equal(take_inbox(NULL), 0);
}

static void advertisements_of_instances_are_none(void **state)
{
	struct outcome outcome;
	struct frame frame;

	(void)state;
	listen_for_standing(FAMILY_IPV4);
	build_advert(&frame, &blue_advert);
	for (int i = 0; i < 3; i++)
		run_on(network, &frame, &outcome);
	assert_int_equal(read_standing(N2_INDEX, 0).length, 0);
	assert_int_equal(take_inbox(NULL), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_kept_and_delivered_once),
		cmocka_unit_test(news_are_delivered),
		cmocka_unit_test(each_page_has_its_place),
		cmocka_unit_test(over_ipv6_too),
		cmocka_unit_test(who_was_silent_is_news),
		cmocka_unit_test(who_says_something_else_is_kept_as_such),
		cmocka_unit_test(it_is_guarded_like_any_advertisement),
		cmocka_unit_test(advertisements_of_instances_are_none),
	};

	return cmocka_run_group_tests_name("standing", tests, harness_open, harness_close);
}
