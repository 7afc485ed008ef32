/* What the shim leaves for the tool in a frozen image: a copy of the watched process's memory, made by a fork while none of its
 * threads ran, and read from outside through /proc (docs/proofs.md, "By reachability"). Addresses are the watched process's. */
#pragma once

#include <stdint.h>

#define LW_FROZEN_MAGIC 0x314e5a46574cull /* "LWFZN1" */

enum lw_frozen_flag {
    LW_FROZEN_ASLEEP = 1u << 0,  /* in a wrapped call: what it preserves, its wrapper has saved above sp */
    LW_FROZEN_HELD = 1u << 1,    /* in the shim's handler: its registers lie from `context` on */
    LW_FROZEN_TIMED = 1u << 2,   /* asleep with a deadline */
    LW_FROZEN_HANDLED = 1u << 3, /* a handler of the program's may run in it and end its wait */
};

struct lw_frozen_thread {
    int32_t tid;
    uint32_t flags; /* enum lw_frozen_flag */
    uint64_t sp;    /* what lies below is dead, but for `context` */
    uint64_t
        stack_size;   /* that libc was asked for, at least; 0 if libc did not make it, or it is not known */
    uint64_t context; /* ucontext_t of a held thread, with its vector registers behind it; else 0 */
    uint64_t alternate_start,
        alternate_live; /* of the alternate stack that the shim's handler runs on, what is dead: from, to */
    uint64_t handle;    /* pthread_t: the block that ends its stack */
    uint64_t object;    /* that it sleeps on; 0 if it is none */
    uint64_t record, record_end; /* what its wrapper has noted there is the shim's own */
};

/* A piece of memory that is the shim's own. */
struct lw_frozen_range {
    uint64_t start, size;
};

/* Why there is no image, or none that anything can be proved from.
 *   X(ID, NAME, WORDS)   NAME: in JSON. WORDS: behind "no proof by reachability: " */
#define LW_FROZEN_REFUSALS(X)                                                                              \
    X(NONE, "", "")                                                                                        \
    X(PENDING, "not_finished", "the watched process did not say how its copy was made")                    \
    X(MEMORY, "no_memory", "no memory for it in the watched process")                                      \
    X(SIGNAL, "signal_not_ours", "the snapshot signal is used by the program or switched off")             \
    X(UNKNOWN, "thread_unknown", "a thread waits where leakwatch does not see its registers")              \
    X(DEAF, "thread_deaf", "a running thread could not be stopped for a moment")                           \
    X(MANY, "too_many_running", "too many threads run at a time")                                          \
    X(MOVED, "threads_moved", "threads woke and slept too fast to find all of them still")                 \
    X(UNREAD, "unread_bytes",                                                                              \
      "a pipe or local socket holds bytes that nobody has read, which may be an address")                  \
    X(QUEUED, "signal_queued", "a signal is pending, which may carry an address")                          \
    X(NO_FORK, "memory_without_fork", "some memory is not copied by fork")                                 \
    X(NO_COPY, "no_copy", "the process could not be copied")                                               \
    X(UNREADABLE, "unreadable", "some of its memory cannot be read")                                       \
    X(LARGE, "too_large", "more memory than is looked through (1 GiB)")                                    \
    X(QUEUES, "kernel_queues", "io_uring, aio or a message queue may hold addresses")                      \
    X(GENERATED, "compressed_pointers",                                                                    \
      "code generated at run time may keep addresses in a form of its own")                                \
    X(SHARED, "memory_shared_with_process", "another process runs in this one's memory")                   \
    X(SHARED_MEMORY, "shared_memory", "it has memory that others may write to while it is looked through") \
    X(FILES, "descriptors_of_a_thread", "a thread has descriptors of its own")                             \
    X(OUTSIDE, "not_watched", "it is not watched from within (leakwatch run, or LD_PRELOAD)")              \
    X(NO_PROCESS, "no_process", "no process could be made to look through the copy (ulimit -u)")           \
    X(JUMPS, "program_jumps", "the program has signal handlers and can jump out of them")                  \
    X(LOST, "not_understood", "the copy could not be looked through to its end")                           \
    X(NO_SYSTEM, "not_known_here", "/proc does not tell what is needed")

enum lw_frozen_refusal {
#define X(id, name, words) LW_FROZEN_##id,
    LW_FROZEN_REFUSALS(X)
#undef X
        LW_FROZEN_REFUSAL_COUNT
};

/* How it ended, in memory that the image shares with the process: known only after the threads have gone on. */
struct lw_frozen_end {
    uint32_t refusal; /* enum lw_frozen_refusal; PENDING until then */
    uint32_t unused;
    uint64_t held_ns; /* how long running threads were held up */
    uint8_t asleep
        []; /* by thread: it was found asleep on its object before the moment of the copy and after it, in one call */
};

struct lw_frozen {
    uint64_t magic;
    uint64_t
        arranges_wakes; /* waiters of a futex may be woken otherwise than at its word (preload/process.h) */
    uint64_t files_unknown; /* whether a thread has descriptors of its own */
    uint64_t every_offset;  /* addresses are to be looked for there, not only in aligned words */
    uint64_t size;          /* of this struct */
    uint64_t end;           /* struct lw_frozen_end */
    uint64_t threads, thread_count;
    uint64_t ranges, range_count;
    uint64_t words, word_count;      /* addresses that the kernel keeps for the program */
    uint64_t image_start, image_end; /* of the shim's own library */
    uint64_t pages;                  /* of all its mappings */
};
