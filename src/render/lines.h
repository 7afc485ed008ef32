/* Pieces of the text report: names, objects, stacks, places in the program. */
#pragma once

#include <stdio.h>

#include "analysis/findings.h"
#include "symbols/symbols.h"

const char *lines_plural(size_t count);
const char *lines_words(const struct analysis *analysis, uint32_t offset);
/* A name may hold anything; a terminal must not obey it, nor a line end early. */
void lines_clean(FILE *out, const char *words);
/* "worker-1 (4244)" */
void lines_name(FILE *out, const char *name, int tid);
/* What a thread waits for: "queue.not_empty (0x5581c0a04060)", "fd 5 pipe:[4711]", "the end of worker (4244)"
 */
void lines_object(FILE *out, const struct analysis *analysis, struct symbols *symbols,
                  const struct lw_snapshot_thread *thread);
/* "lock (0x5581c0a04060)" */
void lines_address(FILE *out, struct symbols *symbols, uint64_t address);
/* The line in the user's code (own_line.h) at a return address, or of a thread's stack, and the end of the line. */
void lines_site(FILE *out, const struct analysis *analysis, struct symbols *symbols, uint64_t frame);
void lines_top(FILE *out, const struct analysis *analysis, struct symbols *symbols,
               const struct lw_snapshot_thread *thread);
/* The same of where a thread was created; nothing if that is not known. */
void lines_creator(FILE *out, const struct analysis *analysis, struct symbols *symbols,
                   const struct lw_snapshot_thread *thread);
/* What a hold is of and where it was taken, and the end of the line. */
void lines_hold(FILE *out, const struct analysis *analysis, struct symbols *symbols,
                const struct lw_snapshot_hold *hold);
/* A numbered stack, a line a frame. first_is_exact: the first frame is not a return address. */
void lines_stack(FILE *out, const struct analysis *analysis, struct symbols *symbols, uint64_t first,
                 uint32_t count, unsigned number, bool first_is_exact);
