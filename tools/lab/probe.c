// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a client sees of a failover: an echo request to each address every millisecond, and for each
 * the longest time without an answer. Any kernel answers an echo request, so this measures the
 * network and not the application behind it. Prints JSON when told to stop or when the time is up.
 *
 *	probe [-d SECONDS] [-i MICROSECONDS] ADDRESS...
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probing.h"

#define MAX_TARGETS 64

/* Answers that are on their way when the last request has been sent. */
#define LINGER (300 * NS_PER_MS)

/* ICMP and ICMPv6 echo have the same shape (RFC 792, RFC 4443 section 4.1). */
struct echo {
	uint8_t type;
	uint8_t code;
	__be16 checksum;
	__be16 identifier;
	__be16 sequence;
	uint32_t round; /* ours alone: host order */
};

struct target {
	const char *address;
	int family;
	int socket; /* connected, so that it hears this address only */
	uint64_t sent;
	uint64_t received;
	uint32_t last_round;
	uint64_t last_answer; /* CLOCK_REALTIME ns, as the kernel's receive timestamps */
	uint64_t longest_gap; /* ns */
	uint64_t gap_began;   /* CLOCK_REALTIME ns */
};

static struct target targets[MAX_TARGETS];
static size_t target_count;
static uint16_t identifier;
/* Only echo replies are to wake us. */
static int filter_set(int fd, int family)
{
	if (family == AF_INET) {
		struct icmp_filter filter = {.data = ~(1U << ICMP_ECHOREPLY)};

		return setsockopt(fd, SOL_RAW, ICMP_FILTER, &filter, sizeof(filter));
	}
	struct icmp6_filter filter;

	ICMP6_FILTER_SETBLOCKALL(&filter);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
	return setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof(filter));
}

static void target_open(struct target *target, const char *address)
{
	struct sockaddr_in remote4 = {.sin_family = AF_INET};
	struct sockaddr_in6 remote6 = {.sin6_family = AF_INET6};
	const struct sockaddr *remote;
	socklen_t length;
	int protocol;
	int on = 1;

	if (inet_pton(AF_INET, address, &remote4.sin_addr) == 1) {
		remote = (const struct sockaddr *)&remote4;
		length = sizeof(remote4);
		protocol = IPPROTO_ICMP;
	} else if (inet_pton(AF_INET6, address, &remote6.sin6_addr) == 1) {
		remote = (const struct sockaddr *)&remote6;
		length = sizeof(remote6);
		protocol = IPPROTO_ICMPV6;
	} else {
		errx(EXIT_FAILURE, "%s: not an IP address", address);
	}
	target->address = address;
	target->family = remote->sa_family;
	target->socket = socket(remote->sa_family, SOCK_RAW | SOCK_NONBLOCK, protocol);
	if (target->socket < 0 || filter_set(target->socket, target->family) ||
	    setsockopt(target->socket, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) ||
	    connect(target->socket, remote, length))
		err(EXIT_FAILURE, "%s: cannot open a raw socket", address);
}

/* A request that cannot be sent (no route, a full queue) is a lost one. */
static void target_send(struct target *target, uint32_t round)
{
	struct echo request = {
		.type = target->family == AF_INET ? ICMP_ECHO : ICMP6_ECHO_REQUEST,
		.identifier = htons(identifier),
		.sequence = htons((uint16_t)round),
		.round = round,
	};

	if (target->family == AF_INET)
		request.checksum = checksum_fold(checksum_add(0, &request, sizeof(request)));
	target->sent++;
	(void)!send(target->socket, &request, sizeof(request), 0);
}

static void gap_note(struct target *target, uint64_t until)
{
	uint64_t gap = until > target->last_answer ? until - target->last_answer : 0;

	if (gap > target->longest_gap) {
		target->longest_gap = gap;
		target->gap_began = target->last_answer;
	}
}

static uint64_t received_at(struct msghdr *message)
{
	struct cmsghdr *control;

	for (control = CMSG_FIRSTHDR(message); control; control = CMSG_NXTHDR(message, control)) {
		struct timespec stamp;

		if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&stamp, CMSG_DATA(control), sizeof(stamp));
		return (uint64_t)stamp.tv_sec * NS_PER_S + (uint64_t)stamp.tv_nsec;
	}
	return clock_wall();
}

