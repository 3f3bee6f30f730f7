// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dataplane: one frame's way through a node. Each step decides (an XDP action) or hands the
 * frame to the next one; what no step wants is the host's own business and passes untouched.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "bpf/answer/answer.h"
#include "bpf/frame.h"
#include "bpf/guard/guard.h"
#include "bpf/steer/steer.h"

SEC("xdp")
int vip(struct xdp_md *ctx)
{
	enum verdict verdict;
	struct frame frame;

	if (!parse(ctx, &frame))
		return XDP_PASS;

	verdict = guard(&frame);
	if (verdict == VERDICT_NEXT)
		verdict = answer(&frame);
	if (verdict == VERDICT_NEXT)
		verdict = steer(&frame);
	return verdict == VERDICT_NEXT ? XDP_PASS : (int)verdict;
}

/* For interfaces that the operator wants guarded, though they carry no virtual IP. */
SEC("xdp")
int guard_only(struct xdp_md *ctx)
{
	struct frame frame;

	return parse(ctx, &frame) ? (int)guard_other_interface(&frame) : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
