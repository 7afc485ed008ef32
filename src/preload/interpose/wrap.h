/* How a wrapper is declared: one line in a family's file, one row in the table of calls.
 *
 *   WAITS(TYPE, NAME, PARAMETERS, ARGUMENTS, ROW, WAIT, THEN...)
 *
 * declares an interposed function TYPE NAME PARAMETERS that calls the real one with ARGUMENTS while a wait
 * record is published. ROW fills struct call (kind, object form, system calls; the symbol's name where it is
 * not NAME), WAIT fills struct waited_for (object, second, timeout). Both are designated initialisers in
 * parentheses. THEN, if given, is done after each time that the real call returned, with `result`, `wait`,
 * and `again`: whether it will be called once more, because only the snapshot signal ended it. Calls that the
 * kernel does not restart (signal(7)) set their timeout to what is left of it there: LEFT_SPAN, LEFT_MS.
 *
 * To add pthread_foo: add its line here in the family it belongs to, and a case in tests/.
 */
#pragma once

#include "record/holds.h"
#include "record/wait.h"
#include "transfer_rest.h"

/* A row may name a symbol that is not the function's name. */
#pragma GCC diagnostic ignored "-Woverride-init"

#define EXPORTED __attribute__((visibility("default"), used))

/* The first statement of a wrapper: where the process is not watched, there is nothing but the real call. */
#define UNLESS_ASIDE(fn, arguments)             \
    if (__builtin_expect(calls_stand_aside, 0)) \
    return REAL(fn) arguments

