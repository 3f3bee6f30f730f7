// SPDX-License-Identifier: GPL-2.0-only
/* Which capabilities vipd cannot do without. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/capability.h>
#include <stdio.h>

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

/* The kernel shows the same set to whoever looks at the process. */
static void the_set_is_that_of_this_process(void **state)
{
	FILE *status = fopen("/proc/self/status", "r");
	unsigned long long set = 0;
	char line[128];
	int found = 0;

	(void)state;
	assert_non_null(status);
	while (!found && fgets(line, sizeof(line), status))
		found = sscanf(line, "CapEff: %llx", &set) == 1;
	fclose(status);
	assert_true(found);
	assert_true(rights_effective() == set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_of_them_is_missed),
		cmocka_unit_test(all_administration_is_that_of_programs_too),
		cmocka_unit_test(the_set_is_that_of_this_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
