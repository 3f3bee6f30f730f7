// SPDX-License-Identifier: GPL-2.0-only
#include "loader/loader.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xdp/libxdp.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/log.h"
#include "loader/guards.h"
#include "loader/pins.h"
#include "loader/tables.h"
#include "loader/version.h"

#define PURPOSE_COUNT 2

/* All that is ever attached. */
static const struct purpose purposes[PURPOSE_COUNT] = {
	[LOADER_DATAPLANE] =
		{
			.object = OBJECT_VIP,
			.program = "vip",
			.pin = "link",
			.hooks = {&hook_xdp_dispatcher, &hook_xdp_link},
			.task = "attach the XDP program to",
			.interface = "which carries the virtual IPs",
			.effect = "",
			.advice = "",
		},
	[LOADER_GUARDS] =
		{
			.object = OBJECT_VIP,
			.program = "guard_only",
			.pin = GUARD_PIN,
			.pin_by_index = true,
			.hooks = {&hook_xdp_link},
			.task = "guard interface",
			.interface = "which is to be guarded against VRRP",
			.effect = ": no VRRP there",
			.advice = "; see vrrp: guard_interfaces in the configuration",
		},
};

struct loader {
	char pin_dir[PATH_MAX];
	int directory; /* holds the lock */
	bool adopted;  /* a run before had left its maps */
	struct version version;
	struct hooked dataplane;
	struct hooked *guards;
};

/*
 * The libraries' own words are for whoever debugs us; what an operator needs, we say ourselves. The
 * verifier's come as one text of many lines.
 */
static int log_lines(const char *format, va_list arguments)
{
	CLEANUP(cleanup_free) char *text = NULL;
	char *rest, *line;

	if (vasprintf(&text, format, arguments) < 0) {
		text = NULL;
		return 0;
	}
	rest = text;
	while ((line = strsep(&rest, "\n")))
		if (*line)
			log_debug("%s", line);
	return 0;
}

static int log_libbpf(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level;
	return log_lines(format, arguments);
}

static int log_libxdp(enum libxdp_print_level level, const char *format, va_list arguments)
{
	(void)level;
	return log_lines(format, arguments);
}

/* Whether the same program may be accepted another time, by the same kernel. */
static bool may_pass(int error)
{
	switch (-error) {
	case EPERM: /* rights, or a limit of locked memory */
	case ENOMEM:
	case EAGAIN:
	case EINTR:
	case EBUSY:
	case EMFILE:
	case ENFILE:
		return true;
	default:
		return false;
	}
}

static int report_refused(int error)
{
	log_failure(error, "cannot load the dataplane into the kernel (needed: Linux 5.10 or "
			   "later, CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON; VIPD_DEBUG=1 in the "
			   "environment shows the verifier's words)");
	return may_pass(error) ? error : -ENOEXEC;
}

static void loader_freep(struct loader **loader)
{
	loader_free(*loader);
}

static int adopt_or_load(struct loader *loader)
{
	struct version *version = &loader->version;

	if (version_adopt(version, loader->pin_dir, purposes, PURPOSE_COUNT) == 0)
		return 0;
	return version_load(version, loader->pin_dir, purposes, PURPOSE_COUNT);
}

int loader_load(const char *pin_dir, struct loader **loaded)
{
	CLEANUP(loader_freep) struct loader *loader = calloc(1, sizeof(*loader));
	int error;

	if (!loader)
		return log_failure(-ENOMEM, "cannot load the dataplane");
	loader->dataplane.link = -1;
	version_init(&loader->version);
	libbpf_set_print(log_libbpf);
	libxdp_set_print(log_libxdp);
	snprintf(loader->pin_dir, sizeof(loader->pin_dir), "%s", pin_dir);
	loader->directory = pins_open(pin_dir);
	if (loader->directory < 0)
		return loader->directory;
	loader->adopted = tables_pinned(pin_dir);
	error = adopt_or_load(loader);
	if (error)
		return report_refused(error);
	*loaded = TAKE_POINTER(loader);
	return 0;
}

