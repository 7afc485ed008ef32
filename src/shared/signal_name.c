#include "signal_name.h"

#include <signal.h>
#include <stddef.h>

/* signal(7) */
#define NAMES(X)                                                                                           \
    X(HUP)                                                                                                 \
    X(INT) X(QUIT) X(ILL) X(TRAP) X(ABRT) X(BUS) X(FPE) X(KILL) X(USR1) X(SEGV) X(USR2) X(PIPE) X(ALRM)    \
        X(TERM) X(STKFLT) X(CHLD) X(CONT) X(STOP) X(TSTP) X(TTIN) X(TTOU) X(URG) X(XCPU) X(XFSZ) X(VTALRM) \
            X(PROF) X(WINCH) X(POLL) X(PWR) X(SYS)

const char *signal_name(int signal) {
    static const char *const names[] = {
#define X(name) [SIG##name] = #name,
        NAMES(X)
#undef X
    };
    return signal > 0 && (size_t)signal < sizeof names / sizeof *names ? names[signal] : NULL;
}
