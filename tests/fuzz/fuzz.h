/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What fuzz targets share. A target is one file, tests/fuzz/NAME.c, that defines
 * LLVMFuzzerTestOneInput(); make and tests/fuzz/run find it by its name, its seeds in
 * tests/fuzz/corpus/NAME/, and libFuzzer's options for it in its line that begins with " * fuzz:".
 */
#ifndef VIPD_TESTS_FUZZ_FUZZ_H
#define VIPD_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What must hold whatever the input is; libFuzzer keeps the input for which it does not. */
#define REQUIRE(condition)                                                                         \
	do {                                                                                       \
		if (!(condition))                                                                  \
			__builtin_trap();                                                          \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length);

/** fuzz_copy() - exactly these bytes, so that reading one more is found out. For free(). */
static inline uint8_t *fuzz_copy(const uint8_t *bytes, size_t length)
{
	uint8_t *copy = malloc(length);

	REQUIRE(copy || length == 0);
	if (length)
		memcpy(copy, bytes, length);
	return copy;
}

#endif
