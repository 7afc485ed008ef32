/* What a descriptor of a running process names, and what it has in it. */
#pragma once

#include "shared/snapshot.h"
#include "target.h"

struct file_fact {
    char target[1400]; /* "pipe:[4711]", "socket:[12] 127.0.0.1:80 -> ..."; "" if it is not known */
    enum lw_wait_kind kind;
    int64_t value[2]; /* as of struct lw_snapshot_thread; -1: not known */
    bool limited;     /* of a socket: it has a time limit, or may have */
    bool local;       /* nothing but processes of this machine is behind it */
};

/* kind: of the wait, maybe unsettled. Of a core nothing is known of it. */
struct file_fact file_look(const struct target *target, int fd, enum lw_wait_kind kind);
