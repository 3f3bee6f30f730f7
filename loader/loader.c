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
#include "loader/attach.h"
#include "loader/guards.h"
#include "loader/object.h"
#include "loader/pins.h"

#define LINK_PIN "link"

struct loader {
	char pin_dir[PATH_MAX];
	int directory; /* holds the lock */
	struct bpf_object *object;
	struct map_fds fds;
	struct attachment attachment;
	unsigned int ifindex;
	int link; /* -1: behind the dispatcher, or not attached */
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

static void remove_pins(const struct loader *loader)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, loader->object) if (!bpf_map__is_internal(map))
		pins_remove(loader->pin_dir, bpf_map__name(map));
	pins_remove(loader->pin_dir, LINK_PIN);
}

static int load_object(struct loader *loader)
{
	int error = object_open(loader->pin_dir, &loader->object);

	if (error)
		return error;
	error = bpf_object__load(loader->object);
	if (error)
		return error;
	return maps_find(loader->object, &loader->fds);
}

/* Maps of another version: the layout is told by the settings, or libbpf saw another size. */
static bool layout_differs(const struct loader *loader)
{
	uint32_t layout = maps_layout(&loader->fds);

	return layout != 0 && layout != MAPS_LAYOUT;
}

static int load_or_discard(struct loader *loader)
{
	int error = load_object(loader);

	if (error && error != -EINVAL)
		return error;
	if (!error && !layout_differs(loader))
		return 0;
	log_notice("the maps pinned in %s are of another version: starting with new ones",
		   loader->pin_dir);
	remove_pins(loader);
	bpf_object__close(loader->object);
	loader->object = NULL;
	return load_object(loader);
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
	loader->link = -1;
	libbpf_set_print(log_libbpf);
	libxdp_set_print(log_libxdp);
	snprintf(loader->pin_dir, sizeof(loader->pin_dir), "%s", pin_dir);
	loader->directory = pins_open(pin_dir);
	if (loader->directory < 0)
		return loader->directory;
	error = load_or_discard(loader);
	if (error)
		return log_failure(error,
				   "cannot load the dataplane into the kernel (needed: Linux 5.10 "
				   "or later, CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON; VIPD_DEBUG=1 in "
				   "the environment shows the verifier's words)");
	*loaded = TAKE_POINTER(loader);
	return 0;
}

const struct map_fds *loader_maps(const struct loader *loader)
{
	return &loader->fds;
}

int loader_attach(struct loader *loader, const char *interface, unsigned int ifindex)
{
	struct bpf_program *program = bpf_object__find_program_by_name(loader->object, "vip");
	char pin[PATH_MAX];
	int error = pins_path(loader->pin_dir, LINK_PIN, pin, sizeof(pin));

	if (error)
		return error;
	loader->ifindex = ifindex;
	loader->attachment = (struct attachment){};
	snprintf(loader->attachment.interface, sizeof(loader->attachment.interface), "%s",
		 interface);
	if (access(pin, F_OK) && dispatcher_possible() &&
	    dispatcher_attach(loader->pin_dir, &loader->attachment, ifindex) == 0)
		return 0;
	return attach_link(bpf_program__fd(program), pin, &loader->attachment, ifindex,
			   &loader->link);
}

const struct attachment *loader_attachment(const struct loader *loader)
{
	return &loader->attachment;
}

int loader_guard(struct loader *loader, const char *interface)
{
	struct bpf_program *program =
		bpf_object__find_program_by_name(loader->object, "guard_only");
	struct attachment attachment = {};
	int error;

	snprintf(attachment.interface, sizeof(attachment.interface), "%s", interface);
	error = guards_add(loader->pin_dir, bpf_program__fd(program), &attachment);
	if (!error)
		log_info("XDP program %u %s %s in %s mode: no VRRP there", attachment.program_id,
			 attachment.adopted ? "took over on" : "attached to", interface,
			 attachment.native ? "native" : "generic");
	return error;
}

void loader_guard_only(struct loader *loader, const char (*names)[IF_NAMESIZE], size_t count)
{
	guards_keep(loader->pin_dir, names, count);
}

int loader_detach(struct loader *loader)
{
	guards_keep(loader->pin_dir, NULL, 0);
	if (loader->attachment.dispatcher)
		dispatcher_detach(loader->ifindex);
	if (loader->link >= 0) {
		bpf_link_detach(loader->link);
		close(loader->link);
		loader->link = -1;
	}
	loader->attachment = (struct attachment){};
	remove_pins(loader);
	close(loader->directory);
	loader->directory = -1;
	pins_remove_directory(loader->pin_dir);
	return 0;
}

void loader_free(struct loader *loader)
{
	if (!loader)
		return;
	bpf_object__close(loader->object);
	if (loader->link >= 0)
		close(loader->link);
	if (loader->directory >= 0)
		close(loader->directory);
	free(loader);
}
