// SPDX-License-Identifier: GPL-2.0-only
/*
 * The programs stay where they belong, or are attached again: against the real kernel, in
 * namespaces of our own. Needs root.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loader/layout.h"
#include "loader/loader.h"
#include "loader/objects.h"
#include "tests/host/net_fixture.h"

static char directory[] = "/tmp/vipd-loader-XXXXXX";
static char pin_dir[64], log_path[64];
static struct loader *loader;
static int standard_error = -1;

/* Names in a namespace: eth0 and other.0, each with its other end. */
static void make_cable(const char *name)
{
	char command[128];

	snprintf(command, sizeof(command),
		 "ip link add %s type veth peer name %s-p && ip link set %s up", name, name, name);
	run(command);
}

static void delete_cable(const char *name)
{
	char command[64];

	snprintf(command, sizeof(command), "ip link del %s", name);
	run(command);
}

static uint32_t attached_program(const char *interface)
{
	__u32 id = 0;

	bpf_xdp_query_id((int)if_nametoindex(interface), 0, &id);
	return id;
}

/* As `bpftool link detach` does. */
static void detach_somebody_elses_way(const char *pin)
{
	char path[128];
	int link;

	snprintf(path, sizeof(path), "%s/%s", pin_dir, pin);
	link = bpf_obj_get(path);
	assert_true(link >= 0);
	assert_int_equal(bpf_link_detach(link), 0);
	close(link);
}

static void detach_dataplane(void)
{
	detach_somebody_elses_way("link");
	assert_int_equal(attached_program("eth0"), 0);
}

/* What was logged since the last call: how many lines, of which the last has @text in it. */
static void assert_logged(int lines, const char *text)
{
	static char printed[4096];
	FILE *log = fopen(log_path, "r+e");
	char line[512] = "";
	int count = 0;

	assert_non_null(log);
	printed[0] = '\0';
	while (fgets(line, sizeof(line), log)) {
		strncat(printed, line, sizeof(printed) - strlen(printed) - 1);
		count++;
	}
	assert_int_equal(ftruncate(fileno(log), 0), 0);
	fclose(log);
	if (count != lines || !strstr(line, text))
		fail_msg("logged, instead of %d lines with %s:\n%s", lines, text, printed);
}

static void assert_check(enum loader_purpose purpose, int error)
{
	assert_int_equal(loader_check(loader, purpose), error);
}

static void redirect_log(void)
{
	int file = open(log_path, O_CREAT | O_TRUNC | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);

	assert_true(file >= 0);
	fflush(stderr);
	standard_error = dup(STDERR_FILENO);
	dup2(file, STDERR_FILENO);
	close(file);
}

static void restore_log(void)
{
	if (standard_error < 0)
		return;
	dup2(standard_error, STDERR_FILENO);
	close(standard_error);
	standard_error = -1;
}

static int enter(void **state)
{
	*state = NULL;
	if (geteuid() != 0 || unshare(CLONE_NEWNET | CLONE_NEWNS) < 0)
		return 0;
	strcpy(directory, "/tmp/vipd-loader-XXXXXX");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) || !mkdtemp(directory))
		return -1;
	snprintf(pin_dir, sizeof(pin_dir), "%s/pins", directory);
	snprintf(log_path, sizeof(log_path), "%s/log", directory);
	make_cable("eth0");
	make_cable("other.0");
	redirect_log();
	*state = directory;
	return 0;
}

static int leave(void **state)
{
	restore_log();
	if (!*state)
		return 0;
	if (loader)
		loader_detach(loader);
	loader_free(loader);
	loader = NULL;
	unlink(log_path);
	return rmdir(directory);
}

static void start(void **state)
{
	if (!*state)
		skip();
	assert_int_equal(loader_load(pin_dir, &loader), 0);
	assert_int_equal(loader_attach(loader, "eth0"), 0);
	assert_logged(
		2, "attached to eth0 in native mode"); /* after the file system that was mounted */
}

