/* The signals that a thread has blocked: of a running process as /proc tells it now, of a core as it says. */
#pragma once

#include "target.h"

/* False if that is not known. */
bool signals_blocked(const struct target *target, const struct target_thread *thread, uint64_t *blocked);
