// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/http/metrics_section.h"

#include "ctl/base/address.h"

static const struct field fields[] = {
	{"listen", "the address and port, such as 127.0.0.1:9650", MEMBER(metrics_settings, listen),
	 .type = &type_listen, REQUIRED},
	{},
};

static const struct metrics_settings defaults;

static bool is_any(const struct ip_address *address)
{
	static const struct ip_address any4 = {.bytes = {[10] = 0xff, [11] = 0xff}};

	return address_equal(address, &any4) || address_is_zero(address);
}

static void validate(const struct validation *validation, const void *section)
{
	const struct metrics_settings *settings = section;

	if (settings->listen.port && is_any(&settings->listen.address))
		validation_note(validation, key_path("metrics.listen"),
				"everybody who reaches any address of this node can read them");
}

const struct config_section metrics_section = {
	.field = {"metrics", "where they are served", .fields = fields},
	.size = sizeof(struct metrics_settings),
	.defaults = &defaults,
	.validate = validate,
};