static void a_program_that_is_there_is_left_alone(void **state)
{
	uint32_t id;

	start(state);
	id = attached_program("eth0");
	assert_int_equal(loader_attachment(loader)->program_id, id);
	for (int i = 0; i < 3; i++)
		assert_check(LOADER_DATAPLANE, 0);
	assert_int_equal(attached_program("eth0"), id);
	assert_logged(0, "");
}

static void an_interface_that_was_made_anew(void **state)
{
	start(state);
	delete_cable("eth0");
	make_cable("eth0");
	assert_int_equal(attached_program("eth0"), 0);
	assert_check(LOADER_DATAPLANE, 0);
	assert_int_equal(attached_program("eth0"), loader_attachment(loader)->program_id);
	assert_logged(1, "was gone and is again attached to eth0");
	assert_check(LOADER_DATAPLANE, 0);
	assert_logged(0, "");
}

static void an_interface_that_is_away_for_a_while(void **state)
{
	start(state);
	delete_cable("eth0");
	for (int i = 0; i < 3; i++)
		assert_check(LOADER_DATAPLANE, -ENODEV);
	assert_int_equal(loader_attachment(loader)->error, -ENODEV);
	assert_logged(1, "interface eth0, which carries the virtual IPs, has disappeared");
	make_cable("eth0");
	assert_check(LOADER_DATAPLANE, 0);
	assert_int_equal(loader_attachment(loader)->error, 0);
	assert_int_not_equal(attached_program("eth0"), 0);
	assert_logged(1, "is again attached to eth0");
}

static void a_name_that_another_interface_got(void **state)
{
	start(state);
	run("ip link set eth0 down && ip link set eth0 name old");
	make_cable("eth1");
	run("ip link set eth1 down && ip link set eth1 name eth0 && ip link set eth0 up");
	assert_check(LOADER_DATAPLANE, 0);
	assert_int_equal(attached_program("eth0"), loader_attachment(loader)->program_id);
	assert_int_equal(attached_program("old"), 0);
}

static void a_program_that_somebody_detached(void **state)
{
	start(state);
	detach_dataplane();
	assert_check(LOADER_DATAPLANE, 0);
	assert_int_equal(attached_program("eth0"), loader_attachment(loader)->program_id);
	assert_logged(1, "was gone and is again attached to eth0");
}

/* Without a link of its own, by netlink, as `ip link set dev eth0 xdp` does. */
static void another_program_in_its_place(void **state)
{
	struct bpf_insn pass[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 2},
				  {.code = BPF_JMP | BPF_EXIT}};
	int ifindex, program;

	start(state);
	program = bpf_prog_load(BPF_PROG_TYPE_XDP, "pass", "GPL", pass, 2, NULL);
	assert_true(program >= 0);
	ifindex = (int)if_nametoindex("eth0");
	detach_dataplane();
	assert_int_equal(bpf_xdp_attach(ifindex, program, 0, NULL), 0);
	for (int i = 0; i < 3; i++)
		assert_check(LOADER_DATAPLANE, -EBUSY);
	assert_logged(1, "another XDP program is attached to eth0; take it off first");
	assert_int_equal(bpf_xdp_detach(ifindex, 0, NULL), 0);
	assert_check(LOADER_DATAPLANE, 0);
	assert_int_equal(attached_program("eth0"), loader_attachment(loader)->program_id);
	assert_logged(1, "is again attached to eth0");
	close(program);
}

static void die(void)
{
	loader_free(loader);
	loader = NULL;
}

static uint32_t map_id(int fd)
{
	struct bpf_map_info info = {};
	__u32 length = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &length), 0);
	return info.id;
}

static int open_pin(const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", pin_dir, name);
	fd = bpf_obj_get(path);
	assert_true(fd >= 0);
	return fd;
}

static uint32_t pinned_map(const char *name)
{
	int fd = open_pin(name);
	uint32_t id = map_id(fd);

	close(fd);
	return id;
}

