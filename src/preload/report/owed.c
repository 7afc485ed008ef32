#include "owed.h"

#include <string.h>

#include "capture/sample.h"
#include "interpose/dispositions.h"
#include "options.h"
#include "process.h"
#include "rt/clock.h"
#include "rt/own_descriptors.h"
#include "rt/sys.h"
#include "rt/text.h"

/* One who asks: a person by the signal, or the tool. Neither takes a turn away from the other. */
struct asker {
    uint64_t began, ended; /* of the latest report, CLOCK_MONOTONIC ns */
};
static struct asker person, tool;

static unsigned signals;             /* of a person's, not answered yet */
static uint32_t tokens[OWED_TOKENS]; /* of the tool's; 0: none */

static int timer_is_set;  /* 1 from before it is made until after it has fired */
static int timer;         /* timer_t of the kernel */
static uint64_t timer_at; /* CLOCK_MONOTONIC ns */

/* When the next may be made. A program that handles the signal itself may send it to itself thousands of times a second
 * (CPython's tests do). */
static uint64_t due_at(const struct asker *asker) {
    enum { BETWEEN_NS = 1000000000 };
    uint64_t began = __atomic_load_n(&asker->began, __ATOMIC_RELAXED),
             ended = __atomic_load_n(&asker->ended, __ATOMIC_RELAXED);
    if (began == 0)
        return 0;
    if (asker == &person && disposition_is_handled(options.signal))
        return began + BETWEEN_NS;
    return ended > began ? ended + (ended - began) : began;
}

static bool has_tokens(void) {
    for (int i = 0; i < OWED_TOKENS; i++)
        if (__atomic_load_n(&tokens[i], __ATOMIC_SEQ_CST) != 0)
            return true;
    return false;
}

static void give_up(const char *why) {
    unsigned dropped = __atomic_exchange_n(&signals, 0, __ATOMIC_SEQ_CST);
    for (int i = 0; i < OWED_TOKENS; i++)
        dropped += __atomic_exchange_n(&tokens[i], 0, __ATOMIC_SEQ_CST) != 0;
    if (dropped > 0)
        text_complain("no report of ", process_name(), " on request: ", why, NULL);
}

static bool takes_signal(int tid) {
    own_descriptors_begin();
    long directory = sys_call(SYS_openat, AT_FDCWD, "/proc/self/task", O_DIRECTORY | OWN_FLAGS);
    bool takes = directory >= 0 && !sample_blocks_signal((int)directory, tid);
    if (directory >= 0)
        sys_call(SYS_close, directory);
    own_descriptors_end();
    return takes;
}

/* Whom the timer may interrupt: the main thread, if it takes the signal, for a signal for the process interrupts one
 * thread and may be taken by another (record/wait.c), and other threads come and go. Else who took the last one. 0: nobody.
 * in_handler: this thread is in the signal's handler, and blocks it only for that long. */
static int target(bool in_handler) {
    static int taker;
    if (in_handler)
        __atomic_store_n(&taker, (int)sys_call(SYS_gettid), __ATOMIC_RELAXED);
    int tid = __atomic_load_n(&taker, __ATOMIC_RELAXED);
    return takes_signal(process.pid) ? process.pid : tid != 0 && (in_handler || takes_signal(tid)) ? tid : 0;
}

/* A signal that is pending is not queued twice (signal(7)): while ours is, one of the program's own is lost. So the timer
 * is for programs that do nothing with the signal: no handler, and a thread that does not block it, as who waits for it
 * with sigwait or signalfd does in all threads. In others, what is owed is answered when the signal comes next (the
 * tool sends it until it has its answer), or at the end. */
