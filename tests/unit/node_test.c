// SPDX-License-Identifier: GPL-2.0-only
/* The walk over the parts: in which order they start, follow, abort and stop. */
#include "ctl/node/node.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* After those. */
#include <cmocka.h>

#include "ctl/config/load.h"

static const char text[] = "interface: eth0\n"
			   "gateway: [10.77.0.1]\n"
			   "peers: [{name: n1, address: 10.77.0.11}]\n"
			   "instances: [{name: blue, vrid: 51, priority: {n1: 150}, "
			   "vips: [10.77.0.101]}]\n";

static struct {
	char calls[512];     /* what was called, in order */
	const char *failing; /* the call that is to fail */
	bool found;          /* a run before has left something that serves */
	sd_event *event;
	const struct config *config;
	char run_dir[32];
	struct node *node;
} scene;

/* Return: what the call is to return. */
static int note(const char *part, const char *call)
{
	char name[32];

	snprintf(name, sizeof(name), "%s.%s", part, call);
	strcat(scene.calls, name);
	strcat(scene.calls, " ");
	return scene.failing && strcmp(scene.failing, name) == 0 ? -ENOMEM : 0;
}

#define FAKE_PART(letter)                                                                          \
	static int letter##_start(struct node *node)                                               \
	{                                                                                          \
		node->keep = scene.found;                                                          \
		return note(#letter, "start");                                                     \
	}                                                                                          \
	static int letter##_prepare(struct node *node, const struct config *next, void **plan)     \
	{                                                                                          \
		(void)node;                                                                        \
		*plan = (void *)next;                                                              \
		return note(#letter, "prepare");                                                   \
	}                                                                                          \
	static void letter##_commit(struct node *node, void *plan)                                 \
	{                                                                                          \
		assert_ptr_equal(plan, node->config);                                              \
		note(#letter, "commit");                                                           \
	}                                                                                          \
	static void letter##_finish(struct node *node, void *plan)                                 \
	{                                                                                          \
		assert_ptr_equal(plan, node->config);                                              \
		note(#letter, "finish");                                                           \
	}                                                                                          \
	static void letter##_abort(struct node *node, void *plan)                                  \
	{                                                                                          \
		assert_true(!scene.node || plan != node->config);                                  \
		note(#letter, "abort");                                                            \
	}                                                                                          \
	static int letter##_begin(struct node *node)                                               \
	{                                                                                          \
		(void)node;                                                                        \
		return note(#letter, "begin");                                                     \
	}                                                                                          \
	static void letter##_stop(struct node *node)                                               \
	{                                                                                          \
		note(#letter, node->keep ? "keep" : "stop");                                       \
	}                                                                                          \
	static void letter##_weigh(struct node *node)                                              \
	{                                                                                          \
		(void)node;                                                                        \
		note(#letter, "weigh");                                                            \
	}                                                                                          \
	static const struct part part_##letter = {                                                 \
		.name = #letter,                                                                   \
		.start = letter##_start,                                                           \
		.prepare = letter##_prepare,                                                       \
		.commit = letter##_commit,                                                         \
		.finish = letter##_finish,                                                         \
		.abort = letter##_abort,                                                           \
		.begin = letter##_begin,                                                           \
		.stop = letter##_stop,                                                             \
		.weigh = letter##_weigh,                                                           \
	}

FAKE_PART(a);
FAKE_PART(b);
FAKE_PART(c);

static const struct part part_empty = {.name = "empty"};

static const struct part *const parts[] = {&part_a, &part_empty, &part_b, &part_c, NULL};

static int set_up(void **state)
{
	(void)state;
	memset(&scene, 0, sizeof(scene));
	strcpy(scene.run_dir, "/tmp/node_test.XXXXXX");
	if (!mkdtemp(scene.run_dir) || sd_event_new(&scene.event) < 0)
		return -1;
	return config_parse("test", text, strlen(text), "n1", NULL, &scene.config);
}

static int tear_down(void **state)
{
	(void)state;
	node_stop(scene.node);
	config_unref(scene.config);
	sd_event_unref(scene.event);
	return rmdir(scene.run_dir);
}

static void name_host(char name[static CONFIG_NAME_MAX])
{
	snprintf(name, CONFIG_NAME_MAX, "n1");
}

static int start(void)
{
	const struct node_setup setup = {
		.config_path = "/nonexistent",
		.hostname = name_host,
		.run_dir = scene.run_dir,
		.pin_dir = "/nonexistent",
		.event = scene.event,
		.parts = parts,
	};

	return node_start(&setup, scene.config, &scene.node);
}

static void start_quietly(void)
{
	assert_int_equal(start(), 0);
	scene.calls[0] = '\0';
}

/* Return: another configuration, for config_unref(). */
static const struct config *another(void)
{
	const struct config *config;

	assert_int_equal(config_parse("test", text, strlen(text), "n1", NULL, &config), 0);
	return config;
}

/* Whatever can fail comes before whatever others notice. */
#define PREPARED  "a.start b.start c.start a.prepare b.prepare c.prepare "
#define COMMITTED PREPARED "a.commit b.commit c.commit c.finish b.finish a.finish "

static void a_start_is_a_transaction_with_nothing_before(void **state)
{
	(void)state;
	assert_int_equal(start(), 0);
	assert_string_equal(scene.calls, COMMITTED "a.begin b.begin c.begin ");
}

static void parts_stop_in_the_opposite_order(void **state)
{
	(void)state;
	start_quietly();
	node_stop(scene.node);
	scene.node = NULL;
	assert_string_equal(scene.calls, "c.stop b.stop a.stop ");
}

static void what_did_not_start_is_not_stopped(void **state)
{
	(void)state;
	scene.failing = "b.start";
	assert_int_equal(start(), -ENOMEM);
	assert_string_equal(scene.calls, "a.start b.start a.stop ");
}

static void what_started_and_cannot_prepare_is_stopped(void **state)
{
	(void)state;
	scene.failing = "b.prepare";
	assert_int_equal(start(), -ENOMEM);
	assert_string_equal(scene.calls, "a.start b.start c.start a.prepare b.prepare a.abort "
					 "c.stop b.stop a.stop ");
}

static void what_cannot_begin_is_stopped(void **state)
{
	(void)state;
	scene.failing = "b.begin";
	assert_int_equal(start(), -ENOMEM);
	assert_string_equal(scene.calls, COMMITTED "a.begin b.begin c.stop b.stop a.stop ");
}

static void a_start_that_fails_keeps_what_it_found(void **state)
{
	static const char *const failing[] = {"c.start", "c.prepare", "c.begin"};

	(void)state;
	scene.found = true;
	for (size_t i = 0; i < sizeof(failing) / sizeof(failing[0]); i++) {
		scene.calls[0] = '\0';
		scene.failing = failing[i];
		assert_int_equal(start(), -ENOMEM);
		assert_null(strstr(scene.calls, "stop"));
		assert_non_null(strstr(scene.calls, "b.keep a.keep "));
	}
	/* Once it has begun, all of it is its own. */
	scene.failing = NULL;
	start_quietly();
	node_stop(scene.node);
	scene.node = NULL;
	assert_string_equal(scene.calls, "c.stop b.stop a.stop ");
}

static void all_prepare_then_commit_then_finish_backwards(void **state)
{
	const struct config *next = another();

	(void)state;
	start_quietly();
	assert_int_equal(node_follow(scene.node, next), 0);
	assert_string_equal(scene.calls, "a.prepare b.prepare c.prepare "
					 "a.commit b.commit c.commit "
					 "c.finish b.finish a.finish ");
	assert_ptr_equal(scene.node->config, next);
	config_unref(next);
}

static void one_that_cannot_prepare_aborts_those_before_it(void **state)
{
	static const struct {
		const char *failing, *calls;
	} rows[] = {
		{"a.prepare", "a.prepare "},
		{"b.prepare", "a.prepare b.prepare a.abort "},
		{"c.prepare", "a.prepare b.prepare c.prepare b.abort a.abort "},
	};

	(void)state;
	start_quietly();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct config *next = another();

		scene.calls[0] = '\0';
		scene.failing = rows[i].failing;
		assert_int_equal(node_follow(scene.node, next), -ENOMEM);
		assert_string_equal(scene.calls, rows[i].calls);
		assert_ptr_equal(scene.node->config, scene.config);
		config_unref(next);
	}
}

static void a_file_that_is_gone_asks_no_part(void **state)
{
	(void)state;
	start_quietly();
	assert_int_equal(node_reload(scene.node, NULL), -ENOENT);
	assert_string_equal(scene.calls, "");
}

static void many_changes_are_weighed_once_and_later(void **state)
{
	(void)state;
	start_quietly();
	node_weigh_soon(scene.node);
	node_weigh_soon(scene.node);
	assert_string_equal(scene.calls, "");
	assert_true(sd_event_run(scene.event, 0) >= 0);
	while (sd_event_run(scene.event, 0) > 0)
		;
	assert_string_equal(scene.calls, "a.weigh b.weigh c.weigh ");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_start_is_a_transaction_with_nothing_before),
		TEST(parts_stop_in_the_opposite_order),
		TEST(what_did_not_start_is_not_stopped),
		TEST(what_started_and_cannot_prepare_is_stopped),
		TEST(what_cannot_begin_is_stopped),
		TEST(a_start_that_fails_keeps_what_it_found),
		TEST(all_prepare_then_commit_then_finish_backwards),
		TEST(one_that_cannot_prepare_aborts_those_before_it),
		TEST(a_file_that_is_gone_asks_no_part),
		TEST(many_changes_are_weighed_once_and_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
