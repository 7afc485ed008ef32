/* A snapshot of a process that nobody prepared, as the shim would have written it: what nobody noted is left out. */
#pragma once

#include "symbols/symbols.h"
#include "target.h"

/* Writes it to fd. False, with the reason in `why`, if there is no memory or no room. */
bool produce(struct target *target, const struct symbol_places *places, int fd, char why[256]);
