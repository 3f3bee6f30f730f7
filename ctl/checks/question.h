/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a check asks, and of which address. This is a value: nothing in it points anywhere, so that
 * it outlives the configuration that it was taken from.
 */
#ifndef VIPD_CHECKS_QUESTION_H
#define VIPD_CHECKS_QUESTION_H

#include <stdbool.h>
#include <stdint.h>

#include "ctl/base/address.h"
#include "ctl/config/config.h"

struct check_question {
	struct config_check check;
	struct ip_address address;     /* of the node */
	char service[CONFIG_NAME_MAX]; /* names that a script is told */
	char node[CONFIG_NAME_MAX];
};

/** question_make() - the question of a check. @service, @node: names, cut if they are too long. */
struct check_question question_make(const struct config_check *check,
				    const struct ip_address *address, const char *service,
				    const char *node);

/**
 * check_equal() - whether two checks always come to the same verdict about the same address
 *
 * All keys count, also those that only say how often the question is asked and how many results
 * make a verdict: with another interval, or another fall, the verdict changes at another time.
 */
bool check_equal(const struct config_check *a, const struct config_check *b);

/**
 * question_equal() - whether one check can answer both questions questions
 *
 * The names count for scripts only, which learn them and may act on them.
 */
bool question_equal(const struct check_question *a, const struct check_question *b);

/** question_hash() - the same for questions that are equal. */
uint32_t question_hash(const struct check_question *question);

/* "[", the address, "]:65535" */
#define ENDPOINT_TEXT_MAX (ADDRESS_TEXT_MAX + 8)

/** question_endpoint() - "192.0.2.1:80" or "[2001:db8::1]:443". Return: @text. */
const char *question_endpoint(const struct check_question *question,
			      char text[static ENDPOINT_TEXT_MAX]);

#define QUESTION_TEXT_MAX (8 + ENDPOINT_TEXT_MAX + sizeof(((struct config_check *)NULL)->path))

/**
 * question_describe() - for people: "https://192.0.2.1:443/healthz", or the path of the script
 *
 * Return: @text.
 */
const char *question_describe(const struct check_question *question,
			      char text[static QUESTION_TEXT_MAX]);

#endif
