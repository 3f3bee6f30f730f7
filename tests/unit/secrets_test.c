// SPDX-License-Identifier: GPL-2.0-only
/* Keys and passwords: what the configuration says of them, and the files that have them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/base/clock.h"
#include "ctl/config/config.h"
#include "ctl/config/load.h"
#include "ctl/config/secret_file.h"

#define HEX32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

#define CLUSTER                                                                                    \
	"interface: eth0\n"                                                                        \
	"peers: [{name: n1, address: 10.77.0.11}, {name: n2, address: 10.77.0.12}]\n"              \
	"instances:\n"                                                                             \
	"- {name: a, vrid: 51, priority: {n1: 150, n2: 100}, vips: [10.77.0.101]%s}\n"

static char directory[] = "/tmp/vipd-secrets-XXXXXX";

/* In the test's directory, which the tests run in; each has its turn as "secret". */
static void write_secret(const void *bytes, size_t length, mode_t mode)
{
	FILE *file;

	unlink("secret");
	file = fopen("secret", "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	fclose(file);
	assert_int_equal(chmod("secret", mode), 0);
}

static ssize_t read_key(uint8_t key[static CONFIG_KEY_LENGTH_MAX], struct secret_refusal *refusal)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/secret", directory);
	return secret_file_read_key(path, key, refusal);
}

static void expect_key(const char *text, size_t length, ssize_t expected)
{
	uint8_t key[CONFIG_KEY_LENGTH_MAX];
	struct secret_refusal refusal;

	write_secret(text, length, 0600);
	assert_int_equal(read_key(key, &refusal), expected);
}

static void expect_refusal(const char *reason)
{
	uint8_t key[CONFIG_KEY_LENGTH_MAX];
	struct secret_refusal refusal;

	memset(key, 0xff, sizeof(key));
	assert_int_equal(read_key(key, &refusal), -1);
	if (!strstr(refusal.text, reason))
		fail_msg("expected: %s\n got: %s", reason, refusal.text);
	for (size_t i = 0; i < sizeof(key); i++)
		assert_int_equal(key[i], 0);
}

static void raw_keys(void **state)
{
	char bytes[CONFIG_KEY_LENGTH_MAX + 1];

	(void)state;
	memset(bytes, 0x0a, sizeof(bytes)); /* which is no newline here */
	for (size_t length = CONFIG_KEY_LENGTH_MIN; length <= CONFIG_KEY_LENGTH_MAX; length++)
		expect_key(bytes, length, (ssize_t)length);
	expect_key(bytes, CONFIG_KEY_LENGTH_MAX + 1, -1);
	expect_key(bytes, CONFIG_KEY_LENGTH_MIN - 1, -1);
	expect_refusal("has 31 bytes, but a key has 32 to 64");
	expect_key(bytes, 0, -1);
}

static void hexadecimal_keys(void **state)
{
	uint8_t key[CONFIG_KEY_LENGTH_MAX];
	struct secret_refusal refusal;

	(void)state;
	expect_key("hex:" HEX32 "\n", 69, 32);
	assert_int_equal(read_key(key, &refusal), 32);
	for (uint8_t i = 0; i < 32; i++)
		assert_int_equal(key[i], i);
	expect_key("hex:" HEX32, 68, 32);
	expect_key("hex:" HEX32 "\r\n", 70, 32);
	expect_key("hex:" HEX32 HEX32 "\r\n", 134, 64);
	expect_key("hex:" HEX32 HEX32 "00\n", 135, -1);
	expect_key("hex:" HEX32 "0", 69, -1);
	expect_key("hex:" HEX32 " 0", 70, -1);
	expect_key("hex:" HEX32 "0g", 70, -1);
	expect_key("hex:" HEX32, 66, -1);
	expect_refusal("has something else than 64 to 128 hexadecimal digits");
	expect_key("hex:", 4, -1);
	expect_key("hex:\n", 5, -1);
}

static void files_that_others_can_touch(void **state)
{
	static const mode_t good[] = {0400, 0600, 0640, 0440, 0700};
	static const mode_t bad[] = {0604, 0602, 0601, 0644, 0620, 0660, 0666};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		uint8_t key[CONFIG_KEY_LENGTH_MAX];
		struct secret_refusal refusal;

		write_secret(HEX32, 32, good[i]);
		assert_int_equal(read_key(key, &refusal), 32);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		write_secret(HEX32, 32, bad[i]);
		expect_refusal(bad[i] & 7 ? "which lets everybody at it"
					  : "which lets its group write it");
	}
}

