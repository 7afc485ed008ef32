/* Thread records: what the shim knows of each thread, found by handle (pthread_t) through uthash.
 *
 * A record is made by the creator before the thread exists, so that neither a detach nor a join nor the
 * thread's end can come before it; it is given back when the thread has ended and nobody can ask for it
 * any more. Records are never unmapped and all are linked from thread_first(), so the capture walks them
 * without a lock, from a signal handler if need be, and checks what it read against the kernel. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "depot.h"
#include "exit_notice.h"
#include "rt/clock.h"
#include "rt/hash.h"

struct wait;

enum thread_flag {
    THREAD_USED = 1u << 0,
    THREAD_MAIN = 1u << 1,    /* the initial thread of the process */
    THREAD_ADOPTED = 1u << 2, /* first seen when it waited, not when it was created */
    THREAD_LISTED = 1u << 3,  /* its handle is in the table */
    THREAD_DETACHED = 1u << 4,
    THREAD_ENDING = 1u << 5, /* its start routine has ended; destructors may still run, and block */
    THREAD_JOINED = 1u << 6,
    THREAD_GIVEN_STACK = 1u << 8, /* by the program (pthread_attr_setstack(3)) */
    THREAD_NOT_COPIED = 1u << 7, /* by fork, in the child: all else is over, and its number may be in locks */
    THREAD_SIGNALLED = 1u << 9,  /* another thread of the program has sent it the snapshot signal */
};

enum { THREAD_NAME = 16 }; /* TASK_COMM_LEN of the kernel, NUL included */

/* Where a lock was taken (holds.h). */
enum { TAKEN_SLOTS = 8, READING_SLOTS = 3 };
struct lock_taken {
    uintptr_t lock, site;
};
struct lock_read {
    uintptr_t lock;
    uint64_t site : 48, times : 16;
};

/* What it signalled or posted (wakes.h). */
enum { WAKE_NOTES = 2 };
struct wake_note {
    uintptr_t object, site;
    uint64_t last;
    uint32_t count, no_waiter;
};

struct thread {
    struct wait *wait; /* innermost wait, published by the thread itself */
    uint64_t moves;    /* counts every begin and end of a wait */
    uint32_t flags;    /* enum thread_flag, changed atomically */
    int32_t tid;       /* 0 until it runs */
    uint32_t scope;    /* of the API (scope.h); inherited by the threads that it creates */
    struct exit_notice notice;
    char name[THREAD_NAME];
    pthread_t handle;
    union {
        void *(*start)(void *); /* until it has begun */
        struct thread *next_free;
    };
    union {
        void *argument; /* until it has begun */
        uint64_t ended; /* clock_mark of the end of the start routine; 0 until then */
    };
    uint64_t created;  /* clock_mark */
    size_t stack_size; /* bytes; 0 if not known */
    const struct stack *creation;
    uint64_t serial; /* number of its creation in the process, from 1 */
    struct lock_taken taken[TAKEN_SLOTS];
    struct lock_read reading[READING_SLOTS];
    struct wake_note notes[WAKE_NOTES];
    struct thread *next; /* of all records */
    UT_hash_handle hh;
};

_Static_assert(sizeof((struct exit_notice){0}.creator.name) == THREAD_NAME, "a name of the kernel's");

extern __thread struct thread *thread_current __attribute__((tls_model("initial-exec")));

/* Called by each thread that is about to end, when its record says so; NULL for nothing. */
extern void (*thread_on_ending)(void);

/* The calling thread's record; makes one for a thread that was not seen to start. NULL only without memory.
 */
static inline struct thread *thread_self(void);

/* Prepares the thread subsystem and the record of the initial thread. Call once, from the constructor. */
void thread_setup(void);
/* The rest of it, before the first thread is created: what a sanitizer that is linked into the program
 * intercepts may not be called from the constructor, which runs before it is ready. */
void thread_setup_late(void);

/* A record for a thread about to be created with attr (may be NULL). NULL if there is no memory: then create
 * unwatched. */
struct thread *thread_prepare(const pthread_attr_t *attr, void *(*start)(void *), void *argument,
                              const struct stack *creation);
/* It was not created after all. */
void thread_abandon(struct thread *record);
/* It was created and has this handle. */
void thread_list(struct thread *record, pthread_t handle);
/* What pthread_create is given as start routine; argument is the record. */
void *thread_main(void *record);

/* The calling thread is the shim's own: it gets no record. */
void thread_hide(void);
/* Threads of the program that have a record and are not about to end. */
unsigned thread_live_count(void);

/* The record of a handle that is not yet joined or ended detached; NULL if there is none. */
struct thread *thread_find(pthread_t handle);
/* The tid of the thread that has this handle and has not ended; 0 if that is not known. Without a lock: what it says was so at
 * one moment. */
int32_t thread_number(pthread_t handle);
/* The calling thread leaves through pthread_exit. */
void thread_exits(void);
/* Has the thread of this record ended, and is it only remembered? Not before the kernel is done with it: one
 * that hangs in a destructor has not. */
bool thread_has_exited(const struct thread *record);
/* How long libc's clean-up may take, ns: on a busy machine, and mostly. */
#define THREAD_ENDS_WITHIN 5000000000u
#define THREAD_ENDS_MOSTLY 50000000u
/* Has it left its start routine, a moment ago, and waits for nothing that the program waits for? Then it is in
 * libc's clean-up (which on a busy machine may take long: many ends wait for one lock there), and as good as
 * ended where threads are judged. Not one that stays there (capture/ending.h asks the kernel). */
bool thread_is_ending(const struct thread *record, struct clock_reading now, uint64_t moment);
/* Is it neither joined nor detached? */
bool thread_is_joinable(const struct thread *record);
/* The latest thread with this number that has ended and is still remembered; NULL if there is none. */
const struct thread *thread_that_ended(int32_t tid);
/* The program sends the snapshot signal to one of its threads, by handle or, if that is 0, by number: noted unless that is the caller. */
void thread_signalled(pthread_t handle, int32_t tid);
/* Has the caller ever been sent one so? Not taken back: how many there were nobody can count, for those that are pending are one. */
bool thread_is_signalled(void);
/* Was this the number of a thread that a fork, from which this process comes, did not copy? */
bool thread_was_not_copied(int32_t tid);
/* Was this the number of the initial thread before it forked? What it locked then, it may unlock now, though
 * the lock names the old number. True, to be safe, if the process comes of more forks than are remembered. */
bool thread_was_initial(int32_t tid);
/* It was detached, or joined: what is known of it is dropped when nothing more can be asked. */
void thread_detached(struct thread *record);
void thread_joined(struct thread *record);
/* pthread_setname_np or prctl(PR_SET_NAME) gave it a name. */
void thread_named(struct thread *record, const char *name);

/* In a forked child: only the caller exists, and nothing of the parent's threads is known. whole: the forking
 * thread holds the table's lock; else the fork came in the middle of a change, and the table is given up. */
void thread_forked(bool whole);

struct thread *thread_first(void);
uint64_t thread_created_count(void);
uint64_t thread_lost_count(void);
uint64_t thread_latest_serial(void);

struct thread *thread_adopt(void);

/* How often a thread has begun and ended waits, as seen after all that was read of it before. */
static inline uint64_t thread_moves(const struct thread *record) {
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return __atomic_load_n(&record->moves, __ATOMIC_ACQUIRE);
}

static inline struct thread *thread_self(void) {
    struct thread *self = thread_current;
    return __builtin_expect(self != NULL, 1) ? self : thread_adopt();
}
