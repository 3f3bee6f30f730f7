// SPDX-License-Identifier: GPL-2.0-only
/*
 * An attacker: sends the frames on standard input (a line of hexadecimal each) in turn, as they
 * are, at a rate that scapy cannot reach. Past the queueing discipline, so that what was sent was
 * sent. Prints JSON: how many frames, and in what time.
 *
 *	flood [-r FRAMES_PER_SECOND] [-n FRAMES] INTERFACE <FRAMES
 */
#include <err.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "probing.h"

#define MAX_FRAMES 1024
#define MAX_BATCH  64

struct frame {
	uint8_t bytes[ETH_FRAME_LEN];
	size_t length;
};

static struct frame frames[MAX_FRAMES];
static size_t frame_count;

static void frame_read(const char *line)
{
	struct frame *frame = &frames[frame_count];

	if (frame_count++ == MAX_FRAMES)
		errx(EXIT_FAILURE, "more than %d frames", MAX_FRAMES);
	while (sscanf(line, "%2hhx", &frame->bytes[frame->length]) == 1) {
		if (++frame->length == sizeof(frame->bytes))
			errx(EXIT_FAILURE, "a frame of more than %d bytes", ETH_FRAME_LEN - 1);
		line += 2;
	}
	if (frame->length < sizeof(struct ether_header))
		errx(EXIT_FAILURE, "a frame is too short");
}

static void frames_read(void)
{
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, stdin) > 0)
		frame_read(line);
	free(line);
	if (!frame_count)
		errx(EXIT_FAILURE, "no frame on standard input");
}

static int socket_open(const char *interface)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET};
	int fd = socket(AF_PACKET, SOCK_RAW, 0);
	int on = 1;

	address.sll_ifindex = (int)if_nametoindex(interface);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)))
		err(EXIT_FAILURE, "%s: cannot open a packet socket", interface);
	return fd;
}

/* Sends up to @count frames, beginning with the one after @sent; returns how many. */
static uint64_t batch_send(int fd, uint64_t sent, uint64_t count)
{
	struct mmsghdr messages[MAX_BATCH] = {0};
	struct iovec vectors[MAX_BATCH];
	unsigned int size = count < MAX_BATCH ? (unsigned int)count : MAX_BATCH;
	unsigned int i;
	int result;

	for (i = 0; i < size; i++) {
		struct frame *frame = &frames[(sent + i) % frame_count];

		vectors[i] = (struct iovec){frame->bytes, frame->length};
		messages[i].msg_hdr.msg_iov = &vectors[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	result = sendmmsg(fd, messages, size, 0);
	if (result < 0 && errno != ENOBUFS && errno != EINTR)
		err(EXIT_FAILURE, "cannot send");
	return result > 0 ? (uint64_t)result : 0;
}

static void sleep_until(uint64_t moment)
{
	struct timespec wait;

	if (probing_wait(moment, &wait))
		nanosleep(&wait, NULL);
}

/* How many frames should have been sent @elapsed ns after the beginning. */
static uint64_t frames_due(uint64_t rate, uint64_t elapsed)
{
	return 1 + (uint64_t)((double)elapsed * (double)rate / 1e9);
}

static uint64_t flood(int fd, uint64_t rate, uint64_t total)
{
	uint64_t began = clock_now();
	uint64_t sent = 0;

	while (sent < total && !probing_stopped) {
		uint64_t due = frames_due(rate, clock_now() - began);

		if (due > total)
			due = total;
		if (sent < due)
			sent += batch_send(fd, sent, due - sent);
		else
			sleep_until(began + (uint64_t)((double)sent * 1e9 / (double)rate));
	}
	return sent;
}

int main(int argc, char **argv)
{
	uint64_t rate = 100;
	uint64_t total = 0;
	uint64_t began, sent;
	int option, fd;

	while ((option = getopt(argc, argv, "r:n:")) != -1) {
		if (option == 'r')
			rate = strtoull(optarg, NULL, 10);
		else if (option == 'n')
			total = strtoull(optarg, NULL, 10);
		else
			return EXIT_FAILURE;
	}
	if (argc - optind != 1 || rate == 0)
		errx(EXIT_FAILURE,
		     "usage: flood [-r FRAMES_PER_SECOND] [-n FRAMES] INTERFACE <FRAMES");
	frames_read();
	fd = socket_open(argv[optind]);
	signal(SIGINT, probing_stop);
	signal(SIGTERM, probing_stop);
	began = clock_now();
	sent = flood(fd, rate, total ? total : frame_count);
	printf("{\"sent\": %llu, \"seconds\": %.6f}\n", (unsigned long long)sent,
	       (double)(clock_now() - began) / 1e9);
	return EXIT_SUCCESS;
}