static void what_is_no_file(void **state)
{
	(void)state;
	unlink("secret");
	expect_refusal("cannot be read: No such file");
	assert_int_equal(mkdir("secret", 0700), 0);
	expect_refusal("is not a regular file");
	rmdir("secret");
	assert_int_equal(mkfifo("secret", 0600), 0); /* and nobody waits for a writer */
	expect_refusal("is not a regular file");
	unlink("secret");
}

static void relative_files_are_credentials(void **state)
{
	uint8_t key[CONFIG_KEY_LENGTH_MAX];
	struct secret_refusal refusal;

	(void)state;
	write_secret(HEX32, 32, 0400);
	unsetenv("CREDENTIALS_DIRECTORY");
	assert_int_equal(secret_file_read_key("secret", key, &refusal), -1);
	assert_true(refusal.out_of_sight);
	setenv("CREDENTIALS_DIRECTORY", directory, 1);
	assert_int_equal(secret_file_read_key("secret", key, &refusal), 32);
	unsetenv("CREDENTIALS_DIRECTORY");
}

static void passwords(void **state)
{
	static const struct {
		const char *text;
		ssize_t length;
	} cases[] = {
		{"a", 1},       {"12345678", 8}, {"12345678\n", 8}, {"12345678\r\n", 8},
		{"pass \n", 5}, {"", -1},        {"\n", -1},        {"123456789", -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char path[64], password[CONFIG_PASSWORD_LENGTH_MAX + 1];
		struct secret_refusal refusal;

		write_secret(cases[i].text, strlen(cases[i].text), 0600);
		snprintf(path, sizeof(path), "%s/secret", directory);
		assert_int_equal(secret_file_read_password(path, password, &refusal),
				 cases[i].length);
		if (cases[i].length > 0) {
			assert_memory_equal(password, cases[i].text, (size_t)cases[i].length);
			assert_int_equal(password[cases[i].length], '\0');
		}
	}
}

/* The whole of it. */

static const struct config *load(int (*load_config)(const char *, const char *,
						    const struct report *, const struct config **),
				 const char *more, const char *instance, char report[static 1024])
{
	FILE *file = fopen("vipd.yaml", "w"), *stream = fmemopen(report, 1024, "w");
	const struct report reader = report_to_stream(stream);
	const struct config *config = NULL;

	fprintf(file, CLUSTER, instance);
	fprintf(file, "%s", more);
	fclose(file);
	report[0] = '\0';
	load_config("vipd.yaml", "n1", &reader, &config);
	fclose(stream);
	return config;
}

static void what_is_read(void **state)
{
	char report[1024], text[256];
	const struct config *config;
	const struct config_authentication *authentication;

	(void)state;
	write_secret("hex:" HEX32 "\n", 69, 0600);
	snprintf(text, sizeof(text),
		 "vrrp: {auth: {active_key: 9, keys: [{id: 9, file: %s/secret}]}}\n", directory);
	config = load(config_load, text, "", report);
	assert_string_equal(report, "");
	assert_non_null(config);
	authentication = &config->vrrp.authentication;
	assert_int_equal(authentication->mode, AUTHENTICATION_ENFORCE);
	assert_false(authentication->monotonic);
	assert_int_equal(authentication->window, 5 * NS_PER_S);
	assert_int_equal(authentication->active_key, 9);
	assert_int_equal(authentication->key_count, 1);
	assert_int_equal(authentication->keys[0].id, 9);
	assert_int_equal(authentication->keys[0].secret_length, 32);
	assert_int_equal(authentication->keys[0].secret[31], 0x1f);
	config_unref(config);
}

static void a_window_of_three_long_intervals(void **state)
{
	char report[1024], text[256];
	const struct config *config;

	(void)state;
	write_secret(HEX32, 64, 0600);
	snprintf(text, sizeof(text),
		 "vrrp: {advert_interval: 4s, auth: {mode: receive-only, "
		 "keys: [{id: 255, file: %s/secret}]}}\n",
		 directory);
	config = load(config_load, text, "", report);
	assert_non_null(config);
	assert_int_equal(config->vrrp.authentication.window, 12 * NS_PER_S);
	assert_int_equal(config->vrrp.authentication.mode, AUTHENTICATION_RECEIVE_ONLY);
	assert_int_equal(config->vrrp.authentication.active_key, 0);
	assert_int_equal(config->vrrp.authentication.keys[0].secret_length, 64);
	config_unref(config);
}

static void passwords_of_instances(void **state)
{
	static const char in_a_file[] =
		", version: 2, authentication: {type: pass, file: %s/secret}";
	char report[1024], text[256];
	const struct config *config;

	(void)state;
	write_secret("geheim\n", 7, 0600);
	snprintf(text, sizeof(text), in_a_file, directory);
	config = load(config_load, "", text, report);
	assert_non_null(config);
	assert_int_equal(config->instances[0].version, 2);
	assert_int_equal(config->instances[0].simple_text.type, VRRP2_SIMPLE_TEXT);
	assert_string_equal(config->instances[0].simple_text.password, "geheim");
	config_unref(config);

	config = load(config_load, "vrrp: {version: 2}\n",
		      ", authentication: {type: pass, password: 1111}", report);
	assert_non_null(config);
	assert_int_equal(config->instances[0].version, 2);
	assert_string_equal(config->instances[0].simple_text.password, "1111");
	config_unref(config);

	config = load(config_load, "", "", report);
	assert_int_equal(config->instances[0].version, 3);
	assert_int_equal(config->instances[0].simple_text.type, VRRP2_NO_AUTHENTICATION);
	config_unref(config);
}

static void a_report_has_the_line_and_no_secret(void **state)
{
	char report[1024], text[256];

	(void)state;
	write_secret("short and secret", 16, 0600);
	snprintf(text, sizeof(text),
		 "vrrp:\n  auth:\n    active_key: 9\n    keys:\n    - {id: 9, file: %s/secret}\n",
		 directory);
	assert_null(load(config_load, text, "", report));
	assert_non_null(strstr(report, "vipd.yaml:9: vrrp.auth.keys[0].file: /tmp/"));
	assert_non_null(strstr(report, "/secret has 16 bytes"));
	assert_null(strstr(report, "short"));

	assert_null(load(config_load, "vrrp: {version: 2}\n",
			 ", authentication: {type: pass, password: overly secret}", report));
	assert_non_null(
		strstr(report, "vipd.yaml:4: instances[0].authentication.password: has 13"));
	assert_null(strstr(report, "overly"));
}

/* Whoever only checks has no credentials; vipd itself has to. */
static void checking_is_lenient(void **state)
{
	static const char text[] = "vrrp: {auth: {active_key: 9, keys: [{id: 9, file: vrrp9}]}}\n";
	static const char missing[] =
		"vrrp: {auth: {active_key: 9, keys: [{id: 9, file: /none}]}}\n";
	char report[1024];
	const struct config *config;

	(void)state;
	unsetenv("CREDENTIALS_DIRECTORY");
	assert_null(load(config_load, text, "", report));
	config = load(config_check, text, "", report);
	assert_non_null(config);
	assert_non_null(strstr(report, "vipd.yaml:5: vrrp.auth.keys[0].file: not checked: vrrp9"));
	config_unref(config);
	assert_null(load(config_check, missing, "", report));
}

static int enter_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) ? chdir(directory) : -1;
}

static int remove_directory(void **state)
{
	(void)state;
	unlink("secret");
	unlink("vipd.yaml");
	return chdir("/") || rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(raw_keys),
		cmocka_unit_test(hexadecimal_keys),
		cmocka_unit_test(files_that_others_can_touch),
		cmocka_unit_test(what_is_no_file),
		cmocka_unit_test(relative_files_are_credentials),
		cmocka_unit_test(passwords),
		cmocka_unit_test(what_is_read),
		cmocka_unit_test(a_window_of_three_long_intervals),
		cmocka_unit_test(passwords_of_instances),
		cmocka_unit_test(a_report_has_the_line_and_no_secret),
		cmocka_unit_test(checking_is_lenient),
	};

	return cmocka_run_group_tests_name("secrets", tests, enter_directory, remove_directory);
}
