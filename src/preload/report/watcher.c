#include "watcher.h"

#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <time.h>

#include "interpose/call.h"
#include "metrics_file.h"
#include "options.h"
#include "process.h"
#include "record/thread.h"
#include "report.h"
#include "rt/clock.h"
#include "rt/sys.h"
#include "rt/text.h"

CALLS(int, real_create, "pthread_create", (pthread_t *, const pthread_attr_t *, void *(*)(void *), void *))

enum { STACK = 64 * 1024, TICK_MIN = 5000000, TICK_MAX = 1000000000, FIRST_PAUSE = 1000000 };

static int started;
static int ended; /* threads of the program that have ended; what the watcher sleeps on */

/* Until the next look is due, or a thread of the program ends. */
static void pause_for(uint64_t ns, int seen) {
    struct timespec span = {(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};
    sys_call(SYS_futex, &ended, FUTEX_WAIT_PRIVATE, seen, &span);
}

/* What the watcher remembers from look to look. */
struct memory {
    uint64_t next_count; /* CLOCK_MONOTONIC ns: when the monitor counts again */
    unsigned baseline;
    bool counted, above; /* it has counted; it has reported, and the count has not come down since */
    bool stall_told;
    uint64_t next_file; /* when the metrics are due */
};

/* Compares the count of threads with the lowest that it has been. One report each time that it passes. */
static void count_threads(struct memory *memory, uint64_t now) {
    if (options.monitor == 0 || now < memory->next_count)
        return;
    memory->next_count = now + options.monitor;
    unsigned live = thread_live_count();
    if (!memory->counted || live < memory->baseline)
        memory->baseline = live;
    memory->counted = true;
    bool above = live > memory->baseline + (unsigned)options.threshold;
    if (above && !memory->above)
        report_make(&(struct report_request){.trigger = LW_TRIGGER_MONITOR});
    memory->above = above;
}

/* The file of metrics is as fresh as the monitor counts, or as a scrape usually is. */
static uint64_t metrics_interval(void) {
    enum { DEFAULT_S = 15 };
    return options.monitor ? options.monitor : (uint64_t)DEFAULT_S * 1000000000u;
}

static void write_metrics(struct memory *memory, const struct liveness *look, uint64_t now) {
    if (!options.metrics[0] || now < memory->next_file)
        return;
    memory->next_file = now + metrics_interval();
    metrics_file_write(look);
}

static uint64_t tick(void) {
    uint64_t least = options.stall / 8;
    uint64_t count = options.metrics[0] ? metrics_interval() : options.monitor;
    if (count != 0 && (least == 0 || count < least))
        least = count;
    return least < TICK_MIN ? TICK_MIN : least > TICK_MAX ? TICK_MAX : least;
}

static void *end(void) {
    __atomic_store_n(&process.hidden_ends, true, __ATOMIC_SEQ_CST);
    return NULL;
}

/* Returning from here ends the thread, and if it is the last one, the process, as libc does it. */
static void *watch(void *unused) {
    (void)unused;
    struct memory memory = {0};
    uint64_t ending_pause = FIRST_PAUSE;
    thread_hide();
    __atomic_store_n(&process.hidden_tid, (int32_t)sys_call(SYS_gettid), __ATOMIC_RELEASE);
    for (;;) {
        int seen = __atomic_load_n(&ended, __ATOMIC_ACQUIRE);
        struct liveness look = report_look();
        if (look.others == 0)
            return end();
        if (options.stall != 0 && look.longest >= options.stall && !memory.stall_told) {
            memory.stall_told = true;
            report_make(&(struct report_request){.trigger = LW_TRIGGER_STALL});
        }
        count_threads(&memory, clock_ns(CLOCK_MONOTONIC));
        write_metrics(&memory, &look, clock_ns(CLOCK_MONOTONIC));
        if (memory.stall_told && options.monitor == 0 && !options.metrics[0])
            return end();
        /* All that are left are about to end, but one may be long about it. */
        bool ending = thread_live_count() == 0 && ending_pause < tick();
        pause_for(ending ? ending_pause : tick(), seen);
        ending_pause = ending ? 2 * ending_pause : FIRST_PAUSE;
    }
}

/* A thread of the program is about to end: it may be the last, and then the process is to end as without us.
 */
static void look_at_once(void) {
    __atomic_fetch_add(&ended, 1, __ATOMIC_ACQ_REL);
    sys_call(SYS_futex, &ended, FUTEX_WAKE_PRIVATE, 1);
}

/* The least that libc takes is more on some processors (PTHREAD_STACK_MIN: 128 KiB on aarch64). */
static bool set_stack(pthread_attr_t *attr) {
    return pthread_attr_setstacksize(attr, STACK) == 0 || pthread_attr_setstacksize(attr, 2 * STACK) == 0;
}

void watcher_start(void) {
    if ((options.stall == 0 && options.monitor == 0 && !options.metrics[0]) ||
        __atomic_exchange_n(&started, 1, __ATOMIC_ACQ_REL))
        return;
    /* libc's own two signals stay open: setuid() waits until every thread has taken one (nptl/nptl-setxid.c).
     */
    enum { SIGCANCEL = 32, SIGSETXID = 33 };
    uint64_t all = ~((uint64_t)1 << (SIGCANCEL - 1) | (uint64_t)1 << (SIGSETXID - 1)), before;
    sys_call(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, sizeof all);
    pthread_attr_t attr;
    pthread_t watcher;
    bool made = pthread_attr_init(&attr) == 0 && set_stack(&attr) &&
                pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED) == 0 &&
                REAL(real_create)(&watcher, &attr, watch, NULL) == 0;
    if (made)
        thread_on_ending = look_at_once;
    sys_call(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, sizeof before);
    if (!made)
        text_complain("options stall, monitor and metrics: cannot create a thread in ", process_name(), NULL);
}

void watcher_forked(void) {
    started = 0;
    thread_on_ending = NULL;
    process.hidden_tid = 0;
    process.hidden_ends = false;
}
