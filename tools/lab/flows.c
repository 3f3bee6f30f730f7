// SPDX-License-Identifier: GPL-2.0-only
/*
 * What clients see of steering: connections that are kept and asked over and over, and new ones all
 * the while, for one request each. The server says which node it is and whom it sees; a connection
 * that ends before we end it, is silent for too long, or answers anything but 200, has failed.
 * Says "ready" when each kept connection has had an answer, and prints JSON when told to stop or
 * when the time is up. Times are CLOCK_MONOTONIC seconds, for others to compare with.
 *
 *	flows [-k KEPT] [-i MILLISECONDS] [-r NEW_PER_SECOND] [-t TIMEOUT_S] [-d SECONDS] ADDRESS...
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctl/base/clock.h"

#define PORT        80
#define MAX_TARGETS 64
#define MAX_NODES   64
#define MAX_FRESH   16384 /* that wait for an answer at once */
#define MAX_EVENTS  512
#define TICK        (5 * NS_PER_MS)

/* Kept connections are opened this many a tick: 2,000 a second. */
#define OPENED_A_TICK 10

enum stage { STAGE_UNUSED, STAGE_CONNECTING, STAGE_ASKED, STAGE_IDLE, STAGE_FAILED };

struct target {
	const char *text;
	struct sockaddr_storage address;
	socklen_t length;
};

struct flow {
	int socket;
	enum stage stage;
	bool kept;
	const struct target *target;
	struct sockaddr_storage source;
	int node;            /* into node_names; -1: no answer yet */
	uint64_t began;      /* ns */
	uint64_t asked;      /* ns; for a new connection when it began */
	uint64_t answered;   /* ns */
	uint64_t failed;     /* ns */
	const char *failure; /* NULL: none */
	size_t received;
	char answer[1024];
};

/* What became of all flows of one kind. */
struct tally {
	uint64_t opened;
	uint64_t answers;
	uint64_t foreign; /* answers that name another client address than ours */
	uint64_t slowest; /* ns */
	uint64_t by_node[MAX_NODES];
};

static struct target targets[MAX_TARGETS];
static size_t target_count;
static char node_names[MAX_NODES][16];
static int node_count;

static struct flow *kept_flows;
static size_t kept_count;
static struct flow *fresh_flows;
static struct flow *failures; /* of new connections */
static size_t failure_count;
static struct tally kept_tally, fresh_tally;

static uint64_t interval = 500 * NS_PER_MS;
static uint64_t timeout = 5 * NS_PER_S;
static int events_fd;
static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static struct tally *tally_of(const struct flow *flow)
{
	return flow->kept ? &kept_tally : &fresh_tally;
}

static void target_add(const char *text)
{
	struct target *target = &targets[target_count++];
	struct sockaddr_in *ipv4 = (struct sockaddr_in *)&target->address;
	struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)&target->address;

	target->text = text;
	if (inet_pton(AF_INET, text, &ipv4->sin_addr) == 1) {
		ipv4->sin_family = AF_INET;
		ipv4->sin_port = htons(PORT);
		target->length = sizeof(*ipv4);
	} else if (inet_pton(AF_INET6, text, &ipv6->sin6_addr) == 1) {
		ipv6->sin6_family = AF_INET6;
		ipv6->sin6_port = htons(PORT);
		target->length = sizeof(*ipv6);
	} else {
		errx(EXIT_FAILURE, "%s: not an IP address", text);
	}
}

/* The index of a node's name; a new one is remembered. */
static int node_index(const char *name, size_t length)
{
	int i;

	if (length >= sizeof(node_names[0]))
		length = sizeof(node_names[0]) - 1;
	for (i = 0; i < node_count; i++)
		if (strncmp(node_names[i], name, length) == 0 && !node_names[i][length])
			return i;
	if (node_count == MAX_NODES)
		errx(EXIT_FAILURE, "more than %d different nodes answer", MAX_NODES);
	memcpy(node_names[node_count], name, length);
	return node_count++;
}

/* A flow's life. */

static void flow_close(struct flow *flow)
{
	if (flow->socket >= 0)
		close(flow->socket); /* which takes it out of the epoll set */
	flow->socket = -1;
	flow->stage = STAGE_UNUSED;
}

