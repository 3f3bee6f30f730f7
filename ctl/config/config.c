// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "ctl/base/address.h"
#include "ctl/base/cleanup.h"
#include "ctl/config/document.h"
#include "ctl/config/format.h"
#include "ctl/config/problems.h"
#include "ctl/config/secrets.h"
#include "ctl/config/validate.h"

/* A hundred nodes with all the VIPs there can be need a tenth of it. */
#define FILE_SIZE_MAX (1 << 20)

struct source {
	const char *name; /* for the report */
	const char *text;
	size_t length;
	const char *hostname;
	enum secrets secrets;
};

static void build(const struct source *source, struct problems *problems, struct config *config)
{
	yaml_document_t document CLEANUP(yaml_document_delete) = {};
	const struct validation validation = {config, &document, problems};

	if (!document_parse(source->text, source->length, problems, &document))
		return;
	format_read(&document, source->hostname, problems, config);
	config_validate(&validation);
	secrets_read(&validation, source->secrets, config);
}

static int build_from(const struct source *source, FILE *report, const struct config **config)
{
	struct problems problems CLEANUP(problems_clear) = {.file = source->name};
	struct config *built = calloc(1, sizeof(*built));
	const struct config *result CLEANUP(config_unrefp) = built;

	if (built)
		build(source, &problems, built);
	else
		problems.out_of_memory = true;
	if (report)
		problems_print(&problems, report);
	if (problems.out_of_memory)
		return -ENOMEM;
	if (problems.count > problems.notes)
		return -EINVAL;
	*config = TAKE_POINTER(result);
	return 0;
}

int config_parse(const char *name, const char *text, size_t length, const char *hostname,
		 FILE *report, const struct config **config)
{
	return build_from(&(struct source){name, text, length, hostname, SECRETS_LEFT}, report,
			  config);
}

/*
 * The whole file, or one byte more than it may have.
 *
 * Return: its length, or a negative errno.
 */
static ssize_t read_file(const char *path, char text[static FILE_SIZE_MAX + 1])
{
	int file CLEANUP(cleanup_close) = open(path, O_RDONLY | O_CLOEXEC);
	size_t length = 0;

	if (file < 0)
		return -errno;
	while (length <= FILE_SIZE_MAX) {
		ssize_t got = read(file, text + length, FILE_SIZE_MAX + 1 - length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return (ssize_t)length;
		length += (size_t)got;
	}
	return -EFBIG;
}

static int load(const char *path, const char *hostname, enum secrets secrets, FILE *report,
		const struct config **config)
{
	char *text CLEANUP(cleanup_free) = malloc(FILE_SIZE_MAX + 1);
	ssize_t length = text ? read_file(path, text) : -ENOMEM;

	if (length == -EFBIG && report)
		fprintf(report, "%s: larger than %d bytes, no configuration is\n", path,
			FILE_SIZE_MAX);
	else if (length < 0 && report)
		fprintf(report, "%s: cannot be read: %s\n", path, strerror((int)-length));
	if (length < 0)
		return (int)length;
	return build_from(&(struct source){path, text, (size_t)length, hostname, secrets}, report,
			  config);
}

int config_load(const char *path, const char *hostname, FILE *report, const struct config **config)
{
	return load(path, hostname, SECRETS_NEEDED, report, config);
}

int config_check(const char *path, const char *hostname, FILE *report, const struct config **config)
{
	return load(path, hostname, SECRETS_CHECKED, report, config);
}

static void free_config(struct config *config)
{
	for (size_t i = 0; i < config->instance_count; i++) {
		free(config->instances[i].vips);
		free(config->instances[i].tracks);
	}
	for (size_t i = 0; i < config->sync_group_count; i++) {
		free(config->sync_groups[i].members);
		free(config->sync_groups[i].tracks);
	}
	for (size_t i = 0; i < config->service_count; i++) {
		free(config->services[i].vips);
		free(config->services[i].backends);
	}
	secrets_forget(config);
	free(config->vrrp.authentication.keys);
	free(config->peers);
	free(config->instances);
	free(config->sync_groups);
	free(config->trackers);
	free(config->services);
	free(config);
}

/* Only the count of an immutable configuration changes, and the thread of VRRP has no hand in it.
 */
const struct config *config_ref(const struct config *config)
{
	if (config)
		__atomic_add_fetch(&((struct config *)config)->further_references, 1,
				   __ATOMIC_RELAXED);
	return config;
}

void config_unref(const struct config *config)
{
	struct config *own = (struct config *)config;

	if (own && __atomic_fetch_sub(&own->further_references, 1, __ATOMIC_ACQ_REL) == 0)
		free_config(own);
}

void config_unrefp(const struct config **config)
{
	config_unref(*config);
}

const struct config_peer *config_self(const struct config *config)
{
	return &config->peers[config->self];
}

int config_election_family(const struct config_instance *instance)
{
	for (size_t i = 0; i < instance->vip_count; i++)
		if (address_family(&instance->vips[i]) == FAMILY_IPV4)
			return FAMILY_IPV4;
	return FAMILY_IPV6;
}

int config_quorum_family(const struct config *config)
{
	for (size_t i = 0; i < config->peer_count; i++)
		if (address_is_zero(&config->peers[i].address))
			return FAMILY_IPV6;
	return FAMILY_IPV4;
}

bool config_accepts(const struct config *config, const struct config_instance *instance)
{
	return instance->accept || instance->priority[config->self] == OWNER_PRIORITY;
}

const struct config_sync_group *config_sync_group(const struct config *config,
						  const struct config_instance *instance)
{
	return instance->sync_group ? &config->sync_groups[instance->sync_group - 1] : NULL;
}

bool config_is_vip(const struct config *config, const struct ip_address *address)
{
	for (size_t i = 0; i < config->instance_count; i++)
		for (size_t j = 0; j < config->instances[i].vip_count; j++)
			if (address_equal(&config->instances[i].vips[j], address))
				return true;
	return false;
}

bool config_service_has_vip(const struct config_service *service, const struct ip_address *vip)
{
	for (size_t i = 0; i < service->vip_count; i++)
		if (address_equal(&service->vips[i], vip))
			return true;
	return service->all_vips;
}
