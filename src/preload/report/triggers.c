#include "triggers.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "capture/sample.h"
#include "excuse.h"
#include "freeze/hold.h"
#include "interpose/call.h"
#include "interpose/dispositions.h"
#include "metrics_file.h"
#include "options.h"
#include "owed.h"
#include "process.h"
#include "record/thread.h"
#include "record/wait.h"
#include "report.h"
#include "request_answer.h"
#include "rt/clock.h"
#include "rt/sys.h"
#include "rt/text.h"

/* libc's own, past a sanitizer that is linked into the program and not ready yet. */
CALLS(int, real_on_exit, "on_exit", (void (*)(int, void *), void *))

static bool active;
static int end_reported; /* by whichever end comes first */
static int quick_status;

/* Under a seccomp filter no report is tried; if there would be something in it, that is said. */
static void excuse_filtered(void) {
    for (struct thread *record = thread_first(); record; record = record->next)
        if (!thread_has_exited(record) && !(record->flags & THREAD_MAIN) && record != thread_current) {
            text_complain("no report of ", process_name(), ": it has set itself a seccomp filter", NULL);
            return;
        }
}

/* wait: for a report that is being made. True too if nothing is owed. */
static bool answer(enum owed_to to, const void *context, bool wait) {
    uint32_t what = owed_take(to);
    if (what == 0)
        return true;
    struct report_request request = {.trigger = LW_TRIGGER_SIGNAL, .context = context, .wait = wait};
    if (to == OWED_PERSON)
        request.signal = options.signal, request.requests = what;
    else
        request.token = what;
    uint64_t began = clock_ns(CLOCK_MONOTONIC);
    bool made = report_make(&request).made;
    if (made)
        owed_answered(to, began);
    else
        owed_put_back(to, what);
    return made;
}

/* From the signal's handler: answers what may be answered now, and sees to it that the rest will be. context: as in struct report_request. */
static void answer_owed(const void *context) {
    enum owed_to to;
    uint64_t at;
    while (owed_next(&to, &at)) {
        if (clock_ns(CLOCK_MONOTONIC) < at) {
            owed_wait(at, context != NULL);
            return;
        }
        /* Whoever makes the report that is in the way calls owed_wake when it has ended; if that was just now, go on. */
        if (!answer(to, context, false) && report_is_being_made())
            return;
    }
}

/* Once: signals that come faster than reports are made must not keep the program from ending. */
static void answer_owed_at_end(void) {
    answer(OWED_PERSON, NULL, true);
    for (int i = 0; i < OWED_TOKENS; i++)
        answer(OWED_TOOL, NULL, true);
}

int trigger_exit(int status) {
    if (active && options.metrics[0] && process_is_ours())
        metrics_file_remove();
    if (active && options.at_exit && process.filtered &&
        !__atomic_exchange_n(&end_reported, 1, __ATOMIC_ACQ_REL))
        excuse_filtered();
    if (!active || !process_is_ours())
        return status;
    answer_owed_at_end();
    if (!options.at_exit)
        return status;
    if (__atomic_exchange_n(&end_reported, 1, __ATOMIC_ACQ_REL)) {
        /* A second thread ends the process while the first reports: let that one finish. */
        report_await();
        return status;
    }
    if (liveness_alone() || report_all_done(options.grace))
        return status;
    struct report_result result =
        report_make(&(struct report_request){.trigger = LW_TRIGGER_EXIT, .wait = true});
    return result.leaked == 1 && status == 0 ? options.exitcode : status;
}

/* Registered before anything of the program's, so it runs after all of that: handlers, static destructors. */
static void at_exit(int status, void *unused) {
    (void)unused;
    int wanted = trigger_exit(status);
    /* exit() within exit() goes on with what is left, which is flushing the streams, and the new status
     * (glibc stdlib/exit.c). fflush(NULL) here could wait for a stream that a blocked thread holds. */
    if (wanted != status)
        exit(wanted);
}

static void at_quick_end(void) {
    int wanted = trigger_exit(quick_status);
    if (wanted != quick_status)
        sys_call(SYS_exit_group, wanted);
}

void trigger_quick_exit_status(int status) {
    quick_status = status;
}

