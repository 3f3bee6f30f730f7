// SPDX-License-Identifier: GPL-2.0-only
/* What a check can ask for: a text in the answer, another status or name, TLS, a mere connection.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "tests/unit/health_fixture.h"

#define NAME     "www.example.com"
#define BODY_MAX 4096

/* Made by the first test that needs them; "" where that cannot be done. */
static char certificate[8192], key[8192];

static void expect_first(struct bench *bench, enum health_state state, const char *detail)
{
	bench_be_patient(bench);
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	bench_expect(bench, 0, state, detail);
	assert_int_equal(bench->servers[0].strange, 0);
}

/* HTTP */

static void other_statuses_can_be_expected(void **state)
{
	static const struct config_statuses expected[] = {{204, 204}, {401, 403}};
	struct bench *bench = *state;
	struct config_check *check = &bench->service.check;

	memcpy(check->expect_status, expected, sizeof(expected));
	check->expect_status_count = 2;
	expect_first(bench, HEALTH_DOWN, "HTTP 200, expected 204, 401-403");
	bench->servers[0].answer = MHD_HTTP_FORBIDDEN;
	bench_wait_for_changes(bench, 2);
	bench_expect(bench, 0, HEALTH_UP, "HTTP 403 in ");
	bench->servers[0].answer = MHD_HTTP_NOT_FOUND;
	bench_wait_for_changes(bench, 3);
	bench_expect(bench, 0, HEALTH_DOWN, "HTTP 404, expected 204, 401-403");
	bench->servers[0].answer = MHD_HTTP_NO_CONTENT;
	bench_wait_for_changes(bench, 4);
	bench_expect(bench, 0, HEALTH_UP, "HTTP 204 in ");
}

static void the_host_header_names_the_host(void **state)
{
	struct bench *bench = *state;

	bench->servers[0].host = NAME;
	strcpy(bench->service.check.host, NAME);
	expect_first(bench, HEALTH_UP, "HTTP 200 in ");
}

static void the_host_header_is_the_address_by_itself(void **state)
{
	struct bench *bench = *state;
	char host[32];

	snprintf(host, sizeof(host), "127.0.0.1:%u", bench->servers[0].port);
	bench->servers[0].host = host;
	expect_first(bench, HEALTH_UP, "HTTP 200 in ");
}

static void the_body_has_the_text(void **state)
{
	struct bench *bench = *state;

	bench->servers[0].body = "status: fine\n";
	strcpy(bench->service.check.expect_body, ": fine");
	expect_first(bench, HEALTH_UP, "HTTP 200 in ");
}

static void the_body_lacks_the_text(void **state)
{
	struct bench *bench = *state;

	bench->servers[0].body = "status: fin";
	strcpy(bench->service.check.expect_body, ": fine");
	expect_first(bench, HEALTH_DOWN, "HTTP 200, but no \": fine\" in its first 11 bytes");
}

/* The text ends with what is looked at, and then one byte later. Each answer stands for itself. */
static void the_text_is_looked_for_in_4_kib(void **state)
{
	struct bench *bench = *state;
	static char inside[3 * BODY_MAX], outside[3 * BODY_MAX];
	static const char word[4] = {'f', 'i', 'n', 'e'};

	memset(inside, 'x', sizeof(inside) - 1);
	memcpy(outside, inside, sizeof(inside));
	memcpy(inside + BODY_MAX - sizeof(word), word, sizeof(word));
	memcpy(outside + BODY_MAX - sizeof(word) + 1, word, sizeof(word));
	strcpy(bench->service.check.expect_body, "fine");
	bench->servers[0].body = inside;
	expect_first(bench, HEALTH_UP, "HTTP 200 in ");
	bench->servers[0].body = outside;
	bench_wait_for_changes(bench, 2);
	bench_expect(bench, 0, HEALTH_DOWN, "HTTP 200, but no \"fine\" in its first 4096 bytes");
}

/* TCP */

static void a_connection_is_enough(void **state)
{
	struct bench *bench = *state;
	int listener = listen_on_loopback(&bench->servers[0].port, 16);

	bench->service.check.method = CHECK_TCP;
	expect_first(bench, HEALTH_UP, "connected in ");
	close(listener);
	bench_wait_for_changes(bench, 2);
	bench_expect(bench, 0, HEALTH_DOWN, "connection refused");
}

static void a_connection_that_is_not_made_in_time(void **state)
{
	struct bench *bench = *state;
	int listener = listen_on_loopback(&bench->servers[0].port, 0);
	struct sockaddr_storage where;
	socklen_t length =
		address_to_sockaddr(&bench->peers[0].address, bench->servers[0].port, &where);
	int filler = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(filler, (struct sockaddr *)&where, length), 0);
	bench->service.check.method = CHECK_TCP;
	bench->service.check.interval = 200 * NS_PER_MS;
	bench->service.check.timeout = 100 * NS_PER_MS;
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	bench_expect(bench, 0, HEALTH_DOWN, "no answer within 0.1 s");
	close(filler);
	close(listener);
}

/* libcurl keeps a connection that was only made, for its user to take over. Not for us. */
static void connections_are_closed_after_the_check(void **state)
{
	struct bench *bench = *state;
	int listener = listen_on_loopback(&bench->servers[0].port, 1024);
	int before;

	bench->service.check.method = CHECK_TCP;
	expect_first(bench, HEALTH_UP, "connected in ");
	before = count_open_files();
	while (bench_status(bench, 0).successes < 20)
		assert_true(sd_event_run(bench->event, UINT64_MAX) >= 0);
	assert_true(count_open_files() <= before + 1);
	close(listener);
}

