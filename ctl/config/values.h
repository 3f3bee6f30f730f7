/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The values a configuration is made of: how the text of each is read, strictly, and how to say
 * what was expected. Nothing in here knows of YAML beyond plain and quoted.
 */
#ifndef VIPD_CONFIG_VALUES_H
#define VIPD_CONFIG_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "maps/address.h"

#define EXPECTED_TEXT_MAX 192

/* A word and what it stands for; {} ends the table. */
struct value_choice {
	const char *word;
	unsigned int value;
};

/* What one particular value may be. */
struct value_rule {
	size_t size;                        /* of the member that takes it, bytes */
	uint64_t min, max;                  /* of numbers, and of durations in ns; both inclusive */
	uint64_t step;                      /* of durations, ns; 0: any */
	const struct value_choice *choices; /* of type_word */
};

enum value_style {
	VALUE_ANY_STYLE,
	VALUE_PLAIN,  /* quotes would make it a string, which is another type */
	VALUE_STRING, /* without quotes it must not look like a number, boolean or null */
};

struct value_type {
	/* Returns whether the text is such a value, which is then stored; else nothing is. */
	bool (*parse)(const char *text, const struct value_rule *rule, void *value);
	/* What to expect: "a number from 1 to 255". Either the text or what writes it. */
	const char *expected;
	void (*describe)(const struct value_rule *rule, char text[static EXPECTED_TEXT_MAX]);
	enum value_style style;
};

extern const struct value_type type_bool;
extern const struct value_type type_number;   /* unsigned, of the member's size */
extern const struct value_type type_percent;  /* the same; "10" or "10%" */
extern const struct value_type type_duration; /* uint64_t, ns */
extern const struct value_type type_word;     /* an enum, by the rule's choices */
extern const struct value_type type_weight;   /* int, -253 to 253 */

extern const struct value_type type_name;      /* char[], 1-63 of [A-Za-z0-9._-] */
extern const struct value_type type_interface; /* char[IF_NAMESIZE] */

/* struct ip_address; of a host: neither unspecified, loopback, multicast nor reserved */
extern const struct value_type type_address;
extern const struct value_type type_ipv4;
extern const struct value_type type_ipv6;
extern const struct value_type type_link_local6; /* fe80::/10 */
extern const struct value_type type_mac;         /* uint8_t[6], unicast */

/* "443/udp" */
extern const struct value_type type_port; /* struct config_port */

/* "127.0.0.1:9650", "[::1]:9650" */
struct value_listen {
	struct ip_address address;
	uint16_t port; /* host order */
};
extern const struct value_type type_listen; /* struct value_listen */

/* Of health checks: char[], but for the statuses. */
extern const struct value_type type_http_path;   /* "/healthz?verbose" */
extern const struct value_type type_host;        /* "www.example.com" */
extern const struct value_type type_program;     /* absolute path */
extern const struct value_type type_file;        /* the same */
extern const struct value_type type_secret_file; /* a path, or the name of a credential */
extern const struct value_type type_process;     /* "nginx", as the kernel has it */
extern const struct value_type type_text;        /* anything printable */
extern const struct value_type type_statuses;    /* "204", "200-399": struct config_statuses */

/** value_expected() - fill in what a type and its rule ask for, to follow "is not". */
void value_expected(const struct value_type *type, const struct value_rule *rule,
		    char text[static EXPECTED_TEXT_MAX]);

/** value_is_no_string() - whether YAML takes this text, unquoted, for a number, boolean or null. */
bool value_is_no_string(const char *text);

/** value_parse_number() - decimal digits and nothing else; "010" is refused. */
bool value_parse_number(const char *text, uint64_t *number);

/** value_store_text() - what fits the member, and is not empty. Return: whether it was stored. */
bool value_store_text(const char *text, const struct value_rule *rule, void *value);

#endif
