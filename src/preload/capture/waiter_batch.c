#include "waiter_batch.h"

#include <linux/futex.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "interpose/dispositions.h"
#include "process.h"
#include "rt/clock.h"
#include "rt/memory.h"
#include "rt/own_descriptors.h"
#include "rt/sys.h"

/* Fewer threads are asked after one by one as fast. */
#ifndef BATCH_MIN
#define BATCH_MIN 32
#endif

enum { NONE, CANDIDATE, ASLEEP };
enum { NO_OBJECT = UINT32_MAX, OLD_NS = 50000000 };
enum { BATCH = 256, STACK_BYTES = 4096, WINDOW = BATCH_COPIES * STACK_BYTES };

struct batched_object {
    uintptr_t address; /* 0: the place in the table is free */
    enum lw_wait_kind kind;
    uint32_t waiters;
    bool asleep; /* all of them */
    struct object object;
};

static bool is_record_of(const struct wait *wait, const struct thread *record) {
    return call_is_known(wait->call) && wait->thread == record;
}

static bool is_eligible(const struct batched_waiter *member, const struct thread *record) {
    const struct wait *wait = &member->wait;
    if (!is_record_of(wait, record) || wait->call->object != OBJECT_ADDRESS || wait->on.object == 0)
        return false;
    switch (wait->call->kind) {
    case LW_WAIT_COND:
    case LW_WAIT_MUTEX:
    case LW_WAIT_SEMAPHORE:
        return true;
    default:
        return false;
    }
}

static bool waits_for_descriptor(const struct wait *wait, struct clock_reading now) {
    if (wait->call->object != OBJECT_FD && wait->call->object != OBJECT_POLLFDS)
        return false;
    uint64_t since = clock_of_mark(wait->started, now);
    return since < now.ns && now.ns - since >= OLD_NS;
}

/* Copies so many places of this process, one behind the other, into the batches's window. What cannot be read
 * is passed over. Calls done with where each that could, in full or in part, is. write(2) to a memfd answers
 * EFAULT as process_vm_readv(2) does, and costs a tenth: it pins no pages. */
static void read_many(struct waiter_batches *batches, struct iovec *places, size_t count,
                      void (*done)(void *, size_t, const char *, size_t), void *context) {
    for (size_t first = 0, at = 0; first < count;) {
        long copied = sys_call(SYS_pwritev, batches->scratch, places + first, count - first, at, 0);
        size_t left = copied > 0 ? (size_t)copied : 0;
        for (; first < count && left >= places[first].iov_len; first++) {
            done(context, first, batches->window + at, places[first].iov_len);
            at += places[first].iov_len;
            left -= places[first].iov_len;
        }
        if (first < count) {
            if (left > 0)
                done(context, first, batches->window + at, left);
            at += left;
            first++;
        }
    }
}

struct claims {
    struct waiter_batches *batches;
    const struct tasks *tasks;
    bool descriptors;
    struct clock_reading now;
    size_t task[BATCH];
};

static void on_claim(void *context, size_t index, const char *bytes, size_t size) {
    struct claims *claims = context;
    size_t task = claims->task[index];
    struct batched_waiter *member = &claims->batches->members[task];
    if (size != sizeof member->wait)
        return;
    memcpy(&member->wait, bytes, size);
    const struct task *of = &claims->tasks->task[task];
    if (is_eligible(member, of->record)) {
        member->state = CANDIDATE;
    } else if (claims->descriptors && is_record_of(&member->wait, of->record) &&
               waits_for_descriptor(&member->wait, claims->now)) {
        member->object = NO_OBJECT;
        member->cpu_ns = clock_of_thread(of->tid);
        member->state = member->cpu_ns != 0 ? CANDIDATE : NONE;
    }
}

