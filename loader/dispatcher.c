// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <xdp/libxdp.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/log.h"
#include "loader/attach.h"
#include "loader/object.h"

static const char *const program_name = "vip";

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
bool dispatcher_possible(void)
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

/* Whichever of our programs is behind the dispatcher, besides the one to keep. */
static int take_out_others(unsigned int ifindex, uint32_t keep)
{
	CLEANUP(close_multiprog)
	struct xdp_multiprog *multiprog = xdp_multiprog__get_from_ifindex((int)ifindex);
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
		if (strcmp(xdp_program__name(program), program_name) != 0 ||
		    xdp_program__id(program) == keep)
			continue;
		if (xdp_program__detach(program, (int)ifindex, mode, 0) == 0)
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

int dispatcher_attach(const char *pin_dir, struct attachment *attachment, unsigned int ifindex)
{
	CLEANUP(close_object) struct bpf_object *object = NULL;
	CLEANUP(close_program) struct xdp_program *program = NULL;
	struct xdp_program_opts options = {.sz = sizeof(options), .prog_name = program_name};
	int error = object_open(pin_dir, &object);

	if (error)
		return error;
	options.obj = object;
	program = xdp_program__create(&options);
	error = (int)libxdp_get_error(program);
	if (error) {
		program = NULL;
		return error;
	}
	error = attach_in_mode(program, ifindex, &attachment->native);
	if (error)
		return error;
	attachment->program_id = xdp_program__id(program);
	attachment->adopted = take_out_others(ifindex, attachment->program_id) > 0;
	attachment->dispatcher = true;
	return 0;
}

int dispatcher_detach(unsigned int ifindex)
{
	take_out_others(ifindex, 0);
	return 0;
}
