#include "running.h"

#include <string.h>

#include "kernel_state.h"
#include "process.h"
#include "rt/sys.h"
#include "rt/text.h"
#include "unwind/stack_copy.h"
#include "unwind/unwind.h"

enum { LOOKS = 4, BETWEEN_NS = 20000000 };

static uint64_t moves_of(const struct thread *record) {
    return record ? thread_moves(record) : 0;
}

void running_add(struct running *running, struct lw_snapshot_thread *thread, const struct thread *record) {
    if (running->count == SAMPLES)
        return;
    unsigned i = running->count++;
    running->of[i].thread = thread;
    running->of[i].record = record;
    running->of[i].moves = moves_of(record);
}

/* What is kept of an earlier look: the slots are filled anew by the next. */
struct earlier {
    bool answered;
    uintptr_t pc;
    uint64_t cpu_ns, at;
    uint64_t queued; /* ns that it has stood ready for a processor in all; 0 if not known */
};

/* The second number of /proc/self/task/TID/schedstat (kernel: Documentation/scheduler/sched-stats.rst). */
static uint64_t queued_time(int task_directory, int tid) {
    char words[96];
    const char *at = words;
    uint64_t ran, queued;
    if (kernel_read_of(task_directory, tid, "/schedstat", words, sizeof words) <= 0 ||
        !text_number(&at, &ran))
        return 0;
    at += strspn(at, " ");
    return text_number(&at, &queued) ? queued : 0;
}

static void keep(struct earlier *earlier, const struct sample *sample, uint64_t queued) {
    earlier->answered = sample_answered(sample);
    earlier->pc = sample->registers.pc;
    earlier->cpu_ns = sample->cpu_ns;
    earlier->at = sample->at;
    earlier->queued = queued;
}

static bool same_function(uintptr_t a, uintptr_t b) {
    uintptr_t start = unwind_function_start(a);
    return start != 0 && start == unwind_function_start(b);
}

/* Fills in what the latest look tells. Returns true if another may tell more: a busy machine gives a thread
 * its nine tenths of a processor not at every moment. */
static bool compare(struct running *running, unsigned i, const struct earlier *earlier,
                    const struct sample *sample, uint64_t queued) {
    struct lw_snapshot_thread *thread = running->of[i].thread;
    uint64_t moves = moves_of(running->of[i].record);
    bool moved = moves != running->of[i].moves;
    running->of[i].moves = moves;
    if (thread->state == LW_STATE_SPINNING || moved || !earlier->answered || !sample_answered(sample) ||
        sample->at <= earlier->at)
        return false;
    uint64_t span = sample->at - earlier->at, used = sample->cpu_ns - earlier->cpu_ns;
    thread->look_us = (uint32_t)(span / 1000u);
    thread->look_cpu_us = (uint32_t)(used / 1000u);
    if (!same_function(earlier->pc, sample->registers.pc))
        return false;
    /* of the time in which it could have run: on a busy machine it waits for its turn */
    uint64_t waited = queued > earlier->queued ? queued - earlier->queued : 0;
    if (used + waited >= span / 10 * 9)
        thread->state = LW_STATE_SPINNING;
    return thread->state != LW_STATE_SPINNING && used >= span / 4;
}

void running_look(struct running *running, struct snapshot_writer *writer, int task_directory) {
    struct earlier earlier[SAMPLES] = {0};
    int tids[SAMPLES];
    if (running->count == 0 || !process.stacks)
        return;
    for (unsigned i = 0; i < running->count; i++)
        tids[i] = running->of[i].thread->tid;
    struct sample *samples = sample_ask(task_directory, tids, running->count);
    bool more = samples;
    for (int look = 1; look < LOOKS && more; look++) {
        for (unsigned i = 0; i < running->count; i++)
            keep(&earlier[i], &samples[i], queued_time(task_directory, tids[i]));
        sys_sleep_ns(BETWEEN_NS);
        samples = sample_ask(task_directory, tids, running->count);
        more = false;
        for (unsigned i = 0; samples && i < running->count; i++)
            more |= compare(running, i, &earlier[i], &samples[i], queued_time(task_directory, tids[i]));
    }
    for (unsigned i = 0; samples && i < running->count; i++)
        if (sample_answered(&samples[i])) {
            struct stack_copy copy = {.bytes = samples[i].stack, .size = samples[i].size, .only = true};
            stack_put(writer, running->of[i].thread, &samples[i].registers, STACK_ALL, &copy);
        }
}
