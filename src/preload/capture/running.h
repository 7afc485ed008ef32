/* The running threads of a capture: looked at again when all else has been described, so that a report tells
 * which of them spin. */
#pragma once

#include "record/thread.h"
#include "sample.h"
#include "shared/snapshot_writer.h"

struct running {
    unsigned count;
    struct {
        struct lw_snapshot_thread *thread;
        const struct thread *record;
        uint64_t moves;
    } of[SAMPLES];
};

/* A thread that the kernel says is running, and its record or NULL. Beyond SAMPLES they are left as they are.
 */
void running_add(struct running *running, struct lw_snapshot_thread *thread, const struct thread *record);

/* Samples them, 20 ms apart, twice or a few times more, and completes their entries: a stack, the CPU time
 * used between two looks, and LW_STATE_SPINNING for one that used nine tenths of a processor without a wait
 * and stood in the same function at both. */
void running_look(struct running *running, struct snapshot_writer *writer, int task_directory);
