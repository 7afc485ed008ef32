/* Ends of the process that no exit handler sees. */
#include <stdlib.h>
#include <unistd.h>

#include "../triggers.h"
#include "wrap.h"

#define NO_WAIT (.kind = LW_WAIT_NONE)

#define ENDS_AT_ONCE(fn)                                                                                   \
    CALL_ROW(void, fn, #fn, (int), NO_WAIT)                                                              \
    EXPORTED __attribute__((noreturn)) void fn(int status) {                                               \
        REAL(fn)(trigger_exit(status));                                                                    \
        __builtin_unreachable();                                                                             \
    }
ENDS_AT_ONCE(_exit)
ENDS_AT_ONCE(_Exit)

/* at_quick_exit handlers are not told the status. */
CALL_ROW(void, quick_exit, "quick_exit", (int), NO_WAIT)
EXPORTED __attribute__((noreturn)) void quick_exit(int status) {
    trigger_quick_exit_status(status);
    REAL(quick_exit)(status);
    __builtin_unreachable();
}
