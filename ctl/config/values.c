// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/config/values.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ctl/base/clock.h"

#define NAME_CHARACTERS                                                                            \
	"abcdefghijklmnopqrstuvwxyz"                                                               \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ"                                                               \
	"0123456789._-"

/* Fractions of a duration beyond this are finer than a nanosecond, or nonsense. */
#define FRACTION_DIGITS_MAX 6

void value_expected(const struct value_type *type, const struct value_rule *rule,
		    char text[static EXPECTED_TEXT_MAX])
{
	if (type->describe)
		type->describe(rule, text);
	else
		snprintf(text, EXPECTED_TEXT_MAX, "%s", type->expected);
}

/* YAML 1.1 and its readers; YAML 1.2 has fewer of them. */
static const struct value_choice boolean_words[] = {
	{"true", true},
	{"false", false},
	{"yes", true},
	{"no", false},
	{"on", true},
	{"off", false},
	{},
};

static const struct value_choice *find_boolean(const char *text)
{
	for (const struct value_choice *choice = boolean_words; choice->word; choice++)
		if (strcasecmp(choice->word, text) == 0)
			return choice;
	return NULL;
}

bool value_is_no_string(const char *text)
{
	char *end;

	if (find_boolean(text) || strcasecmp(text, "null") == 0 || strcmp(text, "~") == 0)
		return true;
	if (!isdigit((unsigned char)text[strspn(text, "+-.")]))
		return false;
	strtod(text, &end);
	return *end == '\0';
}

static bool parse_bool(const char *text, const struct value_rule *rule, void *value)
{
	const struct value_choice *choice = find_boolean(text);

	(void)rule;
	if (choice)
		*(bool *)value = choice->value;
	return choice;
}

const struct value_type type_bool = {
	.parse = parse_bool,
	.expected = "true or false",
	.style = VALUE_PLAIN,
};

/* At least one digit; *text moves on behind the last. */
static bool read_digits(const char **text, uint64_t *number)
{
	const char *digit = *text;
	uint64_t sum = 0;

	for (; isdigit((unsigned char)*digit); digit++)
		if (__builtin_mul_overflow(sum, 10U, &sum) ||
		    __builtin_add_overflow(sum, (uint64_t)(*digit - '0'), &sum))
			return false;
	if (digit == *text)
		return false;
	*text = digit;
	*number = sum;
	return true;
}

/* A leading zero means octal to some: refused, rather than read one way or the other. */
static bool read_whole_number(const char **text, uint64_t *number)
{
	if ((*text)[0] == '0' && isdigit((unsigned char)(*text)[1]))
		return false;
	return read_digits(text, number);
}

bool value_parse_number(const char *text, uint64_t *number)
{
	return read_whole_number(&text, number) && *text == '\0';
}

static void store_number(void *value, size_t size, uint64_t number)
{
	switch (size) {
	case sizeof(uint8_t):
		*(uint8_t *)value = (uint8_t)number;
		break;
	case sizeof(uint16_t):
		*(uint16_t *)value = (uint16_t)number;
		break;
	case sizeof(uint32_t):
		*(uint32_t *)value = (uint32_t)number;
		break;
	default:
		*(uint64_t *)value = number;
	}
}

static bool parse_number(const char *text, const struct value_rule *rule, void *value)
{
	uint64_t number;

	if (!value_parse_number(text, &number) || number < rule->min || number > rule->max)
		return false;
	store_number(value, rule->size, number);
	return true;
}

static void describe_number(const struct value_rule *rule, char text[static EXPECTED_TEXT_MAX])
{
	snprintf(text, EXPECTED_TEXT_MAX, "a number from %llu to %llu",
		 (unsigned long long)rule->min, (unsigned long long)rule->max);
}

const struct value_type type_number = {
	.parse = parse_number,
	.describe = describe_number,
	.style = VALUE_PLAIN,
};

static bool parse_percent(const char *text, const struct value_rule *rule, void *value)
{
	uint64_t number;

	if (!read_whole_number(&text, &number) || number < rule->min || number > rule->max)
		return false;
	if (*text && strcmp(text, "%") != 0)
		return false;
	store_number(value, rule->size, number);
	return true;
}

static void describe_percent(const struct value_rule *rule, char text[static EXPECTED_TEXT_MAX])
{
	snprintf(text, EXPECTED_TEXT_MAX, "a percentage from %llu%% to %llu%%",
		 (unsigned long long)rule->min, (unsigned long long)rule->max);
}

const struct value_type type_percent = {
	.parse = parse_percent,
	.describe = describe_percent,
};

