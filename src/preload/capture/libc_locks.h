/* Locks that libc takes inside its own functions, where no wrapper sees it: of a stream (flockfile, and every function of
 * stdio), of the loader (dlopen, dlclose, dl_iterate_phdr). They are known by the futex that the kernel finds a thread on. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "shared/snapshot.h"

/* Finds the data of the loader, with dlsym, and of libc. Once, when libc is ready. */
void libc_locks_setup(void);

struct libc_lock {
    enum lw_wait_kind kind; /* LW_WAIT_STREAM, LW_WAIT_LOADER; LW_WAIT_NONE: it is neither */
    uintptr_t object;       /* the FILE, the mutex: what object_read is given */
    int fd;                 /* of the stream; -1 if it has none */
};

struct libc_lock libc_lock_of(uintptr_t futex);

/* Is it one of those that libc takes by itself when a thread ends: in the thread's block, of its list of stacks, of malloc? */
bool libc_uses_futex(uintptr_t futex, uintptr_t block);

/* The lock of a FILE, as it is now. */
struct stream_lock {
    bool known;
    uintptr_t futex;
    bool taken;
    int32_t owner; /* tid, 0 if not known */
    int fd;
};

struct stream_lock stream_lock_read(uintptr_t file);
