/* Suppressions: threads that are known and not to be called leaked. A line "kind:pattern" each; a pattern is a glob with
 * * and ?, and must match the whole of
 *
 *   top      the call that the thread sleeps in, or the first function of the program below it
 *   any      any function of its stack
 *   creator  any function of the stack that created it
 *   module   the file name of the program or library that it runs for: of the function that it started in
 *   name     its name
 *
 * Empty lines and those that begin with # are passed over. Pure: text in, matches out. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define SUPPRESSION_KINDS(X) \
    X(TOP, "top")            \
    X(ANY, "any")            \
    X(CREATOR, "creator")    \
    X(MODULE, "module")      \
    X(NAME, "name")

enum suppression_kind {
#define X(id, words) SUPPRESSION_##id,
    SUPPRESSION_KINDS(X)
#undef X
        SUPPRESSION_KIND_COUNT
};

struct suppression {
    enum suppression_kind kind;
    char *pattern;
    const char *file; /* where it comes from, in words; kept by the caller */
    unsigned line;    /* 0: not from a file */
    bool expected;    /* it is worth saying when it matched nothing: the user's own */
    size_t matched;   /* threads */
};

struct suppressions {
    struct suppression *list;
    size_t count, room;
};

/* Adds the suppressions in a text. Returns NULL, or what is wrong with its first bad line, in `room`; the
 * good lines are added all the same. `file` must outlive the suppressions. */
const char *suppressions_add(struct suppressions *suppressions, const char *text, const char *file,
                             bool expected, char room[512]);
void suppressions_drop(struct suppressions *suppressions);

/* A thread as suppressions see it; lists end with NULL. */
struct suppressible {
    const char *name, *module;
    const char *const *top, *const *stack, *const *creation;
};

/* The first that applies, NULL if none does. Counting is the caller's. */
struct suppression *suppressions_match(struct suppressions *suppressions, const struct suppressible *thread);
const char *suppression_kind_words(enum suppression_kind kind);
