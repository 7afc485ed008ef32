/* The process's beginning, and those of its ends that no exit handler sees. */
#include <stdlib.h>
#include <unistd.h>

#include "arch/libc.h"
#include "report/triggers.h"
#include "start.h"
#include "wrap.h"

#define NO_WAIT (.kind = LW_WAIT_NONE)

/* Programs linked before glibc 2.34 call the old version, which runs constructors that newer ones leave to
 * the loader. */
#define STARTS(fn, symbol_version)                                                                           \
    CALL_ROW(int, fn, "__libc_start_main",                                                                   \
             (int (*)(int, char **, char **), int, char **, void *, void *, void *, void *),                 \
             (.kind = LW_WAIT_NONE, .version = symbol_version, .exact = true))                               \
    EXPORTED int fn(int (*main)(int, char **, char **), int count, char **arguments, void *init, void *fini, \
                    void *rtld_fini, void *stack_end);                                                       \
    EXPORTED int fn(int (*main)(int, char **, char **), int count, char **arguments, void *init, void *fini, \
                    void *rtld_fini, void *stack_end) {                                                      \
        if (!calls_stand_aside)                                                                              \
            start_late();                                                                                    \
        return REAL(fn)(main, count, arguments, init, fini, rtld_fini, stack_end);                           \
    }
STARTS(start_main_2_34, "GLIBC_2.34")
STARTS(start_main_first, GLIBC_FIRST)
__asm__(".symver start_main_2_34, __libc_start_main@@GLIBC_2.34");
__asm__(".symver start_main_first, __libc_start_main@" GLIBC_FIRST);

#define ENDS_AT_ONCE(fn)                                     \
    CALL_ROW(void, fn, #fn, (int), NO_WAIT)                  \
    EXPORTED __attribute__((noreturn)) void fn(int status) { \
        REAL(fn)(trigger_exit(status));                      \
        __builtin_unreachable();                             \
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
