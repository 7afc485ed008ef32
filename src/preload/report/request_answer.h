/* Requests of the tool: recognised in the snapshot signal, answered by a file (shared/request.h). */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "capture/capture.h"

/* Makes it known that this process is watched, and by which signal it is asked. From the constructor. */
void request_announce(int signal);

/* The request's token, 0 if the signal is none. */
uint32_t request_of(const siginfo_t *info);
/* Has it not been answered yet? From now on it has: by the tool, which somebody is about to start. */
bool request_is_new(uint32_t token);

/* Leaves the snapshot where the tool looks for it; what is wrong is said on stderr. Async-signal-safe; all
 * signals must be blocked (a file may grow past RLIMIT_FSIZE). */
void request_answer(const struct captured *captured, uint32_t token);
