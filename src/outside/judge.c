#include "judge.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "calls.h"
#include "files.h"
#include "judge_futex.h"
#include "polls.h"
#include "shared/sleeping_calls.h"

/* Many threads may wait on one descriptor. */
enum { FILES = 64 };
struct file_cache {
    struct {
        bool used;
        int fd;
        enum lw_wait_kind wanted;
        struct file_fact fact;
        uint32_t target;
    } files[FILES];
};

bool judge_begin(struct judge *judge, const struct target *target, struct unwinder *unwinder,
                 struct snapshot_writer *writer) {
    uint64_t size = 0;
    uint32_t field[3]; /* DB_STRUCT field: bits, elements, offset (nptl_db/db_info.c) */
    *judge = (struct judge){.target = target, .unwinder = unwinder, .writer = writer};
    judge->files = calloc(1, sizeof *judge->files);
    judge->is_static = !unwinder_has_libc(unwinder);
    judge->tid_at = PTHREAD_TID_AT;
    judge->streams = unwinder_symbol(unwinder, "/libc", "_IO_list_all", &size);
    judge->loader = unwinder_symbol(unwinder, "/ld-", "_rtld_global", &judge->loader_size);
    judge->is_glibc = judge->is_static ? unwinder_symbol(unwinder, "", "_dl_relocate_static_pie", &size) != 0
                                       : unwinder_glibc_minor(unwinder) > 0 || judge->streams != 0;
    uint64_t at = unwinder_symbol(unwinder, "/libc", "_thread_db_pthread_tid", &size);
    if (at != 0 && target_has(target, at, field, sizeof field) && field[0] == 32 &&
        field[2] < PTHREAD_SIZE_MAX)
        judge->tid_at = field[2];
    return judge->files != NULL;
}

void judge_end(struct judge *judge) {
    free(judge->files);
}

static void put_fd(struct judge *judge, struct lw_snapshot_thread *thread, int fd, bool *local) {
    unsigned at = (unsigned)fd % FILES;
    __typeof__(judge->files->files[0]) *file = &judge->files->files[at];
    enum lw_wait_kind wanted = (enum lw_wait_kind)thread->kind;
    if (!file->used || file->fd != fd || file->wanted != wanted) {
        file->used = true;
        file->fd = fd;
        file->wanted = wanted;
        file->fact = file_look(judge->target, fd, wanted);
        file->target = snapshot_string(judge->writer, file->fact.target);
    }
    thread->fd = fd;
    thread->target = file->target;
    thread->kind = file->fact.kind;
    for (int i = 0; i < 2; i++)
        if (file->fact.value[i] != -1)
            thread->value[i] = file->fact.value[i];
    if (file->fact.limited)
        thread->flags |= LW_THREAD_LIMITED;
    *local = file->fact.local;
}

