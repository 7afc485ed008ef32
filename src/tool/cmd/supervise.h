/* Runs a program as a child and sees to its end: a time limit, a JUnit file about it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "tool/settings.h"

struct supervision {
    uint64_t timeout_ns; /* 0: none */
    const char *junit;   /* path of a JUnit file to write; NULL: none */
    const struct settings *settings;
    int leak_status; /* with which the program ends if threads leaked and it had no other */
};

enum { SUPERVISE_TIMED_OUT = 124 }; /* as timeout(1) has it */

/* Runs arguments[0] with the environment as it is. Returns the status to end with; ends by the program's own
 * signal if it ended by one. Signals that this process is sent are passed on. */
int supervise(const struct supervision *how, char **arguments);