static void read_records(struct waiter_batches *batches, const struct tasks *tasks, int caller,
                         bool descriptors) {
    struct claims claims = {
        .batches = batches, .tasks = tasks, .descriptors = descriptors, .now = clock_reading()};
    struct iovec places[BATCH];
    size_t count = 0;
    for (size_t i = 0; i < tasks->count; i++) {
        const struct thread *record = tasks->task[i].record;
        if (record && tasks->task[i].tid != caller && !tasks_has_exited(tasks, i)) {
            struct batched_waiter *member = &batches->members[i];
            member->moves = thread_moves(record);
            uintptr_t at = (uintptr_t)__atomic_load_n(&record->wait, __ATOMIC_ACQUIRE);
            if (at != 0) {
                places[count] = (struct iovec){(void *)at, sizeof member->wait};
                claims.task[count++] = i;
            }
        }
        if (count == BATCH || (i + 1 == tasks->count && count > 0)) {
            read_many(batches, places, count, on_claim, &claims);
            count = 0;
        }
    }
}

/* The place in the table of what a member waits for, taken or free; the table is never full. */
static struct batched_object *place_at(const struct waiter_batches *batches, uintptr_t address,
                                       enum lw_wait_kind kind) {
    size_t at = (size_t)((address >> 3) * 0x9e3779b97f4a7c15u >> 20) % batches->object_count;
    while (batches->objects[at].address != 0 &&
           (batches->objects[at].address != address || batches->objects[at].kind != kind))
        at = (at + 1) % batches->object_count;
    return &batches->objects[at];
}

static struct batched_object *place_of(const struct waiter_batches *batches,
                                       const struct batched_waiter *member) {
    return place_at(batches, member->wait.on.object, (enum lw_wait_kind)member->wait.call->kind);
}

static void on_polled(void *context, size_t index, const char *bytes, size_t size) {
    struct claims *claims = context;
    struct batched_waiter *member = &claims->batches->members[claims->task[index]];
    memcpy(member->polled, bytes, size);
    member->polled_count = (uint8_t)(size / sizeof *member->polled);
}

static void read_polled(struct waiter_batches *batches) {
    struct claims claims = {.batches = batches};
    struct iovec places[BATCH];
    size_t count = 0;
    for (size_t i = 0; i < batches->count; i++) {
        struct batched_waiter *member = &batches->members[i];
        if (member->state == CANDIDATE && member->object == NO_OBJECT &&
            member->wait.call->object == OBJECT_POLLFDS && member->wait.on.second > 0) {
            size_t shown = member->wait.on.second < POLLED_SHOWN ? member->wait.on.second : POLLED_SHOWN;
            places[count] = (struct iovec){(void *)member->wait.on.object, shown * sizeof *member->polled};
            claims.task[count++] = i;
        }
        if (count == BATCH || (i + 1 == batches->count && count > 0)) {
            read_many(batches, places, count, on_polled, &claims);
            count = 0;
        }
    }
}

static void count_waiters(struct waiter_batches *batches) {
    for (size_t i = 0; i < batches->count; i++) {
        struct batched_waiter *member = &batches->members[i];
        if (member->state != CANDIDATE || member->object == NO_OBJECT)
            continue;
        struct batched_object *of = place_of(batches, member);
        of->address = member->wait.on.object;
        of->kind = (enum lw_wait_kind)member->wait.call->kind;
        of->waiters++;
        member->object = (uint32_t)(of - batches->objects);
    }
}

/* How many threads sleep on a futex of this process; -1 if that cannot be had. */
static long sleepers(uintptr_t futex, uint32_t most) {
    enum { TRIES = 3 };
    for (int i = 0; i < TRIES; i++) {
        uint32_t value;
        if (sys_peek(futex, &value, sizeof value) != sizeof value)
            return -1;
        long count = sys_call(SYS_futex, futex, FUTEX_CMP_REQUEUE | FUTEX_PRIVATE_FLAG, 0, (long)most + 1,
                              futex, value);
        if (count != -EAGAIN)
            return count;
    }
    return -1;
}

