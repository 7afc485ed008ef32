/* The processes that nobody prepared, for `serve --all`: which of them are served, and whose turn it is to be read from outside. Reading one takes
 * a process of its own and some milliseconds of a processor, where asking a watched one takes a signal: so only so many have a row, and in each look
 * only so many are read, few at a time, those first whose last reading is longest ago. */
#pragma once

#include "process_table.h"

/* Closes and takes away what is beyond `most`: those with fewest threads, then the youngest. Returns how many are left. */
size_t unprepared_choose(struct process_table *table, struct watched *list, size_t count, size_t most);

/* Begins to read those whose turn it is, as far as there is room; began: when the look did. Takes the lock itself. Returns how many are yet to be begun in
 * this look. */
size_t unprepared_read_on(struct process_table *table, uint64_t began);

/* One could not be read. If it may not be looked into, that is one line about the first such; their rows tell of all. */
void unprepared_failed(struct process_table *table, const struct member *member);
