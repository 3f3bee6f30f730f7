// SPDX-License-Identifier: GPL-2.0-only
/* Which capabilities vipd cannot do without. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/capability.h>
#include <unistd.h>

#include "ctl/base/rights.h"

#define BIT(capability) (1ULL << (capability))

static const uint64_t enough =
	BIT(CAP_NET_ADMIN) | BIT(CAP_NET_RAW) | BIT(CAP_BPF) | BIT(CAP_PERFMON);

static void each_of_them_is_missed(void **state)
{
	(void)state;
	assert_null(rights_missing(enough));
	assert_null(rights_missing(UINT64_MAX));
	assert_string_equal(rights_missing(0), "CAP_NET_ADMIN");
	assert_string_equal(rights_missing(enough & ~BIT(CAP_NET_ADMIN)), "CAP_NET_ADMIN");
	assert_string_equal(rights_missing(enough & ~BIT(CAP_NET_RAW)), "CAP_NET_RAW");
	assert_string_equal(rights_missing(enough & ~BIT(CAP_BPF)), "CAP_BPF");
	assert_string_equal(rights_missing(enough & ~BIT(CAP_PERFMON)), "CAP_PERFMON");
}

static void all_administration_is_that_of_programs_too(void **state)
{
	const uint64_t older = BIT(CAP_NET_ADMIN) | BIT(CAP_NET_RAW) | BIT(CAP_SYS_ADMIN);

	(void)state;
	assert_null(rights_missing(older));
	assert_string_equal(rights_missing(older & ~BIT(CAP_NET_RAW)), "CAP_NET_RAW");
}

/* Unit tests run without privileges. */
static void a_process_without_rights_has_none(void **state)
{
	(void)state;
	if (getuid() == 0)
		skip();
	assert_int_equal(rights_effective(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_of_them_is_missed),
		cmocka_unit_test(all_administration_is_that_of_programs_too),
		cmocka_unit_test(a_process_without_rights_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