static uint32_t pinned_link(void)
{
	struct bpf_link_info info = {};
	__u32 length = sizeof(info);
	int fd = open_pin("link");

	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &length), 0);
	close(fd);
	return info.id;
}

static void remove_pins(void)
{
	char command[256];

	snprintf(command, sizeof(command), "cd %s && rm -f vipd_* program_* link guard*", pin_dir);
	run(command);
}

/* Without them the program goes with the controller, and the next run begins with empty maps. */
static void pins_that_somebody_removed(void **state)
{
	uint32_t before;

	start(state);
	assert_int_equal(loader_guard(loader, "other.0"), 0);
	before = attached_program("eth0");
	remove_pins();
	assert_check(LOADER_DATAPLANE, 0);
	assert_check(LOADER_GUARDS, 0);
	assert_logged(4, ": pinned the link there again");
	assert_check(LOADER_DATAPLANE, 0);
	assert_logged(0, "");
	assert_int_equal(attached_program("eth0"), before);
	loader_free(loader);
	loader = NULL;
	assert_int_equal(attached_program("eth0"), before);
	assert_int_equal(loader_load(pin_dir, &loader), 0);
	assert_true(loader_adopted(loader));
	assert_int_equal(loader_attach(loader, "eth0"), 0);
	assert_true(loader_attachment(loader)->adopted);
}

/* The controller dies; what is pinned stays, and the same version takes it over as it is. */
static void a_run_before_is_taken_over(void **state)
{
	uint32_t program, guard, link, drops;

	start(state);
	assert_int_equal(loader_guard(loader, "other.0"), 0);
	assert_false(loader_adopted(loader));
	program = attached_program("eth0");
	guard = attached_program("other.0");
	link = pinned_link();
	drops = map_id(loader_maps(loader)->drops);
	die();
	assert_int_equal(attached_program("eth0"), program);
	assert_int_equal(attached_program("other.0"), guard);
	assert_int_equal(loader_load(pin_dir, &loader), 0);
	assert_true(loader_adopted(loader));
	assert_int_equal(loader_guard(loader, "other.0"), 0);
	assert_int_equal(loader_attach(loader, "eth0"), 0);
	assert_true(loader_attachment(loader)->adopted);
	assert_false(loader_attachment(loader)->outdated);
	assert_int_equal(loader_attachment(loader)->program_id, program);
	assert_int_equal(attached_program("eth0"), program);
	assert_int_equal(attached_program("other.0"), guard);
	assert_int_equal(pinned_link(), link);
	assert_int_equal(map_id(loader_maps(loader)->drops), drops);
	loader_guard_only(loader, NULL, 0);
	assert_int_equal(attached_program("other.0"), 0);
}

/* Another version. */

static void pin(int fd, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", pin_dir, name);
	unlink(path);
	assert_int_equal(bpf_obj_pin(fd, path), 0);
}

static void set_layout(const struct bpf_object *object, const struct bpf_map *map)
{
	char path[128], layout[LAYOUT_MAX];

	assert_int_equal(layout_of(object, map, layout), 0);
	snprintf(path, sizeof(path), "%s/%s_layout", pin_dir, bpf_map__name(map));
	assert_int_equal(symlink(layout, path), 0);
}

static void attach_other_version(const struct bpf_object *object)
{
	const struct bpf_program *program = bpf_object__find_program_by_name(object, "vip");
	int link = bpf_link_create(bpf_program__fd(program), (int)if_nametoindex("eth0"), BPF_XDP,
				   NULL);

	assert_true(link >= 0);
	pin(link, "link");
	close(link);
}

/* As a version whose table of this name has twice the entries left it when it was killed. */
static void leave_other_version(void **state, const char *other)
{
	struct bpf_object *object;
	struct bpf_map *map;

	start(state);
	loader_detach(loader);
	die();
	assert_int_equal(mkdir(pin_dir, 0700), 0);
	assert_int_equal(mount("bpf", pin_dir, "bpf", 0, NULL), 0);
	assert_int_equal(object_open(OBJECT_VIP, &object), 0);
	map = bpf_object__find_map_by_name(object, other);
	assert_int_equal(bpf_map__set_max_entries(map, 2 * bpf_map__max_entries(map)), 0);
	assert_int_equal(bpf_object__load(object), 0);
	bpf_object__for_each_map(map, object)
	{
		if (bpf_map__is_internal(map))
			continue;
		pin(bpf_map__fd(map), bpf_map__name(map));
		set_layout(object, map);
	}
	attach_other_version(object);
	bpf_object__close(object);
}

