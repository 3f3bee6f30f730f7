// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl/net/internal.h"

/* eth0 and eth1 with VLANs, in the order the kernel lists them; names do not matter. */
static const struct device devices[] = {
	{.name = "lo", .index = 1},
	{.name = "eth0", .index = 2},
	{.name = "eth1", .index = 3},
	{.name = "eth0.4000", .index = 4, .parent_index = 3, .vlan = 4000}, /* moved */
	{.name = "eth0.4001", .index = 5, .parent_index = 2, .vlan = 4001},
	{.name = "vswitch", .index = 6, .parent_index = 2, .vlan = 4000},
	{.name = "elsewhere", .index = 7, .parent_index = 0, .vlan = 4002},
};

static const struct device *find(unsigned int parent_index, uint16_t vlan)
{
	for (size_t i = 0; i < sizeof(devices) / sizeof(*devices); i++)
		if (device_carries_vlan(&devices[i], parent_index, vlan))
			return &devices[i];
	return NULL;
}

static void test_parent_and_vlan_decide(void **state)
{
	(void)state;
	assert_string_equal(find(2, 4000)->name, "vswitch");
	assert_string_equal(find(3, 4000)->name, "eth0.4000");
	assert_string_equal(find(2, 4001)->name, "eth0.4001");
}

static void test_no_other_will_do(void **state)
{
	(void)state;
	assert_null(find(3, 4001));
	assert_null(find(2, 4002));
	assert_null(find(6, 4000));
	assert_null(find(0, 4002)); /* the parent is gone, or in another namespace */
}

static void test_every_member_counts_as_a_change(void **state)
{
	static const struct net_link link = {
		.parent = "eth0",
		.parent_index = 2,
		.device = "eth0.4000",
		.index = 6,
		.mac = {2, 0, 0, 0, 0, 1},
		.mtu = 1400,
	};
	struct net_link changed[15];

	(void)state;
	for (size_t i = 0; i < 15; i++)
		changed[i] = link;
	changed[0].parent[3] = '1';
	changed[1].parent_index++;
	changed[2].device[8] = '1';
	changed[3].index = 0;
	changed[4].mac[5]++;
	changed[5].mtu = 1500;
	changed[6].up = true;
	changed[7].running = true;
	changed[8].has_address4 = true;
	changed[9].has_address6 = true;
	changed[10].address4 = OWN_ADDRESS_DUPLICATE;
	changed[11].address6 = OWN_ADDRESS_DUPLICATE;
	changed[12].elsewhere[0] = 'e';
	changed[13].master[0] = 'b';
	changed[14].elsewhere_vlan = 1;
	for (size_t i = 0; i < 15; i++)
		assert_false(net_link_equal(&link, &changed[i]));
	assert_true(net_link_equal(&link, &link));
}

static void test_what_is_wrong_is_said(void **state)
{
	static const struct {
		struct net_link link;
		const char *fault;
	} cases[] = {
		{{.parent_index = 0}, "the interface does not exist"},
		{{.parent_index = 2, .index = 0}, "the VLAN device does not exist"},
		{{.parent_index = 2, .index = 6}, "the link is administratively down"},
		{{.parent_index = 2, .index = 6, .up = true}, "the link is down"},
	};
	const struct net_link running = {
		.parent_index = 2, .index = 6, .up = true, .running = true};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(net_link_fault(&cases[i].link), cases[i].fault);
	assert_null(net_link_fault(&running));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parent_and_vlan_decide),
		cmocka_unit_test(test_no_other_will_do),
		cmocka_unit_test(test_every_member_counts_as_a_change),
		cmocka_unit_test(test_what_is_wrong_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
