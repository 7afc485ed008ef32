/* The synchronisation object that a thread waits for, read from glibc's own fields (sysdeps/nptl/bits,
 * nptl/descr.h) while nobody is stopped: each is one look, true for that moment. */
#pragma once

#include <stdint.h>

#include "shared/libc_objects.h"

/* Reads the object of a wait of this kind at address. Async-signal-safe; address may be anything. */
struct object object_read(enum lw_wait_kind kind, uintptr_t address);
