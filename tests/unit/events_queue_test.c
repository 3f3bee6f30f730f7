// SPDX-License-Identifier: GPL-2.0-only
/* Events on their way: queued by whoever posts, delivered in the next turn of a real loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "ctl/base/clock.h"
#include "ctl/events/events.h"

#define HEARD_MAX (2 * EVENTS_QUEUE_MAX)

struct bench {
	sd_event *loop;
	struct events *events;
};

/* What a subscriber heard, and what it does when it hears a number. */
struct listener {
	struct bench *bench;
	int heard[HEARD_MAX];
	size_t count;
	uint64_t lost;
	int post_on, post;      /* hearing the first makes it post the second; 0: nothing does */
	int leave_on;           /* hearing this makes it unsubscribe */
	struct listener *kick;  /* and unsubscribe this one, too */
	struct listener *bring; /* hearing post_on makes it subscribe this one */
	bool inside;
};

static int set_up(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	*state = bench;
	assert_true(sd_event_new(&bench->loop) >= 0);
	return events_new(bench->loop, &bench->events);
}

static int tear_down(void **state)
{
	struct bench *bench = *state;

	events_free(bench->events);
	sd_event_unref(bench->loop);
	free(bench);
	return 0;
}

static void post(struct bench *bench, int number)
{
	struct event event = event_new(EVENT_TRACKER, LOG_NOTICE);

	event.tracker.number = number;
	events_post(bench->events, &event);
}

static void post_refusal(struct bench *bench)
{
	struct event event = event_from_notice(&(struct notice_record){.kind = NOTICE_DROP});

	events_post(bench->events, &event);
}

static void turn(struct bench *bench)
{
	assert_true(sd_event_run(bench->loop, 0) >= 0);
}

static void settle(struct bench *bench)
{
	while (sd_event_run(bench->loop, 0) > 0)
		;
}

static void on_event(const struct event *event, void *context)
{
	struct listener *listener = context;
	int number = event->kind == EVENT_TRACKER ? event->tracker.number : 0;

	assert_false(listener->inside);
	listener->inside = true;
	if (event->kind == EVENT_LOST)
		listener->lost += event->lost;
	listener->heard[listener->count++] = number;
	if (number && number == listener->post_on) {
		post(listener->bench, listener->post);
		if (listener->bring)
			events_subscribe(listener->bench->events, on_event, listener->bring);
	}
	if (number && number == listener->leave_on) {
		events_unsubscribe(listener->bench->events, on_event, listener);
		if (listener->kick)
			events_unsubscribe(listener->bench->events, on_event, listener->kick);
	}
	listener->inside = false;
}

static struct listener *subscribe(struct bench *bench, struct listener *listener)
{
	listener->bench = bench;
	assert_int_equal(events_subscribe(bench->events, on_event, listener), 0);
	return listener;
}

