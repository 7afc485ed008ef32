/* Where the files of a program are: its modules, and their debug files. Only those of the right build. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbols.h"

/* A module as the program had it. */
struct wanted_file {
    const char *path, *build_id; /* build_id: NULL if it has none */
    bool is_program;             /* it is the program itself */
};

/* A file of this module, opened: where it was, below the sysroot; in the debug directory; and if it is the
 * program itself, wherever the process has it from; of a running process, what it has mapped though it was removed. -1 if there is none; *other is then the build-id of what
 * lies at its path instead ("" of what was put there since, where the module has none), or NULL. Caller frees that. */
int files_open(const struct symbol_places *places, const struct wanted_file *wanted, char **other);

/* Where libdwfl is to look for separate debug files: beside the module's file and in its .debug, then in the
 * places given, then in the usual one. Caller frees; NULL without memory. */
char *files_debug_path(const struct symbol_places *places);

/* Caller frees; NULL without memory. */
char *files_hexadecimal(const uint8_t *bytes, size_t count);