static uint64_t clock_now(clockid_t clock) {
    struct timespec at;
    clock_gettime(clock, &at);
    return (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec;
}

static bool read_time(const struct target *target, uint64_t at, int64_t scale, int64_t *ns) {
    int64_t pair[2]; /* seconds, and nano- or microseconds by scale */
    return target_has(target, at, pair, sizeof pair) && !__builtin_mul_overflow(pair[0], 1000000000, ns) &&
           !__builtin_add_overflow(*ns, pair[1] * scale, ns);
}

/* Which clock a deadline is of depends on the object. No machine has been up for thirty years, and no real-time clock shows a date
 * before 2001. */
static int64_t span_until(int64_t at, uint64_t started) {
    if (started == 0)
        return -1;
    if (at > 1000000000ll * 1000000000ll)
        at -= (int64_t)(clock_now(CLOCK_REALTIME) - clock_now(CLOCK_MONOTONIC));
    return at > (int64_t)started ? at - (int64_t)started : 0;
}

static void put_timeout(const struct judge *judge, const struct sleeping_call *call,
                        const uint64_t argument[6], struct lw_snapshot_thread *thread) {
    uint64_t given = argument[call->timeout_argument];
    uint32_t form = sleeping_call_timeout_form(call, argument);
    int64_t ns;
    if (form == TIMEOUT_NONE || (form == TIMEOUT_MS && (int)given < 0) ||
        ((form == TIMEOUT_TIMESPEC || form == TIMEOUT_TIMEVAL || form == TIMEOUT_AT) && given == 0))
        return;
    thread->flags |= LW_THREAD_TIMED;
    if (form == TIMEOUT_MS)
        thread->timeout_ns = (int64_t)(int)given * 1000000;
    else if (form == TIMEOUT_TIMESPEC && read_time(judge->target, given, 1, &ns))
        thread->timeout_ns = ns;
    else if (form == TIMEOUT_TIMEVAL && read_time(judge->target, given, 1000, &ns))
        thread->timeout_ns = ns;
    else if (form == TIMEOUT_AT && read_time(judge->target, given, 1, &ns))
        thread->timeout_ns = span_until(ns, thread->wait_started);
}

/* The few first by name, all by number. */
static void put_polled(struct judge *judge, struct lw_snapshot_thread *thread, const struct polled_set *set) {
    bool local;
    thread->value[0] = (int64_t)set->count;
    char *numbers = set->known == set->count && set->count > 0 ? polled_set_numbers(set) : NULL;
    if (numbers)
        thread->value[1] = snapshot_string(judge->writer, numbers);
    free(numbers);
    if (set->count == 1 && set->known == 1) {
        put_fd(judge, thread, set->fd[0], &local);
        return;
    }
    char *words = polls_words(judge->target, set);
    if (words)
        thread->target = snapshot_string(judge->writer, words);
    free(words);
}

static bool put_call(struct judge *judge, const struct target_thread *from, const struct sleeping_call *call,
                     struct lw_snapshot_thread *thread) {
    struct polled_set set;
    bool local = true;
    switch (call->first) {
    case FIRST_FD:
        put_fd(judge, thread, (int)from->argument[0], &local);
        break;
    case FIRST_OF_FDS: /* which of the two it waits for is not looked at: its own end would have to be asked */
        put_fd(judge, thread, (int)from->argument[0], &local);
        break;
    case FIRST_OTHER:
        if (polls_read(judge->target, from->number, from->argument, &set))
            put_polled(judge, thread, &set);
        break;
    default:
        break;
    }
    bool socket = thread->kind == LW_WAIT_SOCKET_READ || thread->kind == LW_WAIT_SOCKET_WRITE ||
                  thread->kind == LW_WAIT_ACCEPT;
    return !socket || local;
}

/* What calls libc to call main: below it is nothing. */
static bool is_start(const struct judge *judge, const struct unwound *stack, size_t at) {
    if (at + 1 != stack->count || at == 0)
        return false;
    const char *name = unwinder_name(judge->unwinder, stack->frame[at], true).name;
    return name && strcmp(name, "_start") == 0;
}

/* The frames from the program's call on: what libc does below is not of interest, and not shown where the preload sees the call. */
static void put_stack(struct judge *judge, const struct unwound *stack, size_t first,
                      struct lw_snapshot_thread *thread) {
    uint64_t frames[UNWOUND_DEPTH];
    uint32_t count = 0;
    for (size_t i = first; i < stack->count && !is_start(judge, stack, i); i++)
        frames[count++] = stack->signal[i] ? LW_FRAME_SIGNAL + stack->signal[i] - 1 : stack->frame[i];
    thread->stack_count = count;
    thread->stack_first = snapshot_frames(judge->writer, frames, &thread->stack_count);
    if (first == 0)
        thread->flags |= LW_THREAD_EXACT;
    if (stack->end == UNWOUND_CUT)
        thread->flags |= LW_THREAD_CUT;
    else if (stack->end == UNWOUND_BROKEN)
        thread->flags |= LW_THREAD_BROKEN;
    if (stack->by_frame_pointer)
        thread->flags |= LW_THREAD_FRAME_POINTERS;
}

bool judge_wait(struct judge *judge, const struct target_thread *from, const struct unwound *stack,
                struct lw_snapshot_thread *thread) {
    const struct sleeping_call *call = sleeping_call_of(from->number, from->argument);
    size_t depth = 0;
    const struct known_call *known = calls_find(judge->unwinder, stack, judge->is_static, &depth);
    bool inside = true, futex = call && call->kind == LW_WAIT_FUTEX;
    thread->syscall_number = from->number;
    memcpy(thread->syscall_args, from->argument, sizeof thread->syscall_args);
    thread->kind = call ? call->kind : LW_WAIT_SYSCALL;
    if (known && (!call || (known->kind != LW_WAIT_NONE) != futex))
        known = NULL;
    if (call)
        put_timeout(judge, call, from->argument, thread);
    /* musl's objects are others, by the same names; guards are libstdc++'s */
    bool laid_out = known && (judge->is_glibc || known->kind == LW_WAIT_GUARD);
    /* Nothing has a name in a static program without symbols; a core that is cut has no stacks. */
    bool by_shape =
        judge->is_static || (!known && judge->is_glibc && calls_waits_for_mutex(judge->unwinder, stack));
    if (futex)
        judge_futex(judge, from, laid_out ? known : NULL, by_shape, thread);
    else if (call)
        inside = put_call(judge, from, call, thread);
    if (thread->kind == LW_WAIT_STREAM && thread->fd >= 0) {
        bool local;
        int fd = (int)thread->fd;
        put_fd(judge, thread, fd, &local);
    }
    if (known)
        thread->call = snapshot_string(judge->writer, known->call);
    else if (call)
        thread->call = snapshot_string(judge->writer, call->name);
    if (!known)
        thread->flags |= LW_THREAD_FROM_PROC;
    put_stack(judge, stack, known ? depth + 1 : 0, thread);
    thread->state = thread->flags & LW_THREAD_TIMED ? LW_STATE_WAITING : LW_STATE_BLOCKED;
    return inside && (lw_wait_traits(thread->kind) & W_INSIDE);
}

bool judge_is_same(const struct judge *judge, const struct lw_snapshot_thread *thread) {
    char bytes[OBJECT_BYTES];
    int32_t owner;
    size_t size = object_size(thread->kind);
    if (judge_futex_is_musl(judge, thread))
        return judge_futex_is_same(judge, thread);
    if (thread->kind == LW_WAIT_JOIN)
        return thread->owner != 0 &&
               target_has(judge->target, thread->object + judge->tid_at, &owner, sizeof owner) &&
               owner == thread->owner;
    if (thread->kind == LW_WAIT_STREAM)
        return judge_stream_owner(judge, thread->object) == thread->owner;
    if (size == 0 || !(lw_wait_traits(thread->kind) & W_OWNED))
        return true;
    if (!target_has(judge->target, thread->object, bytes, size))
        return false;
    struct object now = object_of(thread->kind, bytes, CONDITION_UNKNOWN);
    return now.owner == thread->owner && now.value[0] == thread->value[0] && now.value[1] == thread->value[1];
}
