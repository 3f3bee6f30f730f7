// SPDX-License-Identifier: GPL-2.0-only
/* Keys and passwords: vrrp.auth, and the authentication of a VRRPv2 instance. */
#include <string.h>

#include "ctl/base/clock.h"
#include "ctl/config/format_internal.h"
#include "ctl/config/lookup.h"

/* The draft suggests this window. */
#define WINDOW_INTERVALS 3
#define WINDOW_MIN       (5 * NS_PER_S)

/* vrrp.auth */

static const struct value_choice modes[] = {
	{"receive-only", AUTHENTICATION_RECEIVE_ONLY},
	{"permissive", AUTHENTICATION_PERMISSIVE},
	{"enforce", AUTHENTICATION_ENFORCE},
	{},
};

const char *config_mode_name(enum authentication_mode mode)
{
	for (const struct value_choice *choice = modes; choice->word; choice++)
		if (choice->value == mode)
			return choice->word;
	return "off";
}

static const struct value_choice replay_protections[] = {
	{"time", false},
	{"monotonic", true},
	{},
};

static const struct field key_fields[] = {
	{"id", "the key's number, 1 to 255", MEMBER(config_key, id), .type = &type_number,
	 RANGE(1, 255), REQUIRED},
	{"file", "the file that has the key", MEMBER(config_key, file), .type = &type_secret_file,
	 REQUIRED},
	{},
};

static const struct list keys = {
	.expected = "a list of keys",
	.element.fields = key_fields,
	.element_size = sizeof(struct config_key),
	.count_offset = offsetof(struct config_authentication, key_count),
	.max = MAX_KEYS - 1,
};

const struct field format_authentication[] = {
	{"mode", "whether advertisements have to be signed", MEMBER(config_authentication, mode),
	 .type = &type_word, .rule.choices = modes},
	{"active_key", "the id of the key that signs", MEMBER(config_authentication, active_key),
	 .type = &type_number, RANGE(1, 255)},
	{"anti_replay", "how a replay is recognised", MEMBER(config_authentication, monotonic),
	 .type = &type_word, .rule.choices = replay_protections},
	{"window", "how far from our clock a time stamp may be",
	 MEMBER(config_authentication, window), .type = &type_duration,
	 RANGE(100 * NS_PER_MS, 3600 * NS_PER_S)},
	{"keys", "the list of shared keys", MEMBER(config_authentication, keys), .list = &keys,
	 REQUIRED},
	{},
};

void format_read_authentication(const struct reader *reader, const struct place *place,
				const struct field *field, void *target)
{
	struct config_vrrp *vrrp = target;

	(void)field;
	vrrp->authentication.mode = AUTHENTICATION_ENFORCE;
	schema_read_mapping(reader, place, format_authentication, &vrrp->authentication);
}

void format_complete_authentication(struct config_vrrp *vrrp)
{
	uint64_t window = WINDOW_INTERVALS * vrrp->advert_interval;

	if (!vrrp->authentication.window)
		vrrp->authentication.window = window > WINDOW_MIN ? window : WINDOW_MIN;
}

/* authentication, of an instance */

static const struct value_choice types[] = {
	{"none", VRRP2_NO_AUTHENTICATION},
	{"pass", VRRP2_SIMPLE_TEXT},
	{},
};

/* A problem with a password does not quote it. */
static void read_password(const struct reader *reader, const struct place *place,
			  const struct field *field, void *target)
{
	struct config_simple_text *simple_text = target;
	const char *text = schema_scalar(place->node);
	size_t length = text ? strlen(text) : 0;

	(void)field;
	if (length == 0)
		schema_refuse(reader, place, "expected a text of 1 to %d bytes",
			      CONFIG_PASSWORD_LENGTH_MAX);
	else if (length > CONFIG_PASSWORD_LENGTH_MAX)
		schema_refuse(reader, place,
			      "has %zu bytes, but VRRPv2 carries %d; keepalived truncates a longer "
			      "one, so the first %d are what it sends",
			      length, CONFIG_PASSWORD_LENGTH_MAX, CONFIG_PASSWORD_LENGTH_MAX);
	else
		memcpy(simple_text->password, text, length + 1);
}

const struct field format_simple_text[] = {
	{"type", "none, or pass for a password", MEMBER(config_simple_text, type),
	 .type = &type_word, .rule.choices = types, REQUIRED},
	{"password", "up to 8 bytes", .read = read_password},
	{"file", "the file that has the password", MEMBER(config_simple_text, file),
	 .type = &type_secret_file},
	{},
};
