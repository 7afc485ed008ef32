#include "clock.h"

#include <dlfcn.h>

#include "arch/libc.h"
#include "sys.h"

static int ask_kernel(clockid_t clock, struct timespec *now) {
    return (int)sys_call(SYS_clock_gettime, clock, now);
}

int (*clock_read)(clockid_t clock, struct timespec *now) HOT = ask_kernel;

/* So aligned, all of the hot data, which is less than that, is in one page: this is the first of it. */
bool clock_counts HOT __attribute__((aligned(2048)));
static struct clock_reading first; /* the rate is taken from here to the latest reading */

void clock_mark_setup(void) {
    clock_counts = counter_is_steady();
    first = clock_reading();
}

void clock_stop_counting(void) {
    clock_counts = false;
}

struct clock_reading clock_reading(void) {
    /* A thread that loses the processor between the two reads of a pair, or takes a signal there, makes it wrong by as much: the best
     * of three, and of more where none of them was read without a gap: a storm of signals finds the place again and again. The mark
     * comes first, so that what has gone by since an earlier one is never taken for longer than it was. */
    enum { TRIES = 3, MOST = 30, NO_GAP = 20000 };
    struct clock_reading best = {0};
    uint64_t least = UINT64_MAX;
    for (int i = 0; i < TRIES || (least > NO_GAP && i < MOST); i++) {
        uint64_t before = clock_mark(), ns = clock_ns(CLOCK_MONOTONIC), gap = clock_mark() - before;
        if (gap < least) {
            least = gap;
            best = (struct clock_reading){before, ns};
        }
    }
    return best;
}

uint64_t clock_of_mark(uint64_t mark, struct clock_reading now) {
    if (!clock_counts)
        return mark < now.ns ? mark : now.ns; /* one of the counter's, from before, means nothing any more */
    if (mark >= now.mark || now.mark <= first.mark || now.ns <= first.ns)
        return now.ns;
    uint64_t ago =
        (uint64_t)((unsigned __int128)(now.mark - mark) * (now.ns - first.ns) / (now.mark - first.mark));
    return ago < now.ns ? now.ns - ago : now.ns;
}

void clock_setup(void) {
    void *vdso = dlopen(VDSO_OBJECT, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
    void *function = vdso ? dlvsym(vdso, VDSO_CLOCK, VDSO_VERSION) : NULL;
    if (function)
        clock_read = (int (*)(clockid_t, struct timespec *))function;
    else
        dlerror();
}
