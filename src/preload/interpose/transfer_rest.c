#include "transfer_rest.h"

static void advance(struct transfer *rest, size_t moved) {
    rest->moved += (ssize_t)moved;
    rest->offset += moved;
    while (rest->count > 0 && rest->offset >= rest->parts->iov_len) {
        rest->offset -= rest->parts->iov_len;
        rest->parts++, rest->count--;
    }
}

bool transfer_again(struct wait *wait, struct transfer *rest, ssize_t *result) {
    bool was_cut = rest->now == &rest->cut && *result > 0 && (size_t)*result == rest->cut.iov_len;
    if (*result > 0)
        advance(rest, (size_t)*result);
    bool goes_on = rest->count > 0 && (*result <= 0 || rest->whole) && wait_again(wait, *result);
    if (*result > 0) {
        if (rest->count == 0 || !(goes_on || was_cut)) {
            *result = rest->moved;
            return false;
        }
    } else if (!goes_on) {
        /* What is wrong now will be so at the program's next call. */
        if (rest->moved > 0) {
            *result = rest->moved;
            errno = wait->errno_before;
        }
        return false;
    }
    rest->now = rest->parts, rest->now_count = rest->count;
    if (rest->offset > 0) {
        rest->cut =
            (struct iovec){(char *)rest->parts->iov_base + rest->offset, rest->parts->iov_len - rest->offset};
        rest->now = &rest->cut, rest->now_count = 1;
    }
    return true;
}
