/* A report of a process that nobody prepared: made by a child of this one, so that whatever holds it up (a file system that does not answer, a
 * process that keeps its memory locked) holds up nobody else, and can be ended. */
#pragma once

#include <sys/types.h>

#include "shared/snapshot_reader.h"
#include "symbols/symbols.h"

struct outside {
    pid_t child;  /* 0: none */
    int memory;   /* the snapshot, or the reason why there is none */
    bool refused; /* once it has failed: the process may not be looked into */
};

enum outside_state { OUTSIDE_PENDING, OUTSIDE_DONE, OUTSIDE_FAILED };

/* Begins with a running process; halts: its threads may be stopped for a moment. False, and the reason in errno, if that cannot be. */
bool outside_begin(struct outside *outside, int pid, bool halts, const struct symbol_places *places);
/* Likewise with a core; exe: the program that it is of, NULL if the core tells. */
bool outside_begin_core(struct outside *outside, const char *core, const char *exe,
                        const struct symbol_places *places);
/* Done: the snapshot, to be closed by its owner. Failed: `why` says what stood in the way. */
enum outside_state outside_look(struct outside *outside, struct snapshot *snapshot, char why[256]);
void outside_end(struct outside *outside);
