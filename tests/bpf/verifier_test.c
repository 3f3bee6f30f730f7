// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the verifier asks of the dataplane, by compiler. Users build with whatever clang their
 * distribution has, and each lays out the stack and the branches in its own way, so the budgets
 * leave room. The build has compiled the dataplane once with each clang that is installed; all of
 * these are loaded here, and judged by what the kernel's verifier reports.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <glob.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bpf/harness.h"

/* Of 512 bytes, over the deepest chain of calls. */
#define STACK_BUDGET 400
/* Of the 1,000,000 that the verifier is willing to look at. */
#define INSTRUCTION_BUDGET 700000

/* Linux 5.10 rounds each function's stack up to this; newer kernels round it to 16. */
#define STACK_UNIT 32

#define FUNCTIONS_MAX 64
#define PROGRAMS      2 /* in an object */

/* BPF_LOG_LEVEL1 and BPF_LOG_STATS, which are not in the kernel's user-space headers. */
#define LOG_LEVEL_STEPS 1
#define LOG_LEVEL_STATS 4

#define LOG_SIZE (32UL << 20) /* bytes; explanations are long */
#define WORDS    4000         /* bytes of them that are shown */

/* A program's functions, in the order in which they stand in it; the first is the entry. */
struct functions {
	size_t count;
	size_t start[FUNCTIONS_MAX];       /* index of the first instruction */
	unsigned int stack[FUNCTIONS_MAX]; /* bytes, as the verifier reports them */
	const char *name[FUNCTIONS_MAX];
	size_t deepest_callee[FUNCTIONS_MAX]; /* 0: it calls nothing */
};

static bool is_call(const struct bpf_insn *instruction)
{
	return instruction->code == (BPF_JMP | BPF_CALL) && instruction->src_reg == BPF_PSEUDO_CALL;
}

static int compare_starts(const void *a, const void *b)
{
	const size_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

static void add_function(struct functions *functions, size_t start)
{
	for (size_t i = 0; i < functions->count; i++)
		if (functions->start[i] == start)
			return;
	assert_true(functions->count < FUNCTIONS_MAX);
	functions->start[functions->count++] = start;
}

static size_t target_of(const struct bpf_insn *instructions, size_t call)
{
	return (size_t)((ssize_t)call + instructions[call].imm + 1);
}

static void find_functions(const struct bpf_program *program, struct functions *functions)
{
	const struct bpf_insn *instructions = bpf_program__insns(program);

	*functions = (struct functions){.count = 1};
	for (size_t i = 0; i < bpf_program__insn_cnt(program); i++)
		if (is_call(&instructions[i]))
			add_function(functions, target_of(instructions, i));
	qsort(functions->start, functions->count, sizeof(functions->start[0]), compare_starts);
}

/* The verifier writes one number for each function: "stack depth 200+80+168". */
static void read_stack(const char *log, struct functions *functions)
{
	const char *text = strstr(log, "stack depth ");
	char *end;

	assert_non_null(text);
	text += strlen("stack depth ");
	for (size_t i = 0; i < functions->count; i++) {
		functions->stack[i] = (unsigned int)strtoul(text, &end, 10);
		assert_true(end > text);
		text = end + 1;
	}
}

/* The kernel has the names by what it was given of BTF: one entry for each function, in order. */
static void read_names(const struct bpf_program *program, const struct btf *btf,
		       struct functions *functions)
{
	struct bpf_func_info entries[FUNCTIONS_MAX] = {};
	struct bpf_prog_info info = {
		.nr_func_info = FUNCTIONS_MAX,
		.func_info_rec_size = sizeof(entries[0]),
		.func_info = (__u64)(uintptr_t)entries,
	};
	__u32 size = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size), 0);
	assert_int_equal(info.nr_func_info, functions->count);
	for (size_t i = 0; i < functions->count; i++)
		functions->name[i] = btf__name_by_offset(
			btf, btf__type_by_id(btf, entries[i].type_id)->name_off);
}

static size_t end_of(const struct functions *functions, size_t function, size_t program_length)
{
	return function + 1 < functions->count ? functions->start[function + 1] : program_length;
}

static size_t index_of(const struct functions *functions, size_t start)
{
	size_t function = 0;

	while (functions->start[function] != start)
		function++;
	return function;
}

