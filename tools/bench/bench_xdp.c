// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a packet costs in the dataplane, in nanoseconds and as ratios to a program that does nothing
 * and to one that does the least that a load balancer can do. All in one process, taking turns, on
 * one CPU. Scenarios that the kernel's bench_xdp_lb has too have its names.
 *
 * Usage: bench_xdp DIRECTORY [RUNS [REPEAT]], where DIRECTORY has the compiled *.bpf.o.
 */
#include <bpf/bpf.h>
#include <err.h>
#include <errno.h>
#include <linux/bpf.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "tests/bpf/flows.h"
#include "tests/bpf/harness.h"
#include "tests/bpf/sockets.h"
#include "tests/bpf/steering_tables.h"
#include "tools/bench/packet.h"
/* Generated: not held to our warnings. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include "vip.skel.h"
#pragma GCC diagnostic pop

#define RUNS_MAX      100
#define SAMPLE_REPEAT 1000 /* warms the caches before each measurement */
#define INBOX_BATCH   500  /* advertisements, which is less than the inbox holds */
#define CLIENT4       "198.51.100.7"
#define CLIENT6       "2001:db8:1::7"
#define NODE4         "198.51.100.10" /* clients that have a connection with this node */
#define NO_VIP4       "10.77.0.99"
#define NO_VIP6       "fd77::99"
#define CLIENT_PORT   40000

/* How a packet is made anew between repeats. */
enum wrapper {
	DIRECT, /* not at all: the program does not change it */
	RESTORE_MACS,
	RESTORE_MACS_NEXT_FLOW,
	RESTORE_HEADERS,
	WRAPPERS,
};

static const char *const wrapper_names[WRAPPERS] = {
	[RESTORE_MACS] = "restore_macs",
	[RESTORE_MACS_NEXT_FLOW] = "restore_macs_next_flow",
	[RESTORE_HEADERS] = "restore_headers",
};

static struct vip *vip;
static struct maps maps;
static struct ring_buffer *inbox;
static struct bpf_object *yardsticks, *wrapper;
static int wrappers[WRAPPERS]; /* program descriptors */
static int pass_program, reference_program, vip_program;

/* Frames. */

static void segment(struct frame *frame, const char *client, const char *to, uint8_t flags)
{
	struct flow flow = flow_of(IPPROTO_TCP, client, CLIENT_PORT, to, HTTP_PORT);

	flow_tcp(frame, &flow, flags);
}

static void tcp4(struct frame *frame)
{
	segment(frame, CLIENT4, BLUE_VIP4, TH_ACK);
}

static void tcp6(struct frame *frame)
{
	segment(frame, CLIENT6, BLUE_VIP6, TH_ACK);
}

static void syn4(struct frame *frame)
{
	segment(frame, CLIENT4, BLUE_VIP4, TH_SYN);
}

static void syn6(struct frame *frame)
{
	segment(frame, CLIENT6, BLUE_VIP6, TH_SYN);
}

static void udp4(struct frame *frame)
{
	struct flow flow = flow_of(IPPROTO_UDP, CLIENT4, CLIENT_PORT, BLUE_VIP4, HTTPS_PORT);

	flow_udp(frame, &flow);
}

static void tagged4(struct frame *frame)
{
	tcp4(frame);
	frame_tag(frame, ETH_P_8021Q, 4000);
}

static void connected4(struct frame *frame)
{
	segment(frame, NODE4, BLUE_VIP4, TH_ACK);
}

static void no_vip4(struct frame *frame)
{
	segment(frame, CLIENT4, NO_VIP4, TH_ACK);
}

static void no_vip6(struct frame *frame)
{
	segment(frame, CLIENT6, NO_VIP6, TH_ACK);
}

static void no_vip_fragment4(struct frame *frame)
{
	no_vip4(frame);
	frame_fragment(frame, 7, 0, true);
}

static void arp(struct frame *frame, const char *target)
{
	frame_ethernet(frame, BROADCAST, GATEWAY_MAC, ETH_P_ARP);
	frame_arp(frame, 1, (struct arp_side){GATEWAY_MAC, GATEWAY4},
		  (struct arp_side){NO_MAC, target});
}

static void arp_for_node(struct frame *frame)
{
	arp(frame, OUR_ADDRESS4);
}

static void arp_for_vip(struct frame *frame)
{
	arp(frame, BLUE_VIP4);
}

