// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/config/load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <yaml.h>

#include "ctl/base/address.h"
#include "ctl/base/cleanup.h"
#include "ctl/config/document.h"
#include "ctl/config/format.h"
#include "ctl/config/problems.h"
#include "ctl/config/secrets.h"
#include "ctl/config/validate.h"

/* A configuration of a hundred nodes with all the VIPs there can be has a tenth of this size. */
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
	if (source->secrets == SECRETS_CHECKED)
		validate_host(&validation);
}

static int build_from(const struct source *source, const struct report *report,
		      const struct config **config)
{
	struct problems problems CLEANUP(problems_clear) = {.file = source->name};
	struct config *built = calloc(1, sizeof(*built));
	const struct config *result CLEANUP(config_unrefp) = built;

	if (built)
		build(source, &problems, built);
	else
		problems.out_of_memory = true;
	problems_report(&problems, report);
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
	const struct source source = {name, text, length, hostname, SECRETS_LEFT};
	const struct report reader = report_to_stream(report);

	return build_from(&source, report ? &reader : NULL, config);
}

/*
 * To open a FIFO or a device must not keep us waiting.
 *
 * Return: a descriptor, or a negative errno.
 */
static int open_file(const char *path)
{
	int file CLEANUP(cleanup_close) = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;

	if (file < 0 || fstat(file, &status) < 0)
		return -errno;
	if (S_ISDIR(status.st_mode))
		return -EISDIR;
	return S_ISREG(status.st_mode) ? TAKE_FD(file) : -ENOTSUP;
}

/*
 * Reads the whole file, or one byte more than it may have.
 *
 * Return: its length, or a negative errno.
 */
static ssize_t read_file(const char *path, char text[static FILE_SIZE_MAX + 1])
{
	int file CLEANUP(cleanup_close) = open_file(path);
	size_t length = 0;

	if (file < 0)
		return file;
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

static void report_unreadable(const char *path, int error, const struct report *report)
{
	if (error == -EFBIG)
		report_line(report, LOG_ERR, "%s: larger than %d bytes, no configuration is", path,
			    FILE_SIZE_MAX);
	else if (error == -ENOTSUP)
		report_line(report, LOG_ERR, "%s: cannot be read: it is not a regular file", path);
	else
		report_line(report, LOG_ERR, "%s: cannot be read: %s", path, strerror(-error));
}

static int load(const char *path, const char *hostname, enum secrets secrets,
		const struct report *report, const struct config **config)
{
	char *text CLEANUP(cleanup_free) = malloc(FILE_SIZE_MAX + 1);
	ssize_t length = text ? read_file(path, text) : -ENOMEM;

	if (length < 0) {
		report_unreadable(path, (int)length, report);
		return (int)length;
	}
	return build_from(&(struct source){path, text, (size_t)length, hostname, secrets}, report,
			  config);
}

int config_load(const char *path, const char *hostname, const struct report *report,
		const struct config **config)
{
	return load(path, hostname, SECRETS_NEEDED, report, config);
}

int config_check(const char *path, const char *hostname, const struct report *report,
		 const struct config **config)
{
	return load(path, hostname, SECRETS_CHECKED, report, config);
}