/* BPF has no recursion, so this ends. */
static unsigned int deepest_chain(const struct bpf_program *program, struct functions *functions,
				  size_t function)
{
	const struct bpf_insn *instructions = bpf_program__insns(program);
	size_t end = end_of(functions, function, bpf_program__insn_cnt(program));
	unsigned int own = functions->stack[function] ?: 1, deepest = 0;

	for (size_t i = functions->start[function]; i < end; i++) {
		unsigned int below;
		size_t callee;

		if (!is_call(&instructions[i]))
			continue;
		callee = index_of(functions, target_of(instructions, i));
		below = deepest_chain(program, functions, callee);
		if (below > deepest) {
			deepest = below;
			functions->deepest_callee[function] = callee;
		}
	}
	return (own + STACK_UNIT - 1) / STACK_UNIT * STACK_UNIT + deepest;
}

static unsigned int read_processed(const char *log)
{
	const char *text = strstr(log, "processed ");

	assert_non_null(text);
	return (unsigned int)strtoul(text + strlen("processed "), NULL, 10);
}

static void print_chain(const struct functions *functions)
{
	size_t function = 0;

	printf(": %s %u", functions->name[0], functions->stack[0]);
	while ((function = functions->deepest_callee[function]))
		printf(" > %s %u", functions->name[function], functions->stack[function]);
	printf("\n");
}

static bool within_budgets(const char *compiler, const struct bpf_program *program,
			   const struct btf *btf, const char *log)
{
	struct functions functions;
	unsigned int stack, processed = read_processed(log);

	find_functions(program, &functions);
	read_stack(log, &functions);
	read_names(program, btf, &functions);
	stack = deepest_chain(program, &functions, 0);
	printf("%-8s %-10s %6u of 1000000 instructions, %3u of 512 bytes of stack", compiler,
	       bpf_program__name(program), processed, stack);
	print_chain(&functions);
	return stack <= STACK_BUDGET && processed <= INSTRUCTION_BUDGET;
}

/* @log: of LOG_SIZE bytes for each of PROGRAMS; says what the verifier does at @level. */
static int load(const char *path, unsigned int level, char *log, struct bpf_object **object)
{
	struct bpf_program *program;
	size_t programs = 0;

	*object = bpf_object__open_file(path, NULL);
	assert_non_null(*object);
	bpf_object__for_each_program(program, *object)
	{
		assert_true(programs < PROGRAMS);
		log[programs * LOG_SIZE] = '\0';
		bpf_program__set_log_level(program, level);
		bpf_program__set_log_buf(program, log + programs++ * LOG_SIZE, LOG_SIZE);
	}
	return bpf_object__load(*object);
}

/* The verifier's last words, where it is told to explain itself. */
static void print_refusal(const char *compiler, const char *path, char *log)
{
	struct bpf_object *object;

	printf("%s: the verifier refuses what it made\n", compiler);
	load(path, LOG_LEVEL_STEPS | LOG_LEVEL_STATS, log, &object);
	bpf_object__close(object);
	for (size_t i = 0; i < PROGRAMS; i++) {
		const char *text = log + i * LOG_SIZE;
		size_t length = strlen(text);

		puts(length > WORDS ? text + length - WORDS : text);
	}
}

/* Loads one object and judges its programs. */
static bool check_object(const char *compiler, const char *path)
{
	char *log = malloc(PROGRAMS * LOG_SIZE);
	struct bpf_program *program;
	struct bpf_object *object;
	size_t programs = 0;
	bool good = true;

	assert_non_null(log);
	if (load(path, LOG_LEVEL_STATS, log, &object)) {
		print_refusal(compiler, path, log);
		good = false;
	} else {
		bpf_object__for_each_program(program, object) good &= within_budgets(
			compiler, program, bpf_object__btf(object), log + programs++ * LOG_SIZE);
	}
	bpf_object__close(object);
	free(log);
	return good;
}

/* Where the build has put one folder for each compiler: beside this program's tests/. */
static void find_objects(glob_t *found)
{
	char pattern[PATH_MAX + 64] = {}, self[PATH_MAX] = {};

	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	snprintf(pattern, sizeof(pattern), "%s/compilers/*/vip.bpf.o", dirname(self));
	assert_int_equal(glob(pattern, 0, NULL, found), 0);
}

static void every_compiler_is_within_the_budgets(void **state)
{
	bool good = true;
	glob_t found;

	(void)state;
	find_objects(&found);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s", found.gl_pathv[i]);
		good &= check_object(basename(dirname(path)), found.gl_pathv[i]);
	}
	globfree(&found);
	fflush(stdout);
	assert_true(good);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_compiler_is_within_the_budgets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
