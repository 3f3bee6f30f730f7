// SPDX-License-Identifier: GPL-2.0-only
#include "tests/bpf/sockets.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctl/base/address.h"
#include "tests/bpf/flows.h"

#define PATIENCE_MS 2000
#define LOST        "lost" /* the device to hosts that never answer */

/* For what must work: the message names what did not. */
static int must(int result, const char *what)
{
	if (result < 0)
		err(EXIT_FAILURE, "sockets: %s", what);
	return result;
}

static void shell(const char *command)
{
	if (system(command) != 0)
		errx(EXIT_FAILURE, "sockets: %s", command);
}

int sockets_enter(const char *const *addresses)
{
	char command[128];

	if (unshare(CLONE_NEWNET) < 0)
		return -errno;
	shell("ip link set lo up");
	for (; *addresses; addresses++) {
		snprintf(command, sizeof(command), "ip address add %s/%s dev lo %s", *addresses,
			 strchr(*addresses, ':') ? "128" : "32",
			 strchr(*addresses, ':') ? "nodad" : "");
		shell(command);
	}
	/* Not by way of lo: IPv6 makes "unreachable" of such a route. */
	shell("ip link add " LOST " type veth peer name void && ip link set void up &&"
	      "ip link set " LOST " arp off up &&"
	      "ip -4 route add default dev " LOST " && ip -6 route add default dev " LOST);
	return 0;
}

static int open_socket(const struct ip_address *address)
{
	int family = address_family(address) == FAMILY_IPV6 ? AF_INET6 : AF_INET;

	return must(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
}

static void bind_socket(int fd, const struct ip_address *address, uint16_t port)
{
	struct sockaddr_storage storage;
	socklen_t length = address_to_sockaddr(address, port, &storage);
	int on = 1;

	must(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), "SO_REUSEADDR");
	must(bind(fd, (struct sockaddr *)&storage, length), "bind");
}

static struct ip_address parsed(const char *text)
{
	struct ip_address address;

	if (address_parse(text, &address) < 0)
		errx(EXIT_FAILURE, "sockets: %s", text);
	return address;
}

int socket_listen(const char *address, uint16_t port)
{
	struct ip_address all = {0}, one;
	int both = strcmp(address, "::") == 0, fd;

	one = both ? all : parsed(address);
	fd = open_socket(&one);
	bind_socket(fd, &one, port);
	must(listen(fd, 16), "listen");
	return fd;
}

struct connection socket_connect(int listener, const struct flow *flow)
{
	struct connection connection = {.client = open_socket(&flow->client)};
	struct sockaddr_storage vip;
	socklen_t length = address_to_sockaddr(&flow->vip, ntohs(flow->vip_port), &vip);

	bind_socket(connection.client, &flow->client, ntohs(flow->client_port));
	must(connect(connection.client, (struct sockaddr *)&vip, length), "connect");
	connection.server = must(accept4(listener, NULL, NULL, SOCK_CLOEXEC), "accept");
	return connection;
}

static int tcp_state(int fd)
{
	struct tcp_info info;
	socklen_t length = sizeof(info);

	must(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length), "TCP_INFO");
	return info.tcpi_state;
}

/* By way of TCP_REPAIR, Linux 3.5. */
uint32_t socket_sent(int end)
{
	int on = TCP_REPAIR_ON, off = TCP_REPAIR_OFF, queue = TCP_SEND_QUEUE;
	uint32_t sequence;
	socklen_t length = sizeof(sequence);

	must(setsockopt(end, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)), "TCP_REPAIR");
	must(setsockopt(end, IPPROTO_TCP, TCP_REPAIR_QUEUE, &queue, sizeof(queue)), "send queue");
	must(getsockopt(end, IPPROTO_TCP, TCP_QUEUE_SEQ, &sequence, &length), "TCP_QUEUE_SEQ");
	must(setsockopt(end, IPPROTO_TCP, TCP_REPAIR, &off, sizeof(off)), "end of TCP_REPAIR");
	return sequence;
}