void owed_wait(uint64_t at, bool in_handler) {
    enum { OVERDUE_NS = 1000000000 };
    /* The thread that it was to interrupt may have blocked the signal since, or ended. */
    uint64_t set_for = __atomic_load_n(&timer_at, __ATOMIC_RELAXED), now = clock_ns(CLOCK_MONOTONIC);
    if (set_for != 0 && now > set_for + OVERDUE_NS &&
        __atomic_compare_exchange_n(&timer_at, &set_for, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
        sys_call(SYS_timer_delete, timer);
        __atomic_store_n(&timer_is_set, 0, __ATOMIC_SEQ_CST);
    }
    if (__atomic_load_n(&timer_is_set, __ATOMIC_SEQ_CST))
        return;
    int tid = disposition_is_handled(options.signal) ? 0 : target(in_handler);
    if (tid == 0 || __atomic_exchange_n(&timer_is_set, 1, __ATOMIC_SEQ_CST))
        return;
    struct sigevent event;
    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_THREAD_ID;
    event._sigev_un._tid = tid;
    event.sigev_signo = options.signal;
    event.sigev_value.sival_ptr = &timer;
    struct itimerspec when = {.it_value = {(time_t)(at / 1000000000u), (long)(at % 1000000000u) | 1}};
    if (sys_call(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer) != 0) {
        __atomic_store_n(&timer_is_set, 0, __ATOMIC_SEQ_CST);
        give_up("it came too soon after the last, and no timer could be made to answer it later");
        return;
    }
    __atomic_store_n(&timer_at, at > now ? at : now, __ATOMIC_RELAXED);
    sys_call(SYS_timer_settime, timer, TIMER_ABSTIME, &when, NULL);
}

bool owed_take_timer(const siginfo_t *info) {
    if (info->si_code != SI_TIMER || info->si_value.sival_ptr != &timer)
        return false;
    __atomic_store_n(&timer_at, 0, __ATOMIC_RELAXED);
    sys_call(SYS_timer_delete, timer);
    __atomic_store_n(&timer_is_set, 0, __ATOMIC_SEQ_CST);
    return true;
}

static bool put_token(uint32_t token) {
    for (int i = 0; i < OWED_TOKENS; i++) {
        uint32_t none = 0;
        if (__atomic_load_n(&tokens[i], __ATOMIC_RELAXED) == token ||
            __atomic_compare_exchange_n(&tokens[i], &none, token, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
            return true;
    }
    return false;
}

void owed_add(uint32_t token) {
    if (!token)
        __atomic_fetch_add(&signals, 1, __ATOMIC_SEQ_CST);
    else if (!put_token(token))
        text_complain("no answer to a request in ", process_name(), ": too many came at once", NULL);
}

static struct asker *asker_of(enum owed_to to) {
    return to == OWED_PERSON ? &person : &tool;
}

uint32_t owed_take(enum owed_to to) {
    if (to == OWED_PERSON)
        return __atomic_exchange_n(&signals, 0, __ATOMIC_SEQ_CST);
    uint32_t token = 0;
    for (int i = 0; token == 0 && i < OWED_TOKENS; i++)
        token = __atomic_exchange_n(&tokens[i], 0, __ATOMIC_SEQ_CST);
    return token;
}

void owed_put_back(enum owed_to to, uint32_t what) {
    if (to == OWED_PERSON)
        __atomic_fetch_add(&signals, what, __ATOMIC_SEQ_CST);
    else
        put_token(what);
}

void owed_answered(enum owed_to to, uint64_t began) {
    __atomic_store_n(&asker_of(to)->began, began, __ATOMIC_RELAXED);
    __atomic_store_n(&asker_of(to)->ended, clock_ns(CLOCK_MONOTONIC), __ATOMIC_RELAXED);
}

bool owed_next(enum owed_to *to, uint64_t *at) {
    bool persons = __atomic_load_n(&signals, __ATOMIC_SEQ_CST) != 0, tools = has_tokens();
    uint64_t person_due = persons ? due_at(&person) : UINT64_MAX,
             tool_due = tools ? due_at(&tool) : UINT64_MAX;
    bool person_first = persons && (person_due <= tool_due || person_due <= clock_ns(CLOCK_MONOTONIC));
    *to = person_first ? OWED_PERSON : OWED_TOOL;
    *at = *to == OWED_PERSON ? person_due : tool_due;
    return persons || tools;
}

void owed_wake(void) {
    enum owed_to to;
    uint64_t at;
    if (owed_next(&to, &at))
        owed_wait(at, false);
}

void owed_forked(void) {
    signals = 0;
    memset(tokens, 0, sizeof tokens);
    person = tool = (struct asker){0};
    timer_is_set = 0;
    timer_at = 0;
}