/* What the program of the other version works with is there until it is off the NIC. */
static void another_layout_is_replaced_when_ours_is_filled(void **state)
{
	uint32_t program, link, vips, drops;

	leave_other_version(state, "vipd_vips");
	program = attached_program("eth0");
	link = pinned_link();
	vips = pinned_map("vipd_vips");
	drops = pinned_map("vipd_drops");
	assert_int_equal(loader_load(pin_dir, &loader), 0);
	assert_int_equal(loader_attach(loader, "eth0"), 0);
	assert_true(loader_attachment(loader)->outdated);
	assert_int_equal(attached_program("eth0"), program);
	assert_int_equal(pinned_map("vipd_vips"), vips);
	assert_int_not_equal(map_id(loader_maps(loader)->vips), vips);
	assert_int_equal(loader_renew(loader), 0);
	assert_false(loader_attachment(loader)->outdated);
	assert_int_not_equal(attached_program("eth0"), program);
	assert_int_equal(attached_program("eth0"), loader_attachment(loader)->program_id);
	assert_int_equal(pinned_map("vipd_vips"), map_id(loader_maps(loader)->vips));
	assert_int_equal(pinned_map("vipd_drops"), drops);
	assert_int_equal(map_id(loader_maps(loader)->drops), drops);
	assert_int_equal(loader_lost_leases(loader), -1);
	assert_int_equal(pinned_link(), link);
}

static void a_start_that_fails_leaves_the_other_version(void **state)
{
	uint32_t program, vips;

	leave_other_version(state, "vipd_vips");
	program = attached_program("eth0");
	vips = pinned_map("vipd_vips");
	assert_int_equal(loader_load(pin_dir, &loader), 0);
	assert_int_equal(loader_attach(loader, "eth0"), 0);
	die();
	assert_int_equal(attached_program("eth0"), program);
	assert_int_equal(pinned_map("vipd_vips"), vips);
	assert_int_equal(loader_load(pin_dir, &loader), 0);
	assert_int_equal(loader_attach(loader, "eth0"), 0);
	assert_int_equal(loader_renew(loader), 0);
}

static void a_table_of_leases_of_another_layout_can_be_read(void **state)
{
	uint32_t leases;

	leave_other_version(state, "vipd_instances");
	leases = pinned_map("vipd_instances");
	assert_int_equal(loader_load(pin_dir, &loader), 0);
	assert_int_equal(loader_attach(loader, "eth0"), 0);
	assert_int_equal(map_id(loader_lost_leases(loader)), leases);
	assert_int_equal(loader_renew(loader), 0);
	assert_int_equal(map_id(loader_lost_leases(loader)), leases);
}

/* Tables that are the same in all: the new program is put in place at once. */
static void another_program_with_the_same_tables(void **state)
{
	uint32_t program, link, drops;

	start(state);
	program = attached_program("eth0");
	link = pinned_link();
	drops = pinned_map("vipd_drops");
	die();
	run("find /tmp/vipd-loader-*/pins -name 'program_vip_*' -delete");
	assert_int_equal(loader_load(pin_dir, &loader), 0);
	assert_int_equal(attached_program("eth0"), program);
	assert_int_equal(loader_attach(loader, "eth0"), 0);
	assert_false(loader_attachment(loader)->outdated);
	assert_int_not_equal(attached_program("eth0"), program);
	assert_int_equal(pinned_link(), link);
	assert_int_equal(pinned_map("vipd_drops"), drops);
}

