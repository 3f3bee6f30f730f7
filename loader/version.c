// SPDX-License-Identifier: GPL-2.0-only
#include "loader/version.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "loader/pins.h"
#include "loader/tables.h"

/* And the program's name, and the digest of its object: only the same version finds it. */
#define PROGRAM_PIN "program_"

#define TABLE_PIN "vipd_"

void version_init(struct version *version)
{
	*version = (struct version){.lost_leases = -1};
	for (size_t i = 0; i < PROGRAMS_MAX; i++)
		version->programs[i] = -1;
}

static int program_path(const char *pin_dir, const struct purpose *purpose,
			char path[static PATH_MAX])
{
	char digest[LAYOUT_MAX], name[NAME_MAX];

	object_digest(purpose->object, digest);
	snprintf(name, sizeof(name), PROGRAM_PIN "%s_%s", purpose->program, digest);
	return pins_path(pin_dir, name, path, PATH_MAX);
}

static void close_descriptor(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Adopting. */

static int adopt_programs(struct version *version, const char *pin_dir,
			  const struct purpose *purposes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char path[PATH_MAX];
		int error = program_path(pin_dir, &purposes[i], path);

		if (error)
			return error;
		version->programs[i] = bpf_obj_get(path);
		if (version->programs[i] < 0)
			return -ENOENT;
	}
	return 0;
}

int version_adopt(struct version *version, const char *pin_dir, const struct purpose *purposes,
		  size_t count)
{
	int error = adopt_programs(version, pin_dir, purposes, count);

	/* The first program is the dataplane's, which uses all tables. */
	if (!error)
		error = tables_adopt(pin_dir, version->programs[0], &version->fds);
	if (error) {
		for (size_t i = 0; i < count; i++)
			close_descriptor(&version->programs[i]);
		return -ENOENT;
	}
	version->published = true;
	return 0;
}

/* Loading. */

/* The first object has all tables; the others share them. */
static int load_object(struct version *version, const char *pin_dir, enum loader_object which)
{
	struct bpf_object **object = &version->objects[which];
	int error = object_open(which, object);

	if (!error)
		error = which == OBJECT_VIP ? tables_reuse(pin_dir, *object, &version->fresh)
					    : tables_share(&version->fds, *object);
	if (!error)
		error = bpf_object__load(*object);
	if (!error && which == OBJECT_VIP)
		error = maps_find(*object, &version->fds);
	return error;
}

static int find_programs(struct version *version, const struct purpose *purposes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct bpf_program *program = bpf_object__find_program_by_name(
			version->objects[purposes[i].object], purposes[i].program);

		version->programs[i] = program ? dup(bpf_program__fd(program)) : -1;
		if (version->programs[i] < 0)
			return program ? -errno : -ENOENT;
	}
	return 0;
}

int version_load(struct version *version, const char *pin_dir, const struct purpose *purposes,
		 size_t count)
{
	int error = 0;

	for (enum loader_object i = 0; i < OBJECT_COUNT && !error; i++)
		error = load_object(version, pin_dir, i);
	if (!error)
		error = find_programs(version, purposes, count);
	if (!error)
		version->lost_leases =
			tables_lost(pin_dir, MAP_NAME(instances), version->fds.instances);
	return error;
}

/* Publishing. */

int version_publish(struct version *version, const char *pin_dir, const struct purpose *purposes,
		    size_t count)
{
	int error;

	if (version->published)
		return 0;
	pins_sweep(pin_dir, PROGRAM_PIN);
	error = tables_publish(pin_dir, version->objects[OBJECT_VIP]);
	for (size_t i = 0; i < count && !error; i++) {
		char path[PATH_MAX];

		error = program_path(pin_dir, &purposes[i], path);
		if (!error && bpf_obj_pin(version->programs[i], path))
			error = -errno;
	}
	version->published = true;
	return error;
}

int version_pin_again(const struct version *version, const char *pin_dir,
		      const struct purpose *purposes, size_t count)
{
	int first_error = tables_pin_again(pin_dir, &version->fds);

	for (size_t i = 0; i < count; i++) {
		char path[PATH_MAX];
		int error = program_path(pin_dir, &purposes[i], path);

		if (!error && access(path, F_OK) && bpf_obj_pin(version->programs[i], path))
			error = -errno;
		if (!first_error)
			first_error = error;
	}
	return first_error;
}

void version_close(struct version *version)
{
	for (size_t i = 0; i < PROGRAMS_MAX; i++)
		close_descriptor(&version->programs[i]);
	close_descriptor(&version->lost_leases);
	if (!version->objects[OBJECT_VIP])
		tables_close(&version->fds);
	for (size_t i = 0; i < OBJECT_COUNT; i++)
		bpf_object__close(version->objects[i]);
	version_init(version);
}

void version_unpin(const char *pin_dir)
{
	pins_sweep(pin_dir, PROGRAM_PIN);
	pins_sweep(pin_dir, TABLE_PIN);
}
