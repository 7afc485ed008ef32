/* The program's own handling of the signals that the shim uses: see dispositions.h. */
#include <signal.h>

#include "../dispositions.h"
#include "wrap.h"

EXPORTED int sigaction(int signal, const struct sigaction *restrict action,
                       struct sigaction *restrict before) {
    return disposition_change(signal, action, before);
}

static __sighandler_t set_handler(int signal, __sighandler_t handler, int flags) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags}, before;
    if (!(flags & SA_NODEFER) && sigaddset(&action.sa_mask, signal) != 0)
        return SIG_ERR; /* with errno set, as signal(2) says */
    return disposition_change(signal, &action, &before) == 0 ? before.sa_handler : SIG_ERR;
}

/* BSD's signal restarts calls and keeps the handler; System V's does neither (signal(2)). */
#define SETS_HANDLER(fn, flags)                                      \
    EXPORTED __sighandler_t fn(int signal, __sighandler_t handler);  \
    EXPORTED __sighandler_t fn(int signal, __sighandler_t handler) { \
        return set_handler(signal, handler, flags);                  \
    }
SETS_HANDLER(signal, SA_RESTART)
SETS_HANDLER(bsd_signal, SA_RESTART)
SETS_HANDLER(ssignal, SA_RESTART)
SETS_HANDLER(sysv_signal, SA_RESETHAND | SA_NODEFER | SA_INTERRUPT)
SETS_HANDLER(__sysv_signal, SA_RESETHAND | SA_NODEFER | SA_INTERRUPT)
