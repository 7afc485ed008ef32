/* How the values of options are written: one grammar for LEAKWATCH_OPTIONS and for the tool's command line. No libc
 * but string functions that neither allocate nor look at the locale: the shim uses this too. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The forms, what is wanted where a value is not of its form, and what completes it in a shell. */
#define LW_OPTION_FORMS(X)                                                                     \
    X(SWITCH, "0 or 1", "words 0 1")                                                           \
    X(FLAG, "0 or 1", "") /* without a value on a command line */                              \
    X(TIME, "a time such as 500ms, 0.5s or 2m", "")                                            \
    X(NUMBER, "a number", "")                                                                  \
    X(SIGNAL, "a signal's name (USR1, USR2, ...), a number from 34 to 64, or none", "signals") \
    X(FORMAT, "a format", "formats")                                                           \
    X(COLOR, "auto, always or never", "words auto always never")                               \
    X(PID, "the number of a process; leakwatch ps lists them", "processes")                    \
    X(TEXT, "a text", "")                                                                      \
    X(PATH, "a path", "files")                                                                 \
    X(FILE, "a file", "files") /* from the directory that the program was started in */        \
    X(FILES, "a file", "files")                                                                \
    X(PATTERNS, "KIND:PATTERN", "")                                                            \
    X(ADDRESS, "ADDRESS:PORT or unix:PATH", "")                                                \
    X(TEXTS, "a text", "")                                                                     \
    X(DIRECTORY, "a directory that can be read", "directories")

enum option_form {
#define X(form, wanted, completion) OPTION_##form,
    LW_OPTION_FORMS(X)
#undef X
};

/* The value as a number: nanoseconds of a TIME, a SIGNAL's number (0 for none), 0 or 1. False if it is not of its form or
 * out of bounds; a time has no upper bound, and 0 only where low is 0. A TEXT or a PATH has
 * fewer bytes than `high`, if that is not 0; the other texts are not empty. */
bool option_value(enum option_form form, int64_t low, int64_t high, const char *text, uint64_t *value);
/* What a value of this form is, to be put behind "is not". A NUMBER's bounds are for the caller to add. */
const char *option_wanted(enum option_form form);

/* Signals that can be asked for by name: X(NAME). The real-time ones go by number. */
#define LW_OPTION_SIGNALS(X) \
    X(USR1) X(USR2) X(HUP) X(QUIT) X(URG) X(WINCH) X(IO) X(PROF) X(PWR) X(XCPU) X(VTALRM) X(STKFLT)
