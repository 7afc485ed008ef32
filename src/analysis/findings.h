/* What an analysis finds, and the facts that it starts from. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "evidence.def"
#include "index.h"
#include "proofs.def"
#include "reach_facts.h"
#include "suppressions.h"

/* Worst last. */
enum verdict { VERDICT_NONE, VERDICT_IDLE, VERDICT_SUSPECT, VERDICT_STRANDED, VERDICT_DEADLOCK };

/* Who holds the ends of a pipe, found outside (tool/process/pipes.h). */
struct pipe_fact {
    const char *target;                       /* as in the snapshot: "pipe:[4711]" */
    unsigned readers_inside, readers_outside; /* descriptors of the watched process, other processes */
    unsigned writers_inside, writers_outside;
    bool named;   /* a FIFO: who may, opens it by its name */
    bool unsure;  /* some process could not be looked into */
    bool stirred; /* a thread that waited on it has run since, or may have */
    bool travels; /* a descriptor is on its way through a UNIX socket, or may be */
    char restless
        [64]; /* a process that could hand descriptors on, and ran whenever it was looked for them; "": none */
    char other[64];   /* one of the other processes that have an end, "cat (4711)" */
    uint64_t written; /* when this process last wrote to it, CLOCK_MONOTONIC ns; 0 if not known */
    int32_t writer;   /* who that was */
};

struct pipe_facts {
    struct pipe_fact *pipe;
    size_t count;
    uint32_t *
        of_thread; /* by thread of the snapshot: which pipe it waits on, from 1; 0 for none. NULL: none does */
};

/* A child process that a thread waits for, found outside (tool/process/awaited.h). */
enum child_doing {
    CHILD_RUNS,
    CHILD_SLEEPS,      /* in a system call */
    CHILD_WRITES_HERE, /* blocked: to a pipe that the watched process has open */
    CHILD_READS_HERE,
    CHILD_STOPPED,
    CHILD_ENDED
};
struct child_fact {
    size_t thread; /* of the snapshot: who waits for it, among others */
    int32_t pid;
    enum child_doing doing;
    char name[64]; /* "cat (4711)" */
    char in[32];   /* the system call that it sleeps in */
    char pipe[64]; /* "pipe:[4711]" */
};

enum { CHILDREN_TOLD = 3 }; /* of those that a thread waits for */

struct child_facts {
    struct child_fact *child;
    size_t count;
};

/* Could a wait on descriptors be ended only from inside the process (tool/process/inside.h)? Worst first. */
enum inside {
    INSIDE_UNKNOWN, /* no, or that is not known */
    INSIDE_NAMED,   /* but that another process could open it by its name */
    INSIDE_MANY,    /* it is for more descriptors than are looked at */
    INSIDE_SENDS,   /* it is for a datagram socket that others may make ready to send */
    INSIDE_HIDDEN,  /* but for processes that could not be looked into */
    INSIDE_TRAVELS, /* but for a descriptor on its way through a UNIX socket */
    INSIDE_RESTLESS, /* but for a process that could hand descriptors on, and ran whenever it was looked for them */
    INSIDE_STRANGE, /* but for a device or a queue of the kernel's */
    INSIDE_STIRRED, /* but the thread may have run since */
    INSIDE_ONLY,    /* yes */
};

struct inside_facts {
    uint8_t *of_thread; /* by thread of the snapshot: enum inside; NULL: nothing is known */
    char (*other)
        [64]; /* by thread: another process that has what it waits for, or the other end; NULL: none does */
    char restless[64]; /* of INSIDE_RESTLESS */
};

/* Besides its own threads, who may wake a thread that sleeps on the process's memory (tool/process/other_wakers.h)? */
struct other_wakers {
    bool unknown;       /* it has ended by itself since, or cannot be looked into */
    bool shares_memory; /* a process that runs in it */
    bool owns;          /* such a one that may have locks by the number of one of its threads */
    bool ring;          /* an io_uring of its own */
    bool
        own_files; /* not they, but a thread has a table of descriptors of its own: which it waits for is not known */
    bool timer; /* that sends a signal of faults, which it handles */
};

/* A lock of an interpreter's, found outside (tool/python): threads that want it wait on a condition within. */
struct gil_fact {
    uint64_t start, end;
    int32_t holder; /* 0: nobody, or not known */
};

/* A thread that sleeps for a moment again and again, found outside (tool/process/naps.h). */
struct nap_fact {
    unsigned rate; /* how often it wakes in a second; 0: it does not */
    unsigned
        same; /* in so many looks it was found in the stack that is shown, and in none elsewhere; 0: not known */
    bool several; /* in one look it was found elsewhere */
};