static void solicitation(struct frame *frame)
{
	frame_ethernet(frame, OUR_MAC, GATEWAY_MAC, ETH_P_IPV6);
	frame_ip(frame, GATEWAY6, BLUE_VIP6, IPPROTO_ICMPV6);
	frame_neighbour(frame, NEIGHBOUR_SOLICITATION, 0, BLUE_VIP6);
	frame_link_address(frame, OPTION_SOURCE_LINK_ADDRESS, GATEWAY_MAC);
	frame_finish(frame);
}

static void advert(struct frame *frame)
{
	static const char *const vips[] = {BLUE_VIP4, NULL};

	frame_ethernet(frame, VRRP_GROUP4_MAC, N2_MAC, ETH_P_IP);
	frame_ip(frame, N2_ADDRESS4, VRRP_GROUP4, 112);
	frame_advert(frame, BLUE, PRIORITY - 1, 10, vips);
	frame_finish(frame);
}

static void forged_advert(struct frame *frame)
{
	advert(frame);
	frame_set_ttl(frame, 254);
}

/* Tables. */

static void us_first(void)
{
	tables_fill(&maps, (const __u8[]){N1_INDEX, N2_INDEX, N3_INDEX});
}

static void peer_first(void)
{
	tables_fill(&maps, (const __u8[]){N2_INDEX, N1_INDEX, N3_INDEX});
}

/* As they really are: a million flows touch the whole table. */
static void everybody(void)
{
	tables_fill_random(&maps);
}

static void everybody_tagged(void)
{
	maps.settings->vlan = 4000;
	everybody();
}

static void us_checking(void)
{
	tables_reset(&maps, VLAN_UNTAGGED, SERVICE_LISTENER_CHECK);
	us_first();
}

static void us_settling(void)
{
	us_first();
	maps.pools[WEB_POOL].settling = 1;
}

/* Counters that tell whether each packet was judged as the scenario means. */

static __u64 sent_to_n2(void)
{
	struct steered_entry steered;

	return maps_read_steered(&maps, WEB, N2_INDEX, &steered) ? 0 : steered.packets;
}

static __u64 kept(void)
{
	struct steered_entry steered;

	return maps_read_steered(&maps, WEB, N1_INDEX, &steered) ? 0 : steered.packets;
}

static __u64 sent_to_all(void)
{
	__u64 sum = 0;

	for (__u32 node = 0; node < BIG_POOL; node++) {
		struct steered_entry steered;

		if (maps_read_steered(&maps, WEB, node, &steered) == 0)
			sum += steered.packets;
	}
	return sum;
}

#define TRAFFIC_COUNTER(name)                                                                      \
	static __u64 name(void)                                                                    \
	{                                                                                          \
		struct traffic_entry traffic;                                                      \
                                                                                                   \
		return maps_read_traffic(&maps, &traffic) ? 0 : traffic.name;                      \
	}

TRAFFIC_COUNTER(second_chances_found)
TRAFFIC_COUNTER(second_chances_passed)
TRAFFIC_COUNTER(arp_answered)
TRAFFIC_COUNTER(ns_answered)
TRAFFIC_COUNTER(adverts_accepted)

static __u64 refused(void)
{
	struct drops_entry drops;

	return maps_read_drops(&maps, &drops) ? 0 : drops.vrrp_ttl;
}

/* Scenarios. */

struct scenario {
	const char *name;
	void (*build)(struct frame *frame);
	void (*prepare)(void);  /* changes the usual tables; may be NULL */
	__u64 (*counter)(void); /* that each packet counts in; may be NULL */
	__u32 verdict;          /* enum xdp_action */
	enum wrapper wrapper;
	unsigned int batch;  /* at most as many repeats at once; 0: any number */
	unsigned int budget; /* ns, where XDP_PASS takes BUDGET_PASS; 0: none */
};

#define BUDGET_PASS 21.0

