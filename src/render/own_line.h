/* The line in the user's own code: the frame that a report puts first in words, that an annotation points at, that the API
 * hands over, and that the page opens. One definition, for all of them. */
#pragma once

#include <stdbool.h>

#include "symbols/symbols.h"

/* Is the frame a library's by its source file: one that the system has, or a header of C++'s library, which locks for
 * many? */
bool own_line_is_library(const struct symbol_frame *frame);

/* Among the frames that stack_each shows of this stack: the innermost whose source file is known and no library's, or
 * where there is none (no debug information), the innermost that is not known to be a library's, or the outermost.
 * Its number, from 0; -1, and *frame zeroed, if none is shown. */
int own_line(struct symbols *symbols, const uint64_t *frames, size_t count, bool first_is_exact,
             struct symbol_frame *frame);
