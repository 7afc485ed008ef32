/* The loader: when code goes away, what was learnt about it must. And what a library that we load may not do.
 */
#include <signal.h>
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

/* libunwind opens a pipe to test addresses of its own process with (Ginit.c of each processor); we have no use for it,
 * and the program would find two descriptors that it never opened. It does without when it gets none. */
CALL_ROW(int, pipe2, "pipe2", (int[2], int), (.kind = LW_WAIT_NONE))
EXPORTED int pipe2(int ends[2], int flags) {
    if (__builtin_expect(libunwind_is_inside(), 0)) {
        errno = EMFILE;
        return -1;
    }
    return REAL(pipe2)(ends, flags);
}

/* libunwind blocks all signals around its locks (libunwind_i.h, lock_acquire). They are blocked when it is called; but glibc's
 * function lets through the signal with which threads are cancelled (nptl/pthread_sigmask.c), and one that waits, with a snapshot
 * being taken in its handler, would be unwound out of that, on another stack. */
CALL_ROW(int, sigprocmask, "sigprocmask", (int, const sigset_t *, sigset_t *), (.kind = LW_WAIT_NONE))
EXPORTED int sigprocmask(int how, const sigset_t *restrict mask, sigset_t *restrict before) {
    if (__builtin_expect(libunwind_is_inside(), 0))
        return 0;
    return REAL(sigprocmask)(how, mask, before);
}
/* libunwind 1.8 takes this one where it finds it (libunwind_i.h, SIGPROCMASK). */
CALL_ROW(int, pthread_sigmask, "pthread_sigmask", (int, const sigset_t *, sigset_t *), (.kind = LW_WAIT_NONE))
EXPORTED int pthread_sigmask(int how, const sigset_t *restrict mask, sigset_t *restrict before) {
    if (__builtin_expect(libunwind_is_inside(), 0))
        return 0;
    return REAL(pthread_sigmask)(how, mask, before);
}
