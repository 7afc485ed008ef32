/* Holds running threads for a moment: the snapshot signal brings each into the shim's handler, where it waits, its registers
 * in the signal's frame. */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

enum { HOLD_MAX = 256 };

/* Begins a round of holding; hold_end must follow. False if the signal is not ours to use. By one thread at a time. */
bool hold_begin(void);
/* Asks a thread to come. False: too many were asked. Answers true for one that was asked before. */
bool hold_ask(int task_directory, int tid);
enum hold_state { HOLD_NOT_ASKED, HOLD_ASKED, HOLD_HELD, HOLD_DEAF };
/* Where a thread is by now; *context: ucontext_t of a held one. */
enum hold_state hold_state(int tid, const void **context);
/* Lets all go. False if one had gone already, because it was held for too long. */
bool hold_end(void);

/* In the signal's handler: was it this question? It returns when the thread may go on. */
bool hold_answer(const siginfo_t *info, const void *context);
