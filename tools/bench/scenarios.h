/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is measured: a packet, the tables that it meets, and how to tell that it was judged as
 * meant. Scenarios that the kernel's bench_xdp_lb has too have its names.
 */
#ifndef VIPD_TOOLS_BENCH_SCENARIOS_H
#define VIPD_TOOLS_BENCH_SCENARIOS_H

#include "maps/maps.h"
#include "tests/bpf/packets.h"

/* The clients: one without, one with a connection to this node. */
#define CLIENT4     "198.51.100.7"
#define CONNECTED4  "198.51.100.10"
#define CLIENT_PORT 40000

/* Budgets are for a machine on which XDP_PASS takes this many ns. */
#define BUDGET_PASS 21.0

/* How a packet is made anew between repeats. */
enum wrapper {
	DIRECT, /* not at all: the program does not change it */
	RESTORE_MACS,
	RESTORE_MACS_NEXT_FLOW,
	RESTORE_HEADERS,
	FORGET_MARK, /* not the packet: that it was seen before */
	WRAPPERS,
};

struct scenario {
	const char *name;
	void (*build)(struct frame *frame);
	void (*prepare)(struct maps *maps);        /* changes the usual tables; may be NULL */
	__u64 (*counter)(const struct maps *maps); /* that each packet counts in; may be NULL */
	__u32 verdict;                             /* enum xdp_action */
	enum wrapper wrapper;
	unsigned int batch;  /* at most as many repeats at once; 0: any number */
	unsigned int budget; /* ns; 0: none */
};

extern const struct scenario scenarios[];
extern const size_t scenario_count;

/* What the connection of CONNECTED4 has sent: a sequence number, host order. Set before use. */
extern uint32_t connection_sent;

/** scenario_prepare() - set the tables, and build the frame. */
void scenario_prepare(const struct scenario *scenario, struct maps *maps, struct frame *frame);

#endif
