// SPDX-License-Identifier: GPL-2.0-only
/* Who may use the control socket: clients of other users and groups, as the kernel tells of them.
 */
#include "tests/unit/control_bench.h"

#include <grp.h>
#include <sys/stat.h>

#include "ctl/config/load.h"

#define STRANGER 65534
#define BASE                                                                                       \
	"interface: eth0\n"                                                                        \
	"peers: [{name: n1, address: 10.77.0.11}]\n"                                               \
	"instances: [{name: blue, vrid: 51, priority: {n1: 150}, vips: [10.77.0.101]}]\n"
#define MANAGERS "adm"
#define VIEWERS  "users"

static gid_t gid_of(const char *name)
{
	const struct group *group = getgrnam(name);

	assert_non_null(group);
	return group->gr_gid;
}

/* What vipd.yaml says under control from now on. Return: 0, or a negative errno. */
static int reconfigure(struct bench *bench, const char *control)
{
	const struct config *config = NULL;
	struct server_plan *plan;
	char text[1024];
	int error;

	snprintf(text, sizeof(text), "%s%s", BASE, control);
	assert_int_equal(config_parse("t", text, strlen(text), "n1", stderr, &config), 0);
	assert_int_equal(chmod(bench->directory, 0755), 0);
	error = server_prepare(bench->server, config, &plan);
	if (!error)
		server_commit(bench->server, plan);
	config_unref(config);
	return error;
}

/* Return: a connection, or -1 when the file does not let the user in. */
static int connect_as(struct bench *bench, uid_t uid, gid_t gid, gid_t supplementary)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), result;

	strcpy(address.sun_path, bench->path);
	assert_int_equal(setgroups(1, &supplementary), 0);
	assert_int_equal(setegid(gid), 0);
	assert_int_equal(seteuid(uid), 0);
	result = connect(fd, (struct sockaddr *)&address, sizeof(address));
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(setegid(0), 0);
	assert_int_equal(setgroups(0, NULL), 0);
	if (result) {
		close(fd);
		return -1;
	}
	bench->clients[bench->client_count++] = fd;
	settle(bench);
	return fd;
}

static void expect_everything(struct bench *bench, int client)
{
	send_text(bench, client, "{\"command\":\"drops\"}\n{\"command\":\"count\"}\n");
	expect_in_line(bench, client, "\"total\":4");
	expect_in_line(bench, client, "\"count\":");
}

static void expect_a_look_only(struct bench *bench, int client)
{
	int before = counted;

	send_text(bench, client,
		  "{\"command\":\"drops\"}\n{\"command\":\"count\"}\n"
		  "{\"command\":\"drain\"}\n{\"command\":\"reload\"}\n");
	expect_in_line(bench, client, "\"total\":4");
	expect_line(bench, client,
		    "{\"error\":\"count: this user may only look; see control.group "
		    "in vipd.yaml(5)\"}");
	expect_in_line(bench, client, "drain: this user may only look");
	expect_in_line(bench, client, "reload: this user may only look");
	assert_int_equal(counted, before);
}

static void expect_mode(const struct bench *bench, mode_t mode, gid_t group)
{
	struct stat status;

	assert_int_equal(stat(bench->path, &status), 0);
	assert_int_equal(status.st_mode & 07777, mode);
	assert_int_equal(status.st_gid, group);
}

static void without_groups_it_is_for_root(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(reconfigure(bench, ""), 0);
	expect_mode(bench, 0660, 0);
	assert_int_equal(connect_as(bench, STRANGER, STRANGER, STRANGER), -1);
	expect_everything(bench, connect_as(bench, 0, 0, 0));
}

static void members_of_the_group_may_do_everything(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(reconfigure(bench, "control: {group: " MANAGERS "}\n"), 0);
	expect_mode(bench, 0660, gid_of(MANAGERS));
	assert_int_equal(connect_as(bench, STRANGER, STRANGER, gid_of(VIEWERS)), -1);
	expect_everything(bench, connect_as(bench, STRANGER, gid_of(MANAGERS), STRANGER));
	expect_everything(bench, connect_as(bench, STRANGER, STRANGER, gid_of(MANAGERS)));
}

