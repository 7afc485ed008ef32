#include "describe.h"

#include <stddef.h>
#include <string.h>

#include "claim.h"
#include "descriptor.h"
#include "kernel_word.h"
#include "options.h"
#include "process.h"
#include "sys.h"
#include "text.h"
#include "unwind.h"
#include "wait.h"

/* A window of another thread's stack, copied through the kernel; moved when a word outside is wanted. */
struct stack_window {
    struct stack_memory memory;
    uintptr_t start;
    size_t size;
    uintptr_t words[512];
};

static bool window_word(struct stack_memory *memory, uintptr_t address, uintptr_t *value) {
    struct stack_window *window = (struct stack_window *)memory;
    if (address - window->start >= window->size || window->size - (address - window->start) < sizeof *value) {
        window->start = address;
        window->size = sys_peek(address, window->words, sizeof window->words);
        if (window->size < sizeof *value)
            return false;
    }
    memcpy(value, (char *)window->words + (address - window->start), sizeof *value);
    return true;
}

/* Work space of a capture, one at a time: too large for a frame each. */
struct workspace {
    struct stack_window window;
    uintptr_t frames[UNWIND_DEPTH_MAX];
};

struct believed {
    bool waits;     /* the thread sleeps */
    bool by_record; /* and `wait` tells in what */
    struct wait wait;
    struct kernel_word word;
    uint64_t moves;
};

/* Reads record and kernel until both held still, a few times at most. */
static struct believed look(const struct tasks *tasks, const struct task *task) {
    struct believed seen = {0};
    const struct thread *record = task->record;
    for (int attempt = 0; attempt < 3; attempt++) {
        seen.moves = record ? __atomic_load_n(&record->moves, __ATOMIC_ACQUIRE) : 0;
        seen.word = kernel_ask(tasks->directory, task->tid);
        seen.by_record = record && claim_read(record, &seen.word, &seen.wait);
        if (!record || __atomic_load_n(&record->moves, __ATOMIC_ACQUIRE) == seen.moves)
            break;
        seen.by_record = false;
    }
    seen.waits = seen.by_record || seen.word.state == KERNEL_SLEEPS;
    return seen;
}

static void put_fd(struct snapshot_writer *writer, struct lw_snapshot_thread *thread, int fd) {
    char target[1400];
    struct text text = TEXT_IN(target);
    target[0] = '\0';
    thread->fd = fd;
    descriptor_target(fd, &text);
    thread->kind = descriptor_settle((enum lw_wait_kind)thread->kind, fd, target);
    thread->target = snapshot_string(writer, target);
}

static int32_t peek_owner(uintptr_t object, size_t offset) {
    int32_t owner;
    return sys_peek(object + offset, &owner, sizeof owner) == sizeof owner ? owner : 0;
}

/* Who holds it, from glibc's own fields (sysdeps/nptl/bits/struct_mutex.h, struct_rwlock.h). */
static int32_t owner_of(enum lw_wait_kind kind, uintptr_t object) {
    switch (kind) {
    case LW_WAIT_MUTEX:
        return peek_owner(object, offsetof(pthread_mutex_t, __data.__owner));
    case LW_WAIT_RWLOCK_READ:
    case LW_WAIT_RWLOCK_WRITE:
        return peek_owner(object, offsetof(pthread_rwlock_t, __data.__cur_writer));
    default:
        return 0;
    }
}

static void put_claim(struct snapshot_writer *writer, struct lw_snapshot_thread *thread,
                      const struct believed *seen) {
    const struct wait *wait = &seen->wait;
    thread->kind = wait->call->kind;
    thread->call = snapshot_string(writer, wait->call->name);
    thread->wait_started = wait_started(wait);
    thread->timeout_ns = claim_timeout(wait);
    if (claim_timed(wait))
        thread->flags |= LW_THREAD_TIMED;
    struct {
        int fd;
        short events, revents;
    } one;
    switch (wait->call->object) {
    case OBJECT_FD:
        put_fd(writer, thread, (int)wait->on.object);
        break;
    case OBJECT_POLLFDS:
        if (wait->on.second == 1 && sys_peek(wait->on.object, &one, sizeof one) == sizeof one)
            put_fd(writer, thread, one.fd);
        break;
    case OBJECT_HANDLE:
        thread->object = wait->on.object;
        if (wait->on.second != 0)
            thread->owner = peek_owner(wait->on.second, offsetof(struct thread, tid));
        break;
    case OBJECT_ADDRESS:
        thread->object = wait->on.object;
        thread->second_object = wait->on.second;
        /* A woken waiter relocks its mutex inside pthread_cond_wait: then the futex is the mutex's. */
        if (thread->kind == LW_WAIT_COND && seen->word.number == SYS_futex && wait->on.second != 0 &&
            seen->word.argument[0] - wait->on.second < sizeof(pthread_mutex_t)) {
            thread->kind = LW_WAIT_MUTEX;
            thread->object = wait->on.second;
        }
        thread->owner = owner_of((enum lw_wait_kind)thread->kind, thread->object);
        break;
    }
}

