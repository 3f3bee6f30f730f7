/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connections, TLS handshakes and HTTP requests in an event loop: libcurl's multi interface on
 * sd-event, so that nothing waits. A transfer is set up once and may be started again and again. It
 * makes a new connection each time, because only that proves that one is accepted.
 */
#ifndef VIPD_CHECKS_TRANSFER_H
#define VIPD_CHECKS_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

struct transfers;
struct transfer;

struct transfer_result {
	unsigned int status; /* HTTP status; 0: no answer came */
	uint64_t elapsed;    /* ns from the start of the connect to the end of the last step */
	const char *failure; /* why it is not complete, valid in the call; NULL: it is */
};

/*
 * Called in the event loop at the end of a transfer that was started. It may start the same one
 * again and free or start others; it must not free its own or the transfers.
 */
typedef void (*transfer_done)(const struct transfer_result *result, void *context);

/* Called with each piece of the answer's body as it arrives. */
typedef void (*transfer_received)(const char *data, size_t size, void *context);

struct transfer_settings {
	const char *endpoint; /* where to connect to: "192.0.2.1:80", "[2001:db8::1]:443" */
	const char *host;     /* for the URL, the Host header and the TLS server name; "": none */
	const char *path;     /* what to GET; NULL: end as soon as there is a connection */
	bool tls;
	bool verify;                /* check the certificate against the system's authorities */
	uint64_t timeout;           /* ns for the whole transfer; rounded up to milliseconds */
	transfer_received received; /* may be NULL */
	transfer_done done;         /* called once for each start */
	void *context;              /* of both callbacks */
};

/**
 * transfers_new() - what all transfers of a loop share
 * @event: the loop; referenced.
 * @transfers: the result, for transfers_free().
 *
 * Return: 0, or a negative errno.
 */
int transfers_new(sd_event *event, struct transfers **transfers);

/** transfers_free() - after its last transfer was freed. NULL is fine. */
void transfers_free(struct transfers *transfers);

/**
 * transfer_new() - prepare a transfer
 * @transfers: must outlive it.
 * @settings: needed in the call only.
 * @transfer: the result, for transfer_free().
 *
 * Redirects are not followed, proxies from the environment ignored, TLS sessions not resumed.
 *
 * Return: 0, or a negative errno.
 */
int transfer_new(struct transfers *transfers, const struct transfer_settings *settings,
		 struct transfer **transfer);

/**
 * transfer_start() - begin; the result comes later, never from within this call.
 *
 * Return: 0; -EBUSY while it is under way; another negative errno, and there will be no result.
 */
int transfer_start(struct transfer *transfer);

/** transfer_free() - cancel it if it is under way, without a result. NULL is fine. */
void transfer_free(struct transfer *transfer);

#endif
