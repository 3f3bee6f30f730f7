// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/checks/probe.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "ctl/base/cleanup.h"

static const struct method {
	const struct check_kind *kind;
	const char *scheme;
} methods[] = {
	[CHECK_HTTP] = {&check_by_http, "http"},       [CHECK_HTTPS] = {&check_by_http, "https"},
	[CHECK_TCP] = {&check_by_connect, "tcp"},      [CHECK_TLS] = {&check_by_connect, "tls"},
	[CHECK_SCRIPT] = {&check_by_script, "script"},
};

static void format_endpoint(const struct probe_target *target,
			    char endpoint[static ENDPOINT_TEXT_MAX])
{
	bool ipv6 = address_family(target->address) == FAMILY_IPV6;
	char text[ADDRESS_TEXT_MAX];

	snprintf(endpoint, ENDPOINT_TEXT_MAX, ipv6 ? "[%s]:%u" : "%s:%u",
		 address_format(target->address, text), target->check->port);
}

static void cleanup_probe(struct probe **probe)
{
	probe_free(*probe);
}

int probe_new(const struct probe_tools *tools, const struct probe_target *target, probe_done done,
	      void *context, struct probe **probe)
{
	const struct check_kind *kind = methods[target->check->method].kind;
	CLEANUP(cleanup_probe) struct probe *new = calloc(1, kind->size);
	int r;

	if (!new)
		return -ENOMEM;
	new->kind = kind;
	new->target = *target;
	new->done = done;
	new->context = context;
	format_endpoint(target, new->endpoint);
	r = kind->open(new, tools);
	if (r < 0)
		return r;
	*probe = TAKE_POINTER(new);
	return 0;
}

void probe_start(struct probe *probe)
{
	probe->kind->start(probe);
}

void probe_finish(struct probe *probe, bool success, const char *format, ...)
{
	char detail[sizeof(((struct health_status *)NULL)->detail)];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(detail, sizeof(detail), format, arguments);
	va_end(arguments);
	probe->done(success, detail, probe->context);
}

const char *probe_describe(const struct probe *probe, char text[static PROBE_TEXT_MAX])
{
	const struct config_check *check = probe->target.check;

	if (check->method == CHECK_SCRIPT)
		snprintf(text, PROBE_TEXT_MAX, "%s", check->path);
	else
		snprintf(text, PROBE_TEXT_MAX, "%s://%s%s", methods[check->method].scheme,
			 probe->endpoint, check->path);
	return text;
}

void probe_free(struct probe *probe)
{
	if (!probe)
		return;
	probe->kind->close(probe);
	free(probe);
}