static void put_kernel_wait(struct snapshot_writer *writer, struct lw_snapshot_thread *thread,
                            const struct kernel_word *word) {
    struct kernel_wait wait = kernel_wait_of(word);
    thread->flags |= LW_THREAD_KERNEL_WORD;
    thread->kind = wait.kind;
    if (wait.call)
        thread->call = snapshot_string(writer, wait.call);
    if (wait.timed)
        thread->flags |= LW_THREAD_TIMED;
    if (wait.has_object)
        thread->object = word->argument[0];
    if (wait.has_fd)
        put_fd(writer, thread, (int)word->argument[0]);
}

static void put_stack(struct snapshot_writer *writer, struct lw_snapshot_thread *thread,
                      const struct believed *seen, struct workspace *space) {
    struct registers registers = {.sp = seen->word.sp, .pc = seen->word.pc};
    if (!process.stacks)
        return;
    if (seen->by_record)
        registers = seen->wait.registers;
    space->window.memory.word = window_word;
    space->window.start = registers.sp; /* nothing below it is asked for */
    space->window.size = sys_peek(registers.sp, space->window.words, sizeof space->window.words);
    size_t depth = (size_t)options.depth;
    size_t first = 0;
    /* What only the kernel saw begins at the place the system call was made from. */
    if (!seen->by_record)
        space->frames[first++] = registers.pc;
    struct unwound unwound =
        unwind(&registers, seen->by_record, &space->window.memory, space->frames + first, depth - first);
    thread->stack_count = (uint32_t)(first + unwound.count);
    thread->stack_first = snapshot_frames(writer, space->frames, &thread->stack_count);
    if (unwound.cut)
        thread->flags |= LW_THREAD_CUT;
    if (unwound.broken)
        thread->flags |= LW_THREAD_BROKEN;
}

static void put_record(struct snapshot_writer *writer, struct lw_snapshot_thread *thread,
                       const struct thread *record) {
    uint32_t flags = __atomic_load_n(&record->flags, __ATOMIC_ACQUIRE);
    thread->created = record->created;
    thread->ended = record->ended;
    thread->stack_size = record->stack_size;
    if (flags & THREAD_MAIN)
        thread->flags |= LW_THREAD_MAIN;
    if (flags & THREAD_ADOPTED)
        thread->flags |= LW_THREAD_UNSEEN;
    else if (flags & THREAD_DETACHED)
        thread->flags |= flags & THREAD_MAIN ? 0 : LW_THREAD_DETACHED;
    thread->creator_tid = record->creator_tid;
    if (record->creator_tid)
        thread->creator_name = snapshot_string(writer, record->creator_name);
    const struct stack *creation = record->creation;
    if (!creation)
        return;
    uint64_t frames[UNWIND_DEPTH_MAX];
    thread->creation_count = creation->count < UNWIND_DEPTH_MAX ? creation->count : UNWIND_DEPTH_MAX;
    for (uint32_t i = 0; i < thread->creation_count; i++)
        frames[i] = creation->frame[i];
    thread->creation_first = snapshot_frames(writer, frames, &thread->creation_count);
    if (creation->cut)
        thread->flags |= LW_THREAD_CREATION_CUT;
}

static void put_name(struct snapshot_writer *writer, struct lw_snapshot_thread *thread, int directory,
                     const struct thread *record) {
    char path[32], name[THREAD_NAME + 1];
    struct text text = TEXT_IN(path);
    path[0] = '\0';
    text_put_number(&text, thread->tid);
    text_put(&text, "/comm");
    /* Names are followed from creation on, by wrappers; a thread that was not seen to start must be asked. */
    bool followed = record && !(record->flags & (THREAD_ADOPTED | THREAD_MAIN));
    long length = directory < 0 || followed ? -1 : sys_read_file(directory, path, name, sizeof name);
    if (length > 0) {
        if (name[length - 1] == '\n')
            name[length - 1] = '\0';
        thread->name = snapshot_string(writer, name);
    } else if (record) {
        thread->name = snapshot_string(writer, record->name);
    }
}

/* CPU time of any thread of this process, by its tid (kernel: include/linux/posix-timers_types.h,
 * MAKE_THREAD_CPUCLOCK). */
