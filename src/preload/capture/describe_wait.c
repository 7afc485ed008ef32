#include "describe_wait.h"

#include <linux/futex.h>
#include <stddef.h>
#include <string.h>

#include "descriptor.h"
#include "libc_locks.h"
#include "mappings.h"
#include "object.h"
#include "polled.h"
#include "process.h"
#include "record/foreign.h"
#include "record/limits.h"
#include "rt/sys.h"
#include "rt/text.h"
#include "wait_check.h"

/* What one capture has found of descriptors: many threads may wait on the same. */
enum { DESCRIPTORS = 64 };
static struct {
    uint32_t capture, target;
    int fd;
    uint32_t wanted, kind;
    int64_t value[2];
    bool limited, foreign;
} descriptors[DESCRIPTORS];
static uint32_t capture = 1;

void describe_wait_forget(void) {
    capture++;
    mappings_forget();
}

static bool is_our_own(int fd) {
    return !foreign_might_be(fd) && (!foreign_is_possible() || descriptor_set_all(fd, is_our_own));
}

static void put_fd(struct snapshot_writer *writer, struct lw_snapshot_thread *thread, int fd) {
    size_t at = (unsigned)fd % DESCRIPTORS;
    thread->fd = fd;
    if (descriptors[at].capture != capture || descriptors[at].fd != fd ||
        descriptors[at].wanted != thread->kind) {
        char target[1400];
        struct text text = TEXT_IN(target);
        target[0] = '\0';
        descriptors[at].capture = capture;
        descriptors[at].fd = fd;
        descriptors[at].wanted = thread->kind;
        descriptors[at].value[0] = descriptors[at].value[1] = -1;
        if (thread->kind == LW_WAIT_EPOLL)
            descriptor_values(LW_WAIT_EPOLL, fd, descriptors[at].value);
        /* No other descriptor has a set in its fdinfo. */
        if (descriptors[at].value[0] > 0)
            text_put(&text, "anon_inode:[eventpoll]");
        else
            descriptor_target(fd, &text);
        descriptors[at].kind = descriptor_settle((enum lw_wait_kind)thread->kind, fd, target);
        descriptors[at].target = snapshot_string(writer, target);
        enum lw_wait_kind kind = (enum lw_wait_kind)descriptors[at].kind;
        descriptors[at].limited = (kind == LW_WAIT_SOCKET_READ || kind == LW_WAIT_SOCKET_WRITE) &&
                                  descriptor_is_limited(fd, kind == LW_WAIT_SOCKET_READ);
        descriptors[at].foreign = !is_our_own(fd);
        if (thread->kind != LW_WAIT_EPOLL)
            descriptor_values((enum lw_wait_kind)descriptors[at].kind, fd, descriptors[at].value);
    }
    thread->kind = descriptors[at].kind;
    thread->target = descriptors[at].target;
    for (int i = 0; i < 2; i++)
        if (descriptors[at].value[i] != -1)
            thread->value[i] = descriptors[at].value[i];
    if (descriptors[at].limited ||
        ((thread->kind == LW_WAIT_SOCKET_READ || thread->kind == LW_WAIT_SOCKET_WRITE) &&
         limit_was_set_since(thread->wait_started)))
        thread->flags |= LW_THREAD_LIMITED;
    if (descriptors[at].foreign)
        thread->flags |= LW_THREAD_FOREIGN;
}

/* known: what has been read of it; NULL: nothing. */
static void put_object(struct lw_snapshot_thread *thread, uintptr_t address, const struct object *known) {
    struct object object = known ? *known : object_read((enum lw_wait_kind)thread->kind, address);
    thread->object = address;
    thread->owner = object.owner;
    thread->flags |= object.flags;
    memcpy(thread->value, object.value, sizeof thread->value);
    /* A lock that was taken before a fork bears the number that its taker had then, and was copied unless it is shared. */
    if (object.owner != 0 && thread_was_initial(object.owner) && mapping_is_private(address))
        thread->owner = process.pid;
}

static void put_timeout(struct lw_snapshot_thread *thread, const struct waited_for *on) {
    thread->timeout_ns = wait_timeout(on, thread->wait_started);
    if (wait_is_timed(on))
        thread->flags |= LW_THREAD_TIMED;
}

