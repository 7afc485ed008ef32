#include "report.h"

#include <errno.h>

#include "arch/arch.h"
#include "capture/capture.h"
#include "launch.h"
#include "options.h"
#include "owed.h"
#include "plain.h"
#include "process.h"
#include "request_answer.h"
#include "rt/clock.h"
#include "rt/memory.h"
#include "rt/own_descriptors.h"
#include "rt/path.h"
#include "rt/sys.h"
#include "rt/table.h"
#include "rt/text.h"
#include "shared/request.h"

enum { STACK = 256 * 1024 };

static struct gate report_gate GATE; /* one report at a time */
static char *report_stack;
static uint32_t sequence;

struct work {
    struct registers registers; /* of who asked, on its own stack */
    const struct report_request *asked;
    struct capture_request request;
    struct report_result result;
};

static unsigned reach_wanted(const struct report_request *asked) {
    return asked->token                            ? lw_request_reach(asked->token)
           : asked->wishes && asked->wishes->reach ? asked->wishes->reach
                                                   : (unsigned)options.reach;
}

/* Has the tool make the report, or answer the request. reach: what is wanted of a frozen image, 0 if none is to be made. */
static void hand_over(struct work *work, struct captured *captured, unsigned reach) {
    const struct report_request *asked = work->asked;
    struct report_wishes as_asked = {.token = asked->token};
    const struct report_wishes *wishes = asked->token ? &as_asked : asked->wishes;
    char log[1200];
    struct text path = TEXT_IN(log);
    log[0] = '\0';
    path_expand(&path, options.log, work->request.sequence);
    enum launch_wait held = asked->wait ? LAUNCH_WAITS
                            : captured_needs_caller(captured) && !launch_orphans_come_back()
                                ? LAUNCH_IS_LOOKED_AT
                                : LAUNCH_GOES_ON;
    captured_mark(captured, (held != LAUNCH_GOES_ON ? LW_PROCESS_HELD : 0) |
                                (held == LAUNCH_IS_LOOKED_AT && !asked->token ? LW_PROCESS_ANSWERS : 0) |
                                (asked->only_proved ? LW_PROCESS_ONLY_PROVED : 0));
    struct freeze freeze =
        reach != 0 ? freeze_begin(asked->context, work->registers.sp, reach > 1) : (struct freeze){0};
    struct launched launched = launch_tool(captured, log, wishes, held, reach != 0 ? &freeze : NULL);
    freeze_release(&freeze, false);
    freeze_end(&freeze);
    work->result.leaked = launched.leaked;
    work->result.answer = launched.answer;
    if (!launched.started && wishes)
        text_complain("no answer: ", launched.why, NULL);
    else if (!launched.started && !asked->only_proved)
        work->result.leaked = plain_list(captured->base, log, launched.why);
}

static void make(void *argument) {
    struct work *work = argument;
    struct captured captured = capture(&work->request);
    const struct report_request *asked = work->asked;
    if (!captured.base) {
        if (!asked->only_proved)
            text_complain("no memory for a report of ", process_name(), NULL);
        return;
    }
    unsigned reach = FREEZES && captured_may_strand(&captured) ? reach_wanted(asked) : 0;
    if (asked->token && (reach == 0 || !request_is_new(asked->token)))
        request_answer(&captured, asked->token);
    else if (!asked->only_proved || captured_may_prove(&captured))
        hand_over(work, &captured, reach);
    captured_drop(&captured);
}

static void leave(void) {
    own_descriptors_end();
    gate_leave(&report_gate);
}

bool report_is_being_made(void) {
    return __atomic_load_n(&report_gate.word, __ATOMIC_SEQ_CST) != 0;
}

struct report_result report_make(const struct report_request *request) {
    struct work work = {
        .asked = request,
        .request = {.trigger = request->trigger,
                    .signal = request->signal,
                    .requests = request->requests,
                    .context = request->context,
                    .scope = request->scope,
                    .terse = !request->token && !request->wishes && text_equal(options.format, "text")},
        .result = {.leaked = -1}};
    bool wait = request->wait;
    int saved_errno = errno;
    uint64_t signals;
    signals_block_all(&signals);
    if (wait)
        gate_enter(&report_gate);
    else if (!gate_try(&report_gate)) {
        signals_restore(&signals);
        return work.result;
    }
    work.result.made = true;
    registers_save(&work.registers);
    own_descriptors_begin();
    if (!report_stack)
        report_stack = memory_map_stack(STACK);
    work.request.sequence = request->token ? sequence : ++sequence; /* numbers are for the logs */
    if (report_stack)
        run_on_stack(make, &work, report_stack + STACK);
    else
        text_complain("no memory for a report of ", process_name(), NULL);
    leave();
    if (request->trigger != LW_TRIGGER_SIGNAL)
        owed_wake(); /* else who asked for this one goes on with them */
    signals_restore(&signals);
    errno = saved_errno;
    return work.result;
}

void report_answer_drop(struct tool_answer *answer) {
    if (answer->leaks)
        memory_unmap(answer->leaks, answer->mapped);
    *answer = (struct tool_answer){0};
}

struct look_work {
    const struct scope *scope;
    struct liveness liveness;
};

static void look(void *argument) {
    struct look_work *work = argument;
    work->liveness = liveness_look(work->scope);
}

static struct liveness look_around(const struct scope *scope) {
    struct look_work work = {.scope = scope};
    uint64_t signals;
    signals_block_all(&signals);
    gate_enter(&report_gate);
    own_descriptors_begin();
    if (!report_stack)
        report_stack = memory_map_stack(STACK);
    if (report_stack)
        run_on_stack(look, &work, report_stack + STACK);
    leave();
    owed_wake();
    signals_restore(&signals);
    return work.liveness;
}

struct liveness report_look(void) {
    return look_around(NULL);
}

/* Looks every few milliseconds until all is done, nothing can be done any more, or patience ends. */
static bool await_done(const struct scope *scope, uint64_t grace_ns, unsigned attempts) {
    enum { PAUSE = 5000000, STILL_FOR = 8 };
    uint64_t start = clock_ns(CLOCK_MONOTONIC);
    struct liveness before = {0};
    unsigned still = 0;
    for (unsigned looks = 1;; looks++) {
        struct liveness now = look_around(scope);
        unsigned left = scope ? scope_left(scope) : now.others;
        if (left == 0)
            return scope || now.unjoined == 0;
        /* Every thread left sleeps without a deadline and none has moved for eight looks: none will end. */
        bool all_seen = !scope || now.others + now.unjoined >= left; /* else one has not begun yet */
        still = all_seen && now.unmoved == now.others && now.digest == before.digest ? still + 1 : 0;
        if (!all_seen)
            looks--;
        if (still >= STILL_FOR || (looks == attempts && looks > 0) ||
            clock_ns(CLOCK_MONOTONIC) - start >= grace_ns)
            return false;
        before = now;
        sys_sleep_ns(PAUSE);
    }
}

bool report_all_done(uint64_t grace_ns) {
    int saved_errno = errno;
    bool done = await_done(NULL, grace_ns, 0);
    errno = saved_errno;
    return done;
}

bool report_scope_done(const struct scope *scope, uint64_t grace_ns, unsigned attempts) {
    return await_done(scope, grace_ns, attempts);
}

void report_await(void) {
    uint64_t signals;
    signals_block_all(&signals);
    gate_enter(&report_gate);
    gate_leave(&report_gate);
    signals_restore(&signals);
}

void report_forked(void) {
    launch_forked();
    report_gate = (struct gate){0};
    sequence = 0;
}
