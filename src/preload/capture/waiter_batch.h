/* Many threads at a time: those that wait on a condition, a mutex or a semaphore are found asleep by one
 * question for each such object instead of one for each thread.
 *
 * The kernel is asked how many threads sleep on the object's futex (FUTEX_CMP_REQUEUE of the futex onto
 * itself, which wakes none and moves none, and counts them: futex(2)). If that is as many as have a wait
 * record for it, and none of those has moved on meanwhile, then each of them is asleep there. If it is not,
 * because one of them runs, relocks a mutex, or hangs in a signal handler, each is asked after alone, as any
 * other thread is.
 *
 * Those that wait for a descriptor cannot be counted so. /proc/self/task/TID/syscall costs as much as fifteen other
 * system calls, so a record of such a wait is believed without it if it is old, if the thread has used no CPU time
 * between two looks, and if the program has never had a signal handler: a record can only say what is not so while
 * one runs, or after one jumped out of the call. That is enough to say what a thread waits for. It is not enough for
 * a proof (a thread that has been woken, and waits for a processor, has not run either): the second look
 * (recheck.h) asks after each of them. */
#pragma once

#include <poll.h>
#include <stdbool.h>

#include "object.h"
#include "record/wait.h"
#include "tasks.h"

enum { BATCH_COPIES = 64, POLLED_SHOWN = 4 };

struct batched_waiter {
    struct wait wait;
    uint64_t moves;
    uint64_t cpu_ns; /* of one that waits for a descriptor */
    uint32_t object; /* index into objects, or NO_OBJECT */
    uint8_t state;
    uint8_t polled_count; /* of those that it polls, so many are here */
    struct pollfd polled[POLLED_SHOWN];
};

struct waiter_batches {
    struct batched_waiter *members; /* by task; NULL: there are too few threads for it, or no memory */
    struct batched_object *objects;
    size_t count, mapped, object_count, objects_mapped;
    int caller;
    int scratch; /* a memfd, and what of it is mapped */
    char *window;
    size_t stack_bytes; /* of a stack that are copied at first */
    struct batched_copy {
        size_t task, size;
        const char *bytes;
    } copies[BATCH_COPIES]; /* of the stacks of the members up to `until` */
    size_t copied, next_copy, until;
};

/* descriptors: also those that wait for one. */
struct waiter_batches waiter_batches_find(const struct tasks *tasks, int caller, bool descriptors);
/* Counts the sleepers again: batched_object is true from now on for those that are still asleep. */
void waiter_batches_again(struct waiter_batches *batches, const struct tasks *tasks);
/* A thread that is not among the members sleeps on this futex: what was counted there is not known to be them. */
void batches_doubt_futex(struct waiter_batches *batches, uintptr_t futex);
void waiter_batches_drop(struct waiter_batches *batches);

/* The wait of a thread that was found asleep in it; NULL for one that must be asked after. */
const struct batched_waiter *batched_waiter(const struct waiter_batches *batches, size_t task);
/* What it waits for, as it was when it was found asleep; NULL if that is no object, or it is not asleep any more. */
const struct object *batched_object(const struct waiter_batches *batches,
                                    const struct batched_waiter *member);
/* What lies on its stack from its wait's stack pointer on, copied; *size 0 if there is nothing. */
const void *batched_stack(struct waiter_batches *batches, size_t task, size_t *size);
/* How much of that was of use: the next ones are probably like it. */
void batched_stack_used(struct waiter_batches *batches, size_t bytes);
