/* The API of leakwatch.h, for test programs. */
#include <errno.h>
#include <string.h>

#include "config.h"
#include "leakwatch.h"
#include "options.h"
#include "process.h"
#include "record/scope.h"
#include "record/thread.h"
#include "report.h"
#include "rt/sys.h"
#include "rt/text.h"

#define EXPORTED __attribute__((visibility("default"), used))

EXPORTED const char *leakwatch_preloaded_version(void) {
    return LEAKWATCH_VERSION;
}

EXPORTED unsigned leakwatch_preloaded_live(void) {
    return thread_live_count();
}

EXPORTED void leakwatch_preloaded_mark(leakwatch_mark_t *mark) {
    struct thread *self = thread_self();
    mark->created = thread_latest_serial();
    mark->outer = self ? self->scope : 0;
    mark->scope = scope_open(mark->outer);
    if (self)
        self->scope = mark->scope;
}

/* The caller's options, as far as its header had them. */
static leakwatch_options_t options_of(const leakwatch_options_t *given) {
    leakwatch_options_t all = LEAKWATCH_OPTIONS;
    if (given)
        memcpy(&all, given, given->size < sizeof all ? given->size : sizeof all);
    return all;
}

static void tell(const struct tool_answer *answer, const leakwatch_options_t *wanted) {
    for (uint32_t i = 0; i < answer->count && wanted->each; i++) {
        const struct lw_answer_leak *leak = &answer->leaks[i];
        leakwatch_leak_t told = {.tid = leak->tid,
                                 .name = leak->name,
                                 .state = leak->state,
                                 .wait = leak->wait,
                                 .verdict = leak->verdict,
                                 .seconds = (double)leak->ns / 1e9,
                                 .function = leak->function,
                                 .file = leak->file,
                                 .line = leak->line,
                                 .creator_function = leak->creator_function,
                                 .creator_file = leak->creator_file,
                                 .creator_line = leak->creator_line};
        wanted->each(&told, wanted->context);
    }
}

EXPORTED int leakwatch_preloaded_verify(const leakwatch_mark_t *mark, const leakwatch_options_t *given) {
    int saved_errno = errno;
    struct thread *self = thread_self();
    leakwatch_options_t wanted = options_of(given);
    struct scope scope = {.id = mark->scope, .everyone = wanted.everyone, .created = mark->created};
    if (self && self->scope == mark->scope)
        self->scope = mark->outer;
    if (mark->created == thread_latest_serial() || scope_left(&scope) == 0)
        return 0;
    if (!process_is_ours() ||
        report_scope_done(&scope, (uint64_t)wanted.patience_ms * 1000000u, wanted.attempts)) {
        errno = saved_errno;
        return 0;
    }
    struct report_wishes wishes = {
        .ignore = wanted.ignore, .quiet = wanted.quiet, .reach = wanted.reach > 2 ? 2 : wanted.reach};
    struct report_result result = report_make(&(struct report_request){
        .trigger = LW_TRIGGER_API, .wait = true, .scope = &scope, .wishes = &wishes});
    int leaked = result.leaked < 0 ? -1 : (int)result.answer.count;
    tell(&result.answer, &wanted);
    report_answer_drop(&result.answer);
    errno = saved_errno;
    return leaked;
}

EXPORTED int leakwatch_preloaded_report(const char *format, int fd) {
    int saved_errno = errno;
    struct report_wishes wishes = {.format = format, .quiet = true};
    /* asked for by the program itself, like a signal: shows every thread, judges nobody */
    struct report_result result =
        report_make(&(struct report_request){.trigger = LW_TRIGGER_SIGNAL, .wait = true, .wishes = &wishes});
    const char *at = result.answer.report;
    size_t left = result.answer.report_size;
    bool written = result.leaked >= 0 && left > 0;
    while (left > 0) {
        long count = sys_call(SYS_write, fd, at, left);
        if (count == -EINTR)
            continue;
        if (count <= 0) {
            written = false;
            break;
        }
        at += count;
        left -= (size_t)count;
    }
    report_answer_drop(&result.answer);
    errno = saved_errno;
    return written ? 0 : -1;
}
