/* The watched processes of this machine, looked at when somebody wants to know, and never more often than
 * once an interval, whoever asks. One thread looks; what it has found is read by others under the lock. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "analysis/tally.h"
#include "tool/known/sites.h"
#include "tool/process/monotonic.h"
#include "tool/work.h"

/* One look at one process. Kept for as long as anybody has hold of it (sample_keep, sample_drop; under the
 * lock).
 */
struct sample {
    struct work work;
    struct tally tally;
    struct sites sites;
    uint64_t at; /* CLOCK_MONOTONIC ns */
    int holders;
    bool pushed; /* its profile has been made for the servers that are pushed to */
};

struct moment {
    int64_t time_ms; /* since the epoch */
    uint32_t threads, blocked, suspect;
};

enum { HISTORY = 720 };

struct member {
    struct watched watched;   /* without its handle */
    struct sample *latest;    /* NULL: none yet */
    struct question question; /* if asking */
    bool asking, late;        /* late: the look went on without its answer */
    uint64_t tried; /* when it was last begun to be read from outside, CLOCK_MONOTONIC ns; 0: never */
    bool present;   /* seen by the look at hand */
    char error[WATCHED_WHY]; /* why there is nothing newer; "" if there is */
    uint64_t ended;          /* CLOCK_MONOTONIC ns; 0: it lives */
    struct moment history[HISTORY];
    size_t moments; /* in all: the latest is history[(moments - 1) % HISTORY] */
};

/* Somebody who wants what a look that begins at `due` or later finds. done is called once, by the looking
 * thread, without the lock. */
struct waiter {
    uint64_t due; /* CLOCK_MONOTONIC ns */
    void (*done)(struct waiter *waiter);
    struct waiter *next;
};

struct process_table {
    const struct settings *settings;
    uint64_t interval; /* ns */
    pthread_mutex_t lock;
    pthread_cond_t wanted;
    pthread_t looker;
    bool stopping;
    struct waiter *waiters;
    struct member **members;
    size_t count;
    uint64_t looked;   /* when the latest look began; 0: none yet */
    int64_t looked_ms; /* the same, since the epoch */
    uint64_t took;     /* ns that it took */
    uint64_t looks;    /* so far */
    uint64_t failures; /* processes that did not answer, in all looks */
    size_t left_out;   /* processes that nobody prepared, beyond --most */
    bool told_refused, told_left_out;
};

/* Starts the looking thread. False, and a line on stderr, if it cannot be. */
bool process_table_start(struct process_table *table, const struct settings *settings, uint64_t interval);
/* Ends the thread and calls every waiter that is left: there will be no more looks. */
void process_table_stop(struct process_table *table);
/* Gives everything back, when nobody reads it any more. */
void process_table_drop(struct process_table *table);

/* Is what was found last younger than the interval? Under the lock. */
bool process_table_is_fresh(const struct process_table *table);
/* Takes a waiter; takes the lock itself. */
void process_table_wait(struct process_table *table, struct waiter *waiter);

/* The process with this number that lives, else the one that ended last; NULL if there is none. Under the
 * lock. */
struct member *process_table_find(const struct process_table *table, int pid);

struct sample *sample_keep(struct sample *look);
void sample_drop(struct sample *look);