/* TLS */

static void read_whole(const char *directory, const char *name, char *text, size_t size)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "re");
	if (!file)
		return;
	text[fread(text, 1, size - 1, file)] = '\0';
	fclose(file);
	unlink(path);
}

static void make_certificate(void)
{
	char directory[] = "/tmp/vipd-tls-XXXXXX", command[512];

	assert_non_null(mkdtemp(directory));
	snprintf(command, sizeof(command),
		 "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=" NAME
		 " -addext subjectAltName=DNS:" NAME
		 " -keyout %s/key -out %s/certificate >/dev/null 2>&1",
		 directory, directory);
	if (system(command) == 0) {
		read_whole(directory, "key", key, sizeof(key));
		read_whole(directory, "certificate", certificate, sizeof(certificate));
	}
	rmdir(directory);
}

/* Let the server speak TLS, or skip the test: it takes openssl(1) and a libmicrohttpd that can. */
static void need_tls(struct bench *bench)
{
	if (!certificate[0] && MHD_is_feature_supported(MHD_FEATURE_TLS) == MHD_YES)
		make_certificate();
	if (!certificate[0]) {
		print_message("no certificate to be had: is openssl(1) installed?\n");
		skip();
	}
	fake_server_close(&bench->servers[0]);
	bench->servers[0].certificate = certificate;
	bench->servers[0].key = key;
	fake_server_open(&bench->servers[0]);
}

static void https_is_http_over_tls(void **state)
{
	struct bench *bench = *state;

	need_tls(bench);
	bench->service.check.method = CHECK_HTTPS;
	expect_first(bench, HEALTH_UP, "HTTP 200 in ");
	bench->servers[0].answer = MHD_HTTP_BAD_GATEWAY;
	bench_wait_for_changes(bench, 2);
	bench_expect(bench, 0, HEALTH_DOWN, "HTTP 502, expected 200-399");
}

static void https_for_a_name(void **state)
{
	struct bench *bench = *state;

	need_tls(bench);
	bench->service.check.method = CHECK_HTTPS;
	bench->servers[0].host = NAME;
	strcpy(bench->service.check.host, NAME);
	expect_first(bench, HEALTH_UP, "HTTP 200 in ");
}

static void a_certificate_nobody_signed_is_refused_if_asked_for(void **state)
{
	struct bench *bench = *state;

	need_tls(bench);
	bench->service.check.method = CHECK_HTTPS;
	bench->service.check.verify = true;
	strcpy(bench->service.check.host, NAME);
	expect_first(bench, HEALTH_DOWN, "SSL certificate problem: self-signed certificate");
	assert_int_equal(bench->servers[0].requests, 0);
}

static void a_handshake_is_enough(void **state)
{
	struct bench *bench = *state;

	need_tls(bench);
	bench->service.check.method = CHECK_TLS;
	expect_first(bench, HEALTH_UP, "TLS handshake in ");
	assert_int_equal(bench->servers[0].requests, 0);
	fake_server_close(&bench->servers[0]);
	bench_wait_for_changes(bench, 2);
	assert_int_equal(bench->last.state, HEALTH_DOWN);
}

static void a_server_without_tls_shakes_no_hands(void **state)
{
	struct bench *bench = *state;

	bench->service.check.method = CHECK_TLS;
	bench_be_patient(bench);
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	assert_int_equal(bench->last.state, HEALTH_DOWN);
}

/* The listener takes the client's hello and says nothing. The name is in there in plain text. */
static void the_server_name_is_sent_and_silence_is_down(void **state)
{
	struct bench *bench = *state;
	int listener = listen_on_loopback(&bench->servers[0].port, 16);
	int connection;
	char hello[4096];
	ssize_t length;

	bench->service.check.method = CHECK_TLS;
	bench->service.check.interval = NS_PER_S;
	bench->service.check.timeout = NS_PER_S;
	strcpy(bench->service.check.host, NAME);
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	bench_expect(bench, 0, HEALTH_DOWN, "no answer within 1 s");
	connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(connection >= 0);
	length = recv(connection, hello, sizeof(hello), 0);
	assert_true(length > 0);
	assert_non_null(memmem(hello, (size_t)length, NAME, strlen(NAME)));
	close(connection);
	close(listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(other_statuses_can_be_expected),
		BENCH_TEST(the_host_header_names_the_host),
		BENCH_TEST(the_host_header_is_the_address_by_itself),
		BENCH_TEST(the_body_has_the_text),
		BENCH_TEST(the_body_lacks_the_text),
		BENCH_TEST(the_text_is_looked_for_in_4_kib),
		BENCH_TEST(a_connection_is_enough),
		BENCH_TEST(a_connection_that_is_not_made_in_time),
		BENCH_TEST(connections_are_closed_after_the_check),
		BENCH_TEST(https_is_http_over_tls),
		BENCH_TEST(https_for_a_name),
		BENCH_TEST(a_certificate_nobody_signed_is_refused_if_asked_for),
		BENCH_TEST(a_handshake_is_enough),
		BENCH_TEST(a_server_without_tls_shakes_no_hands),
		BENCH_TEST(the_server_name_is_sent_and_silence_is_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
