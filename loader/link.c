// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <unistd.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/log.h"
#include "loader/attach.h"

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

/* Takes over the link of a run before: from one frame to the next, the new program sees them. */
static int adopt_link(int program, const char *pin, unsigned int ifindex)
{
	CLEANUP(cleanup_close) int link = bpf_obj_get(pin);

	if (link < 0)
		return -ENOENT;
	if (link_device(link) != ifindex || bpf_link_update(link, program, NULL)) {
		/* It hangs on another device, or on none any more. */
		bpf_link_detach(link);
		unlink(pin);
		return -ENOENT;
	}
	return TAKE_FD(link);
}

static int create_link(int program, unsigned int ifindex, __u32 mode)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = mode);
	int link = bpf_link_create(program, (int)ifindex, BPF_XDP, &options);

	return link < 0 ? -errno : link;
}

static int create_best_link(int program, const struct attachment *attachment, unsigned int ifindex)
{
	int link = create_link(program, ifindex, XDP_FLAGS_DRV_MODE);

	if (link >= 0)
		return link;
	if (link == -EBUSY || link == -EEXIST)
		return log_failure(link,
				   "another XDP program is attached to %s; take it off first "
				   "(ip link set dev %s xdp off), or see who owns it: bpftool net",
				   attachment->interface, attachment->interface);
	log_warning("the driver of %s does not take XDP programs (error %d): falling back to "
		    "generic mode, which works but costs more per packet",
		    attachment->interface, -link);
	link = create_link(program, ifindex, XDP_FLAGS_SKB_MODE);
	if (link < 0)
		return log_failure(link, "cannot attach the XDP program to %s",
				   attachment->interface);
	return link;
}

int attach_link(int program, const char *pin, struct attachment *attachment, unsigned int ifindex,
		int *attached)
{
	CLEANUP(cleanup_close) int link = adopt_link(program, pin, ifindex);

	attachment->adopted = link >= 0;
	if (link < 0) {
		link = create_best_link(program, attachment, ifindex);
		if (link < 0)
			return link;
		if (bpf_obj_pin(link, pin))
			return log_failure(-errno, "cannot pin the XDP link at %s", pin);
	}
	attachment->native = runs_in_driver(ifindex);
	attachment->program_id = program_id(program);
	*attached = TAKE_FD(link);
	return 0;
}
