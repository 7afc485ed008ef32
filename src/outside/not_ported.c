/* On processors that the view from outside does not know yet. */
#include <errno.h>
#include <string.h>

#include "outside.h"

bool outside_begin(struct outside *outside, int pid, bool halts, const struct symbol_places *places) {
    (void)pid, (void)halts, (void)places;
    *outside = (struct outside){.memory = -1};
    errno = EOPNOTSUPP;
    return false;
}

bool outside_begin_core(struct outside *outside, const char *core, const char *exe,
                        const struct symbol_places *places) {
    (void)core, (void)exe;
    return outside_begin(outside, 0, false, places);
}

enum outside_state outside_look(struct outside *outside, struct snapshot *snapshot, char why[256]) {
    (void)outside, (void)snapshot;
    strcpy(why, "not on this processor yet");
    return OUTSIDE_FAILED;
}

void outside_end(struct outside *outside) {
    (void)outside;
}