static void put_fds(struct snapshot_writer *writer, struct lw_snapshot_thread *thread, int in, int out) {
    enum lw_wait_kind kind;
    int fd = descriptor_that_blocks(in, out, &kind);
    thread->kind = kind;
    put_fd(writer, thread, fd);
}

/* libc's own locks are private, and their words are 2 while somebody waits (nptl/lowlevellock.c). */
static bool put_libc_lock(struct snapshot_writer *writer, struct lw_snapshot_thread *thread,
                          const struct kernel_state *kernel) {
    enum { CONTENDED = 2 };
    struct libc_lock lock = {.kind = LW_WAIT_NONE};
    if ((kernel->argument[1] & FUTEX_PRIVATE_FLAG) && !(thread->flags & LW_THREAD_TIMED) &&
        (uint32_t)kernel->argument[2] == CONTENDED)
        lock = libc_lock_of(kernel->argument[0]);
    if (lock.kind == LW_WAIT_NONE)
        return false;
    thread->kind = lock.kind;
    put_object(thread, lock.object, NULL);
    if (lock.fd >= 0)
        put_fd(writer, thread, lock.fd);
    return true;
}

/* The kernel looks up the memory when the call is made. The caller's is made again when the handler returns, and nobody sleeps in it now;
 * others sleep on what was there when they came. */
static bool is_private_futex(const struct lw_snapshot_thread *thread, const struct kernel_state *kernel) {
    uintptr_t futex = kernel->argument[0];
    return (kernel->argument[1] & FUTEX_PRIVATE_FLAG) ||
           (thread->flags & LW_THREAD_CALLER ? mapping_is_private(futex) : mapping_has_private_futex(futex));
}

/* What a thread waits for that only the kernel saw: a word of memory. */
static void put_futex(struct snapshot_writer *writer, struct lw_snapshot_thread *thread,
                      const struct kernel_state *kernel) {
    uint32_t word;
    if (sleeping_call_compares(kernel->argument) && put_libc_lock(writer, thread, kernel))
        return;
    thread->object = kernel->argument[0];
    if (!is_private_futex(thread, kernel))
        thread->flags |= LW_THREAD_SHARED;
    if (!sleeping_call_compares(kernel->argument) ||
        sys_peek(thread->object, &word, sizeof word) != sizeof word)
        return;
    thread->value[0] = word;
    thread->value[1] = (uint32_t)kernel->argument[2];
}

/* Of descriptors that are waited for at once: the first few by name, and all by number, for who asks whether they are this
 * process's alone. */
static void put_polled(struct snapshot_writer *writer, struct lw_snapshot_thread *thread,
                       const struct polled *polled) {
    char target[1400];
    struct text text = TEXT_IN(target);
    target[0] = '\0';
    thread->value[0] = (int64_t)polled->count;
    if (polled->known == polled->count && polled->count > 0) {
        for (size_t i = 0; i < polled->known; i++) {
            text_put(&text, i ? " " : "");
            text_put_number(&text, polled->fd[i]);
        }
        thread->value[1] = snapshot_string(writer, target);
    }
    if (polled->count == 1 && polled->known == 1) {
        put_fd(writer, thread, polled->fd[0]);
        return;
    }
    for (size_t i = 0; i < polled->known; i++)
        if (!is_our_own(polled->fd[i]))
            thread->flags |= LW_THREAD_FOREIGN;
    size_t shown = polled->known < POLLED_SHOWN ? polled->known : POLLED_SHOWN;
    text = TEXT_IN(target);
    target[0] = '\0';
    descriptor_targets(polled->fd, shown, &text);
    if (polled->count > shown) {
        text_put(&text, " and ");
        text_put_number(&text, (int64_t)(polled->count - shown));
        text_put(&text, " more");
    }
    thread->target = snapshot_string(writer, target);
}

/* known: what has been read of the array, or NULL. */
static void put_array(struct snapshot_writer *writer, struct lw_snapshot_thread *thread,
                      const struct waited_for *on, const struct batched_waiter *known) {
    struct polled polled;
    size_t count = on->second;
    if (known && known->polled_count == count)
        polled_of_fds(known->polled, count, &polled);
    else if (!polled_of_array(on->object, count, &polled)) {
        thread->value[0] = (int64_t)count;
        return;
    }
    put_polled(writer, thread, &polled);
}

