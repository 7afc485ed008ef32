/* Makes "it would block for ever" an answer like any other, at once and without a clock.
 *
 * A seccomp filter turns every futex call that can sleep into SIGSYS (seccomp(2), SECCOMP_RET_TRAP). The
 * handler does what the kernel would have done for a thread that nobody wakes: a word that has another value
 * is EAGAIN, a wait with a deadline ends with ETIMEDOUT, and one without a deadline is left by siglongjmp.
 * The deadline and the clock that reach the kernel are compared with those that were asked for. */
#pragma once

#include <stdbool.h>
#include <time.h>

enum outcome { RETURNED, BLOCKED, SPUN, FAULTED, ABORTED };
enum { UNTOUCHED = 777 }; /* errno before each call */

struct answer {
    enum outcome outcome;
    long result;
    int error; /* errno; UNTOUCHED when the call left it alone */
    enum { NOT_TIMED, AS_ASKED, NOT_AS_ASKED } deadline;
};

/* For this thread, and those that it makes from now on. */
void trap_install(void);

/* Within an attempt: lets futex calls sleep, and again not. */
void trap_pause(bool paused);

/* Makes a call whose deadline is `until` by `clock`, or by any clock if that is negative; NULL for none. */
struct answer trap_attempt(long (*call)(void *), void *argument, const struct timespec *until,
                           clockid_t clock);

/* "ETIMEDOUT", "-1 EINVAL", "blocks": into `text`. An answer is said as an error's name where it is one. */
const char *trap_say(struct answer answer, char text[static 64]);