const struct map_fds *loader_maps(const struct loader *loader)
{
	return &loader->version.fds;
}

bool loader_adopted(const struct loader *loader)
{
	return loader->adopted;
}

bool loader_replaces(const struct loader *loader)
{
	return loader->adopted && loader->version.fresh;
}

int loader_lost_leases(const struct loader *loader)
{
	return loader->version.lost_leases;
}

static struct hooked new_hooked(const struct loader *loader, enum loader_purpose which,
				const char *interface)
{
	const struct hooked setup = {
		.purpose = &purposes[which],
		.pin_dir = loader->pin_dir,
		.fds = &loader->version.fds,
		.program_fd = loader->version.programs[which],
		.later = which == LOADER_DATAPLANE && loader->version.fresh,
	};
	struct hooked hooked;

	hooked_init(&hooked, &setup, interface);
	return hooked;
}

/* Once our program is on the NIC, the one before needs its pins no longer. */
static int publish(struct loader *loader, int error)
{
	int failure = 0;

	if (!error && !loader->dataplane.attachment.outdated)
		failure =
			version_publish(&loader->version, loader->pin_dir, purposes, PURPOSE_COUNT);
	if (failure)
		log_failure(failure,
			    "cannot pin the dataplane in %s: the next vipd cannot adopt it",
			    loader->pin_dir);
	return error;
}

int loader_attach(struct loader *loader, const char *interface)
{
	loader->dataplane = new_hooked(loader, LOADER_DATAPLANE, interface);
	return publish(loader, hooked_attach(&loader->dataplane));
}

int loader_renew(struct loader *loader)
{
	return publish(loader, hooked_renew(&loader->dataplane));
}

const struct attachment *loader_attachment(const struct loader *loader)
{
	return &loader->dataplane.attachment;
}

int loader_guard(struct loader *loader, const char *interface)
{
	struct hooked hooked = new_hooked(loader, LOADER_GUARDS, interface);

	return guards_add(&loader->guards, &hooked);
}

bool loader_is_guarded(const struct loader *loader, const char *interface)
{
	return guards_find(loader->guards, interface) != NULL;
}

void loader_unguard(struct loader *loader, const char *interface)
{
	guards_remove(&loader->guards, interface);
}

void loader_guard_only(struct loader *loader, const char (*names)[IF_NAMESIZE], size_t count)
{
	guards_keep(&loader->guards, names, count);
	guards_sweep(loader->guards, loader->pin_dir);
}

/* Whatever removed the pins may have taken the directory too; the lock stays with the old one. */
static void pin_again(const struct loader *loader)
{
	if (!loader->version.published || tables_pinned(loader->pin_dir) ||
	    pins_make_directory(loader->pin_dir))
		return;
	if (version_pin_again(&loader->version, loader->pin_dir, purposes, PURPOSE_COUNT) == 0)
		log_warning("somebody has removed the tables pinned in %s: pinned them again",
			    loader->pin_dir);
}

int loader_check(struct loader *loader, enum loader_purpose which)
{
	pin_again(loader);
	if (which == LOADER_GUARDS)
		return guards_check(loader->guards);
	if (!loader->dataplane.purpose)
		return -ENOENT;
	return publish(loader, hooked_check(&loader->dataplane));
}

void loader_detach(struct loader *loader)
{
	loader_guard_only(loader, NULL, 0);
	hooked_detach(&loader->dataplane);
	version_unpin(loader->pin_dir);
	close(loader->directory);
	loader->directory = -1;
	pins_remove_directory(loader->pin_dir);
}

void loader_free(struct loader *loader)
{
	if (!loader)
		return;
	guards_close(&loader->guards);
	hooked_close(&loader->dataplane);
	version_close(&loader->version);
	if (loader->directory >= 0)
		close(loader->directory);
	free(loader);
}
