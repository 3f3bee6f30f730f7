// SPDX-License-Identifier: GPL-2.0-only
/* Which questions are one, so that one check answers them all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "ctl/checks/question.h"

static struct check_question question(enum check_method method, const char *address)
{
	struct check_question question = {
		.check = {.enabled = true,
			  .method = method,
			  .path = "/healthz",
			  .port = 80,
			  .host = "www.example.com",
			  .expect_status = {{200, 399}},
			  .expect_status_count = 1,
			  .expect_body = "fine",
			  .user = "nobody",
			  .interval = 2 * NS_PER_S,
			  .timeout = NS_PER_S,
			  .jitter = 10,
			  .fall = 2,
			  .rise = 2},
		.service = "web",
		.node = "n1",
	};

	assert_int_equal(address_parse(address, &question.address), 0);
	return question;
}

static void assert_differ(const struct check_question *a, const struct check_question *b)
{
	assert_false(question_equal(a, b));
	assert_false(question_equal(b, a));
}

static void the_same_is_asked_once(void **state)
{
	struct check_question a = question(CHECK_HTTP, "192.0.2.1"), b = a;

	(void)state;
	strcpy(b.service, "other");
	strcpy(b.node, "n2");
	assert_true(question_equal(&a, &b));
	assert_int_equal(question_hash(&a), question_hash(&b));
}

static void a_script_may_act_on_the_names(void **state)
{
	struct check_question a = question(CHECK_SCRIPT, "192.0.2.1"), b = a;

	(void)state;
	assert_true(question_equal(&a, &b));
	strcpy(b.service, "other");
	assert_differ(&a, &b);
	b = a;
	strcpy(b.node, "n2");
	assert_differ(&a, &b);
}

static void another_place_is_another_question(void **state)
{
	struct check_question a = question(CHECK_HTTP, "192.0.2.1"),
			      b = question(CHECK_HTTP, "192.0.2.2"),
			      c = question(CHECK_HTTP, "2001:db8::1");

	(void)state;
	assert_differ(&a, &b);
	assert_differ(&a, &c);
}

/* Also what only says when the verdict changes. */
static void every_key_counts(void **state)
{
	const struct check_question same = question(CHECK_HTTP, "192.0.2.1");
	struct check_question other;

	(void)state;
#define DIFFERS(change)                                                                            \
	other = same;                                                                              \
	change;                                                                                    \
	assert_differ(&same, &other)
	DIFFERS(other.check.method = CHECK_HTTPS);
	DIFFERS(other.check.port++);
	DIFFERS(other.check.verify = true);
	DIFFERS(other.check.interval++);
	DIFFERS(other.check.timeout--);
	DIFFERS(other.check.jitter++);
	DIFFERS(other.check.fall++);
	DIFFERS(other.check.rise++);
	DIFFERS(strcpy(other.check.path, "/"));
	DIFFERS(strcpy(other.check.host, ""));
	DIFFERS(strcpy(other.check.user, "somebody"));
	DIFFERS(strcpy(other.check.expect_body, ""));
	DIFFERS(other.check.expect_status[0].last++);
	DIFFERS(other.check.expect_status_count = 2);
#undef DIFFERS
}

static void expect_text(enum check_method method, const char *address, const char *text)
{
	struct check_question asked = question(method, address);
	char described[QUESTION_TEXT_MAX];

	assert_string_equal(question_describe(&asked, described), text);
}

static void questions_can_be_read(void **state)
{
	(void)state;
	expect_text(CHECK_HTTP, "192.0.2.1", "http://192.0.2.1:80/healthz");
	expect_text(CHECK_HTTPS, "2001:db8::1", "https://[2001:db8::1]:80/healthz");
	expect_text(CHECK_SCRIPT, "192.0.2.1", "/healthz");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_is_asked_once),
		cmocka_unit_test(a_script_may_act_on_the_names),
		cmocka_unit_test(another_place_is_another_question),
		cmocka_unit_test(every_key_counts),
		cmocka_unit_test(questions_can_be_read),
	};

	return cmocka_run_group_tests_name("question", tests, NULL, NULL);
}
