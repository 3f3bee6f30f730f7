// SPDX-License-Identifier: GPL-2.0-only
/*
 * vipd.yaml(5) against the schema: each key is described, in its section, with the range, the
 * words, the length and the default that the schema has. With --keys the program lists the keys
 * instead.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/outline.h"

#define PAGE "docs/vipd.yaml.5"

/* The page: sections, and the entries of their lists. */

struct entry {
	char section[64];
	char text[4096]; /* without macros; the head is up to the first newline */
};

static struct entry entries[512];
static size_t entry_count;

/* Appends a line of mdoc(7) without its macros, all of which have two letters. */
static void append(char *text, size_t size, const char *line)
{
	size_t length = strlen(text);
	bool macros = *line == '.';

	line += macros;
	while (*line) {
		size_t word = strcspn(line, " \n");
		bool macro = macros && word == 2 && isupper(line[0]) && islower(line[1]);

		if (!macro && word)
			length += (size_t)snprintf(text + length, size - length, "%s%.*s",
						   length ? " " : "", (int)word, line);
		line += word;
		line += strspn(line, " \n");
	}
}

static bool is_section(const char *line)
{
	return strncmp(line, ".Sh ", 4) == 0 || strncmp(line, ".Ss ", 4) == 0;
}

static struct entry *new_entry(const char *section)
{
	struct entry *entry = &entries[entry_count++];

	assert_true(entry_count < sizeof(entries) / sizeof(*entries));
	snprintf(entry->section, sizeof(entry->section), "%s", section);
	return entry;
}

static void read_page(FILE *page)
{
	char line[1024], section[64] = "";
	struct entry *entry = new_entry("");

	while (fgets(line, sizeof(line), page)) {
		line[strcspn(line, "\n")] = '\0';
		if (is_section(line)) {
			snprintf(section, sizeof(section), "%.*s", (int)sizeof(section) - 1,
				 line + 4);
			entry = new_entry(section);
		} else if (strncmp(line, ".It ", 4) == 0) {
			entry = new_entry(section);
			append(entry->text, sizeof(entry->text), line);
			strcat(entry->text, "\n");
		} else if (strncmp(line, ".El", 3) == 0) {
			entry = new_entry(section);
		} else if (strncmp(line, ".\\\"", 3) != 0) {
			append(entry->text, sizeof(entry->text), line);
		}
	}
}

static int set_up(void **state)
{
	FILE *page = fopen(PAGE, "re");

	*state = page ? entries : NULL; /* it is not there in an installed tree */
	if (!page)
		return 0;
	read_page(page);
	fclose(page);
	return 0;
}

/* Where in the page a mapping's keys are. */

static const struct {
	const char *parent, *section;
} homes[] = {
	{"", "THE NODE AND ITS NETWORK"},
	{"peers[]", "PEERS"},
	{"notify", "NOTIFICATION"},
	{"announce", "ANNOUNCEMENTS"},
	{"vrrp", "VRRP"},
	{"vrrp.auth", "Authenticated advertisements"},
	{"instances[]", "INSTANCES"},
	{"instances[].authentication", "VRRPv2"},
	{"instances[].track[]", "TRACKERS"},
	{"trackers[]", "TRACKERS"},
	{"trackers[]", "Checks"},
	{"sync_groups[]", "SYNC GROUPS"},
	{"sync_groups[].track[]", "TRACKERS"},
	{"services[]", "SERVICES"},
	{"services[].check", "Checks"},
};

/* Whether a text has another as a whole word. */
static bool has_word(const char *text, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at++) {
		bool begins = at == text || !(isalnum(at[-1]) || at[-1] == '_');

		if (begins && !isalnum(at[length]) && at[length] != '_')
			return true;
	}
	return false;
}

static bool is_headed(const struct entry *entry, const char *key)
{
	char head[256];
	const char *end = strchr(entry->text, '\n');

	if (!end)
		return false;
	snprintf(head, sizeof(head), "%.*s", (int)(end - entry->text), entry->text);
	head[strcspn(head, ":")] = '\0';
	return has_word(head, key);
}