struct facts {
    struct pipe_facts pipes;
    struct child_facts children;
    const struct nap_fact *naps; /* by thread; NULL: none takes naps */
    struct inside_facts inside;
    struct other_wakers other_wakers;
    struct reach_facts reach;
    const struct gil_fact *gils;
    size_t gil_count;
    const bool *suppressed;                  /* by thread: it is known, or in the baseline; NULL: none */
    const struct suppressions *suppressions; /* what was applied; NULL: nothing */
    const uint64_t
        *positions; /* a key for each frame, equal for one source position; NULL: the addresses themselves */
};

enum evidence_kind {
#define X(id, name, fields) EVIDENCE_##id,
    LW_EVIDENCE(X)
#undef X
        EVIDENCE_KIND_COUNT
};

/* Which fields of an evidence are set. */
enum {
    E_WHO = 1,
    E_AGO = 2,
    E_SPAN = 4,
    E_COUNT = 8,
    E_OF = 16,
    E_SIGNALS = 32,
    E_TEXT = 64,
    E_MORE = 128,
    E_REACH = 256
};

/* One fact of a thread; its kind says which fields are set (evidence.def). */
struct evidence {
    enum evidence_kind kind;
    int32_t tid;
    uint32_t name; /* string of the snapshot, 0: not known */
    bool ended;    /* that thread has */
    uint64_t ns;   /* how long ago, or a span */
    int64_t count, of;
    uint64_t signals; /* bit n - 1 is signal n */
    const char *text; /* of the facts that the analysis was given */
    const char *more; /* likewise, a second */
    const struct reach_fact *reach;
};

enum { EVIDENCE_MAX = 6 };

struct thread_finding {
    const struct lw_snapshot_thread *thread;
    enum verdict verdict;
    bool leaked;
    bool suppressed;
    bool polls;                          /* it wakes again and again from short sleeps */
    bool hidden;                         /* not in this report: blocked for less than min_wait */
    const struct lw_snapshot_wake *wake; /* of the condition or semaphore; NULL if none is known */
    const struct lw_snapshot_hold *hold; /* by the owner of what is waited for; NULL if it is not known */
    size_t evidence_count;
    struct evidence evidence[EVIDENCE_MAX];
};

enum deadlock_kind {
#define X(id, name, drawn) DEADLOCK_##id,
    LW_PROOFS(X)
#undef X
        DEADLOCK_KIND_COUNT
};

/* A deadlock that is proved. */
struct deadlock {
    enum deadlock_kind kind;
    size_t count;
    size_t *members; /* indices of findings; a simple cycle in its order, else by tid */
};

/* Threads with the same state, wait and stacks. */
struct group {
    size_t count;
    size_t *members; /* indices of findings, by tid */
    enum verdict verdict;
    uint64_t longest; /* ns, of the members' waits; 0 if not known */
};

struct counts {
    size_t threads; /* alive */
    size_t by_state[LW_STATE_COUNT];
    size_t polling; /* among those that wait or run */
    size_t unjoined, leaked, suppressed, deadlocks;
};

struct analysis {
    const struct snapshot *snapshot;
    const uint64_t *positions; /* of frames, for grouping */
    const struct suppressions *suppressions;
    const struct reach_facts *reach;
    bool judges; /* this trigger calls threads leaked */
    struct thread_finding *findings;
    size_t finding_count;
    struct group *groups; /* worst first; of the threads that this report shows */
    size_t group_count;
    size_t *order; /* what the groups' members point into */
    struct index index;
    struct graph *graph;
    struct deadlock *deadlocks;
    size_t deadlock_count;
    size_t *deadlock_members;
    struct counts counts;
};

/* Does the report show this thread? A judging report shows the leaked, another every thread. */
bool finding_is_shown(const struct analysis *analysis, const struct thread_finding *finding);

/* ns that the thread has been waiting, or since it ended; 0 if not known. */
uint64_t finding_duration(const struct analysis *analysis, const struct thread_finding *finding);

const char *verdict_words(enum verdict verdict);
const char *state_words(enum lw_state state);
/* As JSON names it, and as the text report says it. */
const char *trigger_name(enum lw_trigger trigger);
const char *trigger_words(enum lw_trigger trigger);
const char *kind_words(enum lw_wait_kind kind);
/* Words of the wait's kind; for LW_WAIT_SYSCALL "syscall NAME", kept until the next call. */
const char *wait_words(const struct lw_snapshot_thread *thread);

/* Do two facts say the same, as far as a report tells it (a tenth of a second)? */
bool evidence_same(const struct evidence *a, const struct evidence *b);

/* Adds a fact to a finding; as many as EVIDENCE_MAX are kept. */
void finding_add(struct thread_finding *finding, struct evidence evidence);
#define FINDING_ADD(finding, id, ...) \
    finding_add(finding, (struct evidence){.kind = EVIDENCE_##id, __VA_ARGS__})

/* Thread with this tid that is alive, NULL if there is none. */
const struct lw_snapshot_thread *thread_alive(const struct analysis *analysis, int tid);
