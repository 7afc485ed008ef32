/* What a core file kept of a process (core(5)). */
#pragma once

#include "symbols/symbols.h"
#include "target.h"

/* exe: the program that it is of; NULL: as the core tells. False: `why` (256 bytes) says what stands in the way. A child that ends reads it (outside.c): what is held
 * for it is not given back. */
bool core_open(struct target *target, const char *path, const char *exe, const struct symbol_places *places,
               char why[256]);
