# SPDX-License-Identifier: GPL-2.0-only
# Everything is built under build/. V=1 shows the commands. SANITIZE=1 builds with ASan and UBSan
# (under build/sanitize/), THREADS=1 with TSan (build/threads/), COVERAGE=1 with counters
# (build/coverage/). `make help` lists the targets.

VERSION := 0.1.0

ifeq ($(SANITIZE),1)
BUILD   ?= build/sanitize
else ifeq ($(THREADS),1)
BUILD   ?= build/threads
else ifeq ($(COVERAGE),1)
BUILD   ?= build/coverage
else
BUILD   ?= build
endif
export BUILD

CC      ?= gcc
CLANG   ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
PYTHON  ?= /usr/bin/python3
PREFIX  ?= /usr
SYSCONFDIR ?= /etc
UNITDIR ?= /lib/systemd/system

PACKAGES := libbpf libxdp libelf zlib libnl-3.0 libnl-route-3.0 libcurl libsystemd yaml-0.1 \
            jansson libmicrohttpd libsodium

# Asked for when first used, so that `make deps` runs where none of it is installed yet.
package_cflags = $(eval package_cflags := $(shell pkg-config --cflags $(PACKAGES)))$(package_cflags)
package_libs   = $(eval package_libs := $(shell pkg-config --libs $(PACKAGES)))$(package_libs)

OPTIMISE ?= -O2 -g
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
            -Wpointer-arith -Wundef -Wvla -Wformat=2 -Werror
CPPFLAGS += -I. -I$(BUILD) -D_GNU_SOURCE -DVIPD_VERSION='"$(VERSION)"'
CFLAGS   += -std=gnu11 $(OPTIMISE) $(WARNINGS) -fstack-protector-strong
LDLIBS   += -lpthread
ifeq ($(SANITIZE),1)
CFLAGS   += -fsanitize=address,undefined -fno-omit-frame-pointer
LDFLAGS  += -fsanitize=address,undefined
else ifeq ($(THREADS),1)
# It does not know fences; those there are, are between a store and the dataplane.
CFLAGS   += -fsanitize=thread -fno-omit-frame-pointer -Wno-tsan
LDFLAGS  += -fsanitize=thread
else ifeq ($(COVERAGE),1)
CFLAGS   += --coverage
LDFLAGS  += --coverage
endif

BPF_CFLAGS := -target bpf -mcpu=v2 -O2 -g -std=gnu11 -Wall -Wextra -Wshadow -Werror \
              -Wno-unused-parameter -I. -Imaps

# The reason is in maps/instances.h. A compiler that is not installed yet has no machine.
MACHINE := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine 2>/dev/null)))
ifneq ($(filter-out x86_64,$(MACHINE)),)
ifneq ($(filter-out help deps clean format,$(or $(MAKECMDGOALS),all)),)
$(error vipd runs on x86-64 only, and $(CC) is for $(MACHINE): on other machines two nodes could \
        answer for one virtual IP. The reason is in maps/instances.h)
endif
endif

COMPILERS := /usr/bin
COMPILED  := $(patsubst $(COMPILERS)/%,$(BUILD)/tests/bpf/compilers/%/vip.bpf.o,\
               $(wildcard $(COMPILERS)/clang $(COMPILERS)/clang-[0-9] $(COMPILERS)/clang-[0-9][0-9]))

LIBRARY_SOURCES := $(wildcard maps/*.c loader/*.c ctl/*/*.c)
LIBRARY_OBJECTS := $(LIBRARY_SOURCES:%.c=$(BUILD)/%.o)
LIBRARY         := $(BUILD)/libvipd.a
SKELETON        := $(BUILD)/vip.skel.h
PROGRAMS        := $(BUILD)/vipd $(BUILD)/vipctl