static void flow_fail(struct flow *flow, const char *why)
{
	flow->failure = why;
	flow->failed = clock_now();
	flow_close(flow);
	flow->stage = STAGE_FAILED;
	if (flow->kept)
		return;
	failures = reallocarray(failures, failure_count + 1, sizeof(*failures));
	if (!failures)
		err(EXIT_FAILURE, "cannot remember a failure");
	failures[failure_count++] = *flow;
	flow->stage = STAGE_UNUSED;
}

static const char *failure_name(int error)
{
	switch (error) {
	case ECONNRESET:
		return "reset";
	case ECONNREFUSED:
		return "refused";
	case ETIMEDOUT:
		return "timeout";
	case EHOSTUNREACH:
	case ENETUNREACH:
		return "unreachable";
	default:
		return strerrorname_np(error);
	}
}

static void flow_open(struct flow *flow, const struct target *target, bool kept)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = flow};

	*flow = (struct flow){.target = target, .kept = kept, .node = -1};
	flow->began = flow->asked = clock_now();
	flow->stage = STAGE_CONNECTING;
	tally_of(flow)->opened++;
	flow->socket = socket(target->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
			      IPPROTO_TCP);
	if (flow->socket < 0 || epoll_ctl(events_fd, EPOLL_CTL_ADD, flow->socket, &event))
		err(EXIT_FAILURE, "cannot open a connection");
	if (connect(flow->socket, (const struct sockaddr *)&target->address, target->length) &&
	    errno != EINPROGRESS)
		flow_fail(flow, failure_name(errno));
}

/*
 * A new connection is ended by us, not by the server, so that it is our kernel that remembers it
 * for a minute and does not use the same port again meanwhile.
 */
static void flow_ask(struct flow *flow)
{
	static const char request[] = "GET / HTTP/1.1\r\nHost: lab\r\n\r\n";
	const ssize_t length = sizeof(request) - 1;

	if (flow->answered)
		flow->asked = clock_now();
	flow->received = 0;
	flow->stage = STAGE_ASKED;
	if (send(flow->socket, request, (size_t)length, MSG_NOSIGNAL) != length)
		flow_fail(flow, failure_name(errno));
}

static void flow_connected(struct flow *flow)
{
	socklen_t length = sizeof(flow->source);
	int error = 0;
	socklen_t error_length = sizeof(error);

	getsockopt(flow->socket, SOL_SOCKET, SO_ERROR, &error, &error_length);
	if (error) {
		flow_fail(flow, failure_name(error));
		return;
	}
	getsockname(flow->socket, (struct sockaddr *)&flow->source, &length);
	flow_ask(flow);
}

/* The body of a whole answer; NULL as long as some of it is missing. */
static const char *answer_body(const struct flow *flow)
{
	const char *header = strcasestr(flow->answer, "\r\nContent-Length:");
	const char *end = strstr(flow->answer, "\r\n\r\n");
	size_t length;

	if (!end || !header || header > end)
		return NULL;
	length = strtoul(header + strlen("\r\nContent-Length:"), NULL, 10);
	end += strlen("\r\n\r\n");
	return flow->received >= (size_t)(end - flow->answer) + length ? end : NULL;
}

static void source_text(const struct flow *flow, char *text, socklen_t size)
{
	const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)&flow->source;
	const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)&flow->source;

	if (flow->source.ss_family == AF_INET6)
		inet_ntop(AF_INET6, &ipv6->sin6_addr, text, size);
	else
		inet_ntop(AF_INET, &ipv4->sin_addr, text, size);
}

static void flow_note_answer(struct flow *flow, const char *body)
{
	struct tally *tally = tally_of(flow);
	char source[INET6_ADDRSTRLEN];
	const char *seen = strchr(body, ' ');

	flow->answered = clock_now();
	if (flow->answered - flow->asked > tally->slowest)
		tally->slowest = flow->answered - flow->asked;
	flow->node = node_index(body, seen ? (size_t)(seen - body) : strcspn(body, "\n"));
	tally->answers++;
	tally->by_node[flow->node]++;
	source_text(flow, source, sizeof(source));
	if (!seen || strncmp(seen, " answers ", 9) != 0 ||
	    strncmp(seen + 9, source, strlen(source)) != 0 || seen[9 + strlen(source)] != '\n')
		tally->foreign++;
}

