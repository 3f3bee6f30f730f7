/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was measured, and the table of it.
 */
#ifndef VIPD_TOOLS_BENCH_FIGURES_H
#define VIPD_TOOLS_BENCH_FIGURES_H

#include "tools/bench/scenarios.h"

#define RUNS_MAX 100

/* What one run of a scenario says, and what the yardsticks said at that moment; ns a packet. */
struct figures {
	double ns; /* without the wrapper */
	double wrapper;
	double pass;
	double reference;
};

/** figures_print() - the table's head, and XDP_PASS and the reference program as @runs have them.
 */
void figures_print(const struct figures *runs, unsigned int count, unsigned int repeat);

/** figures_print_scenario() - a row. */
void figures_print_scenario(const struct scenario *scenario, const struct figures *runs,
			    unsigned int count);

#endif
