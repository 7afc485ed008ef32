/* Names of what lies within a variable: "registry.by_id[3]". */
#pragma once

#include <elfutils/libdwfl.h>
#include <stdint.h>

/* What follows the name of the variable that begins at `start` for what lies `offset` bytes into it, by its type in the module's debug
 * information: ".by_id[3]", with "+4" behind it for what the type does not tell. NULL if that has no such variable, or is too large to
 * look for it. Caller frees. */
char *fields_of(Dwfl_Module *module, uint64_t start, uint64_t offset);
