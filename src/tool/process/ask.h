/* Asking running programs for snapshots (shared/request.h): several at a time, none of which can hold up
 * the others. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "outside/outside.h"
#include "shared/snapshot_reader.h"
#include "watched.h"

enum ask_state { ASK_PENDING, ASK_ANSWERED, ASK_FAILED };

struct question {
    struct watched watched;
    enum ask_state state;
    uint32_t token;
    uint64_t began, sent;     /* CLOCK_MONOTONIC ns: when first, when last */
    uint64_t patience;        /* ns */
    struct outside outside;   /* of one that has no shim to ask */
    struct snapshot snapshot; /* once it is answered; to be given back by snapshot_close */
    char why[WATCHED_WHY];    /* once it has failed */
};

/* Asks the process, which the question then owns. */
void ask_begin(struct question *question, struct watched watched, uint64_t patience);
/* Looks for answers, until all questions have one or have failed. */
void ask_await(struct question *questions, size_t count);
/* One look, for those who have more to do. */
void ask_look(struct question *question);
/* Withdraws what is still open, and gives back everything. */
void ask_end(struct question *question);

/* All of it for one process, from outside if it is not watched or `outside` says so. False, and a line on stderr, if there is no
 * answer. */
struct ask_how {
    uint64_t patience; /* ns */
    bool outside;
    bool halts;     /* from outside, its threads stopped for a moment each */
    unsigned reach; /* from within: as the option of that name */
};
bool ask_one(struct question *question, const char *command, int pid, struct ask_how how);
