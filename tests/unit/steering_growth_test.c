// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many pools with many backends: how long the main loop is kept busy at a stretch, and how much
 * memory that takes. With two arguments, pools and backends, it measures one cluster and prints it.
 */
#include "tests/unit/fake_dataplane.h"

#include <stdio.h>
#include <time.h>

#define NODES_MAX 100

/* A configuration of so many services, each with a pool of its own, for its weights are others. */
static char *text_of(size_t pools, size_t backends)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	fputs("interface: eth0\nvlan: 4000\ngateway: [10.77.0.1]\n"
	      "instances: [{name: blue, vrid: 51, priority: {n1: 150}, vips: [10.78.0.1]}]\n"
	      "peers:\n",
	      out);
	for (size_t i = 1; i <= NODES_MAX; i++)
		fprintf(out, "  - {name: n%zu, address: 10.77.0.%zu}\n", i, 10 + i);
	fputs("services:\n", out);
	for (size_t i = 0; i < pools; i++) {
		fprintf(out, "  - {name: s%zu, ports: [%zu/tcp], backends: [", i, 1000 + i);
		for (size_t j = 0; j < backends; j++)
			fprintf(out, "%s{node: n%zu, weight: %zu}", j ? ", " : "", j + 1,
				1 + (size_t)(j == i % backends) + i / backends);
		fputs("]}\n", out);
	}
	fclose(out);
	return text;
}

static double cpu_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* A figure of /proc/self/status, MB. */
static double memory_mb(const char *key)
{
	FILE *status = fopen("/proc/self/status", "re");
	char line[256];
	double kb = 0;

	assert_non_null(status);
	while (fgets(line, sizeof(line), status))
		if (strncmp(line, key, strlen(key)) == 0)
			kb = strtod(line + strlen(key), NULL);
	fclose(status);
	return kb / 1024;
}

/* CPU time, in all and of the longest turn of the loop, ms. */
struct effort {
	double total, longest;
};

static void count_turn(struct effort *effort, double began)
{
	double took = cpu_ms() - began;

	effort->total += took;
	if (took > effort->longest)
		effort->longest = took;
}

/* The main loop, until it has nothing to do. */
static void run_loop(struct fake_node *node, struct effort *effort)
{
	double began = cpu_ms();

	while (sd_event_run(node->event, 0) > 0) {
		count_turn(effort, began);
		began = cpu_ms();
	}
}

static struct effort start(struct fake_node *node, const char *text)
{
	struct effort effort = {};
	struct steering_plan *plan;
	double began;

	*node = (struct fake_node){.dataplane = fake_dataplane_new()};
	dataplane = node->dataplane;
	assert_true(sd_event_new(&node->event) >= 0);
	node->config = parsed("n1", text);
	began = cpu_ms();
	assert_int_equal(steering_open(&node->dataplane->maps, node->event, &node->steering), 0);
	assert_int_equal(steering_prepare(node->steering, node->config, &plan), 0);
	steering_commit(node->steering, plan);
	count_turn(&effort, began);
	run_loop(node, &effort);
	return effort;
}

static struct effort reload(struct fake_node *node, const char *text)
{
	const struct config *config = parsed("n1", text);
	struct effort effort = {};
	struct steering_plan *plan;
	double began = cpu_ms();

	assert_int_equal(steering_prepare(node->steering, config, &plan), 0);
	steering_commit(node->steering, plan);
	count_turn(&effort, began);
	run_loop(node, &effort);
	config_unref(node->config);
	node->config = config;
	return effort;
}

static void node_comes_up(struct fake_node *node, size_t i)
{
	const char *name = node->config->peers[i].name;
	const uint8_t mac[6] = {2, 0, 0, 0, 0, (uint8_t)(11 + i)};

	steering_set_mac(node->steering, name, mac);
	for (size_t j = 0; j < node->config->service_count; j++)
		steering_set_state(node->steering, node->config->services[j].name, name,
				   BACKEND_UP);
}

/* All nodes can be reached and are up, a third of them in each turn of the loop. */
static struct effort come_up(struct fake_node *node, size_t backends)
{
	size_t third = (backends + 2) / 3;
	struct effort effort = {};

	for (size_t i = 0; i < backends; i += third) {
		double began = cpu_ms();

		for (size_t j = i; j < i + third && j < backends; j++)
			node_comes_up(node, j);
		count_turn(&effort, began);
		run_loop(node, &effort);
	}
	return effort;
}

/* One backend of all pools fails. */
static struct effort go_down(struct fake_node *node)
{
	struct effort effort = {};
	double began = cpu_ms();

	for (size_t j = 0; j < node->config->service_count; j++)
		steering_set_state(node->steering, node->config->services[j].name, "n2",
				   BACKEND_DOWN);
	count_turn(&effort, began);
	run_loop(node, &effort);
	return effort;
}

struct figures {
	struct effort start, up, down, reload;
	double rss, peak; /* MB more than before the start */
};

static struct figures measure(size_t pools, size_t backends)
{
	char *text = text_of(pools, backends), *more = text_of(pools, backends + 1);
	double before = memory_mb("VmRSS:");
	struct figures figures;
	struct fake_node node;

	figures.start = start(&node, text);
	figures.up = come_up(&node, backends);
	figures.down = go_down(&node);
	figures.rss = memory_mb("VmRSS:") - before;
	figures.reload = reload(&node, more);
	figures.peak = memory_mb("VmHWM:") - before;
	fake_node_close(&node);
	free(text);
	free(more);
	return figures;
}

static void print_effort(const char *what, const struct effort *effort)
{
	print_message("  %s %.1f ms, longest turn %.1f ms\n", what, effort->total, effort->longest);
}

static void print_figures(size_t pools, size_t backends, const struct figures *figures)
{
	print_message("%zu pools of %zu backends, CPU time:\n", pools, backends);
	print_effort("start", &figures->start);
	print_effort("all backends come up", &figures->up);
	print_effort("one goes down", &figures->down);
	print_effort("reload with one backend more", &figures->reload);
	print_message("  memory %.1f MB, at most %.1f MB, with the tables of the dataplane\n",
		      figures->rss, figures->peak);
}

/* A build may not be made for speed, and the machine busy otherwise. ThreadSanitizer looks at each
 * load and store. */
#ifdef __SANITIZE_THREAD__
#define PATIENCE 50
#else
#define PATIENCE 5
#endif

static void loop_is_never_busy_for_long(void **state)
{
	static const size_t sizes[][2] = {{1, 3}, {3, 64}, {64, 99}};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct figures figures = measure(sizes[i][0], sizes[i][1]);

		print_figures(sizes[i][0], sizes[i][1], &figures);
		assert_true(figures.start.longest < PATIENCE * 50);
		assert_true(figures.up.longest < PATIENCE * 50);
		assert_true(figures.down.longest < PATIENCE * 50);
		assert_true(figures.reload.longest < PATIENCE * 50);
		assert_true(figures.start.total < PATIENCE * 3000);
		assert_true(figures.reload.total < PATIENCE * 3000);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loop_is_never_busy_for_long),
	};

	if (argc == 3) {
		size_t pools = strtoul(argv[1], NULL, 0), backends = strtoul(argv[2], NULL, 0);
		struct figures figures = measure(pools, backends);

		print_figures(pools, backends, &figures);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
