// SPDX-License-Identifier: GPL-2.0-only
#include "loader/guards.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/log.h"
#include "loader/pins.h"

struct hooked *guards_find(struct hooked *guards, const char *interface)
{
	while (guards && strcmp(guards->attachment.interface, interface) != 0)
		guards = guards->next;
	return guards;
}

int guards_add(struct hooked **guards, const struct hooked *hooked)
{
	CLEANUP(cleanup_free) struct hooked *new = malloc(sizeof(*new));
	int error;

	if (!new)
		return log_failure(-ENOMEM, "cannot guard %s", hooked->attachment.interface);
	*new = *hooked;
	error = hooked_attach(new);
	if (error)
		return error;
	new->next = *guards;
	*guards = TAKE_POINTER(new);
	return 0;
}

static void remove_guard(struct hooked **place)
{
	CLEANUP(cleanup_free) struct hooked *guard = *place;

	*place = guard->next;
	hooked_detach(guard);
}

void guards_remove(struct hooked **guards, const char *interface)
{
	for (; *guards; guards = &(*guards)->next) {
		if (strcmp((*guards)->attachment.interface, interface) != 0)
			continue;
		remove_guard(guards);
		return;
	}
}

static bool is_among(const char *name, const char (*names)[IF_NAMESIZE], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

void guards_keep(struct hooked **guards, const char (*names)[IF_NAMESIZE], size_t count)
{
	while (*guards) {
		if (is_among((*guards)->attachment.interface, names, count))
			guards = &(*guards)->next;
		else
			remove_guard(guards);
	}
}

static bool is_in_use(const struct hooked *guards, const char *pin)
{
	for (; guards; guards = guards->next)
		if (strcmp(guards->pin, pin) == 0)
			return true;
	return false;
}

static void remove_pinned(const char *pin)
{
	CLEANUP(cleanup_close) int link = bpf_obj_get(pin);

	if (link >= 0)
		bpf_link_detach(link);
	unlink(pin);
}

static void close_directory(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

void guards_sweep(const struct hooked *guards, const char *pin_dir)
{
	CLEANUP(close_directory) DIR *directory = opendir(pin_dir);
	const struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		char pin[PATH_MAX];

		if (strncmp(entry->d_name, GUARD_PIN, strlen(GUARD_PIN)) == 0 &&
		    pins_path(pin_dir, entry->d_name, pin, sizeof(pin)) == 0 &&
		    !is_in_use(guards, pin))
			remove_pinned(pin);
	}
}

int guards_check(struct hooked *guards)
{
	int first = 0;

	for (; guards; guards = guards->next) {
		int error = hooked_check(guards);

		if (!first)
			first = error;
	}
	return first;
}

void guards_close(struct hooked **guards)
{
	while (*guards) {
		CLEANUP(cleanup_free) struct hooked *guard = *guards;

		*guards = guard->next;
		hooked_close(guard);
	}
}
