/* libunwind on x86-64: its library, the names in it, and its numbers of registers (libunwind-x86_64.h). */
#pragma once

#include <libunwind.h>
#include <stdbool.h>

#include "arch.h"

#define LIBUNWIND_LIBRARY "libunwind-x86_64.so.8"
#define LIBUNWIND_PREFIX  "_Ux86_64_"

enum {
    LIBUNWIND_PC = UNW_X86_64_RIP,
    LIBUNWIND_RETURN = LIBUNWIND_PC,
    LIBUNWIND_SP = UNW_X86_64_RSP,
    LIBUNWIND_BP = UNW_X86_64_RBP
};

/* False if it is none of those that a call preserves. */
static inline bool unwind_register(const struct registers *registers, int number, unw_word_t *value) {
    switch (number) {
    case UNW_X86_64_RIP:
        *value = registers->pc;
        return true;
    case UNW_X86_64_RSP:
        *value = registers->sp;
        return true;
    case UNW_X86_64_RBP:
        *value = registers->bp;
        return true;
    case UNW_X86_64_RBX:
        *value = registers->bx;
        return true;
    case UNW_X86_64_R12:
        *value = registers->r12;
        return true;
    case UNW_X86_64_R13:
        *value = registers->r13;
        return true;
    case UNW_X86_64_R14:
        *value = registers->r14;
        return true;
    case UNW_X86_64_R15:
        *value = registers->r15;
        return true;
    }
    return false;
}
