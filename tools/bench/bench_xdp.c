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
#include <linux/bpf.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/base/address.h"
#include "tests/bpf/flows.h"
#include "tests/bpf/harness.h"
#include "tests/bpf/sockets.h"
#include "tests/bpf/steering_tables.h"
#include "tools/bench/figures.h"
#include "tools/bench/packet.h"
#include "tools/bench/scenarios.h"
/* Generated: not held to our warnings. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include "vip.skel.h"
#pragma GCC diagnostic pop

#define SAMPLE_REPEAT 1000 /* warms the caches before each measurement */

static const char *const wrapper_names[WRAPPERS] = {
	[RESTORE_MACS] = "restore_macs",
	[RESTORE_MACS_NEXT_FLOW] = "restore_macs_next_flow",
	[RESTORE_HEADERS] = "restore_headers",
	[FORGET_MARK] = "forget_mark",
};

static struct vip *vip;
static struct maps maps;
static struct ring_buffer *inbox;
static struct bpf_object *yardsticks, *wrapper;
static int wrappers[WRAPPERS]; /* program descriptors */
static int pass_program, reference_program, vip_program;

static struct ip_address address_of(const char *text)
{
	struct ip_address address;

	if (address_parse(text, &address) < 0)
		errx(EXIT_FAILURE, "%s is no address", text);
	return address;
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
	struct packet packet = {
		.length = (__u32)frame->length,
		.first_client = 0x0a000000,
		.advert = advert_index(BLUE, N2_INDEX),
	};
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
	if (scenario->batch && program != pass_program)
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
	__u64 before = scenario->counter ? scenario->counter(&maps) : 0;
	__u32 verdict;

	wrap(scenario, frame, vip_program);
	verdict = run(first, frame, repeat, NULL);
	ring_buffer__consume(inbox);
	if (verdict != scenario->verdict)
		errx(EXIT_FAILURE, "%s: the verdict is %u, not %u", scenario->name, verdict,
		     scenario->verdict);
	if (scenario->counter && scenario->counter(&maps) - before != repeat)
		errx(EXIT_FAILURE, "%s: only %llu of %u packets were judged so", scenario->name,
		     scenario->counter(&maps) - before, repeat);
}

/* All within a moment, for the machine may have others to serve. */
static struct figures measure_scenario(const struct scenario *scenario, unsigned int repeat)
{
	static const struct scenario plain = {.wrapper = DIRECT};
	struct figures measured = {0};
	struct frame frame;

	scenarios[0].build(&frame);
	measured.pass = measure(&plain, &frame, pass_program, repeat);
	measured.reference = measure(&plain, &frame, reference_program, repeat);
	scenario_prepare(scenario, &maps, &frame);
	check(scenario, &frame);
	if (scenario->wrapper != DIRECT)
		measured.wrapper = measure(scenario, &frame, pass_program, repeat) - measured.pass;
	measured.ns = measure(scenario, &frame, vip_program, repeat) - measured.wrapper;
	return measured;
}

static void measure_all(struct figures (*figures)[RUNS_MAX], unsigned int index,
			unsigned int repeat)
{
	for (size_t i = 0; i < scenario_count; i++)
		figures[i][index] = measure_scenario(&scenarios[i], repeat);
}

/* Setting up. */

/* What needs the dataplane's table of advertisements gets that. */
static struct bpf_object *load(const char *directory, const char *name)
{
	struct bpf_object *object;
	struct bpf_map *adverts;
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	object = bpf_object__open_file(path, NULL);
	if (!object)
		err(EXIT_FAILURE, "cannot open %s", path);
	adverts = bpf_object__find_map_by_name(object, MAP_NAME(adverts));
	if ((adverts && bpf_map__reuse_fd(adverts, maps.fds.adverts) < 0) ||
	    bpf_object__load(object) < 0)
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
	vip = vip__open_and_load();
	if (!vip || tables_open(vip->obj, &maps) < 0)
		err(EXIT_FAILURE, "cannot load the dataplane");
	yardsticks = load(directory, "yardsticks.bpf.o");
	wrapper = load(directory, "wrapper.bpf.o");
	pass_program = program_of(yardsticks, "pass");
	reference_program = program_of(yardsticks, "reference");
	for (int i = DIRECT + 1; i < WRAPPERS; i++)
		wrappers[i] = program_of(wrapper, wrapper_names[i]);
	set_reference_service();
	vip_program = bpf_program__fd(vip->progs.vip);
	inbox = ring_buffer__new(maps.fds.inbox, ignore, NULL, NULL);
	if (!inbox)
		err(EXIT_FAILURE, "cannot open the inbox");
}

static void open_sockets(void)
{
	static const char *const addresses[] = {BLUE_VIP4, BLUE_VIP6, CONNECTED4, NULL};
	struct flow flow = flow_of(IPPROTO_TCP, CONNECTED4, CLIENT_PORT, BLUE_VIP4, HTTP_PORT);

	if (sockets_enter(addresses) < 0)
		err(EXIT_FAILURE, "cannot have a network namespace");
	connection_sent =
		socket_sent(socket_connect(socket_listen(BLUE_VIP4, HTTP_PORT), &flow).server);
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
	unsigned int runs = argc > 2 ? number(argv[2], RUNS_MAX) : 5;
	unsigned int repeat = argc > 3 ? number(argv[3], 100000000) : 1000000;
	struct figures(*figures)[RUNS_MAX] = calloc(scenario_count, sizeof(*figures));

	if (argc < 2)
		errx(EXIT_FAILURE, "usage: bench_xdp DIRECTORY [RUNS [REPEAT]]");
	if (!figures)
		err(EXIT_FAILURE, "figures");
	stay_on_one_cpu();
	open_sockets();
	load_all(argv[1]);
	measure_all(figures, 0, repeat); /* a warm-up; the first run overwrites it */
	for (unsigned int i = 0; i < runs; i++)
		measure_all(figures, i, repeat);
	figures_print(figures[0], runs, repeat);
	for (size_t i = 0; i < scenario_count; i++)
		figures_print_scenario(&scenarios[i], figures[i], runs);
	free(figures);
	return 0;
}
