/* How a wrapper is declared: one line in a family's file, one row in the table of calls.
 *
 *   WAITS(TYPE, NAME, PARAMETERS, ARGUMENTS, ROW, WAIT)
 *
 * declares an interposed function TYPE NAME PARAMETERS that calls the real one with ARGUMENTS while a wait
 * record is published. ROW fills struct call (kind, object form, system calls), WAIT fills struct wait
 * (object, second, timeout). Both are designated initialisers in parentheses. To add pthread_foo: add its
 * line here in the family it belongs to, and a case in tests/.
 *
 * WAITS_AGAIN takes one thing more: statements that set the arguments to what is left of the timeout, for
 * calls that the kernel does not restart and that must go on after the snapshot signal (signal(7)).
 */
#pragma once

#include "record/holds.h"
#include "record/wait.h"

#define EXPORTED __attribute__((visibility("default"), used))

/* The beginning of every wrapper: a wait record of `waits_for`, published until the function returns or is
 * unwound.
 */
#define WAITING(fn, ...)                        \
    WAIT_ENDS struct wait wait;                 \
    wait.on = (struct waited_for){__VA_ARGS__}; \
    wait_begin(&wait, &fn##_call)

/* Functions that answer -1 with errno set. */
#define WAITS_AGAIN(type, fn, parameters, arguments, row, waits_for, left) \
    WAITS_AGAIN_AS(type, fn, #fn, parameters, arguments, row, waits_for, left)

#define WAITS_AGAIN_AS(type, fn, symbol, parameters, arguments, row, waits_for, left) \
    WAITS_THEN(type, fn, symbol, parameters, arguments, row, waits_for, left, (void)0)

/* `then` is done when the call has returned, with `result` and `wait`. */
#define WAITS_THEN(type, fn, symbol, parameters, arguments, row, waits_for, left, then) \
    CALL_ROW(type, fn, symbol, parameters, row)                                         \
    EXPORTED type fn parameters {                                                       \
        WAITING(fn, UNPACK waits_for);                                                  \
        type result = REAL(fn) arguments;                                               \
        while (wait_again(&wait, result == -1)) {                                       \
            left;                                                                       \
            result = REAL(fn) arguments;                                                \
        }                                                                               \
        then;                                                                           \
        return result;                                                                  \
    }

#define WAITS(type, fn, parameters, arguments, row, waits_for) \
    WAITS_AGAIN(type, fn, parameters, arguments, row, waits_for, (void)0)

/* Another name under which libc exports the same function, for libraries that were linked to it. */
#define ALSO(alias_name, fn) EXPORTED extern __typeof__(fn) alias_name __attribute__((alias(#fn), copy(fn)));

/* Functions that answer an error number and never EINTR. */
#define WAITS_QUIETLY(fn, parameters, arguments, row, waits_for) \
    WAITS_QUIETLY_AS(fn, #fn, parameters, arguments, row, waits_for)

#define WAITS_QUIETLY_AS(fn, symbol, parameters, arguments, row, waits_for) \
    CALL_ROW(int, fn, symbol, parameters, row)                              \
    EXPORTED int fn parameters {                                            \
        WAITING(fn, UNPACK waits_for);                                      \
        int result = REAL(fn) arguments;                                    \
        return result;                                                      \
    }

/* Functions that answer nothing. */
#define WAITS_SILENTLY(fn, parameters, arguments, row, waits_for) \
    CALL_ROW(void, fn, #fn, parameters, row)                      \
    EXPORTED void fn parameters {                                 \
        WAITING(fn, UNPACK waits_for);                            \
        REAL(fn) arguments;                                       \
    }

/* Locks: an uncontended one must cost next to nothing, so where `same` says that trying it is proved to be
 * the same as locking it (lock_kinds.h), it is tried first. In every other case, and if it is taken, the real
 * call says what happens. TAKEN notes that it was taken (holds.h).
 */
#define LOCKS(fn, try_name, parameters, arguments, try_arguments, row, waits_for, same, taken) \
    CALL_ROW(int, fn, #fn, parameters, row)                                                    \
    static __attribute__((noinline)) int fn##_waits parameters {                               \
        WAITING(fn, UNPACK waits_for);                                                         \
        int result = REAL(fn) arguments;                                                       \
        if (result == 0 || result == EOWNERDEAD)                                               \
            taken;                                                                             \
        return result;                                                                         \
    }                                                                                          \
    EXPORTED int fn parameters {                                                               \
        if (!__builtin_expect(same, 1) || REAL(try_name) try_arguments != 0)                   \
            return fn##_waits arguments;                                                       \
        taken;                                                                                 \
        return 0;                                                                              \
    }

/* Locks that are not tried first. */
#define LOCKS_SLOWLY(fn, parameters, arguments, row, waits_for, taken) \
    CALL_ROW(int, fn, #fn, parameters, row)                            \
    EXPORTED int fn parameters {                                       \
        WAITING(fn, UNPACK waits_for);                                 \
        int result = REAL(fn) arguments;                               \
        if (result == 0 || result == EOWNERDEAD)                       \
            taken;                                                     \
        return result;                                                 \
    }

/* Those that never wait, but take too. */
#define TRIES(fn, parameters, arguments, taken)                       \
    CALL_ROW(int, fn, #fn, parameters, (.kind = LW_WAIT_NONE))        \
    EXPORTED int fn parameters {                                      \
        int result = REAL(fn) arguments;                              \
        if (__builtin_expect(result == 0, 1) || result == EOWNERDEAD) \
            taken;                                                    \
        return result;                                                \
    }

/* Where the wrapper was called. */
#define SITE __builtin_return_address(0)

#define ON_ADDRESS(pointer) .object = (uintptr_t)(pointer)
#define ON_FD(fd)           .object = (uintptr_t)(fd)
#define UNTIL(pointer)      .timeout = (uintptr_t)(pointer), .timeout_form = TIMEOUT_AT
#define FOR_TIMESPEC(span)  .timeout = (uintptr_t)(span), .timeout_form = TIMEOUT_TIMESPEC
#define FOR_TIMEVAL(span)   .timeout = (uintptr_t)(span), .timeout_form = TIMEOUT_TIMEVAL
#define FOR_MS(ms)          .timeout = (uint64_t)(ms), .timeout_form = TIMEOUT_MS

/* For WAITS_AGAIN: `span`, a pointer to how long to wait, becomes what is left of it, in a span of our own.
 */
#define LEFT_SPAN         \
    struct timespec left; \
    span = wait_left_timespec(&wait, (const struct timespec *)wait.on.timeout, &left)

#define ROW_FUTEX(wait_kind)      .kind = LW_WAIT_##wait_kind, .object = OBJECT_ADDRESS, .syscalls = {SYS_futex}
#define ROW_FD(wait_kind, ...)    .kind = LW_WAIT_##wait_kind, .object = OBJECT_FD, .syscalls = {__VA_ARGS__}
#define ROW_PLAIN(wait_kind, ...) .kind = LW_WAIT_##wait_kind, .syscalls = {__VA_ARGS__}
