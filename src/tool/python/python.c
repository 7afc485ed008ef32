#include "python.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "proc/has_run.h"
#include "tool/tool.h"

struct look {
    struct snapshot *snapshot;
    int proc, pid;
    struct runtime runtime;
    struct codes codes;
    struct python_threads threads;
    struct python_stack *stacks; /* by thread of the snapshot */
};

static bool is_held(const struct look *look, const struct lw_snapshot_thread *thread) {
    return (look->snapshot->header->flags & LW_PROCESS_HELD) && (thread->flags & LW_THREAD_CALLER);
}

/* What it sleeps in; false if it does not. */
static bool sleeps_in(const struct look *look, int tid, long long *number, unsigned long long *first) {
    char path[64], words[128];
    snprintf(path, sizeof path, "%d/task/%d/syscall", look->pid, tid);
    int fd = openat(look->proc, path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, words, sizeof words - 1);
    if (fd >= 0)
        close(fd);
    words[length > 0 ? length : 0] = '\0';
    return sscanf(words, "%lld %llx", number, first) == 2 && *number >= 0;
}

/* The thread that took the signal has run since, in the handler. It is where it was if it sleeps again, on the same object. One that
 * is soon to go on by itself may have. */
static bool sleeps_again(const struct look *look, const struct lw_snapshot_thread *thread) {
    enum { FUTEX_WITHIN = 64 };
    const int64_t soon = 1000000000;
    long long number;
    unsigned long long first;
    if (!(thread->flags & LW_THREAD_CALLER) || thread->kind == LW_WAIT_NONE ||
        ((thread->flags & LW_THREAD_TIMED) && thread->timeout_ns >= 0 && thread->timeout_ns < soon) ||
        !sleeps_in(look, thread->tid, &number, &first))
        return false;
    if (number == SYS_futex)
        return first >= thread->object && first < thread->object + FUTEX_WITHIN;
    return thread->fd >= 0 ? (long long)first == thread->fd
                           : thread->syscall_number < 0 || number == thread->syscall_number;
}

/* It may be in the handler yet, which is about to end. */
static void await_caller(const struct look *look) {
    enum { TIMES = 20 };
    const struct timespec pause = {.tv_nsec = 1000000};
    const struct snapshot *snapshot = look->snapshot;
    for (size_t i = 0; i < snapshot->header->threads.count; i++) {
        const struct lw_snapshot_thread *thread = &snapshot->threads[i];
        if (!(thread->flags & LW_THREAD_CALLER) || thread->kind == LW_WAIT_NONE || is_held(look, thread))
            continue;
        for (int times = 0; times < TIMES && !sleeps_again(look, thread); times++)
            nanosleep(&pause, NULL);
    }
}

/* It has not run since the snapshot: the CPU time of one that runs at this moment may not have been added up yet. */
static bool stands_still(const struct look *look, const struct lw_snapshot_thread *thread) {
    long long number;
    unsigned long long first;
    return is_held(look, thread) ||
           (sleeps_in(look, thread->tid, &number, &first) && !has_run(look->proc, look->pid, thread));
}

static const struct lw_snapshot_thread *thread_of(const struct look *look, int tid) {
    const struct snapshot *snapshot = look->snapshot;
    for (size_t i = 0; tid && i < snapshot->header->threads.count; i++)
        if (snapshot->threads[i].tid == tid && snapshot->threads[i].state != LW_STATE_FINISHED)
            return &snapshot->threads[i];
    return NULL;
}

/* Who waits for the GIL wakes again and again, but gets no further while one that stands still has it. */
static bool waits_for_gil(const struct look *look, const struct lw_snapshot_thread *thread) {
    for (size_t i = 0; i < look->threads.gil_count; i++) {
        const struct gil_fact *gil = &look->threads.gils[i];
        const struct lw_snapshot_thread *holder = thread_of(look, gil->holder);
        if (thread->object >= gil->start && thread->object < gil->end)
            return holder && holder != thread && stands_still(look, holder);
    }
    return false;
}

static bool stands(const struct look *look, const struct lw_snapshot_thread *thread) {
    return stands_still(look, thread) || sleeps_again(look, thread) || waits_for_gil(look, thread);
}

static const struct python_thread *state_of(const struct look *look, int tid) {
    for (size_t i = 0; i < look->threads.count; i++)
        if (look->threads.threads[i].tid == tid)
            return &look->threads.threads[i];
    return NULL;
}

/* How many frames there are to add. */
static size_t read_stacks(struct look *look) {
    size_t count = look->snapshot->header->threads.count, total = 0;
    for (size_t i = 0; i < count; i++) {
        const struct lw_snapshot_thread *thread = &look->snapshot->threads[i];
        const struct python_thread *state = state_of(look, thread->tid);
        struct python_stack *stack = &look->stacks[i];
        if (thread->state == LW_STATE_FINISHED || !state || !python_stack_read(stack, &look->codes, state) ||
            !stands(look, thread))
            stack->count = 0;
        total += stack->count;
    }
    return total;
}