static const struct unit {
	const char *name;
	uint64_t ns;
} units[] = {
	{"h", 3600 * NS_PER_S}, {"m", 60 * NS_PER_S}, {"s", NS_PER_S},
	{"ms", NS_PER_MS},      {"us", NS_PER_US},    {},
};

/* ".95" as 95 hundredths; nothing is a fraction, too. */
static bool read_fraction(const char **text, uint64_t *numerator, uint64_t *denominator)
{
	const char *first = *text + 1;

	*numerator = 0;
	*denominator = 1;
	if (**text != '.')
		return true;
	*text = first;
	if (!read_digits(text, numerator) || *text - first > FRACTION_DIGITS_MAX)
		return false;
	for (; first < *text; first++)
		*denominator *= 10;
	return true;
}

static bool read_duration(const char *text, uint64_t *ns)
{
	uint64_t whole, numerator, denominator;

	if (!read_whole_number(&text, &whole) || !read_fraction(&text, &numerator, &denominator))
		return false;
	for (const struct unit *unit = units; unit->name; unit++) {
		if (strcmp(text, unit->name) != 0)
			continue;
		return numerator * unit->ns % denominator == 0 &&
		       !__builtin_mul_overflow(whole, unit->ns, ns) &&
		       !__builtin_add_overflow(*ns, numerator * unit->ns / denominator, ns);
	}
	*ns = 0; /* the only one that needs no unit */
	return whole == 0 && numerator == 0 && *text == '\0';
}

static bool parse_duration(const char *text, const struct value_rule *rule, void *value)
{
	uint64_t ns;

	if (!read_duration(text, &ns) || ns < rule->min || ns > rule->max)
		return false;
	if (rule->step && ns % rule->step)
		return false;
	*(uint64_t *)value = ns;
	return true;
}

/* In the largest unit that leaves no long fraction: "1h", "40.95s", "250ms". */
static void format_duration(uint64_t ns, char *text, size_t size)
{
	const struct unit *unit = units;

	while (ns < unit->ns && unit->ns > NS_PER_MS)
		unit++;
	while (ns * 100 % unit->ns && unit->ns > NS_PER_MS)
		unit++;
	snprintf(text, size, "%.10g%s", (double)ns / (double)unit->ns, unit->name);
}

static void describe_duration(const struct value_rule *rule, char text[static EXPECTED_TEXT_MAX])
{
	char min[32], max[32], step[32];

	format_duration(rule->min, min, sizeof(min));
	format_duration(rule->max, max, sizeof(max));
	format_duration(rule->step, step, sizeof(step));
	snprintf(text, EXPECTED_TEXT_MAX,
		 "a duration from %s to %s%s%s, with its unit: ms, s, m or h", min, max,
		 rule->step ? " in steps of " : "", rule->step ? step : "");
}

const struct value_type type_duration = {
	.parse = parse_duration,
	.describe = describe_duration,
};

static bool parse_word(const char *text, const struct value_rule *rule, void *value)
{
	for (const struct value_choice *choice = rule->choices; choice->word; choice++) {
		if (strcmp(choice->word, text) != 0)
			continue;
		store_number(value, rule->size, choice->value);
		return true;
	}
	return false;
}

static void describe_word(const struct value_rule *rule, char text[static EXPECTED_TEXT_MAX])
{
	size_t length = 0;

	text[0] = '\0';
	for (const struct value_choice *choice = rule->choices; choice->word; choice++) {
		snprintf(text + length, EXPECTED_TEXT_MAX - length, "%s%s", length ? " or " : "",
			 choice->word);
		length = strlen(text);
	}
}

const struct value_type type_word = {
	.parse = parse_word,
	.describe = describe_word,
};

bool value_store_text(const char *text, const struct value_rule *rule, void *value)
{
	size_t length = strlen(text);

	if (length == 0 || length >= rule->size)
		return false;
	memcpy(value, text, length + 1);
	return true;
}

static bool parse_name(const char *text, const struct value_rule *rule, void *value)
{
	return text[strspn(text, NAME_CHARACTERS)] == '\0' && value_store_text(text, rule, value);
}

const struct value_type type_name = {
	.parse = parse_name,
	.expected = "a name of 1 to 63 letters, digits, dots, dashes and underscores",
	.style = VALUE_STRING,
};

/* What the kernel takes for one (dev_valid_name() in net/core/dev.c). */
static bool parse_interface(const char *text, const struct value_rule *rule, void *value)
{
	if (strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
		return false;
	for (const char *byte = text; *byte; byte++)
		if (*byte == '/' || *byte == ':' || !isgraph((unsigned char)*byte))
			return false;
	return value_store_text(text, rule, value);
}

const struct value_type type_interface = {
	.parse = parse_interface,
	.expected = "the name of a network interface, 1 to 15 characters",
	.style = VALUE_STRING,
};
