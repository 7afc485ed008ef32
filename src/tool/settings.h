/* What a command is told: its options, from the one table of all options (shared/options.def), and what the
 * LEAKWATCH_OPTIONS of the watched program tell, whose own keys the shim has looked at already. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/options.def"
#include "symbols/symbols.h"

struct words {
    char **words;
    size_t count;
};

enum answers { ANSWERS_NOT, ANSWERS_TOO, ANSWERS_ONLY };

/* The commands that options are for. */
enum command {
    IN_RENDER = 1 << 0,
    IN_STACK = 1 << 1,
    IN_PS = 1 << 2,
    IN_STATS = 1 << 3,
    IN_TREE = 1 << 4,
    IN_WATCH = 1 << 5,
    IN_DIFF = 1 << 6,
    IN_SERVE = 1 << 7,
    IN_RUN = 1 << 8,
    IN_CORE = 1 << 9,
    /* those that ask running programs, and those that name functions */
    IN_ASKING = IN_STACK | IN_PS | IN_STATS | IN_TREE | IN_WATCH | IN_DIFF | IN_SERVE,
    IN_NAMES = IN_CORE | IN_RENDER | IN_STACK | IN_TREE | IN_WATCH | IN_DIFF | IN_SERVE,
};

#define FIELD_SWITCH(field)    bool field;
#define FIELD_FLAG(field)      bool field;
#define FIELD_TIME(field)      uint64_t field; /* ns, 0: none */
#define FIELD_NUMBER(field)    long field;
#define FIELD_PID(field)       int field; /* 0: none */
#define FIELD_FORMAT(field)    const char *field;
#define FIELD_COLOR(field)     const char *field;
#define FIELD_TEXT(field)      const char *field; /* "": none */
#define FIELD_ADDRESS(field)   const char *field; /* "": none */
#define FIELD_FILE(field)      char *field;       /* NULL: none */
#define FIELD_FILES(field)     struct words field;
#define FIELD_PATTERNS(field)  struct words field;
#define FIELD_TEXTS(field)     struct words field;
#define FIELD_DIRECTORY(field) /* in places */

struct settings {
#define X(name, field, form, low, high, initial, commands, value, help) FIELD_##form(field)
    LW_REPORT_OPTIONS(X)
    LW_TOOL_OPTIONS(X)
#undef X
    struct symbol_places places;
    enum answers answers; /* for a caller of the API */
    struct words passed;  /* of run: KEY=VALUE for LEAKWATCH_OPTIONS */
    char **arguments;     /* what is no option */
    int count;
};

/* How a command is called: synopsis is what follows its name, about a line or more that explains it. */
struct usage {
    enum command command;
    const char *name, *synopsis, *about, *statuses;
    int least, most;    /* arguments */
    const char *wanted; /* what they are: "a snapshot"; NULL: there are none */
};

/* What --help says of the exit status of most commands. */
#define STATUSES "0 done, 2 usage, 1 could not do it"

/* Returns -1, or the status to end with: help was asked for, or something is wrong, which has been said. */
int settings_parse(struct settings *settings, const struct usage *usage, int count, char **arguments);
void settings_drop(struct settings *settings);

/* The number of a process; 0, and a line on stderr, if the words are none. */
int settings_pid(const char *command, const char *words);
/* Are colours wanted on this descriptor? (https://no-color.org) */
bool settings_color(const struct settings *settings, int descriptor);
