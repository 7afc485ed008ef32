/* Is a thread that has left its start routine about to be gone, or does it hang in its own end? What a destructor of the program
 * waits for inside libc (a stream, the loader) no wrapper sees, nor what an allocator of its own waits for when libc gives back what
 * the thread had. */
#pragma once

#include <stdbool.h>

#include "record/thread.h"
#include "tasks.h"

/* Has it left it, and does it run, or sleep in what libc's clean-up itself waits for? record: of a thread that is listed. */
bool ends_soon(const struct tasks *tasks, const struct thread *record, struct clock_reading now);
