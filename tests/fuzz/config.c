// SPDX-License-Identifier: GPL-2.0-only
/*
 * The configuration (ctl/config): a file is either refused with a report that says why, or typed.
 * Longer inputs find no more, but libyaml's time grows with the square of the nesting.
 * fuzz: -max_len=4096 -dict=tests/fuzz/config.dict
 */
#include "ctl/config/load.h"
#include "ctl/config/lookup.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>

#include "ctl/config/config.h"

/* What the rest of the program takes for granted. */
static void check_typed(const struct config *config)
{
	REQUIRE(config->self < config->peer_count && config->peer_count <= MAX_PEERS);
	REQUIRE(config->vlan <= 4094);
	for (size_t i = 0; i < config->instance_count; i++) {
		REQUIRE(config->instances[i].vrid != 0);
		REQUIRE(config->instances[i].vip_count != 0);
		config_election_family(&config->instances[i]);
	}
	for (size_t i = 0; i < config->service_count; i++)
		for (size_t j = 0; j < config->services[i].backend_count; j++)
			REQUIRE(config->services[i].backends[j].peer < config->peer_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
	const struct config *config = NULL;
	char *text = (char *)fuzz_copy(input, length), *report = NULL;
	size_t report_length = 0;
	FILE *stream = open_memstream(&report, &report_length);
	int error;

	REQUIRE(stream);
	error = config_parse("fuzz.yaml", text, length, "n1", stream, &config);
	fclose(stream);
	REQUIRE(error == 0 || error == -EINVAL);
	REQUIRE((error == 0) == (config != NULL));
	REQUIRE(error == 0 || report_length > 0);
	if (config)
		check_typed(config);
	config_unref(config);
	free(report);
	free(text);
	return 0;
}
