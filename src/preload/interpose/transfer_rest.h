/* Calls that move all the bytes they are given unless a signal stops them, and then say how many (write(2) to a pipe,
 * send(2), recv(2) with MSG_WAITALL, sendfile(2)): when the snapshot signal stopped one, the rest is moved before the
 * wrapper returns. */
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include "record/wait.h"

struct transfer {
    bool whole;                /* else the first bytes that can be had are all that is wanted */
    const struct iovec *parts; /* those not yet moved whole */
    size_t count;
    size_t offset; /* bytes of the first that have been moved */
    ssize_t moved;
    const struct iovec *now; /* what the next call is to move */
    size_t now_count;
    struct iovec cut;
};

/* Should the call be made once more, with rest->now? If not, *result is what the wrapper returns. */
bool transfer_again(struct wait *wait, struct transfer *rest, ssize_t *result);
