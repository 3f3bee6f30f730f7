// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ctl/base/address.h"
#include "tests/host/net_fixture.h"

#define PATIENCE (2 * NS_PER_S) /* the kernel does some of it after it has answered */

static char captured[16384];

void run(const char *command)
{
	if (system(command) != 0)
		fail_msg("%s", command);
}

const char *output(const char *command)
{
	FILE *pipe = popen(command, "re");

	assert_non_null(pipe);
	captured[fread(captured, 1, sizeof(captured) - 1, pipe)] = '\0';
	assert_int_equal(pclose(pipe), 0);
	return captured;
}

const char *fixture_state(void)
{
	return output("ip addr show && ip maddr show && ip -4 rule && ip -6 rule &&"
		      "ip -4 route show table all && ip -6 route show table all &&"
		      "cd /proc/sys/net/ipv4/conf/eth0 && grep . arp_announce arp_ignore");
}

void fixture_wait_for_vips(const struct fixture *fixture)
{
	char text[ADDRESS_TEXT_MAX], command[128];

	for (size_t i = 0; i < fixture->instance.vip_count; i++) {
		bool ipv4 = address_family(&fixture->vips[i]) == FAMILY_IPV4;

		snprintf(command, sizeof(command),
			 "for try in $(seq 200); do ip %s route show table local |"
			 "grep -q '^local %s dev lo' && exit; sleep 0.05; done; exit 1",
			 ipv4 ? "-4" : "-6", address_format(&fixture->vips[i], text));
		run(command);
	}
}

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

void assert_state(const char *expected)
{
	const char *state = fixture_state();
	uint64_t deadline = clock_now() + PATIENCE;
	char directory[] = "/tmp/vipd-state-XXXXXX", command[256];

	while (strcmp(state, expected) != 0 && clock_now() < deadline) {
		usleep(20000);
		state = fixture_state();
	}
	if (strcmp(state, expected) == 0)
		return;
	assert_non_null(mkdtemp(directory));
	snprintf(command, sizeof(command), "%s/found", directory);
	write_text(command, state);
	snprintf(command, sizeof(command), "%s/expected", directory);
	write_text(command, expected);
	snprintf(command, sizeof(command), "diff -u %s/expected %s/found; rm -r %s", directory,
		 directory, directory);
	fail_msg("the host is not as it should be:\n%s", output(command));
}

void assert_prints(const char *command, const char *text)
{
	const char *printed = output(command);

	if (!strstr(printed, text))
		fail_msg("%s does not print \"%s\", but:\n%s", command, text, printed);
}

void assert_prints_no(const char *command, const char *text)
{
	const char *printed = output(command);

	if (strstr(printed, text))
		fail_msg("%s prints \"%s\":\n%s", command, text, printed);
}

void fixture_vips(struct fixture *fixture, const char *const *vips)
{
	size_t count = 0;

	for (; vips[count]; count++)
		assert_int_equal(address_parse(vips[count], &fixture->vips[count]), 0);
	fixture->instance.vip_count = count;
}

int fixture_apply(struct fixture *fixture, const struct config *config)
{
	struct net_plan *plan = NULL;
	int error = net_prepare(fixture->net, config, &plan);

	if (error == 0)
		net_commit(fixture->net, plan);
	return error;
}

static struct ip_address address(const char *text)
{
	struct ip_address parsed;

	assert_int_equal(address_parse(text, &parsed), 0);
	return parsed;
}

static void configure(struct fixture *fixture)
{
	static const char *const vips[] = {"10.77.0.100", "10.77.0.101", "fd77::101", NULL};

	fixture->self = (struct config_peer){
		.name = "n1",
		.address = address("10.77.0.11"),
		.address6 = address("fd77::11"),
	};
	fixture->instance = (struct config_instance){.name = "blue", .vips = fixture->vips};
	fixture->config = (struct config){
		.interface = "eth0",
		.gateway4 = address("10.77.0.1"),
		.gateway6 = address("fd77::1"),
		.routing_table = 112,
		.peers = &fixture->self,
		.peer_count = 1,
		.instances = &fixture->instance,
		.instance_count = 1,
	};
	fixture_vips(fixture, vips);
}

/* Without link-local addresses, for those come and go by themselves. */
static void build_network(void)
{
	run("ip link set lo up && ip link add eth0 type veth peer name switch &&"
	    "ip link set switch addrgenmode none up && ip link set eth0 addrgenmode none up &&"
	    "ip addr add 10.77.0.11/24 dev eth0 && ip addr add fd77::11/64 dev eth0 nodad &&"
	    "sysctl -qw net.ipv6.conf.all.keep_addr_on_down=1");
	/* The kernel sees a carrier, and joins an address's group, a moment later. */
	run("for try in $(seq 200); do "
	    "[ $(ip link show | grep -c '<BROADCAST.*state UP') = 2 ] && "
	    "ip maddr show dev eth0 | grep -q ff02::1:ff00:11 && exit; sleep 0.05; done; exit 1");
}

int fixture_enter(void **state)
{
	struct fixture *fixture;

	*state = NULL;
	if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0)
		return 0;
	build_network();
	fixture = calloc(1, sizeof(*fixture));
	if (!fixture)
		return -1;
	strcpy(fixture->directory, "/tmp/vipd-net-XXXXXX");
	if (!mkdtemp(fixture->directory))
		return -1;
	snprintf(fixture->journal, sizeof(fixture->journal), "%s/journal", fixture->directory);
	*state = fixture;
	configure(fixture);
	strcpy(fixture->before, fixture_state());
	return 0;
}

/* Fails when anything but the journal is left in the directory. */
int fixture_leave(void **state)
{
	struct fixture *fixture = *state;
	int error;

	if (!fixture)
		return 0;
	net_close(fixture->net);
	unlink(fixture->journal);
	error = rmdir(fixture->directory);
	free(fixture);
	/* The namespace goes when the next test enters its own, or the program ends. */
	return error;
}

struct fixture *fixture_from(void **state)
{
	if (!*state)
		skip();
	return *state;
}

static int log_file = -1, log_before = -1;

void log_begin(void)
{
	log_file = memfd_create("log", MFD_CLOEXEC);
	log_before = dup(STDERR_FILENO);
	dup2(log_file, STDERR_FILENO);
}

const char *log_end(void)
{
	static char text[8192];
	ssize_t length = pread(log_file, text, sizeof(text) - 1, 0);

	dup2(log_before, STDERR_FILENO);
	close(log_before);
	close(log_file);
	text[length < 0 ? 0 : length] = '\0';
	return text;
}