/* The entry of a key in a section; or NULL. */
static const struct entry *find_entry(const char *section, const char *key)
{
	for (size_t i = 0; i < entry_count; i++)
		if (strcmp(entries[i].section, section) == 0 && is_headed(&entries[i], key))
			return &entries[i];
	return NULL;
}

/* An outermost key may have a section instead, which begins with it. */
static const struct entry *find_section(const char *key)
{
	for (size_t i = 0; i < entry_count; i++)
		if (strncmp(entries[i].text, key, strlen(key)) == 0 &&
		    entries[i].text[strlen(key)] == ' ' && !strchr(entries[i].text, '\n'))
			return &entries[i];
	return NULL;
}

static const struct entry *find_home(const char *parent, const char *key)
{
	for (size_t i = 0; i < sizeof(homes) / sizeof(*homes); i++) {
		const struct entry *entry = strcmp(homes[i].parent, parent) == 0
						    ? find_entry(homes[i].section, key)
						    : NULL;

		if (entry)
			return entry;
	}
	return NULL;
}

/* A mapping without a section of its own is described where its key is; a track, in a section. */
static const struct entry *find_inline(const char *parent, const char *key)
{
	char outer[256], *dot;
	const struct entry *entry;

	for (size_t i = 0; i < sizeof(homes) / sizeof(*homes); i++)
		for (size_t e = 0; strcmp(homes[i].parent, parent) == 0 && e < entry_count; e++)
			if (strcmp(entries[e].section, homes[i].section) == 0 &&
			    has_word(entries[e].text, key))
				return &entries[e];
	snprintf(outer, sizeof(outer), "%s", parent);
	if (strlen(outer) > 2 && strcmp(outer + strlen(outer) - 2, "[]") == 0)
		outer[strlen(outer) - 2] = '\0';
	dot = strrchr(outer, '.');
	if (dot)
		*dot = '\0';
	entry = find_home(dot ? outer : "", dot ? dot + 1 : outer);
	return entry && has_word(entry->text, key) ? entry : NULL;
}

/* The entry, or the section, that is all about a key. */
static const struct entry *find_own(const struct outline_key *key)
{
	const struct entry *entry = find_home(key->parent, key->field->key);

	return entry || *key->parent ? entry : find_section(key->field->key);
}

/* What the page says in other words than the schema: the reason is that it says more. */

static const struct {
	const char *path, *text;
} exceptions[] = {
	{"node", "Default: the hostname"},
	{"vlan", "Default: untagged"},
	{"vrrp.version", "2 | 3"},
	{"instances[].version", "2 | 3"},
	{"instances[].startup", "Default: backup"},
	{"instances[].vips", "at least one"},
	{"vrrp.auth.mode", "Default: enforce"},
	{"vrrp.auth.window", "Default: three times the advert_interval , but at least 5s"},
	{"services[].vips", "Default: all"},
	{"services[].check.timeout", "1ms to the interval"},
	{"services[].check.timeout", "Default: 1s, or the interval if that is less"},
	{"services[].check.port", "Default: 80 for"},
	{"services[].check.host", "Default: the backend's address"},
	{"services[].check.user", "Default: nobody"},
	{"services[].check.expect_body", "Default: nothing"},
	{"services[].backends", "Default: all peers"},
	{"sync_groups[].instances", "Names of instances"},
	{"sync_groups[].track", "as those of an instance"},
	{"trackers[].port", "Default: 80 for"},
	{"trackers[].timeout", "1ms to the interval"},
	{"trackers[].timeout", "Default: 1s, or the interval if that is less"},
	{"trackers[].host", "Default: the backend's address"},
	{"trackers[].expect_body", "Default: nothing"},
	{"trackers[].interval", "Default: 2s"}, /* of most kinds; TRACKERS has the others */
	{"trackers[].fall", "Default: 2"},
	{"trackers[].rise", "Default: 2"},
};