static void flow_answered(struct flow *flow, const char *body)
{
	if (strncmp(flow->answer, "HTTP/1.1 200 ", 13) != 0) {
		flow_fail(flow, "status");
		return;
	}
	flow_note_answer(flow, body);
	flow->stage = STAGE_IDLE;
	if (!flow->kept)
		flow_close(flow);
}

static void flow_receive(struct flow *flow)
{
	while (flow->stage == STAGE_ASKED || flow->stage == STAGE_IDLE) {
		size_t room = sizeof(flow->answer) - 1 - flow->received;
		ssize_t length = recv(flow->socket, flow->answer + flow->received, room, 0);
		const char *body;

		if (length < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (length <= 0) {
			flow_fail(flow, length < 0 ? failure_name(errno)
					: room     ? "closed"
						   : "too long an answer");
			return;
		}
		flow->received += (size_t)length;
		flow->answer[flow->received] = '\0';
		body = answer_body(flow);
		if (body)
			flow_answered(flow, body);
	}
}

static void flow_event(struct flow *flow)
{
	if (flow->stage == STAGE_CONNECTING)
		flow_connected(flow);
	if (flow->stage == STAGE_ASKED || flow->stage == STAGE_IDLE)
		flow_receive(flow);
}

/* Returns whether it waits for an answer. */
static bool flow_tick(struct flow *flow, uint64_t now, bool ask)
{
	bool waits = flow->stage == STAGE_CONNECTING || flow->stage == STAGE_ASKED;

	if (waits && now > flow->asked + timeout)
		flow_fail(flow, "timeout");
	else if (ask && flow->stage == STAGE_IDLE && now >= flow->answered + interval)
		flow_ask(flow);
	return waits;
}

/* All flows. */

static bool flows_tick(uint64_t now, bool ask)
{
	bool waiting = false;
	size_t i;

	for (i = 0; i < kept_count; i++)
		waiting |= flow_tick(&kept_flows[i], now, ask);
	for (i = 0; i < MAX_FRESH; i++)
		waiting |= flow_tick(&fresh_flows[i], now, false);
	return waiting;
}

static void flows_receive(uint64_t until)
{
	struct epoll_event events[MAX_EVENTS];
	uint64_t now;
	int count, i;

	while ((now = clock_now()) < until) {
		int wait = (int)((until - now + NS_PER_MS - 1) / NS_PER_MS);

		count = epoll_wait(events_fd, events, MAX_EVENTS, wait);
		for (i = 0; i < count; i++)
			flow_event(events[i].data.ptr);
	}
}

static void kept_open(void)
{
	static size_t opened;
	size_t i;

	for (i = 0; i < OPENED_A_TICK && opened < kept_count; i++, opened++)
		flow_open(&kept_flows[opened], &targets[opened % target_count], true);
}

static bool kept_all_answered(void)
{
	size_t i;

	for (i = 0; i < kept_count; i++)
		if (kept_flows[i].node < 0 && kept_flows[i].stage != STAGE_FAILED)
			return false;
	return true;
}

/* As many as are due at this rate; a slot in use is passed over. */
static void fresh_open(uint64_t elapsed, uint64_t rate)
{
	static size_t slot;
	uint64_t due = elapsed * rate / NS_PER_S;
	size_t tries;

	for (tries = 0; fresh_tally.opened < due; slot = (slot + 1) % MAX_FRESH) {
		if (tries++ == MAX_FRESH)
			errx(EXIT_FAILURE, "%d new connections wait for an answer", MAX_FRESH);
		if (fresh_flows[slot].stage == STAGE_UNUSED)
			flow_open(&fresh_flows[slot], &targets[fresh_tally.opened % target_count],
				  false);
	}
}

static void flows_run(uint64_t rate, uint64_t duration)
{
	uint64_t began = clock_now();
	uint64_t end = duration ? began + duration : NEVER;
	uint64_t ready = 0;
	uint64_t now;

	while (!stopped && (now = clock_now()) < end) {
		if (!ready && kept_all_answered()) {
			ready = now;
			printf("ready\n");
			fflush(stdout);
		}
		kept_open();
		if (ready)
			fresh_open(now - ready, rate);
		flows_tick(now, true);
		flows_receive(now + TICK);
	}
	while (flows_tick(clock_now(), false))
		flows_receive(clock_now() + TICK);
}

/* The report. */

static double seconds(uint64_t time)
{
	return (double)time / 1e9;
}

static void report_flow(const struct flow *flow, const char *separator)
{
	const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)&flow->source;
	char source[INET6_ADDRSTRLEN] = "";

	/* The port is at the same place in both families' addresses. */
	if (flow->source.ss_family != AF_UNSPEC)
		source_text(flow, source, sizeof(source));
	printf("%s\n    {\"source\": \"%s\", \"port\": %u, \"target\": \"%s\", \"node\": \"%s\", "
	       "\"failure\": \"%s\", \"began\": %.6f, \"failed\": %.6f}",
	       separator, source, ntohs(ipv4->sin_port), flow->target->text,
	       flow->node < 0 ? "" : node_names[flow->node], flow->failure ? flow->failure : "",
	       seconds(flow->began), seconds(flow->failed));
}