/* The futexes that a waiter may sleep on (nptl/pthread_cond_wait.c, lowlevellock.h, sem_waitcommon.c). */
static bool all_asleep(const struct batched_object *of) {
    switch (of->kind) {
    case LW_WAIT_COND: {
        uintptr_t groups = of->address + condition_layouts[process.conditions].signals;
        long first = sleepers(groups, of->waiters), second = sleepers(groups + sizeof(uint32_t), of->waiters);
        return first >= 0 && second >= 0 && (uint64_t)(first + second) == of->waiters;
    }
    case LW_WAIT_MUTEX:
        return sleepers(of->address + offsetof(pthread_mutex_t, __data.__lock), of->waiters) ==
               (long)of->waiters;
    default:
        return sleepers(of->address, of->waiters) == (long)of->waiters;
    }
}

static void ask_of_objects(struct waiter_batches *batches) {
    for (size_t i = 0; i < batches->object_count; i++) {
        struct batched_object *of = &batches->objects[i];
        of->asleep = false;
        if (of->address == 0 || of->waiters == 0)
            continue;
        of->object = object_read(of->kind, of->address);
        of->asleep = of->object.known && !(of->object.flags & LW_THREAD_SHARED) && all_asleep(of);
    }
}

/* One that has come to an object meanwhile may have been counted in the place of one that was on its way out.
 */
static void doubt_newcomers(struct waiter_batches *batches, const struct tasks *tasks, int caller) {
    for (size_t i = 0; i < batches->count; i++) {
        const struct thread *record = tasks->task[i].record;
        if (!record || tasks->task[i].tid == caller || thread_moves(record) == batches->members[i].moves)
            continue;
        struct batched_waiter now = {0};
        uintptr_t at = (uintptr_t)__atomic_load_n(&record->wait, __ATOMIC_ACQUIRE);
        if (at != 0 && sys_peek(at, &now.wait, sizeof now.wait) == sizeof now.wait &&
            is_eligible(&now, record))
            place_of(batches, &now)->asleep = false;
    }
}

static bool has_stayed(const struct batched_waiter *member, const struct thread *record) {
    return thread_moves(record) == member->moves;
}

static void settle(struct waiter_batches *batches, const struct tasks *tasks) {
    for (size_t i = 0; i < batches->count; i++) {
        struct batched_waiter *member = &batches->members[i];
        if (member->state != CANDIDATE)
            continue;
        bool asleep = member->object == NO_OBJECT || batches->objects[member->object].asleep;
        member->state = asleep && has_stayed(member, tasks->task[i].record) ? ASLEEP : NONE;
    }
}

/* Not among the program's standard descriptors, should it have closed those; and not where it may write no
 * files of this size, which would be answered with SIGXFSZ. */
static bool open_window(struct waiter_batches *batches) {
    struct rlimit limit;
    if (sys_call(SYS_prlimit64, 0, RLIMIT_FSIZE, NULL, &limit) != 0 || limit.rlim_cur < WINDOW)
        return false;
    long fd = sys_call(SYS_memfd_create, OWN_MEMFD "window", MFD_CLOEXEC);
    if (fd < 3 || sys_call(SYS_ftruncate, fd, WINDOW) != 0) {
        if (fd >= 0)
            sys_call(SYS_close, fd);
        return false;
    }
    batches->scratch = (int)fd;
    long at = sys_call(SYS_mmap, NULL, WINDOW, PROT_READ, MAP_SHARED, fd, 0);
    batches->window = at > 0 ? (char *)at : NULL;
    batches->stack_bytes = STACK_BYTES;
    return batches->window;
}

struct waiter_batches waiter_batches_find(const struct tasks *tasks, int caller, bool descriptors) {
    struct waiter_batches batches = {.count = tasks->count, .caller = caller};
    /* What lies between the frames of a stack was never written to; valgrind would say so of pwritev. */
    if (tasks->count < BATCH_MIN || tasks->directory < 0 || process.emulated)
        return batches;
    batches.mapped = batches.count * sizeof *batches.members;
    batches.object_count = 2 * batches.count + 1;
    batches.objects_mapped = batches.object_count * sizeof *batches.objects;
    batches.members = memory_map(batches.mapped);
    batches.objects = memory_map(batches.objects_mapped);
    if (!batches.members || !batches.objects || !open_window(&batches)) {
        waiter_batches_drop(&batches);
        return batches;
    }
    read_records(&batches, tasks, caller, descriptors && !dispositions_could_interrupt());
    read_polled(&batches);
    count_waiters(&batches);
    ask_of_objects(&batches);
    doubt_newcomers(&batches, tasks, caller);
    settle(&batches, tasks);
    return batches;
}

