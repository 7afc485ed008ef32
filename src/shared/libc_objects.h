/* The objects of glibc's that threads wait for, decoded from a copy of their bytes (sysdeps/nptl/bits, nptl/descr.h): where the
 * bytes are read from is the caller's affair. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "condition.h"
#include "snapshot.h"

struct object {
    bool known;       /* it could be read, and this libc's layout is known */
    bool unsatisfied; /* a thread that waits for it has reason to go on waiting */
    int32_t owner;    /* tid, 0 if it names none */
    uint32_t flags;   /* LW_THREAD_SHARED, LW_THREAD_ROBUST */
    int64_t value[2]; /* as in struct lw_snapshot_thread */
};

enum { OBJECT_BYTES = 64 }; /* none is larger */

/* How many bytes of an object that a wait of this kind is for are looked at; 0: of those nothing is known here. */
size_t object_size(uint32_t kind);
/* What they tell, with conditions of this form: of one of an unknown form nothing is known. */
struct object object_of(uint32_t kind, const void *bytes, enum condition_form conditions);

/* Is a guard's initialisation under way? Its first byte is 1 once that is over, and the second is not 0 while it is not, in libstdc++ and
 * in libc++abi (libsupc++/guard.cc, cxa_guard_impl.h). */
static inline bool guard_is_taken(uint32_t word) {
    return (word & 0xff) == 0 && (word & 0xff00) != 0;
}
