// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/log.h"
#include "loader/guards.h"
#include "loader/pins.h"

/* By index, for a pin's name may hold no dot, which an interface's may. */
#define GUARD_PIN "guard_%u"

static int guard_pin(const char *pin_dir, unsigned int ifindex, char *pin, size_t size)
{
	char name[32];

	snprintf(name, sizeof(name), GUARD_PIN, ifindex);
	return pins_path(pin_dir, name, pin, size);
}

int guards_add(const char *pin_dir, int program, struct attachment *attachment)
{
	unsigned int ifindex = if_nametoindex(attachment->interface);
	CLEANUP(cleanup_close) int link = -1;
	char pin[PATH_MAX];
	int error;

	if (!ifindex)
		return log_failure(-errno,
				   "cannot guard interface %s; see vrrp: guard_interfaces in the "
				   "configuration",
				   attachment->interface);
	error = guard_pin(pin_dir, ifindex, pin, sizeof(pin));
	return error ?: attach_link(program, pin, attachment, ifindex, &link);
}

static bool is_wanted(unsigned int ifindex, const char (*names)[IF_NAMESIZE], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (if_nametoindex(names[i]) == ifindex)
			return true;
	return false;
}

static void remove_guard(const char *pin)
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

void guards_keep(const char *pin_dir, const char (*names)[IF_NAMESIZE], size_t count)
{
	CLEANUP(close_directory) DIR *directory = opendir(pin_dir);
	const struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		char pin[PATH_MAX];
		unsigned int ifindex;

		if (sscanf(entry->d_name, GUARD_PIN, &ifindex) == 1 &&
		    !is_wanted(ifindex, names, count) &&
		    pins_path(pin_dir, entry->d_name, pin, sizeof(pin)) == 0)
			remove_guard(pin);
	}
}