/* Under a seccomp filter what a report needs may be fatal: said once, for nobody will see one. */
static void excuse_request(void) {
    static int said;
    if (process.filtered && !__atomic_exchange_n(&said, 1, __ATOMIC_RELAXED))
        text_complain("no report of ", process_name(), " on request: it has set itself a seccomp filter",
                      NULL);
}

/* A program that sends itself the signal, and has not set what is to happen, means to die of it; from another
 * process it is a request. So is it from the program itself when LEAKWATCH_OPTIONS names the signal. What the
 * kernel sends (a timer, a descriptor: codes above 0 and those that sigaction(2) lists) the program has asked
 * it for. A child that shares our memory (vfork), or that we know nothing of, is no process to ask either. */
static bool is_to_die_of(const siginfo_t *info) {
    if (!process_is_the_watched())
        return true;
    bool by_process = info->si_code == SI_USER || info->si_code == SI_TKILL || info->si_code == SI_QUEUE;
    return !options.signal_named && (!by_process || info->si_pid == process.pid);
}

typedef void handler_type(int, siginfo_t *, void *);

/* Called by on_snapshot_signal; answers the program's handler, which is to see the stack that it would
 * without us. */
__attribute__((visibility("hidden"), used)) handler_type *snapshot_signal_handled(int signal, siginfo_t *info,
                                                                                  void *context) {
    int saved_errno = errno;
    struct sigaction program = {.sa_handler = SIG_DFL};
    if (!sample_answer(info, context) && !hold_answer(info, context)) {
        if (info->si_code != SI_TKILL && info->si_code != SI_TIMER)
            wait_snapshot_taken();
        /* Neither the tool's nor our timer's is a signal of the program's, whatever else it uses it for. */
        uint32_t token = request_of(info);
        bool is_timer = owed_take_timer(info);
        if (!token && !is_timer)
            program = disposition_of_program(signal);
        bool between_threads = info->si_code == SI_TKILL && info->si_pid == process.pid &&
                               thread_is_signalled() && !options.signal_named;
        if (!token && !is_timer && !disposition_has_handler(&program) && program.sa_handler == SIG_DFL &&
            is_to_die_of(info)) {
            disposition_die_of(signal);
        } else if (between_threads && !token && !is_timer) {
            /* the program's handler is all that it is for */
        } else if (process_is_ours()) {
            if (!is_timer)
                owed_add(token);
            answer_owed(context);
        } else if (!token) { /* the tool tells who asks by it */
            excuse_request();
        }
    }
    errno = saved_errno;
    if (disposition_has_handler(&program))
        return program
            .sa_sigaction; /* of one kind or the other: the same word, called with the same registers */
    excuse_interrupted_call(info, context, saved_errno);
    return NULL;
}
void on_snapshot_signal(int signal, siginfo_t *info, void *context);
SIGNAL_HANDLER("on_snapshot_signal", "snapshot_signal_handled")

static void on_ending_signal(int signal, siginfo_t *info, void *context) {
    (void)info;
    int saved_errno = errno;
    if (options.metrics[0] && process_is_ours())
        metrics_file_remove();
    if (process_is_ours())
        answer_owed_at_end();
    /* A shell's ^C reaches many programs that never had a second thread: only where it is proved that one would
     * never have gone on is that told. */
    if (process_is_ours() && !__atomic_exchange_n(&end_reported, 1, __ATOMIC_ACQ_REL))
        report_make(
            &(struct report_request){.trigger = LW_TRIGGER_TERMINATE,
                                     .signal = signal,
                                     .context = context,
                                     .wait = true,
                                     .only_proved = thread_created_count() == 0 && report_all_done(0)});
    disposition_die_of(signal);
    errno = saved_errno;
}

void triggers_setup(void) {
    active = true;
    if (options.at_exit || options.metrics[0] || options.signal) {
        REAL(real_on_exit)(at_exit, NULL);
        at_quick_exit(at_quick_end);
    }
    if (options.signal != 0) {
        disposition_take(options.signal, on_snapshot_signal, false);
        request_announce(options.signal);
    }
    static const int ending[] = {SIGTERM, SIGINT, SIGALRM};
    for (size_t i = 0; options.at_term && i < sizeof ending / sizeof *ending; i++)
        if (ending[i] != options.signal)
            disposition_take(ending[i], on_ending_signal, true);
}

void triggers_forked(void) {
    owed_forked();
    end_reported = 0;
}
