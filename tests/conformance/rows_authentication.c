// SPDX-License-Identifier: GPL-2.0-only
/* Version 2's authentication (RFC 2338 section 5.3.6; RFC 3768 keeps type 0 alone). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/config/config.h"
#include "ctl/config/load.h"
#include "ctl/vrrp/advert.h"
#include "tests/conformance/version2.h"

static void type_0_has_no_data(void)
{
	const uint8_t addresses[4] = {10, 77, 0, 101};
	const struct advert_message message = {
		.version = VRRP_VERSION_2,
		.vrid = BLUE,
		.priority = PRIORITY,
		.max_advert_interval = NS_PER_S,
		.family = FAMILY_IPV4,
		.address_count = 1,
		.addresses = addresses,
	};
	uint8_t bytes[ADVERT_MESSAGE_MAX];
	struct frame frame;

	speak_version2(VRRP2_NO_AUTHENTICATION, "");
	build_advert2(&frame, 0, "whatever");
	expect_accepted(&frame);

	memset(bytes, 0xff, sizeof(bytes));
	assert_int_equal(advert_encode(&message, bytes), 20);
	assert_int_equal(bytes[VRRP2_AUTHENTICATION_TYPE], 0);
	assert_memory_equal(bytes + 12, "\0\0\0\0\0\0\0", 8);
}

static void expect_password(const char *our_password, const char *their_password, bool fits)
{
	struct frame frame;

	speak_version2(VRRP2_SIMPLE_TEXT, our_password);
	build_advert2(&frame, 1, their_password);
	if (fits)
		expect_accepted(&frame);
	else
		expect_refused(&frame, DROP_vrrp_password);
}

static void passwords_must_fit(void)
{
	expect_password("x", "x", true);
	expect_password("password", "password", true);
	expect_password("password", "passwort", false);
	expect_password("password", "Password", false);
	expect_password("pass", "passw", false);
	expect_password("pass", "", false);
}

static void expect_type_refused(uint8_t our_type, uint8_t their_type)
{
	struct frame frame;

	speak_version2(our_type, "");
	build_advert2(&frame, their_type, "");
	expect_refused(&frame, DROP_vrrp_authentication_type);
}

static void types_must_fit(void)
{
	expect_type_refused(VRRP2_NO_AUTHENTICATION, 1);
	expect_type_refused(VRRP2_SIMPLE_TEXT, 0);
	expect_type_refused(VRRP2_NO_AUTHENTICATION, 2);
	expect_type_refused(VRRP2_SIMPLE_TEXT, 2);
}

/* Return: whether an instance with these keys is valid; the report says @problem where it is not.
 */
static bool is_valid(const char *keys, const char *problem)
{
	const struct config *config = NULL;
	char text[512], *said = NULL;
	size_t length;
	FILE *report = open_memstream(&said, &length);
	int error;

	snprintf(text, sizeof(text),
		 "node: n1\ninterface: eth0\npeers: [{name: n1, address: 10.77.0.11}]\n"
		 "vrrp: {advert_interval: 1s}\n"
		 "instances: [{name: a, vrid: 51, priority: {n1: 1}, vips: [10.77.0.9], %s}]\n",
		 keys);
	error = config_parse("test.yaml", text, strlen(text), "n1", report, &config);
	fclose(report);
	config_unref(config);
	assert_true(error == 0 || (error == -EINVAL && strstr(said, problem)));
	free(said);
	return error == 0;
}

static void passwords_are_version_2s(void)
{
	assert_true(is_valid("version: 2, authentication: {type: pass, password: x}", ""));
	assert_false(is_valid("version: 3, authentication: {type: pass, password: x}",
			      "instances[0].authentication"));
	assert_false(is_valid("version: 2, authentication: {type: ah}",
			      "instances[0].authentication.type"));
}

static void passwords_of_any_length(void)
{
	static const char *const passwords[] = {"1",     "12",     "123",     "1234",
						"12345", "123456", "1234567", "12345678"};

	for (size_t i = 0; i < sizeof(passwords) / sizeof(passwords[0]); i++)
		expect_password(passwords[i], passwords[i], true);
	expect_password("12345678", "123456789", true); /* keepalived sends eight of them */
	assert_false(is_valid("version: 2, authentication: {type: pass, password: geheimes-wort}",
			      "instances[0].authentication.password"));
}

static const struct conformance_row rows[] = {
	TESTED(39, "Type 0: the data is not looked at, and sent as zeros", "RFC 3768 5.3.6",
	       DATAPLANE ", " MESSAGE, type_0_has_no_data),
	TESTED(40,
	       "Type 1: the eight bytes behind the addresses are the password, padded with zeros",
	       "RFC 2338 5.3.6, keepalived", DATAPLANE, passwords_must_fit),
	TESTED(41, "Another type than the instance's is refused, and type 2 always",
	       "RFC 3768 7.1, RFC 2338 5.3.6", DATAPLANE, types_must_fit),
	TESTED(42, "Version 3 has no authentication of this kind, nor version 2 its type 2",
	       "RFC 9568 9", CONFIGURATION, passwords_are_version_2s),
	TESTED(43, "Passwords of one to eight characters, and longer ones, as keepalived has them",
	       "keepalived", DATAPLANE ", " CONFIGURATION, passwords_of_any_length,
	       .elsewhere = "tests/lab/test_keepalived_version2.py::test_it_accepts_our_adverts",
	       .decision = "a longer one is a configuration error that asks for its first eight "
			   "bytes, which is what keepalived sends"),
};

THEME(authentication_theme, "Version 2: authentication");
