/* A call that returns early only because of the snapshot signal is made again by its wrapper: here its handler finds out
 * whether it is so. What the wrapper does then is in record/wait.h. */
#pragma once

#include <signal.h>

/* The last thing that the handler does: leaves all signals blocked until it returns. */
void excuse_interrupted_call(siginfo_t *info, const void *context, int errno_before);