static bool evaluates(const struct look *look, uint64_t frame) {
    return frame > look->runtime.evaluation && frame <= look->runtime.evaluation_end;
}

/* Do the interpreter's own frames, those that run Python code, stand for the calls from C in the Python stack? Else only the order of
 * each is known. */
static bool match(const struct look *look, const struct lw_snapshot_thread *thread,
                  const struct python_stack *stack) {
    const uint64_t *frames = look->snapshot->frames + thread->stack_first;
    size_t native = 0, entered = 0;
    for (size_t i = 0; i < thread->stack_count; i++)
        native += evaluates(look, frames[i]);
    for (size_t i = 0; i < stack->count; i++)
        entered += stack->frames[i].entered || i + 1 == stack->count;
    return native == entered || (native < entered && (thread->flags & (LW_THREAD_CUT | LW_THREAD_BROKEN)));
}

/* The thread's stack with its Python in it, each call below the frame of the interpreter that runs it. */
static void merge(const struct look *look, struct lw_snapshot_thread *thread,
                  const struct python_stack *stack, uint64_t *frames, uint64_t *end) {
    const uint64_t *native = look->snapshot->frames + thread->stack_first;
    bool matches = match(look, thread, stack);
    size_t done = 0;
    uint64_t first = *end;
    for (size_t i = 0; i < thread->stack_count; i++) {
        frames[(*end)++] = native[i];
        bool entered = !matches || !evaluates(look, native[i]);
        while (!entered && done < stack->count) {
            entered = stack->frames[done].entered;
            frames[(*end)++] = stack->frames[done++].frame;
        }
    }
    while (done < stack->count)
        frames[(*end)++] = stack->frames[done++].frame;
    thread->stack_first = first;
    thread->stack_count = (uint32_t)(*end - first);
    thread->flags |= stack->cut ? LW_THREAD_CUT : 0;
}

/* The snapshot's own bytes stay as they are: they may be kept. */
static void add(struct python *python, struct look *look, size_t added) {
    struct snapshot *snapshot = look->snapshot;
    const struct lw_snapshot_header *header = snapshot->header;
    size_t native = 0;
    for (size_t i = 0; i < header->threads.count; i++)
        native += snapshot->threads[i].stack_count;
    python->header = needed(malloc(sizeof *header));
    python->threads = needed(calloc(header->threads.count + 1, sizeof *python->threads));
    python->frames = needed(calloc(header->frames.count + native + added + 1, sizeof *python->frames));
    memcpy(python->header, header, sizeof *header);
    memcpy(python->threads, snapshot->threads, header->threads.count * sizeof *python->threads);
    memcpy(python->frames, snapshot->frames, header->frames.count * sizeof *python->frames);
    for (size_t i = 0; i < header->threads.count; i++)
        if (look->stacks[i].count > 0)
            merge(look, &python->threads[i], &look->stacks[i], python->frames, &python->header->frames.count);
    snapshot->header = python->header;
    snapshot->threads = python->threads;
    snapshot->frames = python->frames;
}

/* Of the GILs, only what was so all the while. */
static void keep_gils(struct python *python, const struct look *look) {
    struct python_threads later = {0};
    if (python_threads_read(&later, &look->runtime))
        for (size_t i = 0; i < look->threads.gil_count; i++)
            for (size_t k = 0; k < later.gil_count; k++)
                if (later.gils[k].start == look->threads.gils[i].start &&
                    later.gils[k].holder == look->threads.gils[i].holder)
                    python->gils[python->gil_count++] = later.gils[k];
    free(later.threads);
}

void python_look(struct python *python, struct snapshot *snapshot, int pid,
                 const struct symbol_places *places) {
    struct look look = {.snapshot = snapshot, .pid = pid};
    bool same_numbers = snapshot->header->pid == pid; /* tids are of the process's own PID namespace */
    if (!same_numbers || !runtime_find(&look.runtime, snapshot, pid, places))
        return;
    look.proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    look.codes.runtime = &look.runtime;
    look.stacks = calloc(snapshot->header->threads.count + 1, sizeof *look.stacks);
    if (look.proc >= 0 && look.stacks && python_threads_read(&look.threads, &look.runtime)) {
        await_caller(&look);
        size_t added = read_stacks(&look);
        if (added > 0)
            add(python, &look, added);
        keep_gils(python, &look);
    }
    python->scripts = codes_end(&look.codes, &python->script_count);
    snapshot->scripts = python->scripts;
    snapshot->script_count = python->script_count;
    if (look.proc >= 0)
        close(look.proc);
    free(look.threads.threads);
    free(look.stacks);
}

void python_drop(struct python *python) {
    free(python->header);
    free(python->threads);
    free(python->frames);
    script_frames_drop(python->scripts, python->script_count);
}
