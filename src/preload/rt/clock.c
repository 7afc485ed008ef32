#include "clock.h"

#include <dlfcn.h>

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
    uint64_t ns = clock_ns(CLOCK_MONOTONIC);
    return (struct clock_reading){clock_mark(), ns};
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
    /* vdso(7): the name of the object and the version of its symbols on x86-64 */
    void *vdso = dlopen("linux-vdso.so.1", RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
    void *function = vdso ? dlvsym(vdso, "__vdso_clock_gettime", "LINUX_2.6") : NULL;
    if (function)
        clock_read = (int (*)(clockid_t, struct timespec *))function;
    else
        dlerror();
}
