/* The synchronisation object that a thread waits for, read from glibc's own fields (sysdeps/nptl/bits,
 * nptl/descr.h) while nobody is stopped: each is one look, true for that moment. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "shared/snapshot.h"

struct object {
    bool known;       /* it could be read, and this libc's layout is known */
    bool unsatisfied; /* a thread that waits for it has reason to go on waiting */
    int32_t owner;    /* tid, 0 if it names none */
    uint32_t flags;   /* LW_THREAD_SHARED, LW_THREAD_ROBUST */
    int64_t value[2]; /* as in struct lw_snapshot_thread */
};

/* Reads the object of a wait of this kind at address. Async-signal-safe; address may be anything. */
struct object object_read(enum lw_wait_kind kind, uintptr_t address);
