/* How this libc lays out its conditions: tried, for no version tells it (shared/condition.h). */
#pragma once

/* Notes it in `process`, after one wait on a condition of its own for a deadline that has passed. When main begins, or with the first thread. */
void conditions_setup(void);
