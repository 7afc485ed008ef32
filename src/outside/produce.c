#include "produce.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "handler_signals.h"
#include "judge.h"
#include "live.h"
#include "loaded.h"
#include "once.h"
#include "second_look.h"
#include "shared/base_name.h"
#include "unwind.h"

static uint64_t clock_now(clockid_t clock) {
    struct timespec at;
    clock_gettime(clock, &at);
    return (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec;
}

/* Memory for a snapshot, zeroed and begun in. NULL without. */
static void *begin(struct snapshot_writer *writer, const struct snapshot_capacity *room) {
    void *base = calloc(1, snapshot_size(room));
    if (base)
        snapshot_begin(writer, base, room);
    return base;
}

static size_t count_modules(const struct target *target) {
    size_t count = 1;
    for (size_t i = 0; i < target->mapping_count; i++)
        count += target->mappings[i].path[0] != '\0' && target->mappings[i].offset == 0;
    return count;
}

/* The modules alone: what finds their files wants them in a snapshot. */
struct modules_only {
    struct snapshot snapshot;
    void *base;
};

static bool list_modules(struct modules_only *only, const struct target *target) {
    struct snapshot_writer writer;
    char room[256];
    size_t count = count_modules(target);
    struct snapshot_capacity capacity = {.modules = count, .strings = 4096 * (count + 1)};
    only->base = begin(&writer, &capacity);
    if (!only->base)
        return false;
    writer.header->pid = target->pid;
    loaded_put(target, &writer);
    return snapshot_check(&only->snapshot, only->base, snapshot_used(&writer), room) == NULL;
}

static void put_header(const struct target *target, struct snapshot_writer *writer) {
    struct lw_snapshot_header *header = writer->header;
    header->pid = target->pid;
    header->trigger = target->seen_as != 0 ? LW_TRIGGER_OUTSIDE : LW_TRIGGER_CORE;
    header->sequence = 1;
    header->realtime = clock_now(CLOCK_REALTIME);
    header->monotonic = clock_now(CLOCK_MONOTONIC);
    header->started = target->started_ns;
    header->created = target->thread_count > 0 ? target->thread_count - 1 : 0;
    header->exe = snapshot_string(writer, target->exe);
    header->program = snapshot_string(writer, target->program[0] ? target->program : base_name(target->exe));
    header->handlers = target->handlers;
    header->flags = LW_PROCESS_OUTSIDE | (target->handlers_known ? 0 : LW_PROCESS_HANDLERS_UNKNOWN);
}

static struct lw_snapshot_thread *begin_thread(const struct target *target, struct snapshot_writer *writer,
                                               const struct target_thread *from) {
    struct lw_snapshot_thread *thread = snapshot_thread(writer);
    if (!thread)
        return NULL;
    thread->tid = from->tid;
    thread->name = snapshot_string(writer, from->name);
    thread->flags = from->tid == target->pid ? LW_THREAD_MAIN : 0;
    thread->fd = thread->timeout_ns = thread->syscall_number = -1;
    thread->value[0] = thread->value[1] = -1;
    thread->state = LW_STATE_RUNNING;
    thread->created = from->began_ns;
    thread->cpu_ns =
        from->cpu_ns != 0 ? from->cpu_ns : 1; /* 1 is what the library says of 0 (preload/rt/clock.h) */
    return thread;
}

/* One that runs, or was stopped where it ran. */
static void put_running(const struct unwound *stack, struct snapshot_writer *writer,
                        struct lw_snapshot_thread *thread) {
    uint64_t frames[UNWOUND_DEPTH];
    for (size_t i = 0; i < stack->count; i++)
        frames[i] = stack->signal[i] ? LW_FRAME_SIGNAL + stack->signal[i] - 1 : stack->frame[i];
    thread->stack_count = (uint32_t)stack->count;
    thread->stack_first = snapshot_frames(writer, frames, &thread->stack_count);
    thread->flags |= LW_THREAD_EXACT;
    if (stack->count > 0 && stack->end == UNWOUND_BROKEN)
        thread->flags |= LW_THREAD_BROKEN;
    if (stack->end == UNWOUND_CUT)
        thread->flags |= LW_THREAD_CUT;
}

/* A thread that goes on while its stack is read has none that holds: it is looked at anew, and runs if it never stays for so long. */
static void unwind_where_it_stays(const struct target *target, struct unwinder *unwinder,
                                  struct target_thread *thread, struct unwound *stack) {
    enum { TRIES = 4 };
    unwind(unwinder, &thread->registers, stack);
    for (int i = 0; target->seen_as != 0 && thread->sleeps && live_has_moved(target, thread); i++) {
        if (i == TRIES) {
            thread->sleeps = false;
            *stack = (struct unwound){.end = UNWOUND_BROKEN};
            return;
        }
        live_look_again(target, thread);
        unwind(unwinder, &thread->registers, stack);
    }
}

static void put_threads(struct target *target, struct unwinder *unwinder, struct snapshot_writer *writer) {
    struct judge judge;
    struct second_look second = {.target = target, .judge = &judge, .all_inside = true};
    struct once_calls once = {.target = target};
    second.of = calloc(target->thread_count + 1, sizeof *second.of);
    if (!judge_begin(&judge, target, unwinder, writer) || !second.of)
        abort();
    for (size_t i = 0; i < target->thread_count; i++) {
        struct target_thread *from = &target->threads[i];
        struct lw_snapshot_thread *thread = begin_thread(target, writer, from);
        struct unwound stack;
        if (!thread)
            break;
        unwind_where_it_stays(target, unwinder, from, &stack);
        handler_signals_put(target, from, &stack);
        once_note(&once, unwinder, from->tid, &stack);
        thread->wait_started = from->last_ran_ns;
        if (from->sleeps) {
            second_look_add(&second, thread, from, judge_wait(&judge, from, &stack, thread));
            if (target->seen_as != 0 && thread->timeout_ns >= 0 && live_has_moved(target, from))
                thread->timeout_ns = -1; /* it may have been read when it was something else */
        } else {
            put_running(&stack, writer, thread);
        }
    }
    once_put(&once, writer);
    second_look(&second, writer);
    judge_end(&judge);
    free(second.of);
}

static bool write_all(int fd, const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t written = write(fd, bytes, size);
        if (written <= 0)
            return false;
        bytes += written;
        size -= (size_t)written;
    }
    return true;
}

bool produce(struct target *target, const struct symbol_places *places, int fd, char why[256]) {
    struct modules_only only = {0};
    struct snapshot_writer writer;
    size_t count = target->thread_count, modules = count_modules(target);
    struct snapshot_capacity room = {.threads = count,
                                     .modules = modules,
                                     .holds = count,
                                     .frames = count * UNWOUND_DEPTH,
                                     .strings = count * 512 + modules * 4096 + 64 * 1024};
    void *base = begin(&writer, &room);
    struct unwinder *unwinder =
        base && list_modules(&only, target) ? unwinder_open(target, &only.snapshot, places) : NULL;
    snprintf(why, 256, "there is no memory for a report");
    bool done = unwinder != NULL;
    if (done) {
        put_header(target, &writer);
        loaded_put(target, &writer);
        put_threads(target, unwinder, &writer);
        writer.header->incomplete = snapshot_string(&writer, target->note);
        done = write_all(fd, base, snapshot_used(&writer));
        if (!done)
            snprintf(why, 256, "its snapshot cannot be kept: %s", strerror(errno));
    }
    unwinder_close(unwinder);
    free(only.base);
    free(base);
    return done;
}