static bool is_exception(const struct outline_key *key, const struct entry *entry,
			 const char *about)
{
	for (size_t i = 0; i < sizeof(exceptions) / sizeof(*exceptions); i++)
		if (strcmp(exceptions[i].path, key->path) == 0 &&
		    (!about || strstr(exceptions[i].text, about)) &&
		    strstr(entry->text, exceptions[i].text))
			return true;
	return false;
}

/* Each of these returns what is wrong, or "". */

static const char *check_range(const struct outline_key *key, const struct entry *entry)
{
	static char range[EXPECTED_TEXT_MAX];
	char expected[EXPECTED_TEXT_MAX], *from;

	if (!key->field->type || !key->field->type->describe)
		return "";
	value_expected(key->field->type, &key->field->rule, expected);
	from = strstr(expected, " from ");
	if (!from)
		return "";
	snprintf(range, sizeof(range), "%s", from + strlen(" from "));
	range[strcspn(range, ",")] = '\0';
	if (strncmp(range, "0ms ", 4) == 0)
		memmove(range + 1, range + 3, strlen(range + 3) + 1);
	return strstr(entry->text, range) || is_exception(key, entry, NULL) ? "" : range;
}

static const char *check_words(const struct outline_key *key, const struct entry *entry)
{
	const struct value_choice *choice = key->field->rule.choices;

	for (; key->field->type == &type_word && choice->word; choice++)
		if (!has_word(entry->text, choice->word))
			return choice->word;
	return "";
}

/* The section of a list may say how long it can be after its entries. */
static const char *check_length(const struct outline_key *key, const struct entry *entry)
{
	static char max[16];

	if (!key->field->list)
		return "";
	snprintf(max, sizeof(max), "%zu", key->field->list->max);
	return has_word(entry->text, max) || is_exception(key, entry, NULL) ? "" : max;
}

static bool is_zero(const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i])
			return false;
	return true;
}

static const char *check_default(const struct outline_key *key, const struct entry *entry)
{
	static char text[256];
	const struct field *field = key->field;
	const char *given = strstr(entry->text, "Default: ");
	const char *value = key->defaults ? (const char *)key->defaults + field->offset : NULL;
	char parsed[512] = {};

	if (field->required)
		return strstr(entry->text, "equired") ? "" : "Required.";
	if (!field->type || !field->rule.size || is_exception(key, entry, "Default"))
		return "";
	if (!given)
		return value && !is_zero(value, field->rule.size) ? "Default: ..." : "";
	snprintf(text, sizeof(text), "%s", given + strlen("Default: "));
	text[strcspn(text, " ")] = '\0';
	while (*text && strchr(".,:;", text[strlen(text) - 1]))
		text[strlen(text) - 1] = '\0';
	if (!field->type->parse(text, &field->rule, parsed))
		return value && !is_zero(value, field->rule.size) ? text : "";
	if (value ? memcmp(parsed, value, field->rule.size) == 0
		  : is_zero(parsed, field->rule.size))
		return "";
	return text;
}

static unsigned int wrong;

static void complain(const struct outline_key *key, const char *what, const char *text)
{
	if (!*text)
		return;
	print_error("%s: %s: %s\n", key->path, what, text);
	wrong++;
}

static void check_key(const struct outline_key *key, void *context)
{
	const struct entry *own = find_own(key);
	const struct entry *entry = own ?: find_inline(key->parent, key->field->key);

	(void)context;
	if (!entry) {
		complain(key, "is not described", PAGE);
		return;
	}
	complain(key, "the page lacks the range", check_range(key, entry));
	complain(key, "the page lacks the word", check_words(key, entry));
	complain(key, "the page lacks the number of items", check_length(key, entry));
	if (own)
		complain(key, "the page has another default, or none", check_default(key, own));
}

static void the_page_says_what_the_schema_says(void **state)
{
	if (!*state)
		skip();
	wrong = 0;
	outline_walk(check_key, NULL);
	assert_int_equal(wrong, 0);
}

static void print_key(const struct outline_key *key, void *context)
{
	(void)context;
	printf("%s\n", key->path);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_page_says_what_the_schema_says, set_up),
	};

	if (argc > 1 && strcmp(argv[1], "--keys") == 0) {
		outline_walk(print_key, NULL);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
