/* Which signals' handlers a thread is in, where the frames of the kernel do not tell: by the signals that each handler keeps out. */
#pragma once

#include "unwind.h"

void handler_signals_put(const struct target *target, const struct target_thread *thread,
                         struct unwound *stack);
