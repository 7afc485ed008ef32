#include "signals_blocked.h"

#include <stdlib.h>

#include "proc/status.h"

bool signals_blocked(const struct target *target, const struct target_thread *thread, uint64_t *blocked) {
    char words[64];
    *blocked = thread->blocked;
    if (target->seen_as == 0)
        return true;
    char *status = proc_status(target->seen_as, thread->seen_as);
    bool known = proc_status_value(status, "SigBlk", words, sizeof words);
    *blocked = known ? strtoull(words, NULL, 16) : 0;
    free(status);
    return known;
}
