// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/cli/client.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "ctl/base/cleanup.h"
#include "ctl/cli/cli.h"

#define CONNECT_PATIENCE 5 /* seconds */

struct client {
	struct sockaddr_un address;
	FILE *stream;
	char *line; /* of getline() */
	size_t room;
};

static int set_patience(int fd, int option, unsigned int seconds)
{
	const struct timeval time = {.tv_sec = seconds};

	return setsockopt(fd, SOL_SOCKET, option, &time, sizeof(time)) ? -errno : 0;
}

static void complain_of_connection(const char *path, int error)
{
	if (error == -ENOENT)
		cli_complain(0,
			     "vipd is not running: there is no %s; start vipd, or give the "
			     "--run-dir that it was given",
			     path);
	else if (error == -ECONNREFUSED)
		cli_complain(0,
			     "vipd is not running: nobody listens on %s, so it was killed or "
			     "crashed; its log says more",
			     path);
	else if (error == -EACCES)
		cli_complain(0, "not allowed to use %s; be root, or in the group that owns it",
			     path);
	else if (error == -EAGAIN)
		cli_complain(0, "vipd accepts no connection on %s: it hangs or is stopped", path);
	else
		cli_complain(0, "cannot connect to vipd on %s: %s", path, strerror(-error));
}

static int connect_to(struct client *client)
{
	CLEANUP(cleanup_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const struct sockaddr *address = (const struct sockaddr *)&client->address;
	int error = fd < 0 ? -errno : set_patience(fd, SO_SNDTIMEO, CONNECT_PATIENCE);

	if (error)
		return error;
	if (connect(fd, address, sizeof(client->address)))
		return -errno;
	client->stream = fdopen(fd, "r");
	if (!client->stream)
		return -errno;
	TAKE_FD(fd);
	return 0;
}

struct client *client_open(const char *run_dir)
{
	CLEANUP(client_closep) struct client *client = calloc(1, sizeof(*client));
	char *path;
	int length, error;

	if (!client) {
		cli_complain(0, "out of memory");
		return NULL;
	}
	path = client->address.sun_path;
	client->address.sun_family = AF_UNIX;
	length = snprintf(path, sizeof(client->address.sun_path), "%s/vipd.sock", run_dir);
	if (length >= (int)sizeof(client->address.sun_path)) {
		cli_complain(0, "%s: too long for a socket's path; give a shorter --run-dir",
			     run_dir);
		return NULL;
	}
	error = connect_to(client);
	if (error) {
		complain_of_connection(path, error);
		return NULL;
	}
	return TAKE_POINTER(client);
}

bool client_reachable(const char *run_dir)
{
	struct client client = {.address.sun_family = AF_UNIX};
	int error;

	if (snprintf(client.address.sun_path, sizeof(client.address.sun_path), "%s/vipd.sock",
		     run_dir) >= (int)sizeof(client.address.sun_path))
		return false;
	error = connect_to(&client);
	if (client.stream)
		fclose(client.stream);
	return !error;
}

void client_close(struct client *client)
{
	if (!client)
		return;
	if (client->stream)
		fclose(client->stream);
	free(client->line);
	free(client);
}

void client_closep(struct client **client)
{
	client_close(*client);
}

/* The line is so short that it always goes out at once. */
static int send_line(struct client *client, const char *line)
{
	size_t length = strlen(line);
	ssize_t sent = send(fileno(client->stream), line, length, MSG_NOSIGNAL);

	if (sent == (ssize_t)length)
		return 0;
	return sent < 0 ? -errno : -EMSGSIZE;
}

json_t *client_command(const char *name)
{
	return json_pack("{s:s}", "command", name);
}

int client_request(struct client *client, json_t *request)
{
	CLEANUP(cleanup_json) json_t *owned = request;
	CLEANUP(cleanup_free) char *text = NULL, *line = NULL;
	int error;

	if (!owned)
		return cli_complain(-EINVAL, "an argument is no UTF-8 text");
	text = json_dumps(owned, JSON_COMPACT);
	if (!text || asprintf(&line, "%s\n", text) < 0) {
		line = NULL;
		return cli_complain(-ENOMEM, "out of memory");
	}
	error = send_line(client, line);
	if (error == -EPIPE) /* it has hung up already; client_receive() reads why */
		return 0;
	if (error)
		cli_complain(0, "cannot ask vipd on %s: %s", client->address.sun_path,
			     strerror(-error));
	return error;
}

const char *client_receive(struct client *client, unsigned int patience)
{
	ssize_t length;

	set_patience(fileno(client->stream), SO_RCVTIMEO, patience);
	errno = 0;
	length = getline(&client->line, &client->room, client->stream);
	if (length > 0 && client->line[length - 1] == '\n') {
		client->line[length - 1] = '\0';
		return client->line;
	}
	if (errno == EAGAIN)
		cli_complain(0, "vipd does not answer on %s within %u s: it hangs or is stopped",
			     client->address.sun_path, patience);
	else
		cli_complain(0, "vipd has closed the connection: it ended, or was restarted");
	return NULL;
}

const char *client_error(const json_t *answer)
{
	return json_string_value(json_object_get(answer, "error"));
}

int client_ask(const struct invocation *invocation, json_t *request, unsigned int patience,
	       json_t **answer)
{
	CLEANUP(cleanup_json) json_t *owned = request;
	CLEANUP(client_closep) struct client *client = client_open(invocation->run_dir);
	const char *line = NULL;
	json_error_t error;
	json_t *parsed;

	if (client && client_request(client, TAKE_POINTER(owned)) == 0)
		line = client_receive(client, patience);
	if (!line)
		return EXIT_UNREACHABLE;
	parsed = json_loads(line, 0, &error);
	if (!parsed)
		return cli_complain(EXIT_UNREACHABLE, "vipd's answer is no JSON: %s", error.text);
	*answer = parsed;
	if (invocation->json)
		puts(line);
	if (client_error(parsed))
		return cli_complain(EXIT_PROBLEM, "%s", client_error(parsed));
	return EXIT_OK;
}
