// SPDX-License-Identifier: GPL-2.0-only
/*
 * For the switch's end of a veth pair: without a program there, the kernel silently discards what
 * the other end sends by XDP_TX (veth_xdp_xmit() in drivers/net/veth.c).
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("xdp")
int pass(struct xdp_md *context)
{
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
