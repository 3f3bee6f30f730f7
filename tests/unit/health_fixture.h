/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Health checks on a bench: an event loop, a service with one to three backends on 127.0.0.1 and
 * up, and an HTTP server for each, with threads of their own.
 */
#ifndef VIPD_TESTS_HEALTH_FIXTURE_H
#define VIPD_TESTS_HEALTH_FIXTURE_H

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "ctl/config/config.h"
#include "ctl/health/health.h"

#define INTERVAL (20 * NS_PER_MS)
#define PATIENCE (20 * NS_PER_S) /* for what should take milliseconds on a machine that is busy */

#define BACKENDS_MAX 3

enum {
	ANSWER_HANG = 0,      /* else: the HTTP status */
	ANSWER_ALTERNATE = 1, /* 500 to every odd request, and 200 to the others */
};

/* What a server does, set by the tests, and what it saw. */
struct fake_server {
	struct MHD_Daemon *daemon;
	struct ip_address address;
	uint16_t port;           /* 0: any */
	const char *certificate; /* PEM; NULL: no TLS */
	const char *key;
	const char *body; /* NULL: "hello" */
	const char *host; /* what the Host header has to be; NULL: anything */
	atomic_int answer;
	atomic_int requests;
	atomic_int connections;
	atomic_int strange; /* requests that are not what a check should look like */
};

/* What the checks reported is in changes and below. */
struct bench {
	sd_event *event;
	struct fake_server servers[BACKENDS_MAX];
	struct config config;
	struct config_peer peers[BACKENDS_MAX];
	struct config_service service;
	struct config_backend backends[BACKENDS_MAX];
	struct checks *checks;
	struct health *health;
	int changes;
	size_t last_peer;
	struct health_status last;
};

/* cmocka's setup and teardown: *state is a struct bench with one backend, whose server answers. */
int bench_setup(void **state);
int bench_teardown(void **state);

#define BENCH_TEST(test) cmocka_unit_test_setup_teardown(test, bench_setup, bench_teardown)

/** bench_add_backends() - so that there are so many, all on the first one's port. */
void bench_add_backends(struct bench *bench, size_t count);

/** bench_start() - begin to check the port of the first server. */
void bench_start(struct bench *bench);

/** bench_reload() - go over to what is in bench->config by now. */
void bench_reload(struct bench *bench);

/** bench_stop() - end all checks. */
void bench_stop(struct bench *bench);

/** bench_status() - of a backend of the first service, by its index. */
struct health_status bench_status(const struct bench *bench, size_t peer);

/** bench_wait_for_changes() - turn the loop until so many were reported, and no more. */
void bench_wait_for_changes(struct bench *bench, int count);

/** bench_expect() - after a change: which backend's it was, and to what. */
void bench_expect(const struct bench *bench, size_t peer, enum health_state state,
		  const char *detail);

/** bench_be_patient() - a check that is slow because the machine is must not fail for it. */
void bench_be_patient(struct bench *bench);

/** count_open_files() - of this process. */
int count_open_files(void);

/** fake_server_open() - on a free port, or again on the one it had. */
void fake_server_open(struct fake_server *server);
void fake_server_close(struct fake_server *server);

/** listen_on_loopback() - a listener that nobody accepts from. Return: a non-blocking socket. */
int listen_on_loopback(uint16_t *port, int backlog);

#endif