static uint64_t cpu_time(int tid) {
    struct timespec used = {0};
    if (sys_call(SYS_clock_gettime, (clockid_t)((~(unsigned)tid << 3) | 6u), &used) != 0)
        return 0;
    return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

static void describe_live(struct snapshot_writer *writer, const struct tasks *tasks, size_t index, int caller,
                          struct workspace *space) {
    struct task task = tasks->task[index];
    struct lw_snapshot_thread *thread = snapshot_thread(writer);
    if (!thread)
        return;
    thread->tid = task.tid;
    thread->fd = -1;
    thread->timeout_ns = -1;
    thread->syscall_number = -1;
    if (task.tid == process.pid)
        thread->flags |= LW_THREAD_MAIN;
    struct believed seen = look(tasks, &task);
    if (seen.word.state == KERNEL_GONE) {
        snapshot_thread_withdraw(writer);
        return;
    }
    if (task.record)
        put_record(writer, thread, task.record);
    else
        thread->flags |= task.tid == process.pid ? 0 : LW_THREAD_UNSEEN;
    put_name(writer, thread, tasks->directory, task.record);
    thread->cpu_ns = cpu_time(task.tid);
    if (task.tid == caller) {
        /* What it does now is take this snapshot; what it did is in its record, if a signal interrupted a
         * wait. */
        thread->flags |= LW_THREAD_CALLER;
        struct kernel_word silent = {.state = KERNEL_SILENT, .number = -1};
        seen.by_record = task.record && claim_read(task.record, &silent, &seen.wait);
        seen.waits = seen.by_record;
        seen.word = silent;
    }
    if (!seen.waits) {
        thread->state = LW_STATE_RUNNING;
        return;
    }
    thread->syscall_number = seen.word.number;
    memcpy(thread->syscall_args, seen.word.argument, sizeof thread->syscall_args);
    if (seen.by_record)
        put_claim(writer, thread, &seen);
    else
        put_kernel_wait(writer, thread, &seen.word);
    thread->state = thread->flags & LW_THREAD_TIMED ? LW_STATE_WAITING : LW_STATE_BLOCKED;
    put_stack(writer, thread, &seen, space);
    /* It went on while its stack was copied: what was copied is no stack. */
    if (task.record && task.tid != caller &&
        __atomic_load_n(&task.record->moves, __ATOMIC_ACQUIRE) != seen.moves) {
        thread->state = LW_STATE_RUNNING;
        thread->kind = LW_WAIT_NONE;
        thread->stack_count = 0;
        thread->flags &=
            ~(uint32_t)(LW_THREAD_CUT | LW_THREAD_BROKEN | LW_THREAD_TIMED | LW_THREAD_KERNEL_WORD);
    }
}

static void describe_finished(struct snapshot_writer *writer, const struct thread *record) {
    struct lw_snapshot_thread *thread = snapshot_thread(writer);
    if (!thread)
        return;
    thread->tid = record->tid;
    thread->fd = -1;
    thread->timeout_ns = -1;
    thread->syscall_number = -1;
    thread->state = LW_STATE_FINISHED;
    thread->name = snapshot_string(writer, record->name);
    put_record(writer, thread, record);
}

/* A tid whose record is over may have been given to a thread that the shim never met: then the kernel finds
 * it asleep in something else than its end. */
static bool was_given_again(const struct tasks *tasks, size_t index) {
    struct kernel_word word = kernel_ask(tasks->directory, tasks->task[index].tid);
    return word.state == KERNEL_SLEEPS && word.number >= 0 && word.number != SYS_exit &&
           word.number != SYS_madvise && word.number != SYS_munmap && word.number != SYS_futex;
}

void describe_threads(struct snapshot_writer *writer, const struct tasks *tasks) {
    static struct workspace space; /* captures are one at a time (report.c) */
    int caller = (int)sys_call(SYS_gettid);
    for (size_t i = 0; i < tasks->count; i++)
        if (!tasks_is_over(tasks, i) || was_given_again(tasks, i))
            describe_live(writer, tasks, i, caller, &space);
    for (struct thread *record = thread_first(); record; record = record->next) {
        uint32_t flags = __atomic_load_n(&record->flags, __ATOMIC_ACQUIRE);
        if ((flags & THREAD_ENDED) && !(flags & (THREAD_DETACHED | THREAD_JOINED | THREAD_MAIN)))
            describe_finished(writer, record);
    }
}

struct sleep describe_sleep(const struct tasks *tasks, size_t index) {
    struct believed seen = look(tasks, &tasks->task[index]);
    struct sleep sleep = {.alive = seen.word.state != KERNEL_GONE, .moves = seen.moves};
    if (!seen.waits)
        return sleep;
    if (seen.by_record) {
        sleep.untimed = !claim_timed(&seen.wait);
    } else {
        struct kernel_wait wait = kernel_wait_of(&seen.word);
        sleep.untimed = !wait.timed && seen.word.number >= 0;
        sleep.moves += (uint64_t)seen.word.number + seen.word.sp;
    }
    return sleep;
}
