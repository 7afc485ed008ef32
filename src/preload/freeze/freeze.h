/* A moment in which no thread of the program runs, and what the tool must know of it (shared/frozen.h). The copy itself is a
 * fork, made between freeze_begin and freeze_release (report/launch.c).
 *
 * A thread that sleeps in a wrapped call needs not be held: what it has in registers its wrapper has saved on its stack. If it
 * has not left the call between two looks, before and behind the fork, it was in it. All others are held (hold.h). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/frozen.h"

enum { FREEZE_ATTEMPTS = 4 };

struct freeze {
    struct lw_frozen *frozen; /* NULL: refused before anything was held */
    enum lw_frozen_refusal refusal;
    struct frozen_work *work;
    size_t work_size;
    const void *context;
    uintptr_t sp;
    bool every_offset;
    unsigned attempts;
    bool holds;
};

/* every_offset: addresses are to be looked for there, not only in aligned words. context: ucontext_t of what the caller was doing, or NULL; sp: of the caller's own stack, whose registers lie above it.
 * Threads are held from here until freeze_release, which must follow. */
struct freeze freeze_begin(const void *context, uintptr_t sp, bool every_offset);
/* Just before the fork: what it must be as large as. */
void freeze_measure(struct freeze *freeze);
/* The copy has been made, or not: threads go on. */
void freeze_release(struct freeze *freeze, bool copied);
/* After a release: threads moved meanwhile, and it is tried once more, those being held too. False: not, or not again. */
bool freeze_again(struct freeze *freeze);
/* Says how it ended, and gives back what was taken. */
void freeze_end(struct freeze *freeze);
