/* Suppressions applied to a snapshot: where they come from, and threads seen by their names. */
#pragma once

#include <stdbool.h>

#include "analysis/findings.h"
#include "shared/snapshot_reader.h"
#include "symbols/symbols.h"

/* Adds those in a file. What is wrong is said on stderr; what is right is added. */
void suppress_file(struct suppressions *suppressions, const char *path);
/* Adds one that was given as an option, "kind:pattern" or "kind=pattern". */
void suppress_words(struct suppressions *suppressions, const char *words);
/* Adds the built-in ones, and those that libraries of the snapshot ship: files leakwatch/NAME.supp beside
 * them. */
void suppress_defaults(struct suppressions *suppressions, const struct snapshot *snapshot);

/* A thread by its names, for suppressions and baselines. */
struct named_thread {
    struct suppressible thread;
    char **strings; /* behind the lists */
    size_t count;
};
struct named_thread name_thread(const struct snapshot *snapshot, struct symbols *symbols,
                                const struct lw_snapshot_thread *thread);
void name_drop(struct named_thread *named);

/* Marks in `suppressed`, one for each thread of the snapshot, those that a suppression applies to. positions:
 * symbols_positions, or NULL. */
void suppress_apply(struct suppressions *suppressions, const struct snapshot *snapshot,
                    struct symbols *symbols, const uint64_t *positions, bool *suppressed);
/* Appends to a file a suppression for each leaked group, under a comment that tells what it is. False, and a
 * line on stderr, if it cannot be written. */
bool suppress_write(const char *path, const struct analysis *analysis, struct symbols *symbols);