static const struct scenario scenarios[] = {
	{"tcp-v4-ch", tcp4, peer_first, sent_to_n2, XDP_TX, RESTORE_MACS, 0, 32},
	{"tcp-v6-ch", tcp6, peer_first, sent_to_n2, XDP_TX, RESTORE_MACS, 0, 32},
	{"tcp-v4-syn", syn4, peer_first, sent_to_n2, XDP_TX, RESTORE_MACS, 0, 32},
	{"tcp-v6-syn", syn6, peer_first, sent_to_n2, XDP_TX, RESTORE_MACS, 0, 32},
	{"udp-v4-ch", udp4, peer_first, sent_to_n2, XDP_TX, RESTORE_MACS, 0, 32},
	{"tcp-v4-ch-tagged", tagged4, everybody_tagged, sent_to_all, XDP_TX, RESTORE_MACS, 0, 32},
	{"tcp-v4-ch-1m-flows", tcp4, everybody, sent_to_all, XDP_TX, RESTORE_MACS_NEXT_FLOW, 0, 35},
	{"tcp-v4-local", tcp4, us_first, kept, XDP_PASS, DIRECT, 0, 32},
	{"tcp-v4-syn-listener", syn4, us_checking, kept, XDP_PASS, DIRECT, 0, 110},
	{"tcp-v4-settling", connected4, us_settling, second_chances_found, XDP_PASS, DIRECT, 0,
	 110},
	{"tcp-v4-settling-next", tcp4, us_settling, second_chances_passed, XDP_TX, RESTORE_HEADERS,
	 0, 110},
	{"pass-v4-no-vip", no_vip4, NULL, NULL, XDP_PASS, DIRECT, 0, 26},
	{"pass-v6-no-vip", no_vip6, NULL, NULL, XDP_PASS, DIRECT, 0, 26},
	{"pass-v4-no-vip-frag", no_vip_fragment4, NULL, NULL, XDP_PASS, DIRECT, 0, 26},
	{"pass-arp", arp_for_node, NULL, NULL, XDP_PASS, DIRECT, 0, 0},
	{"arp-answer", arp_for_vip, NULL, arp_answered, XDP_TX, RESTORE_HEADERS, 0, 0},
	{"ns-answer", solicitation, NULL, ns_answered, XDP_TX, RESTORE_HEADERS, 0, 0},
	{"vrrp-accept", advert, NULL, adverts_accepted, XDP_PASS, DIRECT, INBOX_BATCH, 0},
	{"vrrp-reject", forged_advert, NULL, refused, XDP_DROP, DIRECT, 0, 0},
};

#define SCENARIOS (sizeof(scenarios) / sizeof(scenarios[0]))

/* What one run of a scenario says, and what the yardsticks said at that moment; ns a packet. */
struct figures {
	double ns; /* without the wrapper */
	double wrapper;
	double pass;
	double reference;
};

static struct figures figures[SCENARIOS][RUNS_MAX];

static struct ip_address address_of(const char *text)
{
	struct ip_address address;

	if (address_parse(text, &address) < 0)
		errx(EXIT_FAILURE, "%s is no address", text);
	return address;
}

static void prepare(const struct scenario *scenario, struct frame *frame)
{
	const struct ip_address n2 = address_of(N2_ADDRESS4);
	const struct peer_entry peer = {.index = N2_INDEX};

	tables_reset(&maps, VLAN_UNTAGGED, 0);
	maps.instances[BLUE] = (struct instance_entry){
		.lease_until = NEVER,
		.configured = 1,
		.version = 3,
		.family = FAMILY_IPV4,
		.priority = PRIORITY,
		.source = address_of(OUR_ADDRESS4),
	};
	maps_set_peer(&maps, &n2, &peer);
	if (scenario->prepare)
		scenario->prepare();
	scenario->build(frame);
}

/* Measuring. */

static __u32 run(int program, const struct frame *frame, unsigned int repeat, double *ns)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame->bytes,
		    .data_size_in = (__u32)frame->length, .repeat = (int)repeat);

	if (bpf_prog_test_run_opts(program, &options) < 0)
		err(EXIT_FAILURE, "BPF_PROG_TEST_RUN");
	if (ns)
		*ns = options.duration;
	return options.retval;
}

/* The same, but the inbox is emptied in between; the mean of all batches. */
static double run_batches(int program, const struct frame *frame, const struct scenario *scenario)
{
	double sum = 0, ns;
	int batches = 20;

	for (int i = 0; i < batches; i++) {
		run(program, frame, scenario->batch, &ns);
		ring_buffer__consume(inbox);
		sum += ns;
	}
	return sum / batches;
}

static void wrap(const struct scenario *scenario, const struct frame *frame, int program)
{
	struct packet packet = {.length = (__u32)frame->length, .first_client = 0x0a000000};
	__u32 key = 0;

	memcpy(packet.bytes, frame->bytes,
	       frame->length < sizeof(packet.bytes) ? frame->length : sizeof(packet.bytes));
	if (scenario->wrapper == DIRECT)
		return;
	if (bpf_map_update_elem(bpf_object__find_map_fd_by_name(wrapper, "original"), &key, &packet,
				BPF_ANY) < 0 ||
	    bpf_map_update_elem(bpf_object__find_map_fd_by_name(wrapper, "target"), &key, &program,
				BPF_ANY) < 0)
		err(EXIT_FAILURE, "cannot set up the wrapper");
}

