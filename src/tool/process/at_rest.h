/* Has a process done nothing at all between two moments? */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct rest {
    uint64_t tasks; /* which there were, and how often each had come to a processor */
};

enum rest_found {
    REST_NOT, /* some task of it has a processor or is ready for one, or that is not told */
    REST_YES,
    REST_ENDED,
};

/* proc: of /proc. */
enum rest_found rest_begin(struct rest *rest, int proc, int pid);
/* Since before rest_begin returned, until after this was called? */
bool rest_lasted(const struct rest *rest, int proc, int pid);
