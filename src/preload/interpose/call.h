/* The table of calls: a row for each real function that is interposed, or called past the wrappers. Rows are
 * declared where they are used and put together by the linker. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch/arch.h"
#include "shared/snapshot.h"

/* What the object of a call is. */
enum object_form {
    OBJECT_NONE,
    OBJECT_ADDRESS, /* of a lock, condition, semaphore, barrier */
    OBJECT_FD,
    OBJECT_HANDLE,  /* a pthread_t */
    OBJECT_POLLFDS, /* address of struct pollfd[], the count in `second` */
    OBJECT_FDS,     /* the descriptor read from, in `second` the one written to */
    OBJECT_SYSCALL, /* a system call's number, its first argument in `second`: the kernel tells the rest */
};

/* How a call says that a signal interrupted it. */
enum interruption {
    INTERRUPTED_ERRNO,    /* -1, errno EINTR */
    INTERRUPTED_BARE,     /* -1, errno as it was: thrd_sleep */
    INTERRUPTED_RETURNED, /* EINTR: clock_nanosleep */
    INTERRUPTED_NEGATED,  /* -EINTR: libaio's */
    INTERRUPTED_REST,     /* what was left to do, without an error: sleep */
};

/* One interposed call: a row of the table of calls. */
struct call {
    void **real; /* the function, once it was looked up */
    const char *name;
    const char *version;     /* symbol version of the real function, NULL for the default */
    uint8_t kind;            /* enum lw_wait_kind */
    uint8_t object;          /* enum object_form */
    uint8_t interrupted : 4; /* enum interruption */
    bool counts : 1; /* an interrupted one returns how much it has done, where it would have done it all:
                        write(2) to a pipe, recv(2) with MSG_WAITALL */
    bool exact : 1;  /* no other version will do, not even another shim's */
    bool
        late : 1; /* may be missing: looked up on first use only. dlsym allocates the words of its error, with
                      the program's malloc, which may not be ready when the constructor runs (TSan's) */
    bool masks : 1;      /* it is given the signals to be blocked meanwhile */
    int16_t syscalls[2]; /* in which the kernel may find the thread; 0 ends the list, read (0) being written
                            SYSCALL_READ */
};
/* The linker puts rows side by side only if the compiler does not align them to more than their size. */
_Static_assert(sizeof(struct call) == 32, "rows make an array");
enum { SYSCALL_READ = -2 };

/* Stands in for a function that this libc does not have: a program may find ours where it looks whether there
 * is one (epoll_pwait2 before glibc 2.35). Fails with ENOSYS. */
int call_missing(void);

/* The real function of a row, or call_missing, looked up on first use if the constructor has not run yet. */
void *call_resolve(struct call *call);
/* Looks up every row that is not late. Once, from the constructor: dlsym may allocate. */
void calls_resolve_all(void);
/* Are libc's the next functions after ours, and not another shim's or a sanitizer's? False until known. */
extern bool calls_reach_libc __attribute__((visibility("hidden")));
/* Is the process not to be watched? Then each wrapper is a jump to the real function. */
extern bool calls_stand_aside __attribute__((visibility("hidden")));
/* From here on they do. From the constructor, after the rows were looked up. */
void calls_step_aside(void);
/* Is this the address of a row? */
bool call_is_known(const struct call *call);

#define IN_TABLE __attribute__((section("leakwatch_calls"), used))

#define UNPACK(...) __VA_ARGS__

/* The row and the type of a real function. */
#define CALL_ROW(type, fn, symbol, parameters, row) \
    typedef type fn##_type parameters;              \
    static void *fn##_real HOT;                     \
    static struct call fn##_call IN_TABLE = {.real = &fn##_real, .name = symbol, UNPACK row};

#define REAL(fn) \
    ((fn##_type *)(__builtin_expect(fn##_real != NULL, 1) ? fn##_real : call_resolve(&fn##_call)))

/* A real function that is called by wrappers but not interposed. */
#define CALLS(type, fn, symbol, parameters) CALL_ROW(type, fn, symbol, parameters, (.kind = LW_WAIT_NONE))