static void report_tally(const char *name, const struct tally *tally)
{
	int i;

	printf(" \"%s\": {\"opened\": %llu, \"answers\": %llu, \"foreign\": %llu, "
	       "\"slowest_ms\": %.1f, \"by_node\": {",
	       name, (unsigned long long)tally->opened, (unsigned long long)tally->answers,
	       (unsigned long long)tally->foreign, seconds(tally->slowest) * 1e3);
	for (i = 0; i < node_count; i++)
		printf("%s\"%s\": %llu", i ? ", " : "", node_names[i],
		       (unsigned long long)tally->by_node[i]);
	printf("}},\n");
}

static void report(void)
{
	size_t i;

	printf("{\n");
	report_tally("kept", &kept_tally);
	report_tally("fresh", &fresh_tally);
	printf(" \"kept_flows\": [");
	for (i = 0; i < kept_count; i++)
		report_flow(&kept_flows[i], i ? "," : "");
	printf("],\n \"fresh_failures\": [");
	for (i = 0; i < failure_count; i++)
		report_flow(&failures[i], i ? "," : "");
	printf("]}\n");
}

static void flows_prepare(void)
{
	struct rlimit limit;
	size_t i;

	signal(SIGINT, stop);
	signal(SIGTERM, stop);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	events_fd = epoll_create1(EPOLL_CLOEXEC);
	kept_flows = calloc(kept_count + 1, sizeof(*kept_flows));
	fresh_flows = calloc(MAX_FRESH, sizeof(*fresh_flows));
	if (events_fd < 0 || !kept_flows || !fresh_flows)
		err(EXIT_FAILURE, "cannot prepare %zu connections", kept_count);
	for (i = 0; i < kept_count; i++)
		kept_flows[i] = (struct flow){.socket = -1, .node = -1, .target = targets};
}

int main(int argc, char **argv)
{
	uint64_t duration = 0;
	uint64_t rate = 0;
	int option;

	while ((option = getopt(argc, argv, "k:i:r:t:d:")) != -1) {
		if (option == 'k')
			kept_count = strtoul(optarg, NULL, 10);
		else if (option == 'i')
			interval = strtoull(optarg, NULL, 10) * NS_PER_MS;
		else if (option == 'r')
			rate = strtoull(optarg, NULL, 10);
		else if (option == 't')
			timeout = (uint64_t)(strtod(optarg, NULL) * 1e9);
		else if (option == 'd')
			duration = (uint64_t)(strtod(optarg, NULL) * 1e9);
		else
			return EXIT_FAILURE;
	}
	if (optind == argc || argc - optind > MAX_TARGETS)
		errx(EXIT_FAILURE, "usage: flows [-k KEPT] [-i MILLISECONDS] [-r NEW_PER_SECOND] "
				   "[-t TIMEOUT_S] [-d SECONDS] ADDRESS...");
	for (; optind < argc; optind++)
		target_add(argv[optind]);
	flows_prepare();
	flows_run(rate, duration);
	report();
	return EXIT_SUCCESS;
}
