/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One backend of one service, to be asked again and again whether it works. How that is done is a
 * kind's own business: http.c, connect.c, script.c.
 */
#ifndef VIPD_CHECKS_PROBE_H
#define VIPD_CHECKS_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <systemd/sd-event.h>

#include "ctl/base/address.h"
#include "ctl/checks/transfer.h"
#include "ctl/checks/verdict.h"
#include "ctl/config/config.h"

/* "[", the address, "]:65535" */
#define ENDPOINT_TEXT_MAX (ADDRESS_TEXT_MAX + 8)

struct probe;

/*
 * Called in the event loop, once for each start, with a text for people. It may start the probe
 * again later, but neither in this call nor free it there.
 */
typedef void (*probe_done)(bool success, const char *detail, void *context);

/* What is to be asked, and how. */
struct probe_target {
	const struct config_check *check;
	const char *service; /* names */
	const char *node;
	const struct ip_address *address; /* of the node */
};

/* What the probes of a loop share. */
struct probe_tools {
	sd_event *event;
	struct transfers *transfers;
};

struct check_kind {
	size_t size; /* of its structure, which begins with a struct probe */

	/** open() - prepare the rest of it, which is zero. Return: 0, or a negative errno. */
	int (*open)(struct probe *probe, const struct probe_tools *tools);

	/** start() - begin; ends in probe_finish(), which may come from within this call. */
	void (*start)(struct probe *probe);

	/** close() - give up what is under way and what open() made, also if it made half of it. */
	void (*close)(struct probe *probe);
};

extern const struct check_kind check_by_http;    /* and HTTPS */
extern const struct check_kind check_by_connect; /* TCP, TLS */
extern const struct check_kind check_by_script;

struct probe {
	const struct check_kind *kind;
	struct probe_target target;
	probe_done done;
	void *context;
	char endpoint[ENDPOINT_TEXT_MAX]; /* "192.0.2.1:80", "[2001:db8::1]:443" */
};

/**
 * probe_new() - prepare to ask
 * @target: what it points to must outlive the probe.
 * @probe: the result, for probe_free().
 *
 * Return: 0, or a negative errno.
 */
int probe_new(const struct probe_tools *tools, const struct probe_target *target, probe_done done,
	      void *context, struct probe **probe);

/** probe_start() - ask; not again before the result is there. */
void probe_start(struct probe *probe);

/** probe_finish() - for the kinds: hand out the result. */
void probe_finish(struct probe *probe, bool success, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define PROBE_TEXT_MAX (8 + ENDPOINT_TEXT_MAX + sizeof(((struct config_check *)NULL)->path))

/** probe_describe() - "https://192.0.2.1:443/healthz", or the path of the script. Return: @text. */
const char *probe_describe(const struct probe *probe, char text[static PROBE_TEXT_MAX]);

/** probe_free() - no result comes after this. NULL is fine. */
void probe_free(struct probe *probe);

#endif
