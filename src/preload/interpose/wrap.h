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
#include "transfer_rest.h"

#define EXPORTED __attribute__((visibility("default"), used))

/* The beginning of every wrapper: a wait record of `waits_for`, published until the function returns or is
 * unwound.
 */
#define WAITING(fn, ...)                        \
    WAIT_ENDS struct wait wait;                 \
    wait.on = (struct waited_for){__VA_ARGS__}; \
    wait_begin(&wait, &fn##_call)

/* Functions that say in `result`, as their row has it (-1 with errno set if it says nothing), that they were
 * interrupted. */
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
        while (wait_again(&wait, (long)result)) {                                       \
            left;                                                                       \
            result = REAL(fn) arguments;                                                \
        }                                                                               \
        then;                                                                           \
        return result;                                                                  \
    }

#define WAITS(type, fn, parameters, arguments, row, waits_for) \
    WAITS_AGAIN(type, fn, parameters, arguments, row, waits_for, (void)0)

/* Functions that move bytes, all of them where `moves_all` holds unless a signal stops them (transfer_rest.h). `parts`
 * and `count` are the iovecs to move; `rest_arguments` move those of `rest`. */
#define TRANSFERS(fn, parameters, arguments, row, waits_for, moves_all, first, first_count, rest_arguments, \
                  then)                                                                                     \
    CALL_ROW(ssize_t, fn, #fn, parameters, (UNPACK row, .counts = true))                                    \
    EXPORTED ssize_t fn parameters {                                                                        \
        WAITING(fn, UNPACK waits_for);                                                                      \
        ssize_t result = REAL(fn) arguments;                                                                \
        if (__builtin_expect(wait_may_be_excused(&wait), 0)) {                                              \
            struct transfer rest = {.whole = moves_all, .parts = first, .count = first_count};              \
            while (transfer_again(&wait, &rest, &result))                                                   \
                result = REAL(fn) rest_arguments;                                                           \
        }                                                                                                   \
        then;                                                                                               \
        return result;                                                                                      \
    }
/* The same with one buffer. */
#define TRANSFERS_BUFFER(fn, parameters, arguments, row, waits_for, moves_all, rest_arguments, then) \
    TRANSFERS(fn, parameters, arguments, row, waits_for, moves_all,                                  \
              (&(struct iovec){(void *)(uintptr_t)buffer, size}), 1, rest_arguments, then)
#define REST rest.now->iov_base, rest.now->iov_len

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

/* Locks: an uncontended one must cost next to nothing, so it is tried first, and what it does else lies
 * apart. What is not EBUSY and not taken is left to the real call to say. TAKEN notes that it was taken
 * (holds.h).
 */
#define LOCKS(fn, try_name, parameters, arguments, try_arguments, row, waits_for, taken) \
    CALL_ROW(int, fn, #fn, parameters, row)                                              \
    static __attribute__((noinline)) int fn##_waits parameters {                         \
        WAITING(fn, UNPACK waits_for);                                                   \
        int result = REAL(fn) arguments;                                                 \
        if (result == 0 || result == EOWNERDEAD)                                         \
            taken;                                                                       \
        return result;                                                                   \
    }                                                                                    \
    EXPORTED int fn parameters {                                                         \
        int result = REAL(try_name) try_arguments;                                       \
        if (__builtin_expect(result != 0, 0))                                            \
            return result == EOWNERDEAD ? ((taken), result) : fn##_waits arguments;      \
        taken;                                                                           \
        return result;                                                                   \
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
