// SPDX-License-Identifier: GPL-2.0-only
#include "tools/bench/figures.h"

#include <stdio.h>
#include <stdlib.h>

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
			     double (*quantity)(const struct figures *run))
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

static double total(const struct figures *run)
{
	return run->ns;
}

static double wrapper_part(const struct figures *run)
{
	return run->wrapper;
}

static double by_pass(const struct figures *run)
{
	return run->ns / run->pass;
}

static double by_reference(const struct figures *run)
{
	return run->ns / run->reference;
}

static double of_pass(const struct figures *run)
{
	return run->pass;
}

static double of_reference(const struct figures *run)
{
	return run->reference;
}

void figures_print_scenario(const struct scenario *scenario, const struct figures *runs,
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

static void print_yardstick(const char *name, const struct figures *runs, unsigned int count,
			    double (*quantity)(const struct figures *run))
{
	struct series ns = collect(runs, count, quantity);

	printf("%-20s %5.0f %5.0f-%-5.0f\n", name, median(&ns), ns.values[0], ns.values[count - 1]);
}

void figures_print(const struct figures *runs, unsigned int count, unsigned int repeat)
{
	printf("ns a packet, the wrapper's share taken off: median and spread of %u runs of %u.\n"
	       "Ratios to XDP_PASS and to the reference program, measured in the same moments.\n"
	       "Budgets: ns where XDP_PASS takes %.0f, and so as ratios.\n\n",
	       count, repeat, BUDGET_PASS);
	printf("%-20s %5s %11s %7s %8s %11s %7s\n", "scenario", "ns", "spread", "wrapper", "x pass",
	       "x reference", "budget");
	print_yardstick("XDP_PASS", runs, count, of_pass);
	print_yardstick("reference", runs, count, of_reference);
}
