/* In which function of libc's a thread waits: told by the names of its innermost frames. */
#pragma once

#include "shared/snapshot.h"
#include "unwind.h"

struct known_call {
    const char *call;       /* as programs spell it */
    enum lw_wait_kind kind; /* of a futex that it waits on; LW_WAIT_NONE for other system calls */
};

/* What the program called: NULL if libc calls it from within itself, or it is no call of libc's. *depth: its frame. */
const struct known_call *calls_find(struct unwinder *unwinder, const struct unwound *stack, bool is_static,
                                    size_t *depth);
/* Does it stand where glibc waits for mutexes, and for nothing else (nptl/lowlevellock.c: libc's own locks have another function)? */
bool calls_waits_for_mutex(struct unwinder *unwinder, const struct unwound *stack);
/* Is this function of a thread's stack the one that runs initialisation once (pthread_once, call_once)? */
bool calls_runs_once(const char *function);