static double measure(const struct scenario *scenario, const struct frame *frame, int program,
		      unsigned int repeat)
{
	int first = scenario->wrapper == DIRECT ? program : wrappers[scenario->wrapper];
	double ns;

	wrap(scenario, frame, program);
	if (scenario->batch)
		return run_batches(first, frame, scenario);
	run(first, frame, SAMPLE_REPEAT, NULL);
	run(first, frame, repeat, &ns);
	return ns;
}

/* A figure is worth nothing if the packet did not take the way that it stands for. */
static void check(const struct scenario *scenario, const struct frame *frame)
{
	int first = scenario->wrapper == DIRECT ? vip_program : wrappers[scenario->wrapper];
	unsigned int repeat = scenario->batch ? scenario->batch : SAMPLE_REPEAT;
	__u64 before = scenario->counter ? scenario->counter() : 0;
	__u32 verdict;

	wrap(scenario, frame, vip_program);
	verdict = run(first, frame, repeat, NULL);
	ring_buffer__consume(inbox);
	if (verdict != scenario->verdict)
		errx(EXIT_FAILURE, "%s: the verdict is %u, not %u", scenario->name, verdict,
		     scenario->verdict);
	if (scenario->counter && scenario->counter() - before != repeat)
		errx(EXIT_FAILURE, "%s: only %llu of %u packets were judged so", scenario->name,
		     scenario->counter() - before, repeat);
}

/* All within a moment, for the machine may have others to serve. */
static struct figures measure_scenario(const struct scenario *scenario, unsigned int repeat)
{
	static const struct scenario plain = {.name = "yardsticks"};
	struct figures measured = {0};
	struct frame frame;

	tcp4(&frame);
	measured.pass = measure(&plain, &frame, pass_program, repeat);
	measured.reference = measure(&plain, &frame, reference_program, repeat);
	prepare(scenario, &frame);
	check(scenario, &frame);
	if (scenario->wrapper != DIRECT)
		measured.wrapper = measure(scenario, &frame, pass_program, repeat) - measured.pass;
	measured.ns = measure(scenario, &frame, vip_program, repeat) - measured.wrapper;
	return measured;
}

static void measure_all(unsigned int index, unsigned int repeat)
{
	for (size_t i = 0; i < SCENARIOS; i++)
		figures[i][index] = measure_scenario(&scenarios[i], repeat);
}

/* The table. */

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

/* Of one quantity over all runs: sorted, so that the ends and the middle are easily had. */
struct series {
	double values[RUNS_MAX];
	unsigned int count;
};

static struct series collect(const struct figures *runs, unsigned int count,
			     double (*quantity)(const struct figures *figures))
{
	struct series series = {.count = count};

	for (unsigned int i = 0; i < count; i++)
		series.values[i] = quantity(&runs[i]);
	qsort(series.values, count, sizeof(double), compare);
	return series;
}

static double median(const struct series *series)
{
	unsigned int half = series->count / 2;

	if (series->count % 2)
		return series->values[half];
	return (series->values[half - 1] + series->values[half]) / 2;
}

static double total(const struct figures *figures)
{
	return figures->ns;
}

static double wrapper_part(const struct figures *figures)
{
	return figures->wrapper;
}

static double by_pass(const struct figures *figures)
{
	return figures->ns / figures->pass;
}

static double by_reference(const struct figures *figures)
{
	return figures->ns / figures->reference;
}

static double of_pass(const struct figures *figures)
{
	return figures->pass;
}

static double of_reference(const struct figures *figures)
{
	return figures->reference;
}

static void print_row(const struct scenario *scenario, const struct figures *runs,
		      unsigned int count)
{
	struct series ns = collect(runs, count, total);
	struct series wrapper_ns = collect(runs, count, wrapper_part);
	struct series pass_ratio = collect(runs, count, by_pass);
	struct series reference_ratio = collect(runs, count, by_reference);

	printf("%-20s %5.0f %5.0f-%-5.0f %7.0f %8.2f %11.2f", scenario->name, median(&ns),
	       ns.values[0], ns.values[count - 1], median(&wrapper_ns), median(&pass_ratio),
	       median(&reference_ratio));
	if (scenario->budget)
		printf(" %7u = %.2f%s", scenario->budget, scenario->budget / BUDGET_PASS,
		       median(&pass_ratio) > scenario->budget / BUDGET_PASS ? ", missed" : "");
	printf("\n");
}

/* The yardsticks were measured beside each scenario: the first one's will do. */
static void print_yardstick(const char *name, double (*quantity)(const struct figures *figures),
			    unsigned int count)
{
	struct series ns = collect(figures[0], count, quantity);

	printf("%-20s %5.0f %5.0f-%-5.0f\n", name, median(&ns), ns.values[0], ns.values[count - 1]);
}

