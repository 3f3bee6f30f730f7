// SPDX-License-Identifier: GPL-2.0-only
/*
 * vipctl (ctl/cli): whatever answers on the socket, each command ends with one of its exit
 * statuses. The first byte chooses the command; the answer follows.
 * fuzz: -max_len=4096 -close_fd_mask=1 -dict=tests/fuzz/control.dict
 */
#include "tests/fuzz/fuzz.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctl/cli/cli.h"

/* Below TMPDIR, which tests/fuzz/run removes when a finding ends us. */
static char run_dir[80];

/* What the thread answers next; it reads it after a connection that was made after it was set. */
static uint8_t answer[64 * 1024];
static size_t answer_length;

static const struct cli_command *const commands[] = {
	&cli_status, &cli_drops,   &cli_events,  &cli_failover,
	&cli_drain,  &cli_undrain, &cli_explain, &cli_reload,
};

static void answer_client(int client)
{
	char request[1024];

	if (recv(client, request, sizeof(request), 0) > 0 && answer_length)
		send(client, answer, answer_length, MSG_NOSIGNAL);
	close(client);
}

static void *serve(void *context)
{
	const int *listener = context;

	for (;;)
		answer_client(accept(*listener, NULL, NULL));
	return NULL;
}

static void remove_run_dir(void)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/vipd.sock", run_dir);
	unlink(path);
	rmdir(run_dir);
}

static void open_listener(int *listener)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *temporary = getenv("TMPDIR");

	snprintf(run_dir, sizeof(run_dir), "%s/vipd-fuzz-XXXXXX", temporary ? temporary : "/tmp");
	REQUIRE(mkdtemp(run_dir));
	atexit(remove_run_dir);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/vipd.sock", run_dir);
	*listener = socket(AF_UNIX, SOCK_STREAM, 0);
	REQUIRE(bind(*listener, (struct sockaddr *)&address, sizeof(address)) == 0);
	REQUIRE(listen(*listener, 8) == 0);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static int listener;
	pthread_t thread;

	(void)argc;
	(void)argv;
	open_listener(&listener);
	return pthread_create(&thread, NULL, serve, &listener);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
	char *arguments[] = {"tcp", "192.0.2.1:5000", "10.77.0.101:80", NULL};
	const struct cli_given all[] = {{cli_drops.options, ""}, {}};
	struct invocation invocation = {.run_dir = run_dir, .arguments = arguments};
	int status;

	if (length == 0 || length > sizeof(answer))
		return 0;
	invocation.json = input[0] & 0x80;
	invocation.given = input[0] & 0x40 ? all : NULL;
	memcpy(answer, input + 1, length - 1);
	answer_length = length - 1;
	status = commands[input[0] % 8]->run(&invocation);
	REQUIRE(status == EXIT_OK || status == EXIT_PROBLEM || status == EXIT_UNREACHABLE);
	return 0;
}