void waiter_batches_again(struct waiter_batches *batches, const struct tasks *tasks) {
    if (!batches->members)
        return;
    for (size_t i = 0; i < batches->object_count; i++)
        batches->objects[i].waiters = 0;
    for (size_t i = 0; i < batches->count; i++) {
        const struct batched_waiter *member = &batches->members[i];
        if (member->state == ASLEEP && member->object != NO_OBJECT &&
            has_stayed(member, tasks->task[i].record))
            batches->objects[member->object].waiters++;
    }
    ask_of_objects(batches);
    doubt_newcomers(batches, tasks, batches->caller);
}

void batches_doubt_futex(struct waiter_batches *batches, uintptr_t futex) {
    const uintptr_t groups = condition_layouts[process.conditions].signals;
    if (!batches->members)
        return;
    place_at(batches, futex - offsetof(pthread_mutex_t, __data.__lock), LW_WAIT_MUTEX)->asleep = false;
    place_at(batches, futex, LW_WAIT_SEMAPHORE)->asleep = false;
    place_at(batches, futex - groups, LW_WAIT_COND)->asleep = false;
    place_at(batches, futex - groups - sizeof(uint32_t), LW_WAIT_COND)->asleep = false;
}

void waiter_batches_drop(struct waiter_batches *batches) {
    if (batches->members)
        memory_unmap(batches->members, batches->mapped);
    if (batches->objects)
        memory_unmap(batches->objects, batches->objects_mapped);
    if (batches->window)
        memory_unmap(batches->window, WINDOW);
    if (batches->scratch > 0)
        sys_call(SYS_close, batches->scratch);
    *batches = (struct waiter_batches){0};
}

const struct batched_waiter *batched_waiter(const struct waiter_batches *batches, size_t task) {
    return batches->members && task < batches->count && batches->members[task].state == ASLEEP
               ? &batches->members[task]
               : NULL;
}

const struct object *batched_object(const struct waiter_batches *batches,
                                    const struct batched_waiter *member) {
    const struct batched_object *of = member->object != NO_OBJECT ? &batches->objects[member->object] : NULL;
    return of && of->asleep ? &of->object : NULL;
}

static void on_stack(void *context, size_t index, const char *bytes, size_t size) {
    struct waiter_batches *batches = context;
    batches->copies[index].bytes = bytes;
    batches->copies[index].size = size;
}

/* Those of the next members are copied with it. */
const void *batched_stack(struct waiter_batches *batches, size_t task, size_t *size) {
    for (;;) {
        for (size_t i = batches->next_copy; i < batches->copied; i++) {
            if (batches->copies[i].task != task)
                continue;
            batches->next_copy = i + 1;
            *size = batches->copies[i].size;
            return batches->copies[i].bytes;
        }
        *size = 0;
        if (task < batches->until)
            return NULL;
        struct iovec places[BATCH_COPIES];
        size_t count = 0, next = task;
        for (; next < batches->count && count < BATCH_COPIES; next++) {
            if (!batched_waiter(batches, next))
                continue;
            places[count] =
                (struct iovec){(void *)batches->members[next].wait.registers.sp, batches->stack_bytes};
            batches->copies[count] = (struct batched_copy){.task = next};
            count++;
        }
        batches->copied = count;
        batches->next_copy = 0;
        batches->until = next;
        read_many(batches, places, count, on_stack, batches);
    }
}

void batched_stack_used(struct waiter_batches *batches, size_t bytes) {
    enum { LEAST = 512, STEP = 256 };
    size_t wanted = (bytes + STEP - 1) / STEP * STEP;
    batches->stack_bytes = wanted < LEAST ? LEAST : wanted > STACK_BYTES ? STACK_BYTES : wanted;
}