static void expect_heard(const struct listener *listener, const int *numbers, size_t count)
{
	assert_int_equal(listener->count, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(listener->heard[i], numbers[i]);
}

#define EXPECT_HEARD(listener, ...)                                                                \
	expect_heard((listener), (const int[]){__VA_ARGS__},                                       \
		     sizeof((const int[]){__VA_ARGS__}) / sizeof(int))

static void events_come_in_the_next_turn_and_in_order(void **state)
{
	static struct listener first, second;
	struct bench *bench = *state;

	subscribe(bench, &first);
	subscribe(bench, &second);
	post(bench, 1);
	post(bench, 2);
	assert_int_equal(first.count, 0);
	turn(bench);
	EXPECT_HEARD(&first, 1, 2);
	EXPECT_HEARD(&second, 1, 2);
	assert_int_equal(sd_event_run(bench->loop, 0), 0); /* the loop sleeps again */
}

static void a_subscriber_that_posts_is_not_entered_again(void **state)
{
	static struct listener chatty = {.post_on = 1, .post = 2};
	struct bench *bench = *state;

	subscribe(bench, &chatty);
	post(bench, 1);
	turn(bench);
	EXPECT_HEARD(&chatty, 1);
	turn(bench);
	EXPECT_HEARD(&chatty, 1, 2);
}

static void subscribers_may_leave_while_they_are_told(void **state)
{
	static struct listener third, first = {.leave_on = 2, .kick = &third}, second;
	struct bench *bench = *state;

	subscribe(bench, &first);
	subscribe(bench, &second);
	subscribe(bench, &third);
	for (int i = 1; i <= 3; i++)
		post(bench, i);
	settle(bench);
	EXPECT_HEARD(&first, 1, 2);
	EXPECT_HEARD(&second, 1, 2, 3);
	EXPECT_HEARD(&third, 1);
}

/* Even in a slot that was passed already, or is still to come, in this turn. */
static void a_new_subscriber_hears_nothing_from_before(void **state)
{
	static struct listener late, gone = {.leave_on = 1}, host = {.post_on = 1, .post = 3};
	struct bench *bench = *state;

	late.bench = bench;
	host.bring = &late;
	subscribe(bench, &gone);
	subscribe(bench, &host);
	post(bench, 1);
	post(bench, 2);
	settle(bench);
	EXPECT_HEARD(&host, 1, 2, 3);
	EXPECT_HEARD(&gone, 1);
	assert_int_equal(late.count, 0);
	post(bench, 4);
	settle(bench);
	EXPECT_HEARD(&late, 4);
}

static void what_finds_no_room_is_counted_and_said(void **state)
{
	static struct listener listener;
	struct bench *bench = *state;

	subscribe(bench, &listener);
	for (int i = 1; i <= EVENTS_QUEUE_MAX + 5; i++)
		post(bench, i);
	settle(bench);
	assert_int_equal(listener.count, EVENTS_QUEUE_MAX + 1);
	assert_int_equal(listener.heard[EVENTS_QUEUE_MAX - 1], EVENTS_QUEUE_MAX);
	assert_int_equal(listener.lost, 5);
	post(bench, 7);
	settle(bench);
	assert_int_equal(listener.heard[EVENTS_QUEUE_MAX + 1], 7);
	assert_int_equal(listener.lost, 5);
}

static void a_flood_by_strangers_leaves_room_for_the_rest(void **state)
{
	static struct listener listener;
	struct bench *bench = *state;

	subscribe(bench, &listener);
	for (int i = 0; i < 2 * EVENTS_QUEUE_MAX; i++)
		post_refusal(bench);
	post(bench, 1);
	settle(bench);
	assert_int_equal(listener.count, EVENTS_QUEUE_MAX / 2 + 2);
	assert_int_equal(listener.lost, 2 * EVENTS_QUEUE_MAX - EVENTS_QUEUE_MAX / 2);
	assert_int_equal(listener.heard[EVENTS_QUEUE_MAX / 2], 1);
}

static int on_other_source(sd_event_source *source, int fd, uint32_t events, void *context)
{
	(void)source;
	(void)fd;
	(void)events;
	++*(int *)context;
	return 0;
}

/* 1024 events take several turns, and other sources have theirs in between. */
static void a_full_queue_does_not_keep_the_loop(void **state)
{
	static struct listener listener;
	struct bench *bench = *state;
	sd_event_source *source;
	size_t heard = 0;
	int others = 0, fd = eventfd(1, EFD_CLOEXEC);

	subscribe(bench, &listener);
	for (int i = 1; i <= EVENTS_QUEUE_MAX; i++)
		post(bench, i);
	assert_true(sd_event_add_io(bench->loop, &source, fd, EPOLLIN, on_other_source, &others) >=
		    0);
	for (int turns = 0; listener.count < EVENTS_QUEUE_MAX; turns++) {
		turn(bench);
		assert_true(listener.count - heard <= EVENTS_QUEUE_MAX / 8);
		assert_true(turns < 1000);
		heard = listener.count;
	}
	assert_true(others >= 4);
	sd_event_source_unref(source);
	close(fd);
}

static void the_end_delivers_what_waits(void **state)
{
	static struct listener chatty = {.post_on = 1, .post = 2};
	struct bench *bench = *state;

	subscribe(bench, &chatty);
	post(bench, 1);
	events_flush(bench->events);
	EXPECT_HEARD(&chatty, 1, 2);
}

static void subscribers_beyond_the_limit_are_refused(void **state)
{
	static struct listener many[EVENTS_SUBSCRIBERS_MAX], last;
	struct bench *bench = *state;

	for (size_t i = 0; i < EVENTS_SUBSCRIBERS_MAX; i++)
		subscribe(bench, &many[i]);
	assert_int_equal(events_subscribe(bench->events, on_event, &last), -ENOSPC);
	events_unsubscribe(bench->events, on_event, &many[3]);
	subscribe(bench, &last);
	post(bench, 1);
	settle(bench);
	EXPECT_HEARD(&last, 1);
	assert_int_equal(many[3].count, 0);
}

#define test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(events_come_in_the_next_turn_and_in_order),
		test(a_subscriber_that_posts_is_not_entered_again),
		test(subscribers_may_leave_while_they_are_told),
		test(a_new_subscriber_hears_nothing_from_before),
		test(what_finds_no_room_is_counted_and_said),
		test(a_flood_by_strangers_leaves_room_for_the_rest),
		test(a_full_queue_does_not_keep_the_loop),
		test(the_end_delivers_what_waits),
		test(subscribers_beyond_the_limit_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