static void members_of_the_other_group_may_look(void **state)
{
	struct bench *bench = *state;
	int stranger;

	assert_int_equal(reconfigure(bench, "control: {group: " MANAGERS
					    ", read_only_group: " VIEWERS "}\n"),
			 0);
	expect_mode(bench, 0666, 0);
	expect_everything(bench, connect_as(bench, STRANGER, STRANGER, gid_of(MANAGERS)));
	expect_a_look_only(bench, connect_as(bench, STRANGER, STRANGER, gid_of(VIEWERS)));
	expect_a_look_only(bench, connect_as(bench, STRANGER, gid_of(VIEWERS), STRANGER));
	expect_everything(bench, connect_as(bench, 0, STRANGER, gid_of(VIEWERS)));
	stranger = connect_as(bench, STRANGER, STRANGER, STRANGER);
	expect_in_line(bench, stranger, "this user may not use the control socket");
	assert_null(receive(bench, stranger));
}

static void a_group_of_viewers_alone_gives_nobody_else_the_socket(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(reconfigure(bench, "control: {read_only_group: " VIEWERS "}\n"), 0);
	expect_mode(bench, 0660, gid_of(VIEWERS));
	expect_a_look_only(bench, connect_as(bench, STRANGER, STRANGER, gid_of(VIEWERS)));
	expect_everything(bench, connect_as(bench, 0, 0, 0));
}

static void a_group_that_does_not_exist_changes_nothing(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(reconfigure(bench, "control: {group: " MANAGERS "}\n"), 0);
	assert_int_equal(reconfigure(bench, "control: {group: no-such-group}\n"), -ENOENT);
	expect_everything(bench, connect_as(bench, STRANGER, STRANGER, gid_of(MANAGERS)));
	assert_int_equal(reconfigure(bench, ""), 0);
	expect_mode(bench, 0660, 0);
	assert_int_equal(connect_as(bench, STRANGER, STRANGER, gid_of(MANAGERS)), -1);
}

/* Even when all places are taken, by clients that are not idle. */
static void root_always_gets_in(void **state)
{
	struct bench *bench = *state;
	int refused, root;

	assert_int_equal(reconfigure(bench, "control: {read_only_group: " VIEWERS "}\n"), 0);
	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		int client = connect_as(bench, STRANGER, STRANGER, gid_of(VIEWERS));

		send_text(bench, client, "{\"command\":\"events\"}\n");
	}
	refused = connect_as(bench, STRANGER, STRANGER, gid_of(VIEWERS));
	expect_line(bench, refused, "{\"error\":\"too many clients are connected\"}");
	assert_null(receive(bench, refused));
	close(refused);
	bench->client_count--;
	root = connect_as(bench, 0, 0, 0);
	expect_everything(bench, root);
	expect_in_line(bench, bench->clients[0], "this one gave way");
}

/* Root's connection is not dropped for others. */
static void others_do_not_drive_root_out(void **state)
{
	struct bench *bench = *state;
	int root;

	assert_int_equal(reconfigure(bench, "control: {read_only_group: " VIEWERS "}\n"), 0);
	root = connect_as(bench, 0, 0, 0);
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		connect_as(bench, STRANGER, STRANGER, gid_of(VIEWERS));
	expect_everything(bench, root);
	expect_in_line(bench, bench->clients[1], "this one gave way");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(without_groups_it_is_for_root),
		test(members_of_the_group_may_do_everything),
		test(members_of_the_other_group_may_look),
		test(a_group_of_viewers_alone_gives_nobody_else_the_socket),
		test(a_group_that_does_not_exist_changes_nothing),
		test(root_always_gets_in),
		test(others_do_not_drive_root_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
