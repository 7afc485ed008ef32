/* What an analysis finds, and the facts that it starts from. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "../snapshot/reader.h"

/* Worst last. */
enum verdict { VERDICT_NONE, VERDICT_IDLE, VERDICT_SUSPECT, VERDICT_STRANDED, VERDICT_DEADLOCK };

/* Who holds the ends of a pipe, found outside (tool/pipes.h). */
struct pipe_fact {
    const char *target;                       /* as in the snapshot: "pipe:[4711]" */
    unsigned readers_inside, readers_outside; /* descriptors of the watched process, other processes */
    unsigned writers_inside, writers_outside;
    bool unsure; /* some process could not be looked into */
};

struct facts {
    const struct pipe_fact *pipes;
    size_t pipe_count;
    const uint64_t
        *positions; /* a key for each frame, equal for one source position; NULL: the addresses themselves */
};

enum { EVIDENCE_MAX = 4 };

struct thread_finding {
    const struct lw_snapshot_thread *thread;
    enum verdict verdict;
    bool leaked;
    bool hidden; /* not in this report: blocked for less than min_wait */
    size_t evidence_count;
    char *evidence[EVIDENCE_MAX];
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
    size_t unjoined, leaked, deadlocks;
};

struct analysis {
    const struct snapshot *snapshot;
    const uint64_t *positions; /* of frames, for grouping */
    bool judges;               /* this trigger calls threads leaked */
    struct thread_finding *findings;
    size_t finding_count;
    struct group *groups; /* worst first; of the threads that this report shows */
    size_t group_count;
    size_t *order; /* what the groups' members point into */
    struct counts counts;
};

/* Does the report show this thread? A judging report shows the leaked, another every thread. */
bool finding_is_shown(const struct analysis *analysis, const struct thread_finding *finding);

/* ns that the thread has been waiting, or since it ended; 0 if not known. */
uint64_t finding_duration(const struct analysis *analysis, const struct thread_finding *finding);

const char *verdict_words(enum verdict verdict);
const char *state_words(enum lw_state state);
const char *trigger_words(enum lw_trigger trigger);
/* Words of the wait's kind; for LW_WAIT_SYSCALL "syscall NAME", kept until the next call. */
const char *wait_words(const struct lw_snapshot_thread *thread);

/* Thread with this tid that is alive, NULL if there is none. */
const struct lw_snapshot_thread *thread_alive(const struct snapshot *snapshot, int tid);
