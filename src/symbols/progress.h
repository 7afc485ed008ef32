/* Progress of work that takes over a second: one line on a terminal's stderr, written over and over. Only for
 * commands that a person waits for; off until it is asked for. */
#pragma once

#include <stdbool.h>

/* From now on: is progress told? Takes SIGALRM. */
void progress_use(bool wanted);
/* What is begun now. It shows once a second has gone since the first step. */
__attribute__((format(printf, 1, 2))) void progress_step(const char *format, ...);
/* The work is done: the line is cleared. */
void progress_end(void);
