// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl/mtu/probe.h"

static void sizes_fall_from_the_device_on(void **state)
{
	static const uint32_t mtus[] = {1280, 1400, 1496, 1500, 9000, 9216, 65535, 100000};
	uint32_t sizes[PROBE_SIZES_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(mtus) / sizeof(*mtus); i++) {
		size_t count = probe_list_sizes(mtus[i], sizes);

		assert_in_range(count, 1, PROBE_SIZES_MAX);
		assert_int_equal(sizes[0], mtus[i] < 65535 ? mtus[i] : 65535);
		assert_int_equal(sizes[count - 1], 1280);
		for (size_t j = 1; j < count; j++)
			assert_true(sizes[j] < sizes[j - 1]);
	}
}

static void the_largest_answer_counts(void **state)
{
	struct probe probe = {.fd = -1};

	(void)state;
	probe.count = probe_list_sizes(1500, probe.sizes);
	assert_int_equal(probe_carried(&probe), 0);
	probe.answered[probe.count - 1] = true;
	assert_int_equal(probe_carried(&probe), 1280);
	probe.answered[1] = true;
	assert_int_equal(probe_carried(&probe), 1492);
	probe.answered[0] = true;
	assert_int_equal(probe_carried(&probe), 1500);
	probe_close(&probe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_fall_from_the_device_on),
		cmocka_unit_test(the_largest_answer_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
