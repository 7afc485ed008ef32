/* What a command is told: its options, from one table for all commands that look at reports; and what the
 * LEAKWATCH_OPTIONS of the watched program tell, whose own keys the shim has looked at already. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbols/symbols.h"

struct words {
    char **words;
    size_t count;
};

enum answers { ANSWERS_NOT, ANSWERS_TOO, ANSWERS_ONLY };

/* The commands that options are for. */
enum command {
    FOR_RENDER = 1 << 0,
    FOR_STACK = 1 << 1,
    FOR_PS = 1 << 2,
    FOR_STATS = 1 << 3,
    FOR_TREE = 1 << 4,
    FOR_WATCH = 1 << 5,
    FOR_DIFF = 1 << 6,
    FOR_SERVE = 1 << 7,
};

struct settings {
    const char *format, *log;
    const char *directory; /* what relative paths mean; NULL: the current one */
    bool watched;          /* started by the shim */
    enum answers answers;  /* for a caller of the API */
    struct words suppressions, suppress;
    bool default_suppressions;
    char *baseline, *write_suppressions; /* paths; NULL: none */
    bool update_baseline;
    struct symbol_places places;
    bool json;
    const char *color; /* auto, always, never */
    int live;          /* pid; 0: none */
    long threshold;
    uint64_t every, duration, patience; /* ns */
    const char *listen, *token;         /* NULL: as it comes */
    bool behind_tls;
    uint64_t interval; /* ns */
    long top;          /* groups of a process in the metrics; 0: as it comes */
    char **arguments;  /* what is no option */
    int count;
};

/* How a command is called: synopsis is what follows its name, about a line or more that explains it. */
struct usage {
    enum command command;
    const char *name, *synopsis, *about;
    int least, most;    /* arguments */
    const char *wanted; /* what they are: "one snapshot"; NULL: there are none */
};

/* Returns -1, or the status to end with: help was asked for, or something is wrong, which has been said. */
int settings_parse(struct settings *settings, const struct usage *usage, int count, char **arguments);
void settings_drop(struct settings *settings);

/* "30s", "500ms", "2m"; a bare number is seconds. False if it is none, or nothing. */
bool settings_span(const char *words, uint64_t *ns);
/* The number of a process; 0, and a line on stderr, if the words are none. */
int settings_pid(const char *command, const char *words);
/* Are colours wanted on this descriptor? (https://no-color.org) */
bool settings_color(const struct settings *settings, int descriptor);