/* A wait record of what `waits_for` says, published until the function returns or is unwound. */
#define WAITING(fn, ...)                             \
    const struct waited_for entered = {__VA_ARGS__}; \
    WAIT_ENDS struct wait wait;                      \
    wait.on = entered;                               \
    wait_begin(&wait, &fn##_call)

#define WAITS(type, fn, parameters, arguments, row, waits_for, ...)          \
    CALL_ROW(type, fn, #fn, parameters, row)                                 \
    EXPORTED type fn parameters {                                            \
        UNLESS_ASIDE(fn, arguments);                                         \
        WAITING(fn, UNPACK waits_for);                                       \
        struct timespec left __attribute__((unused));                        \
        type result;                                                         \
        bool again;                                                          \
        do {                                                                 \
            result = REAL(fn) arguments;                                     \
            again = !entered.never_eintr && wait_again(&wait, (long)result); \
            __VA_ARGS__;                                                     \
        } while (again);                                                     \
        return result;                                                       \
    }

/* Functions that move bytes, all of them where `moves_all` holds unless a signal stops them (transfer_rest.h). `parts`
 * and `count` are the iovecs to move; `rest_arguments` move those of `rest`. */
#define TRANSFERS(fn, parameters, arguments, row, waits_for, moves_all, first, first_count, rest_arguments, \
                  then)                                                                                     \
    CALL_ROW(ssize_t, fn, #fn, parameters, (UNPACK row, .counts = true))                                    \
    EXPORTED ssize_t fn parameters {                                                                        \
        UNLESS_ASIDE(fn, arguments);                                                                        \
        WAITING(fn, UNPACK waits_for);                                                                      \
        ssize_t result = REAL(fn) arguments;                                                                \
        if (__builtin_expect(result > 0 ? wait_may_be_excused(&wait) : result < 0 && errno == EINTR, 0)) {  \
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

/* Where `same` says that doing `tries` first is proved to be the same as the real call, if it answers 0, that
 * is done, and no record is published. errno stays what it was if it fails. */
#define WAITS_AFTER_TRYING(fn, parameters, arguments, row, waits_for, same, tries) \
    CALL_ROW(int, fn, #fn, parameters, row)                                        \
    static __attribute__((noinline)) int fn##_waits parameters {                   \
        UNLESS_ASIDE(fn, arguments);                                               \
        WAITING(fn, UNPACK waits_for);                                             \
        int result;                                                                \
        do                                                                         \
            result = REAL(fn) arguments;                                           \
        while (wait_again(&wait, (long)result));                                   \
        return result;                                                             \
    }                                                                              \
    EXPORTED int fn parameters {                                                   \
        if (__builtin_expect(same, 1)) {                                           \
            int saved_errno = errno;                                               \
            if (tries == 0)                                                        \
                return 0;                                                          \
            errno = saved_errno;                                                   \
        }                                                                          \
        return fn##_waits arguments;                                               \
    }

/* Functions that answer nothing. */
#define WAITS_SILENTLY(fn, parameters, arguments, row, waits_for) \
    CALL_ROW(void, fn, #fn, parameters, row)                      \
    EXPORTED void fn parameters {                                 \
        UNLESS_ASIDE(fn, arguments);                              \
        WAITING(fn, UNPACK waits_for);                            \
        REAL(fn) arguments;                                       \
    }

/* Locks: an uncontended one must cost next to nothing. So where `same` says that trying it is proved to be
 * the same as locking it (lock_kinds.h), `tries` is done first; in every other case, and if it does not
 * answer 0, the real call says what happens. TAKEN notes that it was taken (holds.h).
 */
#define LOCKS(fn, parameters, arguments, row, waits_for, same, tries, taken) \
    CALL_ROW(int, fn, #fn, parameters, row)                                  \
    static __attribute__((noinline)) int fn##_waits parameters {             \
        UNLESS_ASIDE(fn, arguments);                                         \
        WAITING(fn, UNPACK waits_for);                                       \
        int result = REAL(fn) arguments;                                     \
        if (result == 0 || result == EOWNERDEAD)                             \
            taken;                                                           \
        return result;                                                       \
    }                                                                        \
    EXPORTED int fn parameters {                                             \
        if (!__builtin_expect(same, 1) || tries != 0)                        \
            return fn##_waits arguments;                                     \
        taken;                                                               \
        return 0;                                                            \
    }

/* Those that never wait, but take too. */
#define TRIES(fn, parameters, arguments, taken)                       \
    CALL_ROW(int, fn, #fn, parameters, (.kind = LW_WAIT_NONE))        \
    EXPORTED int fn parameters {                                      \
        UNLESS_ASIDE(fn, arguments);                                  \
        int result = REAL(fn) arguments;                              \
        if (__builtin_expect(result == 0, 1) || result == EOWNERDEAD) \
            taken;                                                    \
        return result;                                                \
    }

/* Another name under which libc exports the same function, for libraries that were linked to it. */
#define ALSO(alias_name, fn) EXPORTED extern __typeof__(fn) alias_name __attribute__((alias(#fn), copy(fn)));

/* Where the wrapper was called. */
#define SITE __builtin_return_address(0)

#define ON_ADDRESS(pointer) .object = (uintptr_t)(pointer)
#define ON_FD(fd)           .object = (uintptr_t)(fd)
#define UNTIL(pointer)      .timeout = (uintptr_t)(pointer), .timeout_form = TIMEOUT_AT
#define FOR_TIMESPEC(span)  .timeout = (uintptr_t)(span), .timeout_form = TIMEOUT_TIMESPEC
#define FOR_TIMEVAL(span)   .timeout = (uintptr_t)(span), .timeout_form = TIMEOUT_TIMEVAL
#define FOR_MS(ms)          .timeout = (uint64_t)(ms), .timeout_form = TIMEOUT_MS

/* It answers an error number, or nothing, but never EINTR: it is not made again. */
#define NEVER_EINTR .never_eintr = true

/* For THEN: the parameter `span`, a pointer to how long to wait, or `ms`, becomes what is left of it. What
 * was asked for is in the wait record. */
#define LEFT_SPAN \
    if (again)    \
    span = wait_left_timespec(&wait, (const struct timespec *)wait.on.timeout, &left)
#define LEFT_MS \
    if (again)  \
    ms = wait_left_ms(&wait, (int)wait.on.timeout)

#define ROW_FUTEX(wait_kind)      .kind = LW_WAIT_##wait_kind, .object = OBJECT_ADDRESS, .syscalls = {SYS_futex}
#define ROW_FD(wait_kind, ...)    .kind = LW_WAIT_##wait_kind, .object = OBJECT_FD, .syscalls = {__VA_ARGS__}
#define ROW_PLAIN(wait_kind, ...) .kind = LW_WAIT_##wait_kind, .syscalls = {__VA_ARGS__}
