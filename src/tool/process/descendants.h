/* The processes that descend from this one, as /proc shows them, in whatever session or group they are. Those whose parents have ended
 * are found where this process is the one that orphans go to (PR_SET_CHILD_SUBREAPER, prctl(2)). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "watched.h"

struct descendant {
    int pid;
    int handle; /* pidfd: its number will not mean another */
    unsigned long long started;
    char state;
    bool renders; /* it is this tool, at work for the shim in some watched program */
};

/* All that have not ended, in the order in which they were started. Caller gives them back. */
struct descendant *descendants_list(size_t *count);
void descendants_drop(struct descendant *list, size_t count);

/* False with errno if it was not sent. */
bool descendant_signal(const struct descendant *descendant, int signal);
bool descendant_has_ended(const struct descendant *descendant);
