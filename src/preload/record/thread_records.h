/* Where thread records come from, how they are found by handle, and when they are given back. What begins with records_ is called
 * with the table locked (rt/table.h). */
#pragma once

#include "thread.h"

/* One with nothing in it but its count of moves, which goes on; NULL without memory. Looks at two old ones on the way. */
struct thread *records_take(void);
/* Called with a record that has been another thread's before that is forgotten, for what outlives it; NULL for nothing. */
extern void (*records_on_reuse)(struct thread *former);
/* Gives it back. The tid is left in place: the thread may be alive for another moment, and the capture must not take it for one
 * it never saw. */
void records_drop(struct thread *record);
/* The same if its thread has ended and nobody can ask for it any more. */
void records_drop_if_over(struct thread *record);

/* It can be found by its handle from now on. libc gives the handles of ended threads again, some of them before we know of the
 * end: who had it is forgotten. */
void records_list(struct thread *record);
struct thread *records_find(pthread_t handle);

/* The table and the list of free records may be half changed: neither is used any more. */
void records_forget_order(void);

/* The current thread of those without a record: the shim's own. Never in the list, so what such threads write to it, all at once,
 * is read by nobody. */
extern struct thread thread_nobody;
extern struct thread *thread_initial; /* the record of the thread that the process began with */
