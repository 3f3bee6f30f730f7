/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An event, as a value: it holds copies of all its strings, and points to static text only. So it
 * may be kept for any time, even over reloads.
 */
#ifndef VIPD_EVENTS_EVENT_H
#define VIPD_EVENTS_EVENT_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <syslog.h>

#include "ctl/config/config.h"
#include "maps/inbox.h"

#define EVENT_REASON_MAX 256
#define EVENT_CHECK_MAX  320
#define EVENT_TEXT_MAX   1024

/* A new kind has a row in the table of event.c, a sentence in text.c and members in api/events.c.
 */
enum event_kind {
	EVENT_TRANSITION, /* an instance went to another state */
	EVENT_MISMATCH,   /* a peer advertises other addresses than this node */
	EVENT_INTERVAL,   /* a peer advertises at another interval */
	EVENT_QUORUM,     /* a majority of the nodes is heard again, or no longer */
	EVENT_SPOOFING,   /* VRRP that the dataplane refused */
	EVENT_CONFLICT,   /* another host claims a VIP that this node owns */
	EVENT_HEALTH,     /* a backend of a service came up or went down */
	EVENT_DRAIN,      /* a node is drained, or in service again */
	EVENT_TRACKER,    /* something on this node that elections depend on changed */
	EVENT_LINK,       /* the device that carries the VIPs changed */
	EVENT_STANDING,   /* another node says another thing of itself, or nothing */
	EVENT_RELOAD,     /* the configuration was read again */
	EVENT_ALARM,      /* something is wrong with this node, or is right again */
	EVENT_LOST,       /* events could not be queued */
	EVENT_KIND_COUNT,
};

struct event_transition {
	const char *from, *to; /* static text */
};

struct event_quorum {
	bool majority;
	size_t heard, nodes, needed; /* this node included */
};

struct event_health {
	const char *state;           /* of the backend, static text */
	char check[EVENT_CHECK_MAX]; /* that decided; "": there is none */
	unsigned int failures;       /* in a row */
};

struct event_tracker {
	char name[CONFIG_NAME_MAX];
	const char *state; /* static text */
	int number;        /* of a file */
};

struct event_standing {
	const char *before, *now; /* static text */
};

struct event_link {
	char device[IF_NAMESIZE];
	bool running;
	uint8_t mac[6];
};

struct event_alarm {
	const char *name; /* static text */
	bool raised;
};

struct event {
	enum event_kind kind;
	int severity;  /* LOG_EMERG to LOG_DEBUG of syslog(3) */
	uint64_t wall; /* ns since the epoch */

	/* What it is about. A member that does not apply is empty or zero. */
	char instance[CONFIG_NAME_MAX];
	uint8_t vrid;
	char service[CONFIG_NAME_MAX];
	char node[CONFIG_NAME_MAX];    /* the backend, or the node that is drained */
	struct ip_address vip;         /* that is claimed */
	struct ip_address peer;        /* who sent the packet */
	char reason[EVENT_REASON_MAX]; /* why, for people; a word for a refusal */

	union {
		struct event_transition transition;
		uint64_t interval; /* ns, the peer's */
		struct event_quorum quorum;
		struct notice_record notice; /* of spoofing and conflict */
		struct event_health health;
		bool drained;
		struct event_tracker tracker;
		struct event_link link;
		struct event_alarm alarm;
		struct event_standing standing;
		int error;     /* of a reload: 0, or a negative errno */
		uint64_t lost; /* how many */
	};
};

/** event_new() - an event that happened just now */
struct event event_new(enum event_kind kind, int severity);

/**
 * event_copy() - set one of the strings
 * @field: an array in an event.
 * @text: is cut where it does not fit; NULL is the empty string.
 */
#define event_copy(field, text) event_copy_text((field), sizeof(field), (text))
void event_copy_text(char *field, size_t size, const char *text);

/** event_from_notice() - spoofing or conflict, from what the dataplane reports. */
struct event event_from_notice(const struct notice_record *notice);

/** event_kind_name() - "transition" and so on: a contract with scripts. */
const char *event_kind_name(enum event_kind kind);

/** event_message_id() - the journal's MESSAGE_ID of a kind: 32 hexadecimal digits, for ever. */
const char *event_message_id(enum event_kind kind);

/**
 * event_text() - the sentence that people read
 *
 * Return: @text.
 */
const char *event_text(const struct event *event, char text[static EVENT_TEXT_MAX]);

#endif