UNIT_TESTS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/*_test.c))
HOST_TESTS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/host/*_test.c))
BPF_TESTS  := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bpf/*_test.c))
CONFORMANCE_TEST    := $(BUILD)/tests/conformance/conformance_test
CONFORMANCE_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/conformance/*.c) \
                         $(filter-out %_test.c,$(wildcard tests/bpf/*.c)))
TEST_HELPERS := $(patsubst %.c,$(BUILD)/%.o,$(filter-out %_test.c,$(wildcard tests/unit/*.c tests/host/*.c tests/bpf/*.c)))
LAB_TOOLS  := $(patsubst %.c,$(BUILD)/%,$(filter-out %.bpf.c,$(wildcard tools/lab/*.c))) \
              $(patsubst %.c,$(BUILD)/%.o,$(wildcard tools/lab/*.bpf.c))
FUZZ_TARGETS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/*.c))
FUZZ_LIBRARY := $(BUILD)/fuzz/libvipd.a
BENCH_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(filter-out %.bpf.c,$(wildcard tools/bench/*.c))) \
                 $(patsubst %,$(BUILD)/tests/bpf/%.o,packets flows steering_tables sockets signing)
BENCH_TOOLS   := $(BUILD)/tools/bench/bench_xdp \
                 $(patsubst %.c,$(BUILD)/%.o,$(wildcard tools/bench/*.bpf.c))

ifeq ($(V),1)
Q :=
message =
else
Q := @
message = @printf '  %-8s %s\n' '$(1)' '$(patsubst $(BUILD)/%,%,$(2))';
endif

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: help all everything deps clean install test test-unit test-host test-bpf test-fuzz test-lab lab-tools fuzz conformance \
        coverage test-coverage memcheck threads test-threads demo lab lab-down bench check-style format model vm-test test-debian13

.DEFAULT_GOAL := all

# The text behind two hashes on a target's line is its help.
help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1\t\2/p' Makefile | \
		awk -F'\t' '{ printf "  make %-16s %s\n", $$1, $$2 }'
	@echo
	@echo '  V=1 shows the commands, SANITIZE=1 builds with ASan and UBSan, THREADS=1 with TSan,'
	@echo '  COVERAGE=1 with counters. TEST=NAME selects tests, as in: make test TEST=steering'

all: $(PROGRAMS) ## build vipd and vipctl (the default)

everything: all lab-tools $(UNIT_TESTS) $(HOST_TESTS) $(BPF_TESTS) $(CONFORMANCE_TEST) $(FUZZ_TARGETS) ## build all programs and tests, run nothing

deps: ## install what is missing from Debian's packages
	$(Q)tools/deps

## The dataplane: compiled for the BPF machine, and embedded through a skeleton.

$(BUILD)/vip.bpf.o: bpf/vip.bpf.c Makefile
	$(call message,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -MT $@ -MF $(@:.o=.d) -c $< -o $@.full
	$(Q)$(BPFTOOL) gen object $@ $@.full && rm -f $@.full

## The same by each clang that is installed: the verifier must take what any of them makes of it.

$(BUILD)/tests/bpf/compilers/%/vip.bpf.o: bpf/vip.bpf.c Makefile
	$(call message,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(COMPILERS)/$* $(BPF_CFLAGS) -MMD -MP -MT $@ -MF $(@:.o=.d) -c $< -o $@.full
	$(Q)$(BPFTOOL) gen object $@ $@.full && rm -f $@.full

$(BUILD)/tests/bpf/verifier_test: | $(COMPILED)

$(SKELETON): $(BUILD)/vip.bpf.o
	$(call message,SKEL,$@)
	$(Q){ echo '#pragma GCC system_header'; $(BPFTOOL) gen skeleton $< name vip; } > $@

## The controller.

$(BUILD)/%.o: %.c Makefile | $(SKELETON)
	$(call message,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(package_cflags) $(CFLAGS) -MMD -MP -c $< -o $@

$(LIBRARY): $(LIBRARY_OBJECTS)
	$(call message,AR,$@)
	$(Q)rm -f $@
	$(Q)ar rcs $@ $^

$(BUILD)/vipd: $(BUILD)/ctl/vipd.o $(LIBRARY)
	$(call message,LD,$@)
	$(Q)$(CC) $(LDFLAGS) $^ $(package_libs) $(LDLIBS) -o $@

$(BUILD)/vipctl: $(BUILD)/ctl/vipctl.o $(LIBRARY)
	$(call message,LD,$@)
	$(Q)$(CC) $(LDFLAGS) $^ $(package_libs) $(LDLIBS) -o $@

## Tests, from the pure to the whole.

$(BUILD)/tests/%_test: $(BUILD)/tests/%_test.o $(TEST_HELPERS) $(LIBRARY)
	$(call message,LD,$@)
	$(Q)$(CC) $(LDFLAGS) $< $(filter $(dir $<)%,$(TEST_HELPERS)) $(LIBRARY) $(package_libs) -lcmocka $(LDLIBS) -o $@

# Tests of the host may use what those without privileges have made for themselves.
$(BUILD)/tests/host/%_test: $(BUILD)/tests/host/%_test.o $(TEST_HELPERS) $(LIBRARY)
	$(call message,LD,$@)
	$(Q)$(CC) $(LDFLAGS) $< $(filter $(dir $<)% $(BUILD)/tests/unit/%,$(TEST_HELPERS)) $(LIBRARY) $(package_libs) -lcmocka $(LDLIBS) -o $@

## Conformance: one program, of all its rows and the dataplane's bench.

$(CONFORMANCE_TEST): $(CONFORMANCE_OBJECTS) $(LIBRARY)
	$(call message,LD,$@)
	$(Q)$(CC) $(LDFLAGS) $^ $(package_libs) -lcmocka $(LDLIBS) -o $@

conformance: $(CONFORMANCE_TEST) ## print what VRRP asks, row by row, and how we fare
	$(Q)$< --table

docs/conformance.md: $(CONFORMANCE_TEST)
	$(Q)$< --markdown >$@

## Fuzzing: everything once more, by clang for libFuzzer, under build/fuzz/.

FUZZ_CFLAGS := -std=gnu11 -O1 -g -Wall -Wextra -Werror -Wno-gnu -fno-omit-frame-pointer \
               -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined

$(BUILD)/fuzz/%.o: %.c Makefile | $(SKELETON)
	$(call message,FUZZ,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(CPPFLAGS) $(package_cflags) $(FUZZ_CFLAGS) -MMD -MP -c $< -o $@

$(FUZZ_LIBRARY): $(LIBRARY_SOURCES:%.c=$(BUILD)/fuzz/%.o)
	$(call message,AR,$@)
	$(Q)rm -f $@
	$(Q)ar rcs $@ $^

$(FUZZ_TARGETS): $(BUILD)/%: $(BUILD)/fuzz/%.o $(FUZZ_LIBRARY)
	$(call message,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) -fsanitize=fuzzer,address,undefined $^ $(package_libs) $(LDLIBS) -o $@

$(BUILD)/tools/%: tools/%.c Makefile
	$(call message,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP $< $(LDFLAGS) -o $@

$(BUILD)/tools/%.bpf.o: tools/%.bpf.c Makefile
	$(call message,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -MT $@ -MF $(@:.o=.d) -c $< -o $@

$(BUILD)/tools/bench/bench_xdp: $(BENCH_OBJECTS) $(LIBRARY)
	$(call message,LD,$@)
	$(Q)$(CC) $(LDFLAGS) $^ $(package_libs) $(LDLIBS) -o $@

lab-tools: $(LAB_TOOLS)

# On all processors, unless whoever called make has said how many jobs there are to be.
parallel = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))

test: deps ## all tests; TEST=NAME runs those whose names match
	$(Q)$(MAKE) --no-print-directory $(parallel) everything
	$(Q)tests/run $(if $(TEST),-k '$(TEST)')

coverage: deps ## which lines unit and packet tests run (root); in build/coverage/
	$(Q)$(MAKE) --no-print-directory $(parallel) COVERAGE=1 BUILD=build/coverage OPTIMISE='-O0 -g' \
		test-coverage

test-coverage: $(UNIT_TESTS) $(BPF_TESTS)
	$(Q)tools/coverage

memcheck: deps ## the unit tests under valgrind
	$(Q)$(MAKE) --no-print-directory $(UNIT_TESTS)
	$(Q)MEMCHECK=1 tests/run unit

threads: deps ## unit and host tests under ThreadSanitizer (root)
	$(Q)$(MAKE) --no-print-directory $(parallel) THREADS=1 BUILD=build/threads test-threads

# Some host tests fork before threads start, which ThreadSanitizer does not allow unless it is told.
test-threads: $(UNIT_TESTS) $(HOST_TESTS)
	$(Q)TSAN_OPTIONS=die_after_fork=0 tests/run unit host

test-unit: $(UNIT_TESTS) ## pure logic: no root
	$(Q)tests/run unit

test-host: $(HOST_TESTS) ## what needs the kernel, in namespaces of its own (root)
	$(Q)tests/run host

test-bpf: $(BPF_TESTS) ## packets through the dataplane (root)
	$(Q)tests/run bpf

test-fuzz: $(FUZZ_TARGETS) ## every fuzz target for a few seconds
	$(Q)tests/run fuzz

# What is found stays under build/fuzz/findings/.
fuzz: deps ## a minute for each fuzz target
	$(Q)$(MAKE) --no-print-directory $(FUZZ_TARGETS)
	$(Q)tests/fuzz/run 60

test-lab: all lab-tools ## whole systems in network namespaces (root)
	$(Q)tests/run lab

## The lab: see tools/lab and the README.

demo: deps ## three nodes in namespaces; cuts the owner's link (root)
	$(Q)$(MAKE) --no-print-directory all lab-tools
	$(Q)tools/demo

lab: deps ## leave the demo's cluster standing (root)
	$(Q)$(MAKE) --no-print-directory all lab-tools
	$(Q)tools/lab/up

lab-down: ## remove it
	$(Q)tools/lab/down

bench: deps ## what a packet costs, as ratios (root)
	$(Q)$(MAKE) --no-print-directory $(BENCH_TOOLS) all lab-tools
	$(Q)tools/bench/run
	@echo
	$(Q)tools/bench/end_to_end

## The protocol, by exhaustive search: see docs/model.

model: deps ## search the protocol model for two owners
	$(Q)tools/model

## On other kernels, emulated. Slow: an emulated verifier takes half a minute and more for each load.

VM_PACKAGES := qemu-system-x86 busybox-static cpio kmod xdp-tools

vm-test: deps ## boot other kernels and test there (slow)
	$(Q)tools/deps $(VM_PACKAGES)
	$(Q)$(MAKE) --no-print-directory all lab-tools $(BPF_TESTS)
	$(Q)tools/vm/run

test-debian13: deps ## build, packet tests and demo in a root of Debian 13 (root)
	$(Q)tools/deps mmdebstrap debian-archive-keyring
	$(Q)tools/debian13

check-style: deps ## clang-format, house rules, cppcheck, clang-tidy
	$(Q)$(MAKE) --no-print-directory $(SKELETON)
	$(Q)tools/check-style $(CPPFLAGS) $(package_cflags)

format: ## let clang-format lay out all C files
	$(Q)clang-format -i $(shell git ls-files '*.c' '*.h')

install: $(PROGRAMS) ## install under DESTDIR and PREFIX
	install -D -m 0755 $(BUILD)/vipd $(DESTDIR)$(PREFIX)/sbin/vipd
	install -D -m 0755 $(BUILD)/vipctl $(DESTDIR)$(PREFIX)/bin/vipctl
	install -D -m 0644 packaging/vipd.service $(DESTDIR)$(UNITDIR)/vipd.service
	install -D -m 0644 packaging/vips.target $(DESTDIR)$(UNITDIR)/vips.target
	install -D -m 0640 packaging/vipd.yaml $(DESTDIR)$(SYSCONFDIR)/vipd/vipd.yaml.example
	install -D -m 0644 packaging/vipctl.bash-completion \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/vipctl
	install -d $(DESTDIR)$(PREFIX)/share/man/man8 $(DESTDIR)$(PREFIX)/share/man/man1 \
		$(DESTDIR)$(PREFIX)/share/man/man5
	install -m 0644 docs/vipd.8 $(DESTDIR)$(PREFIX)/share/man/man8/
	install -m 0644 docs/vipctl.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	install -m 0644 docs/vipd.yaml.5 $(DESTDIR)$(PREFIX)/share/man/man5/

clean: ## remove what was built
	$(Q)rm -rf build

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
