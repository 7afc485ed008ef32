/* The loader: when code goes away, what was learnt about it must. And what a library that we load may not do.
 */
#include <unistd.h>

#include "unwind/libunwind_remote.h"
#include "unwind/unwind.h"
#include "wrap.h"

CALL_ROW(int, dlclose, "dlclose", (void *), (.kind = LW_WAIT_NONE))
EXPORTED int dlclose(void *handle) {
    UNLESS_ASIDE(dlclose, (handle));
    int result = REAL(dlclose)(handle);
    unwind_forget();
    return result;
}

CALL_ROW(int, pipe2, "pipe2", (int[2], int), (.kind = LW_WAIT_NONE))
EXPORTED int pipe2(int ends[2], int flags) {
    if (__builtin_expect(libunwind_wants_pipe(), 0)) {
        errno = EMFILE;
        return -1;
    }
    return REAL(pipe2)(ends, flags);
}
