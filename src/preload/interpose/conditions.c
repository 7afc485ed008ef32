#include "conditions.h"

#include <pthread.h>

#include "arch/libc.h"
#include "call.h"
#include "process.h"
#include "rt/text.h"

CALL_ROW(int, real_timedwait, "pthread_cond_timedwait",
         (pthread_cond_t *, pthread_mutex_t *, const struct timespec *),
         (.kind = LW_WAIT_NONE, .version = CONDITIONS_NOW))
CALLS(int, real_lock, "pthread_mutex_lock", (pthread_mutex_t *))
CALLS(int, real_unlock, "pthread_mutex_unlock", (pthread_mutex_t *))

size_t conditions_waiters_at;

/* The wait would act on a cancellation that is pending, which creating a thread must not. */
void conditions_setup(void) {
    int state;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    process.conditions = condition_form_measured(REAL(real_timedwait), REAL(real_lock), REAL(real_unlock));
    pthread_setcancelstate(state, &state);
    conditions_waiters_at = condition_layouts[process.conditions].waiters;
    if (process.conditions == CONDITION_UNKNOWN)
        text_complain(
            "conditions are not laid out as in any glibc that is known here: nothing is told of their "
            "state, and nothing is proved of who waits for them",
            NULL);
}
