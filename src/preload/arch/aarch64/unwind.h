/* libunwind on aarch64: its library, the names in it, and its numbers of registers (libunwind-aarch64.h). */
#pragma once

#include <libunwind.h>
#include <stdbool.h>

#include "arch.h"

#define LIBUNWIND_LIBRARY "libunwind-aarch64.so.8"
#define LIBUNWIND_PREFIX  "_Uaarch64_"

/* RETURN: where a step leaves the caller's address. The other is set by the first frame and by one that the kernel made for a handler
 * (libunwind src/aarch64/Gstep.c, Ginit.c). */
enum {
    LIBUNWIND_PC = UNW_AARCH64_PC,
    LIBUNWIND_RETURN = UNW_AARCH64_X30,
    LIBUNWIND_SP = UNW_AARCH64_SP,
    LIBUNWIND_BP = UNW_AARCH64_X29
};

/* False if it is none of those that a call preserves. */
static inline bool unwind_register(const struct registers *registers, int number, unw_word_t *value) {
    switch (number) {
    case UNW_AARCH64_PC:
        *value = registers->pc;
        return true;
    case UNW_AARCH64_SP:
        *value = registers->sp;
        return true;
    case UNW_AARCH64_X30:
        *value = registers->lr;
        return true;
    case UNW_AARCH64_X29:
        *value = registers->bp;
        return true;
    }
    if (number < UNW_AARCH64_X19 || number > UNW_AARCH64_X28)
        return false;
    *value = registers->x[number - UNW_AARCH64_X19];
    return true;
}
