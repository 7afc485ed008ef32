/* How an option is told, to a person in --help and to who writes documents from the table. */
#pragma once

#include <stdio.h>

#include "shared/option_value.h"

struct option_help {
    const char *name, *value, *help, *initial; /* columns of shared/options.def */
    int commands;
};

/* The spelling on a command line, '-' for '_', in `room`, which it returns. */
char *option_spelled(const char *name, char room[32]);
/* One option of --help, its text wrapped. initial: the default in this command, "" for none. */
void help_put(FILE *out, const struct option_help *told, enum option_form form, const char *initial);