/* What the arguments of a system call tell, whether it was made through syscall() or where no wrapper sees.
 */
void describe_system_call(struct snapshot_writer *writer, struct lw_snapshot_thread *thread,
                          const struct kernel_state *kernel) {
    const struct sleeping_call *call = sleeping_call_of(kernel->number, kernel->argument);
    struct polled polled;
    thread->kind = LW_WAIT_SYSCALL;
    if (!call)
        return;
    thread->kind = call->kind;
    if (!thread->call)
        thread->call = snapshot_string(writer, call->name);
    struct waited_for on = wait_of_call(call, kernel->argument);
    put_timeout(thread, &on);
    switch (call->first) {
    case FIRST_FD:
        put_fd(writer, thread, (int)kernel->argument[0]);
        break;
    case FIRST_OF_FDS:
        put_fds(writer, thread, (int)kernel->argument[0],
                (int)kernel->argument[call->number == SYS_splice ? 2 : 1]);
        break;
    case FIRST_ADDRESS:
        put_futex(writer, thread, kernel);
        break;
    case FIRST_OTHER:
        if (polled_of_call(kernel, &polled))
            put_polled(writer, thread, &polled);
        break;
    }
}

/* A record of select does not have the sets; the kernel's word has, and the registers of the thread that took the signal. */
static void put_sets(struct snapshot_writer *writer, struct lw_snapshot_thread *thread, int count,
                     const struct kernel_state *kernel) {
    struct polled polled;
    if (count == 0)
        thread->value[0] = 0;
    else if (kernel->state == KERNEL_SLEEPS && (int)kernel->argument[0] == count &&
             polled_of_sets(kernel->argument + 1, count, &polled))
        put_polled(writer, thread, &polled);
}

void describe_recorded_wait(struct snapshot_writer *writer, struct lw_snapshot_thread *thread,
                            const struct observation *seen, struct clock_reading now) {
    const struct wait *wait = &seen->wait;
    thread->kind = wait->call->kind;
    thread->call = snapshot_string(writer, wait->call->name);
    thread->wait_started = clock_of_mark(wait->started, now);
    put_timeout(thread, &wait->on);
    switch (wait->call->object) {
    case OBJECT_FD:
        put_fd(writer, thread, (int)wait->on.object);
        break;
    case OBJECT_FDS:
        put_fds(writer, thread, (int)wait->on.object, (int)wait->on.second);
        break;
    case OBJECT_POLLFDS:
        put_array(writer, thread, &wait->on, seen->member);
        break;
    case OBJECT_SYSCALL:
        if (seen->kernel.state == KERNEL_SLEEPS)
            describe_system_call(writer, thread, &seen->kernel);
        else
            thread->syscall_number = (int64_t)wait->on.object;
        break;
    case OBJECT_HANDLE:
        thread->object = wait->on.object;
        if (wait->on.second != 0)
            sys_peek(wait->on.second + offsetof(struct thread, tid), &thread->owner, sizeof thread->owner);
        break;
    case OBJECT_ADDRESS:
        thread->second_object = wait->on.second;
        /* A waiter that was woken, or whose time is over, relocks its mutex inside pthread_cond_wait: then the futex is the
         * mutex's, and there is no deadline. */
        if (thread->kind == LW_WAIT_COND && !seen->member &&
            (seen->kernel.number == SYS_futex || seen->kernel.number < 0) && wait->on.second != 0 &&
            seen->kernel.argument[0] - wait->on.second < sizeof(pthread_mutex_t)) {
            thread->kind = LW_WAIT_MUTEX;
            thread->flags &= ~(uint32_t)LW_THREAD_TIMED;
            thread->timeout_ns = -1;
            put_object(thread, wait->on.second, NULL);
        } else {
            put_object(thread, wait->on.object, seen->object);
        }
        break;
    case OBJECT_NONE:
        if (thread->kind == LW_WAIT_SELECT)
            put_sets(writer, thread, (int)wait->on.second, &seen->kernel);
        break;
    }
}
