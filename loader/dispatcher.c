// SPDX-License-Identifier: GPL-2.0-only
/*
 * XDP behind libxdp's dispatcher, so that other XDP programs can live on the NIC. What libxdp pins
 * keeps the program attached when the controller dies.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <xdp/libxdp.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/log.h"
#include "loader/hook.h"
#include "loader/tables.h"

static bool have_admin_capability(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {};

	if (syscall(SYS_capget, &header, data))
		return false;
	return data[CAP_TO_INDEX(CAP_SYS_ADMIN)].effective & CAP_TO_MASK(CAP_SYS_ADMIN);
}

/*
 * The dispatcher replaces its own functions with our program (BPF_PROG_TYPE_EXT), which not every
 * kernel allows. And libxdp finds the programs it is to take out again by their ids, which needs
 * CAP_SYS_ADMIN: who cannot detach should not attach.
 */
static bool is_possible(void)
{
	return have_admin_capability() && libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_EXT, NULL) == 1;
}

static void close_multiprog(struct xdp_multiprog **multiprog)
{
	xdp_multiprog__close(*multiprog);
}

static void close_object(struct bpf_object **object)
{
	bpf_object__close(*object);
}

static void close_program(struct xdp_program **program)
{
	xdp_program__close(*program);
}

static bool is_ours(const struct hooked *hooked, struct xdp_program *program)
{
	return strcmp(xdp_program__name(program), hooked->purpose->program) == 0;
}

/* Takes out whichever of our programs is behind the dispatcher, besides the one to keep. */
static int take_out_others(const struct hooked *hooked, uint32_t keep)
{
	int ifindex = (int)hooked->ifindex;
	CLEANUP(close_multiprog)
	struct xdp_multiprog *multiprog = xdp_multiprog__get_from_ifindex(ifindex);
	struct xdp_program *program = NULL;
	enum xdp_attach_mode mode;
	int taken = 0;

	if (libxdp_get_error(multiprog)) {
		multiprog = NULL;
		return 0;
	}
	if (xdp_multiprog__is_legacy(multiprog))
		return 0;
	mode = xdp_multiprog__attach_mode(multiprog);
	while ((program = xdp_multiprog__next_prog(program, multiprog))) {
		if (!is_ours(hooked, program) || xdp_program__id(program) == keep)
			continue;
		if (xdp_program__detach(program, ifindex, mode, 0) == 0)
			taken++;
	}
	return taken;
}

static int attach_in_mode(struct xdp_program *program, unsigned int ifindex, bool *native)
{
	int error = xdp_program__attach(program, (int)ifindex, XDP_MODE_NATIVE, 0);

	*native = error == 0;
	return error ? xdp_program__attach(program, (int)ifindex, XDP_MODE_SKB, 0) : 0;
}

/* libxdp loads a copy of the object, of which it makes one program an extension. */
static int create_program(const struct hooked *hooked, struct bpf_object *object,
			  struct xdp_program **created)
{
	struct xdp_program_opts options = {
		.sz = sizeof(options), .prog_name = hooked->purpose->program, .obj = object};
	struct xdp_program *program = xdp_program__create(&options);
	int error = (int)libxdp_get_error(program);

	if (!error)
		*created = program;
	return error;
}

static int attach(struct hooked *hooked)
{
	CLEANUP(close_object) struct bpf_object *object = NULL;
	CLEANUP(close_program) struct xdp_program *program = NULL;
	struct attachment *attachment = &hooked->attachment;
	int error;

	if (!is_possible())
		return -EOPNOTSUPP;
	error = object_open(hooked->purpose->object, &object);
	if (!error)
		error = tables_share(hooked->fds, object);
	if (error)
		return error;
	error = create_program(hooked, object, &program);
	if (error)
		return error;
	error = attach_in_mode(program, hooked->ifindex, &attachment->native);
	if (error)
		return error;
	attachment->program_id = xdp_program__id(program);
	attachment->adopted = take_out_others(hooked, attachment->program_id) > 0;
	attachment->dispatcher = true;
	return 0;
}

/* Whoever takes a program out makes a new dispatcher, so the same one has the same programs. */
static uint32_t dispatcher_id(const struct hooked *hooked)
{
	uint32_t id = 0;

	return bpf_xdp_query_id((int)hooked->ifindex, 0, &id) ? 0 : id;
}

static bool is_among_programs(const struct hooked *hooked)
{
	CLEANUP(close_multiprog)
	struct xdp_multiprog *multiprog = xdp_multiprog__get_from_ifindex((int)hooked->ifindex);
	struct xdp_program *program = NULL;

	if (libxdp_get_error(multiprog)) {
		multiprog = NULL;
		return false;
	}
	while ((program = xdp_multiprog__next_prog(program, multiprog)))
		if (is_ours(hooked, program))
			return true;
	return false;
}

static bool holds(struct hooked *hooked)
{
	uint32_t id = dispatcher_id(hooked);

	if (id && id == hooked->dispatcher_id)
		return true;
	hooked->dispatcher_id = is_among_programs(hooked) ? id : 0;
	return hooked->dispatcher_id != 0;
}

static void detach(struct hooked *hooked)
{
	take_out_others(hooked, 0);
}

const struct hook hook_xdp_dispatcher = {
	.attach = attach,
	.holds = holds,
	.detach = detach,
};