/* The client is in CLOSED as soon as its FIN is acknowledged, which TIME_WAIT did. */
uint32_t socket_time_wait(struct connection *connection)
{
	uint32_t fin = socket_sent(connection->server);
	char nothing;

	close(connection->server);
	must((int)read(connection->client, &nothing, 1), "end of the connection");
	must(shutdown(connection->client, SHUT_WR), "shutdown");
	for (int ms = 0; tcp_state(connection->client) != TCP_CLOSE; ms++) {
		if (ms > PATIENCE_MS)
			errx(EXIT_FAILURE, "sockets: the connection does not end");
		usleep(1000);
	}
	close(connection->client);
	*connection = (struct connection){-1, -1};
	return fin + 1;
}

/* Through a raw socket, so that there is no client that would answer the SYN-ACK. */
void socket_half_open(const struct flow *flow)
{
	int family = address_family(&flow->vip) == FAMILY_IPV6 ? AF_INET6 : AF_INET;
	int fd = must(socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW), "raw socket");
	struct sockaddr_storage vip;
	/* IPv6 wants no port there: it would be the protocol's number. */
	socklen_t length = address_to_sockaddr(&flow->vip, 0, &vip);
	struct frame frame;

	flow_tcp(&frame, flow, TH_SYN);
	must((int)sendto(fd, frame.bytes + frame.network, frame.length - frame.network, 0,
			 (struct sockaddr *)&vip, length),
	     "send a SYN");
	close(fd);
}

/* Hears what is sent to hosts that never answer, from now on. */
static int open_tap(void)
{
	struct sockaddr_ll device = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(LOST),
	};
	int fd = must(socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "packet socket");

	must(bind(fd, (struct sockaddr *)&device, sizeof(device)), "bind to " LOST);
	return fd;
}

/* Whether a packet is the SYN-ACK of the flow; then its sequence number. */
static int is_answer(const uint8_t *packet, ssize_t length, const struct flow *flow,
		     uint32_t *number)
{
	size_t header = address_family(&flow->vip) == FAMILY_IPV6 ? 40 : 20;
	const uint8_t *tcp = packet + header;

	if (length < (ssize_t)(header + TCP_LENGTH) || packet[0] >> 4 != (header == 40 ? 6 : 4) ||
	    get_be16(tcp) != ntohs(flow->vip_port) ||
	    get_be16(tcp + 2) != ntohs(flow->client_port) || tcp[TCP_FLAGS] != (TH_SYN | TH_ACK))
		return 0;
	*number = (uint32_t)get_be16(tcp + TCP_SEQUENCE) << 16 | get_be16(tcp + TCP_SEQUENCE + 2);
	return 1;
}

static uint32_t wait_for_answer(int tap, const struct flow *flow)
{
	struct pollfd waiting = {.fd = tap, .events = POLLIN};
	uint8_t packet[2048];
	uint32_t number;

	while (poll(&waiting, 1, PATIENCE_MS) == 1) {
		ssize_t length = recv(tap, packet, sizeof(packet), 0);

		if (is_answer(packet, length, flow, &number))
			return number;
	}
	errx(EXIT_FAILURE, "sockets: no SYN-ACK came");
}

static void set_syncookies(const char *value)
{
	FILE *file = fopen("/proc/sys/net/ipv4/tcp_syncookies", "we");

	if (!file || fputs(value, file) < 0 || fclose(file) != 0)
		err(EXIT_FAILURE, "sockets: tcp_syncookies");
}

uint32_t socket_cookie(const struct flow *flow)
{
	int tap = open_tap();
	uint32_t cookie;

	set_syncookies("2"); /* always, and not only under a flood */
	socket_half_open(flow);
	cookie = wait_for_answer(tap, flow);
	set_syncookies("1");
	close(tap);
	return cookie;
}
