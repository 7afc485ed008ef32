/* What may end a thread's wait though nobody comes to its object: who has the thread's pthread_t may cancel it, or send it a signal; and a
 * handler that runs in it may jump to where the thread has called setjmp. Live memory is searched for both while it is marked. */
#pragma once

#include "nodes.h"

/* Where in live memory it was seen. */
struct end_place {
    uint64_t at;
    uint32_t from, round; /* node, and round of marking; 0: it was not */
};

/* Of one thread. */
struct end {
    uint64_t handle;
    uint64_t low, high; /* its stack as far as it is in use: what a jump that it may make leads to */
    struct end_place known, jump;
};

enum { END_BITS = 1 << 14, END_ALIGNMENT = 64 /* of struct pthread (nptl/descr.h) */ };

struct ends {
    bool asked;     /* else nothing is noted */
    struct end *of; /* by handle */
    size_t count;
    uint64_t maybe[END_BITS / 64]; /* could an address be a handle? */
};

/* False without memory. */
bool ends_begin(struct ends *ends, const struct image *image, const struct nodes *nodes);
/* Quick: most addresses are not. */
static inline bool ends_may_be_handle(const struct ends *ends, uint64_t address) {
    size_t bit = address / END_ALIGNMENT % END_BITS;
    return ends->maybe[bit / 64] >> bit % 64 & 1;
}
/* An address that stands in live memory, tags or not: perhaps it is a handle. */
void ends_see_handle(struct ends *ends, uint64_t address, struct end_place place);
/* One that stands there as glibc mangles what it keeps in a jmp_buf: perhaps it is of a stack. */
void ends_see_jump(struct ends *ends, uint64_t address, struct end_place place);
/* Of the thread with this handle; NULL: nothing is known of it. */
const struct end *ends_of(const struct ends *ends, uint64_t handle);