/* The verifier refuses a program whose table is too small for it, with the errno of a bad map. */
static void a_program_that_the_kernel_refuses(void **state)
{
	uint32_t program, link;
	int small;

	leave_other_version(state, "vipd_vips");
	program = attached_program("eth0");
	link = pinned_link();
	small = bpf_map_create(BPF_MAP_TYPE_ARRAY, "vipd_settings", 4, 8, 1, NULL);
	assert_true(small >= 0);
	pin(small, "vipd_settings");
	close(small);
	assert_int_equal(loader_load(pin_dir, &loader), -ENOEXEC);
	assert_logged(1, "cannot load the dataplane into the kernel");
	assert_int_equal(attached_program("eth0"), program);
	assert_int_equal(pinned_link(), link);
	run("find /tmp/vipd-loader-*/pins -name 'vipd_settings*' -delete");
	assert_int_equal(loader_load(pin_dir, &loader), 0);
	assert_int_equal(loader_attach(loader, "eth0"), 0);
	assert_int_equal(loader_renew(loader), 0);
	assert_int_not_equal(attached_program("eth0"), program);
}

static void guards_are_looked_after_too(void **state)
{
	start(state);
	assert_int_equal(loader_guard(loader, "other.0"), 0);
	assert_true(loader_is_guarded(loader, "other.0"));
	assert_logged(1, "attached to other.0 in native mode: no VRRP there");
	delete_cable("other.0");
	assert_check(LOADER_GUARDS, -ENODEV);
	assert_check(LOADER_GUARDS, -ENODEV);
	assert_check(LOADER_DATAPLANE, 0);
	assert_logged(1, "interface other.0, which is to be guarded against VRRP, has disappeared");
	make_cable("other.0");
	assert_check(LOADER_GUARDS, 0);
	assert_logged(1, "is again attached to other.0");
	assert_int_not_equal(attached_program("other.0"), 0);
	loader_unguard(loader, "other.0");
	assert_false(loader_is_guarded(loader, "other.0"));
	assert_int_equal(attached_program("other.0"), 0);
	assert_check(LOADER_GUARDS, 0);
}

static void a_guard_that_cannot_be(void **state)
{
	start(state);
	assert_int_equal(loader_guard(loader, "missing0"), -ENODEV);
	assert_logged(1, "cannot guard interface missing0; see vrrp: guard_interfaces");
	assert_false(loader_is_guarded(loader, "missing0"));
	assert_check(LOADER_GUARDS, 0);
}

/* Nothing is attached, pinned or mounted after that: leave() finds the directory empty. */
static void a_detached_loader_leaves_nothing(void **state)
{
	start(state);
	assert_int_equal(loader_guard(loader, "other.0"), 0);
	loader_detach(loader);
	assert_int_equal(attached_program("eth0"), 0);
	assert_int_equal(attached_program("other.0"), 0);
	assert_int_equal(access(pin_dir, F_OK), -1);
	loader_free(loader);
	loader = NULL;
}

#define in_namespace(function) cmocka_unit_test_setup_teardown(function, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_namespace(a_program_that_is_there_is_left_alone),
		in_namespace(an_interface_that_was_made_anew),
		in_namespace(an_interface_that_is_away_for_a_while),
		in_namespace(a_name_that_another_interface_got),
		in_namespace(a_program_that_somebody_detached),
		in_namespace(another_program_in_its_place),
		in_namespace(pins_that_somebody_removed),
		in_namespace(a_run_before_is_taken_over),
		in_namespace(another_layout_is_replaced_when_ours_is_filled),
		in_namespace(a_start_that_fails_leaves_the_other_version),
		in_namespace(a_table_of_leases_of_another_layout_can_be_read),
		in_namespace(another_program_with_the_same_tables),
		in_namespace(a_program_that_the_kernel_refuses),
		in_namespace(guards_are_looked_after_too),
		in_namespace(a_guard_that_cannot_be),
		in_namespace(a_detached_loader_leaves_nothing),
	};

	return cmocka_run_group_tests_name("loader", tests, NULL, NULL);
}
