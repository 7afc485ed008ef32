/* The life of a thread: pthread and C11. */
#include <linux/seccomp.h>
#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>
#include <threads.h>

#include "options.h"
#include "process.h"
#include "report/watcher.h"
#include "rt/clock.h"
#include "start.h"
#include "unwind/libunwind_remote.h"
#include "unwind/unwind.h"
#include "wrap.h"

#define NO_WAIT (.kind = LW_WAIT_NONE)

/* Where the caller of a wrapper stands, kept once. */
static const struct stack *creation_stack(const struct registers *registers) {
    uintptr_t frames[UNWIND_DEPTH_MAX];
    start_late();
    watcher_start();
    if (!process.stacks || (process.filtered && libunwind_asks_kernel()))
        return NULL;
    struct unwound unwound = unwind_own(registers, frames, (size_t)options.depth);
    return depot_keep(frames, unwound.count, unwound.cut);
}

/* The handle is read from where the real call put it: not before the real call, which must see the program's
 * own pointer, and not once the thread runs, which may have given that memory back. */
static void list_created(struct thread *record, const pthread_t *place) {
    pthread_t handle = 0;
    if (__atomic_load_n(&record->tid, __ATOMIC_ACQUIRE) == 0)
        handle = *(const volatile pthread_t *)place;
    if (__atomic_load_n(&record->tid, __ATOMIC_ACQUIRE) != 0)
        handle = record->handle;
    thread_list(record, handle);
}

CALL_ROW(int, pthread_create, "pthread_create",
         (pthread_t *, const pthread_attr_t *, void *(*)(void *), void *), NO_WAIT)
EXPORTED int pthread_create(pthread_t *restrict handle, const pthread_attr_t *restrict attr,
                            void *(*start)(void *), void *restrict argument) {
    start_before_threads();
    UNLESS_ASIDE(pthread_create, (handle, attr, start, argument));
    struct registers registers;
    registers_save(&registers);
    struct thread *record = thread_prepare(attr, start, argument, creation_stack(&registers));
    if (!record)
        return REAL(pthread_create)(handle, attr, start, argument);
    int result = REAL(pthread_create)(handle, attr, thread_main, record);
    if (result == 0)
        list_created(record, handle);
    else
        thread_abandon(record);
    return result;
}

CALL_ROW(int, thrd_create, "thrd_create", (thrd_t *, thrd_start_t, void *), NO_WAIT)
/* A C11 start routine returns int, where a pthread's returns a pointer; libc looks at the low half only. */
EXPORTED int thrd_create(thrd_t *handle, thrd_start_t start, void *argument) {
    start_before_threads();
    UNLESS_ASIDE(thrd_create, (handle, start, argument));
    struct registers registers;
    registers_save(&registers);
    struct thread *record =
        thread_prepare(NULL, (void *(*)(void *))(void *)start, argument, creation_stack(&registers));
    if (!record)
        return REAL(thrd_create)(handle, start, argument);
    int result = REAL(thrd_create)(handle, (thrd_start_t)(void *)thread_main, record);
    if (result == thrd_success)
        list_created(record, handle);
    else
        thread_abandon(record);
    return result;
}

/* Joining: the record is found before the real call, for after it the handle may be another thread's. */
#define ROW_JOIN .kind = LW_WAIT_JOIN, .object = OBJECT_HANDLE, .syscalls = {SYS_futex}
#define JOINS(fn, parameters, arguments, waits_for)                                              \
    CALL_ROW(int, fn, #fn, parameters, (ROW_JOIN))                                               \
    EXPORTED int fn parameters {                                                                 \
        UNLESS_ASIDE(fn, arguments);                                                             \
        struct thread *joined = thread_find(handle);                                             \
        WAITING(fn, .object = (uintptr_t)handle, .second = (uintptr_t)joined, UNPACK waits_for); \
        int result = REAL(fn) arguments;                                                         \
        if (result == 0 && joined)                                                               \
            thread_joined(joined);                                                               \
        return result;                                                                           \
    }
JOINS(pthread_join, (pthread_t handle, void **value), (handle, value), (.timeout = 0))
JOINS(pthread_timedjoin_np, (pthread_t handle, void **value, const struct timespec *until),
      (handle, value, until), (UNTIL(until)))
JOINS(pthread_clockjoin_np, (pthread_t handle, void **value, clockid_t clock, const struct timespec *until),
      (handle, value, clock, until), (UNTIL(until)))
JOINS(pthread_tryjoin_np, (pthread_t handle, void **value), (handle, value), (.timeout = 0))
JOINS(thrd_join, (thrd_t handle, int *value), (handle, value), (.timeout = 0))

#define DETACHES(fn)                                   \
    CALL_ROW(int, fn, #fn, (pthread_t), NO_WAIT)       \
    EXPORTED int fn(pthread_t handle) {                \
        UNLESS_ASIDE(fn, (handle));                    \
        struct thread *detached = thread_find(handle); \
        int result = REAL(fn)(handle);                 \
        if (result == 0 && detached)                   \
            thread_detached(detached);                 \
        return result;                                 \
    }
DETACHES(pthread_detach)
DETACHES(thrd_detach)

/* Names: followed here, so that a thread that has ended, and a creator that has, still have theirs. */
CALL_ROW(int, pthread_setname_np, "pthread_setname_np", (pthread_t, const char *), NO_WAIT)
EXPORTED int pthread_setname_np(pthread_t handle, const char *name) {
    UNLESS_ASIDE(pthread_setname_np, (handle, name));
    int result = REAL(pthread_setname_np)(handle, name);
    struct thread *named = result == 0 ? thread_find(handle) : NULL;
    if (named)
        thread_named(named, name);
    else if (result == 0 && pthread_equal(handle, pthread_self()) && thread_self())
        thread_named(thread_self(), name);
    return result;
}

CALL_ROW(int, prctl, "prctl", (int, ...), NO_WAIT)
EXPORTED int prctl(int option, ...) {
    __builtin_va_list rest;
    __builtin_va_start(rest, option);
    unsigned long a = __builtin_va_arg(rest, unsigned long), b = __builtin_va_arg(rest, unsigned long),
                  c = __builtin_va_arg(rest, unsigned long), d = __builtin_va_arg(rest, unsigned long);
    __builtin_va_end(rest);
    UNLESS_ASIDE(prctl, (option, a, b, c, d));
    /* Either makes reading the counter a fault (kernel: kernel/seccomp.c, seccomp_set_mode_strict). */
    if ((option == PR_SET_TSC && a == PR_TSC_SIGSEGV) ||
        (option == PR_SET_SECCOMP && a == SECCOMP_MODE_STRICT))
        clock_stop_counting();
    int result = REAL(prctl)(option, a, b, c, d);
    if (result == 0 && option == PR_SET_NAME && thread_self())
        thread_named(thread_self(), (const char *)a);
    if (result == 0 && option == PR_SET_SECCOMP)
        process.filtered = true;
    return result;
}

/* What ends the process when main has left with pthread_exit is found by the exit hook. */
CALL_ROW(void, pthread_exit, "pthread_exit", (void *), NO_WAIT)
EXPORTED __attribute__((noreturn)) void pthread_exit(void *value) {
    thread_exits();
    REAL(pthread_exit)(value);
    __builtin_unreachable();
}
