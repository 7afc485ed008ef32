/* Who runs an initialisation that others wait for (pthread_once). */
#pragma once

#include "shared/snapshot_writer.h"
#include "unwind.h"

enum { ONCE_CALLS = 256 };

/* Frames of threads that call such a routine; more than there is room for are not told. */
struct once_calls {
    const struct target *target;
    struct {
        int tid;
        uint64_t start, end; /* the frame of libc's function */
    } of[ONCE_CALLS];
    size_t count;
};

void once_note(struct once_calls *once, struct unwinder *unwinder, int tid, const struct unwound *stack);
/* A hold for each initialisation that a thread of the snapshot waits for and one of these runs. */
void once_put(const struct once_calls *once, struct snapshot_writer *writer);
