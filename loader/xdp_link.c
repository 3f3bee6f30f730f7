// SPDX-License-Identifier: GPL-2.0-only
/* XDP by a BPF link of our own. It is pinned, so the program stays when the controller dies. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <unistd.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/log.h"
#include "loader/hook.h"

/* The device that a link hangs on; 0 when the device is gone, or the link is of another kind. */
static unsigned int link_device(int link)
{
	struct bpf_link_info info = {};
	__u32 length = sizeof(info);

	if (bpf_obj_get_info_by_fd(link, &info, &length) || info.type != BPF_LINK_TYPE_XDP)
		return 0;
	return info.xdp.ifindex;
}

static uint32_t program_id(int program)
{
	struct bpf_prog_info info = {};
	__u32 length = sizeof(info);

	return bpf_obj_get_info_by_fd(program, &info, &length) ? 0 : info.id;
}

static bool runs_in_driver(unsigned int ifindex)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);

	return bpf_xdp_query((int)ifindex, 0, &query) == 0 && query.attach_mode == XDP_ATTACHED_DRV;
}

static uint32_t linked_program(int link)
{
	struct bpf_link_info info = {};
	__u32 length = sizeof(info);

	return bpf_obj_get_info_by_fd(link, &info, &length) ? 0 : info.prog_id;
}

static void describe(struct hooked *hooked, bool adopted)
{
	hooked->attachment.adopted = adopted;
	hooked->attachment.outdated =
		linked_program(hooked->link) != program_id(hooked->program_fd);
	hooked->attachment.dispatcher = false;
	hooked->attachment.native = runs_in_driver(hooked->ifindex);
	hooked->attachment.program_id = linked_program(hooked->link);
}

static int renew(struct hooked *hooked)
{
	if (bpf_link_update(hooked->link, hooked->program_fd, NULL))
		return -errno;
	describe(hooked, true);
	return 0;
}

static int adopt(struct hooked *hooked)
{
	CLEANUP(cleanup_close) int link = bpf_obj_get(hooked->pin);

	if (link < 0)
		return -ENOENT;
	if (link_device(link) != hooked->ifindex) {
		/* It hangs on another device, or on none any more. */
		bpf_link_detach(link);
		unlink(hooked->pin);
		return -ENOENT;
	}
	if (!hooked->later && bpf_link_update(link, hooked->program_fd, NULL))
		return -errno;
	hooked->link = TAKE_FD(link);
	describe(hooked, true);
	return 0;
}

static int create_link(const struct hooked *hooked, __u32 mode)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = mode);
	int link = bpf_link_create(hooked->program_fd, (int)hooked->ifindex, BPF_XDP, &options);

	return link < 0 ? -errno : link;
}

static int create_best_link(const struct hooked *hooked)
{
	int driver = create_link(hooked, XDP_FLAGS_DRV_MODE);
	int link;

	if (driver >= 0 || driver == -EBUSY || driver == -EEXIST)
		return driver;
	link = create_link(hooked, XDP_FLAGS_SKB_MODE);
	if (link >= 0)
		log_warning("the driver of %s does not take XDP programs (error %d): falling back "
			    "to generic mode, which works but costs more per packet",
			    hooked->attachment.interface, -driver);
	return link;
}

static int attach(struct hooked *hooked)
{
	CLEANUP(cleanup_close) int link = create_best_link(hooked);

	if (link < 0)
		return link;
	unlink(hooked->pin);
	if (bpf_obj_pin(link, hooked->pin))
		return -errno;
	hooked->link = TAKE_FD(link);
	describe(hooked, false);
	return 0;
}

static bool holds(struct hooked *hooked)
{
	return link_device(hooked->link) == hooked->ifindex;
}

static int pin_again(const struct hooked *hooked)
{
	if (access(hooked->pin, F_OK) == 0)
		return 0;
	return bpf_obj_pin(hooked->link, hooked->pin) ? -errno : 1;
}

static void detach(struct hooked *hooked)
{
	bpf_link_detach(hooked->link);
	close(hooked->link);
	hooked->link = -1;
	unlink(hooked->pin);
}

const struct hook hook_xdp_link = {
	.adopt = adopt,
	.renew = renew,
	.attach = attach,
	.holds = holds,
	.pin_again = pin_again,
	.detach = detach,
};