static void print_table(unsigned int count, unsigned int repeat)
{
	printf("ns a packet, the wrapper's share taken off: median and spread of %u runs of %u.\n"
	       "Ratios to XDP_PASS and to the reference program; budgets in ns where XDP_PASS "
	       "takes "
	       "%.0f,\nand so as ratios.\n\n",
	       count, repeat, BUDGET_PASS);
	printf("%-20s %5s %11s %7s %8s %11s %7s\n", "scenario", "ns", "spread", "wrapper", "x pass",
	       "x reference", "budget");
	print_yardstick("XDP_PASS", of_pass, count);
	print_yardstick("reference", of_reference, count);
	for (size_t i = 0; i < SCENARIOS; i++)
		print_row(&scenarios[i], figures[i], count);
}

/* Setting up. */

static struct bpf_object *load(const char *directory, const char *name)
{
	struct bpf_object *object;
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	object = bpf_object__open_file(path, NULL);
	if (!object || bpf_object__load(object) < 0)
		err(EXIT_FAILURE, "cannot load %s", path);
	return object;
}

static int program_of(const struct bpf_object *object, const char *name)
{
	return bpf_program__fd(bpf_object__find_program_by_name(object, name));
}

/* The one service that the reference program has. */
static void set_reference_service(void)
{
	struct {
		struct in_addr vip;
		__be16 port;
		__u8 protocol, padding;
	} key = {.port = htons(HTTP_PORT), .protocol = IPPROTO_TCP};
	const struct ip_address address = address_of(BLUE_VIP4);
	__u64 packets = 0;

	key.vip = address_to_ipv4(&address);
	if (bpf_map_update_elem(bpf_object__find_map_fd_by_name(yardsticks, "services"), &key,
				&packets, BPF_ANY) < 0)
		err(EXIT_FAILURE, "cannot set up the reference program");
}

static int ignore(void *context, void *data, size_t size)
{
	(void)context;
	(void)data;
	(void)size;
	return 0;
}

static void load_all(const char *directory)
{
	yardsticks = load(directory, "yardsticks.bpf.o");
	wrapper = load(directory, "wrapper.bpf.o");
	pass_program = program_of(yardsticks, "pass");
	reference_program = program_of(yardsticks, "reference");
	for (int i = DIRECT + 1; i < WRAPPERS; i++)
		wrappers[i] = program_of(wrapper, wrapper_names[i]);
	set_reference_service();

	vip = vip__open_and_load();
	if (!vip || tables_open(vip->obj, &maps) < 0)
		err(EXIT_FAILURE, "cannot load the dataplane");
	vip_program = bpf_program__fd(vip->progs.vip);
	inbox = ring_buffer__new(maps.fds.inbox, ignore, NULL, NULL);
	if (!inbox)
		err(EXIT_FAILURE, "cannot open the inbox");
}

static void open_sockets(void)
{
	static const char *const addresses[] = {BLUE_VIP4, BLUE_VIP6, NODE4, NULL};
	struct flow flow = flow_of(IPPROTO_TCP, NODE4, CLIENT_PORT, BLUE_VIP4, HTTP_PORT);

	if (sockets_enter(addresses) < 0)
		err(EXIT_FAILURE, "cannot have a network namespace");
	socket_connect(socket_listen(BLUE_VIP4, HTTP_PORT), &flow);
}

/* To the last CPU, where fewer interrupts go than to the first. */
static void stay_on_one_cpu(void)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET((size_t)sysconf(_SC_NPROCESSORS_ONLN) - 1, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus) < 0)
		err(EXIT_FAILURE, "cannot stay on one CPU");
}

static unsigned int number(const char *text, unsigned long most)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end || value == 0 || value > most)
		errx(EXIT_FAILURE, "%s is no number from 1 to %lu", text, most);
	return (unsigned int)value;
}

int main(int argc, char **argv)
{
	unsigned int runs = argc > 2 ? number(argv[2], RUNS_MAX - 1) : 5;
	unsigned int repeat = argc > 3 ? number(argv[3], 100000000) : 1000000;

	if (argc < 2)
		errx(EXIT_FAILURE, "usage: bench_xdp DIRECTORY [RUNS [REPEAT]]");
	stay_on_one_cpu();
	open_sockets();
	load_all(argv[1]);
	measure_all(0, repeat); /* a warm-up; its figures are overwritten */
	for (unsigned int i = 0; i < runs; i++)
		measure_all(i, repeat);
	print_table(runs, repeat);
	return 0;
}
