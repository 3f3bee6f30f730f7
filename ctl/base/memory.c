// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/base/memory.h"

#include <errno.h>
#include <link.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ctl/base/log.h"

/* Pieces larger than so many bytes are mapped one by one, and the heap may have as many free at its
 * end. */
#define LARGE_PIECE (128 * 1024)

/* The libraries whose functions the VRRP thread calls. The program itself has no name. */
static const char *const wanted[] = {"/libc.so.", "/ld-linux", "/libsystemd.so.", "/libsodium.so.",
				     "/libbpf.so."};

void memory_limit(void)
{
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_MMAP_THRESHOLD, LARGE_PIECE);
	mallopt(M_TRIM_THRESHOLD, LARGE_PIECE);
}

static bool is_wanted(const char *name)
{
	if (name[0] == '\0')
		return true;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (strstr(name, wanted[i]))
			return true;
	return false;
}

static int unlock_object(struct dl_phdr_info *object, size_t size, void *context)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	(void)size;
	(void)context;
	for (size_t i = 0; i < object->dlpi_phnum && !is_wanted(object->dlpi_name); i++) {
		const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
		uintptr_t begin = object->dlpi_addr + segment->p_vaddr;

		if (segment->p_type == PT_LOAD)
			munlock((void *)(begin & ~(page - 1)),
				segment->p_memsz + (begin & (page - 1)));
	}
	return 0;
}

/* A sanitizer has shadow memory, which would be locked as well. */
#ifdef __SANITIZE_ADDRESS__
#define LOCKABLE false
#else
#define LOCKABLE true
#endif

void memory_lock(void)
{
	if (!LOCKABLE)
		return;
	if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT))
		log_warning("memory is not locked, so paging can delay advertisements: %s "
			    "(CAP_IPC_LOCK, or a memlock limit, is needed)",
			    strerror(errno));
	else
		dl_iterate_phdr(unlock_object, NULL);
}
