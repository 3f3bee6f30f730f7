// SPDX-License-Identifier: GPL-2.0-only
/* Which sockets wait for somebody, of a real kernel in a namespace of our own. Needs root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctl/base/address.h"
#include "ctl/listeners/listeners.h"

static struct listeners listeners;

static int set_up(void **state)
{
	static bool entered;

	*state = NULL;
	if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0)
		return 0;
	if (system("ip link set lo up && ip addr add 10.77.0.101/32 dev lo &&"
		   "ip link add eth0 type veth peer name far") != 0)
		return -1;
	*state = &entered;
	return 0;
}

static void open_socket(int type, const char *text, uint16_t port, bool only_ipv6,
			const char *device)
{
	struct ip_address where;
	struct sockaddr_storage storage;
	socklen_t length;
	int only = only_ipv6, fd;

	assert_int_equal(address_parse(text, &where), 0);
	length = address_to_sockaddr(&where, port, &storage);
	fd = socket(storage.ss_family, type | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only));
	if (device)
		assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device,
					    (socklen_t)strlen(device)),
				 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&storage, length), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 1), 0);
}

static size_t found(const char *text, uint16_t port, uint8_t protocol)
{
	struct ip_address address;
	size_t count = 0;

	assert_int_equal(address_parse(text, &address), 0);
	for (size_t i = 0; i < listeners.count; i++) {
		const struct listener *listener = &listeners.list[i];

		count += address_equal(&listener->address, &address) && listener->port == port &&
			 listener->protocol == protocol;
	}
	return count;
}

static void each_socket_is_found(void **state)
{
	if (!*state)
		skip();
	open_socket(SOCK_STREAM, "0.0.0.0", 80, false, NULL);
	open_socket(SOCK_STREAM, "::", 443, false, NULL);
	open_socket(SOCK_STREAM, "::", 8080, true, NULL);
	open_socket(SOCK_STREAM, "10.77.0.101", 8443, false, NULL);
	open_socket(SOCK_DGRAM, "0.0.0.0", 443, false, NULL);
	open_socket(SOCK_STREAM, "0.0.0.0", 81, false, "eth0");
	open_socket(SOCK_STREAM, "0.0.0.0", 82, false, "far");
	assert_int_equal(listeners_read(&listeners, if_nametoindex("eth0")), 0);
	assert_int_equal(found("0.0.0.0", 80, IPPROTO_TCP), 1);
	assert_int_equal(found("::", 80, IPPROTO_TCP), 0);
	assert_int_equal(found("::", 443, IPPROTO_TCP), 1);
	assert_int_equal(found("0.0.0.0", 443, IPPROTO_TCP), 1); /* by the same socket */
	assert_int_equal(found("::", 8080, IPPROTO_TCP), 1);
	assert_int_equal(found("0.0.0.0", 8080, IPPROTO_TCP), 0);
	assert_int_equal(found("10.77.0.101", 8443, IPPROTO_TCP), 1);
	assert_int_equal(found("0.0.0.0", 81, IPPROTO_TCP), 1);
	assert_int_equal(found("0.0.0.0", 82, IPPROTO_TCP), 0);
	if (!listeners.without_udp)
		assert_int_equal(found("0.0.0.0", 443, IPPROTO_UDP), 1);
	listeners_free(&listeners);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_socket_is_found),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
