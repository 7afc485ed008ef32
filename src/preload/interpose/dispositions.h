/* Signals that both the shim and the program want. The program sees the dispositions it set itself.
 *
 * A signal with default action about to end the program (SIGTERM, SIGINT, SIGALRM) has the shim's handler
 * only while the program leaves it at SIG_DFL. The snapshot signal keeps the shim's handler, which then calls
 * the program's with the flags and the mask that the program asked for; a program that ignores it has it
 * ignored. */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* Takes a signal over. ends: its default action ends the program, and that is what it is used for. */
void disposition_take(int signal, void (*handler)(int, siginfo_t *, void *), bool ends);

/* Is it one of those? */
bool disposition_is_taken(int signal);

/* All of those: bit n - 1 is signal n. */
uint64_t dispositions_taken(void);

/* Is it a handler, neither the default action nor ignoring? */
bool disposition_has_handler(const struct sigaction *action);

/* Does the kernel have our handler for it now? Not if the program ignores it, or set one past libc. */
bool disposition_is_ours(int signal);

/* Has the program a handler of its own for this signal? */
bool disposition_is_handled(int signal);

/* What the program knows as a signal's disposition. False for those that are libc's own. */
bool disposition_seen(int signal, struct sigaction *seen);

/* The signals for which the program has a handler of its own: bit n - 1 is signal n. */
uint64_t dispositions_of_program(void);
/* Has the program, at any time, had a handler that can run while a thread sleeps in a system call? Those of signals
 * for faults do not count: a thread that sleeps makes none. */
bool dispositions_could_interrupt(void);

/* Is a signal pending, for the caller or its process, that the program or libc handles and that is not in `blocked`? One that
 * is ignored, or whose default it is to be ignored, wakes nobody. With all signals blocked: others are not pending. */
bool disposition_waits_to_be_heard(uint64_t blocked);

/* What sigaction(2) does, seen by the program. */
int disposition_change(int signal, const struct sigaction *action, struct sigaction *before);

/* The program's handler for a signal that is shared, copied; SIG_DFL if it has none. For the shim's handler.
 */
struct sigaction disposition_of_program(int signal);

/* While a signal is yielded and the program leaves it at its default action, the kernel has that too and not
 * our handler: for calls in which the difference shows. False if there is nothing to yield; else
 * disposition_resume must follow. */
bool disposition_yield(int signal);
void disposition_resume(int signal);

/* In a forked child. */
void dispositions_forked(void);

/* Lets the signal's default action happen. Returns only if that is nothing, as for the first process of a PID
 * namespace (pid_namespaces(7)). */
void disposition_die_of(int signal);