/* Returns false when there is nothing more to receive. */
static bool target_receive(struct target *target)
{
	uint8_t packet[512];
	uint8_t control[256];
	struct iovec vector = {.iov_base = packet, .iov_len = sizeof(packet)};
	struct msghdr message = {
		.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t length = recvmsg(target->socket, &message, 0);
	size_t header = target->family == AF_INET ? (size_t)(packet[0] & 0x0f) * 4 : 0;
	struct echo answer;
	uint64_t now;

	if (length < 0)
		return errno == EINTR;
	if ((size_t)length < header + sizeof(answer))
		return true;
	memcpy(&answer, packet + header, sizeof(answer));
	if (answer.identifier != htons(identifier) || answer.round <= target->last_round)
		return true;
	now = received_at(&message);
	gap_note(target, now);
	target->last_answer = now;
	target->last_round = answer.round;
	target->received++;
	return true;
}

static void receive_until(uint64_t deadline)
{
	struct pollfd polled[MAX_TARGETS];
	struct timespec wait;
	size_t i;

	for (i = 0; i < target_count; i++)
		polled[i] = (struct pollfd){.fd = targets[i].socket, .events = POLLIN};
	while (probing_wait(deadline, &wait)) {
		if (ppoll(polled, target_count, &wait, NULL) <= 0)
			continue;
		for (i = 0; i < target_count; i++)
			while ((polled[i].revents & (POLLIN | POLLERR)) &&
			       target_receive(&targets[i]))
				;
	}
}

static void probe(uint64_t interval, uint64_t duration)
{
	uint64_t end = duration ? clock_now() + duration : NEVER;
	uint64_t next = clock_now();
	uint32_t round = 0;
	size_t i;

	while (!probing_stopped && next < end) {
		round++;
		for (i = 0; i < target_count; i++)
			target_send(&targets[i], round);
		next = probing_next(next, interval);
		receive_until(next);
	}
}

static void report(uint64_t began, uint64_t ended)
{
	size_t i;

	printf("{\"seconds\": %.3f, \"targets\": [", (double)(ended - began) / 1e9);
	for (i = 0; i < target_count; i++) {
		struct target *target = &targets[i];

		gap_note(target, ended);
		printf("%s\n  {\"address\": \"%s\", \"sent\": %llu, \"received\": %llu, "
		       "\"lost\": %llu, \"longest_gap_ms\": %.3f, \"gap_began_s\": %.3f}",
		       i ? "," : "", target->address, (unsigned long long)target->sent,
		       (unsigned long long)target->received,
		       (unsigned long long)(target->sent - target->received),
		       (double)target->longest_gap / 1e6,
		       (double)(target->gap_began - began) / 1e9);
	}
	printf("]}\n");
}

int main(int argc, char **argv)
{
	uint64_t interval = NS_PER_MS;
	uint64_t duration = 0;
	uint64_t began, ended;
	int option;
	size_t i;

	while ((option = getopt(argc, argv, "d:i:")) != -1) {
		if (option == 'd')
			duration = (uint64_t)(strtod(optarg, NULL) * 1e9);
		else if (option == 'i')
			interval = strtoull(optarg, NULL, 10) * NS_PER_US;
		else
			return EXIT_FAILURE;
	}
	if (optind == argc || argc - optind > MAX_TARGETS || interval == 0)
		errx(EXIT_FAILURE, "usage: probe [-d SECONDS] [-i MICROSECONDS] ADDRESS...");
	identifier = (uint16_t)getpid();
	for (; optind < argc; optind++)
		target_open(&targets[target_count++], argv[optind]);
	probing_start();

	began = clock_wall();
	for (i = 0; i < target_count; i++)
		targets[i].last_answer = began;
	probe(interval, duration);
	ended = clock_wall();
	receive_until(clock_now() + LINGER);
	report(began, ended);
	return EXIT_SUCCESS;
}
