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
#include "loader/objects.h"
#include "loader/pins.h"

/* All that is ever attached. */
static const struct purpose purposes[] = {
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
	struct bpf_object *objects[OBJECT_COUNT];
	struct map_fds fds;
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

static void remove_map_pins(const struct loader *loader)
{
	for (size_t i = 0; i < OBJECT_COUNT; i++) {
		struct bpf_map *map;

		if (!loader->objects[i])
			continue;
		bpf_object__for_each_map(map, loader->objects[i]) if (!bpf_map__is_internal(map))
			pins_remove(loader->pin_dir, bpf_map__name(map));
	}
}

static void close_objects(struct loader *loader)
{
	for (size_t i = 0; i < OBJECT_COUNT; i++) {
		bpf_object__close(loader->objects[i]);
		loader->objects[i] = NULL;
	}
}

/* The first one has all maps; the others use what it has pinned. */
static int load_objects(struct loader *loader)
{
	for (enum loader_object i = 0; i < OBJECT_COUNT; i++) {
		int error = object_open(i, loader->pin_dir, &loader->objects[i]);

		if (error)
			return error;
		error = bpf_object__load(loader->objects[i]);
		if (error)
			return error;
	}
	return maps_find(loader->objects[OBJECT_VIP], &loader->fds);
}

/* Maps of another version: the layout is told by the settings, or libbpf saw another size. */
static bool layout_differs(const struct loader *loader)
{
	uint32_t layout = maps_layout(&loader->fds);

	return layout != 0 && layout != MAPS_LAYOUT;
}

static int load_or_discard(struct loader *loader)
{
	int error = load_objects(loader);

	if (error && error != -EINVAL)
		return error;
	if (!error && !layout_differs(loader))
		return 0;
	log_notice("the maps pinned in %s are of another version: starting with new ones",
		   loader->pin_dir);
	/* A link would keep the program of that version attached, with its maps. */
	pins_remove(loader->pin_dir, purposes[LOADER_DATAPLANE].pin);
	remove_map_pins(loader);
	close_objects(loader);
	return load_objects(loader);
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

int loader_load(const char *pin_dir, struct loader **loaded)
{
	CLEANUP(loader_freep) struct loader *loader = calloc(1, sizeof(*loader));
	int error;

	if (!loader)
		return log_failure(-ENOMEM, "cannot load the dataplane");
	loader->dataplane.link = -1;
	libbpf_set_print(log_libbpf);
	libxdp_set_print(log_libxdp);
	snprintf(loader->pin_dir, sizeof(loader->pin_dir), "%s", pin_dir);
	loader->directory = pins_open(pin_dir);
	if (loader->directory < 0)
		return loader->directory;
	loader->adopted = pins_exist(pin_dir, MAP_NAME(instances));
	error = load_or_discard(loader);
	if (error)
		return report_refused(error);
	*loaded = TAKE_POINTER(loader);
	return 0;
}

const struct map_fds *loader_maps(const struct loader *loader)
{
	return &loader->fds;
}

bool loader_adopted(const struct loader *loader)
{
	return loader->adopted;
}

static struct hooked new_hooked(const struct loader *loader, enum loader_purpose which,
				const char *interface)
{
	const struct purpose *purpose = &purposes[which];
	const struct bpf_object *object = loader->objects[purpose->object];
	const struct bpf_program *program =
		bpf_object__find_program_by_name(object, purpose->program);
	struct hooked hooked;

	hooked_init(&hooked, purpose, loader->pin_dir, bpf_program__fd(program), interface);
	return hooked;
}

int loader_attach(struct loader *loader, const char *interface)
{
	loader->dataplane = new_hooked(loader, LOADER_DATAPLANE, interface);
	return hooked_attach(&loader->dataplane);
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

int loader_check(struct loader *loader, enum loader_purpose which)
{
	if (which == LOADER_GUARDS)
		return guards_check(loader->guards);
	return loader->dataplane.purpose ? hooked_check(&loader->dataplane) : -ENOENT;
}

void loader_detach(struct loader *loader)
{
	loader_guard_only(loader, NULL, 0);
	hooked_detach(&loader->dataplane);
	remove_map_pins(loader);
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
	close_objects(loader);
	if (loader->directory >= 0)
		close(loader->directory);
	free(loader);
}
