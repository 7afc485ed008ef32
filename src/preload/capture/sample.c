#include "sample.h"

#include <string.h>

#include "interpose/dispositions.h"
#include "options.h"
#include "process.h"
#include "rt/clock.h"
#include "rt/memory.h"
#include "rt/sys.h"
#include "signal_mask.h"

/* A slot goes IDLE, ASKED, ANSWERING, ANSWERED; a question that nobody answered in time is taken back. Slots
 * are never unmapped: a signal may be delivered long after its question. */
enum sample_state { IDLE, ASKED, ANSWERING, ANSWERED };
static struct sample *slots;

enum { PATIENCE_NS = 50000000, PAUSE_NS = 100000 };

/* A signal that a thread blocks would stay pending, and a later sigwait would take it. */
bool sample_blocks_signal(int task_directory, int tid) {
    uint64_t blocked;
    return !signal_mask_read(task_directory, tid, &blocked) || (blocked >> (options.signal - 1) & 1);
}

bool sample_signal(int tid, void *question) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    info.si_signo = options.signal;
    info.si_code = SI_QUEUE;
    info.si_pid = process.pid;
    info.si_value.sival_ptr = question;
    return sys_call(SYS_rt_tgsigqueueinfo, process.pid, tid, options.signal, &info) == 0;
}

bool sample_is_of(const siginfo_t *info, const void *question) {
    return question && info->si_code == SI_QUEUE && info->si_value.sival_ptr == question &&
           info->si_pid == process.pid;
}

/* Takes unanswered questions back; false while an answer is being written. */
static bool is_settled(struct sample *slot, bool last_chance) {
    int state = __atomic_load_n(&slot->state, __ATOMIC_ACQUIRE);
    if (state == ASKED && last_chance)
        return __atomic_compare_exchange_n(&slot->state, &state, IDLE, false, __ATOMIC_ACQ_REL,
                                           __ATOMIC_ACQUIRE) ||
               state == ANSWERED;
    return state == IDLE || state == ANSWERED;
}

struct sample *sample_ask(int task_directory, const int *tids, unsigned count) {
    /* A signal that is pending is not queued twice (signal(7)): while ours is, one of the program's own to that thread would be
     * lost. */
    if (options.signal == 0 || !disposition_is_ours(options.signal) || disposition_is_handled(options.signal))
        return NULL;
    if (!slots)
        slots = memory_map(SAMPLES * sizeof *slots);
    if (!slots)
        return NULL;
    for (unsigned i = 0; i < count; i++) {
        struct sample *slot = &slots[i];
        if (__atomic_load_n(&slot->state, __ATOMIC_ACQUIRE) == ANSWERING)
            continue; /* its thread was stopped in the middle of it, and may yet go on */
        slot->tid = tids[i];
        slot->size = 0;
        bool asks = !sample_blocks_signal(task_directory, tids[i]);
        __atomic_store_n(&slot->state, asks ? ASKED : IDLE, __ATOMIC_RELEASE);
        if (asks && !sample_signal(tids[i], slots))
            __atomic_store_n(&slot->state, IDLE, __ATOMIC_RELEASE);
    }
    uint64_t start = clock_ns(CLOCK_MONOTONIC);
    for (bool settled = false; !settled;) {
        uint64_t waited = clock_ns(CLOCK_MONOTONIC) - start;
        settled = true;
        for (unsigned i = 0; i < count; i++)
            settled &= is_settled(&slots[i], waited > PATIENCE_NS);
        if (waited > 2 * PATIENCE_NS)
            break;
        if (!settled)
            sys_sleep_ns(PAUSE_NS);
    }
    return slots;
}

bool sample_answered(const struct sample *sample) {
    return __atomic_load_n(&sample->state, __ATOMIC_ACQUIRE) == ANSWERED;
}

static void fill(struct sample *slot, void *context) {
    registers_of_context(context, &slot->registers);
    slot->size = sys_peek(slot->registers.sp, slot->stack, sizeof slot->stack);
    slot->cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    slot->at = clock_ns(CLOCK_MONOTONIC);
}

bool sample_answer(const siginfo_t *info, void *context) {
    if (!sample_is_of(info, slots))
        return false;
    int tid = (int)sys_call(SYS_gettid);
    for (unsigned i = 0; i < SAMPLES; i++) {
        struct sample *slot = &slots[i];
        int asked = ASKED;
        if (slot->tid != tid || !__atomic_compare_exchange_n(&slot->state, &asked, ANSWERING, false,
                                                             __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            continue;
        fill(slot, context);
        __atomic_store_n(&slot->state, ANSWERED, __ATOMIC_RELEASE);
        break;
    }
    return true;
}
