#include "report.h"

#include <errno.h>

#include "arch.h"
#include "capture.h"
#include "clock.h"
#include "launch.h"
#include "memory.h"
#include "options.h"
#include "plain.h"
#include "process.h"
#include "sys.h"
#include "table.h"
#include "text.h"

enum { STACK = 256 * 1024 };

static struct gate report_gate; /* one report at a time */
static char *report_stack;
static uint32_t sequence;

struct work {
    struct capture_request request;
    bool wait;
    struct report_result result;
};

/* %p pid, %e program, %n number of the report; %% is %. */
static void expand_log(struct text *path, uint32_t number) {
    for (const char *at = options.log; *at; at++) {
        if (*at != '%' || at[1] == '\0') {
            text_put_char(path, *at);
            continue;
        }
        switch (*++at) {
        case 'p':
            text_put_number(path, process.pid);
            break;
        case 'e':
            text_put(path, process_name());
            break;
        case 'n':
            text_put_number(path, number);
            break;
        default:
            text_put_char(path, *at);
        }
    }
}

static void make(void *argument) {
    struct work *work = argument;
    struct captured captured = capture(&work->request);
    if (!captured.base) {
        text_complain("no memory for a report of ", process_name(), NULL);
        return;
    }
    char log[1200];
    struct text path = TEXT_IN(log);
    log[0] = '\0';
    expand_log(&path, work->request.sequence);
    work->result.made = true;
    struct launched launched = launch_tool(&captured, log, work->wait);
    work->result.leaked = launched.leaked;
    if (!launched.started)
        work->result.leaked = plain_list(captured.base, log, launched.why);
    captured_drop(&captured);
}

struct report_result report_make(enum lw_trigger trigger, int signal, const void *context, bool wait) {
    struct work work = {.request = {.trigger = trigger, .signal = signal, .context = context},
                        .wait = wait,
                        .result = {.leaked = -1}};
    int saved_errno = errno;
    uint64_t signals;
    signals_block_all(&signals);
    /* A snapshot that comes while another is made tells nothing new; an end must be told. */
    if (wait)
        gate_enter(&report_gate);
    else if (!gate_try(&report_gate)) {
        signals_restore(&signals);
        return work.result;
    }
    if (!report_stack)
        report_stack = memory_map_stack(STACK);
    work.request.sequence = ++sequence;
    if (report_stack)
        run_on_stack(make, &work, report_stack + STACK);
    else
        text_complain("no memory for a report of ", process_name(), NULL);
    gate_leave(&report_gate);
    signals_restore(&signals);
    errno = saved_errno;
    return work.result;
}

struct look_work {
    struct liveness liveness;
};

static void look(void *argument) {
    ((struct look_work *)argument)->liveness = capture_liveness();
}

static struct liveness look_around(void) {
    struct look_work work = {0};
    uint64_t signals;
    signals_block_all(&signals);
    gate_enter(&report_gate);
    if (!report_stack)
        report_stack = memory_map_stack(STACK);
    if (report_stack)
        run_on_stack(look, &work, report_stack + STACK);
    gate_leave(&report_gate);
    signals_restore(&signals);
    return work.liveness;
}

struct stillness report_look_for_stall(uint64_t ns) {
    struct liveness now = look_around();
    return (struct stillness){.stalled = now.longest >= ns, .alone = now.others == 0};
}

bool report_all_done(uint64_t grace_ns) {
    enum { PAUSE = 5000000, STILL_FOR = 8 };
    uint64_t start = clock_ns(CLOCK_MONOTONIC);
    struct liveness before = {0};
    int saved_errno = errno;
    unsigned still = 0;
    for (;;) {
        struct liveness now = look_around();
        if (now.others == 0) {
            errno = saved_errno;
            return now.unjoined == 0;
        }
        /* Every thread left sleeps without a deadline and none has moved for eight looks: none will end. */
        still = now.unmoved == now.others && now.digest == before.digest ? still + 1 : 0;
        if (still >= STILL_FOR || clock_ns(CLOCK_MONOTONIC) - start >= grace_ns) {
            errno = saved_errno;
            return false;
        }
        before = now;
        sys_sleep_ns(PAUSE);
    }
}

void report_await(void) {
    uint64_t signals;
    signals_block_all(&signals);
    gate_enter(&report_gate);
    gate_leave(&report_gate);
    signals_restore(&signals);
}

void report_forked(void) {
    report_gate = (struct gate){0};
    sequence = 0;
}
