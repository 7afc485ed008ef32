#include "herd.h"

#include <linux/futex.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "memory.h"
#include "own_descriptors.h"
#include "process.h"
#include "sys.h"

/* Fewer threads are asked after one by one as fast. */
#ifndef HERD_MIN
#define HERD_MIN 32
#endif

enum { NONE, CANDIDATE, ASLEEP };
enum { BATCH = 256, STACK_BYTES = 4096, WINDOW = HERD_COPIES * STACK_BYTES };

struct herd_object {
    uintptr_t address; /* 0: the place in the table is free */
    enum lw_wait_kind kind;
    uint32_t waiters;
    bool asleep; /* all of them */
    struct object object;
};

static bool is_eligible(const struct herd_member *member, const struct thread *record) {
    const struct wait *wait = &member->wait;
    if (!call_is_known(wait->call) || wait->thread != record || wait->call->object != OBJECT_ADDRESS ||
        wait->on.object == 0)
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

/* Copies so many places of this process, one behind the other, into the herd's window. What cannot be read is
 * passed over. Calls done with where each that could, in full or in part, is. write(2) to a memfd answers
 * EFAULT as process_vm_readv(2) does, and costs a tenth: it pins no pages. */
static void read_many(struct herd *herd, struct iovec *places, size_t count,
                      void (*done)(void *, size_t, const char *, size_t), void *context) {
    for (size_t first = 0, at = 0; first < count;) {
        long copied = sys_call(SYS_pwritev, herd->scratch, places + first, count - first, at, 0);
        size_t left = copied > 0 ? (size_t)copied : 0;
        for (; first < count && left >= places[first].iov_len; first++) {
            done(context, first, herd->window + at, places[first].iov_len);
            at += places[first].iov_len;
            left -= places[first].iov_len;
        }
        if (first < count) {
            if (left > 0)
                done(context, first, herd->window + at, left);
            at += left;
            first++;
        }
    }
}

struct claims {
    struct herd *herd;
    const struct tasks *tasks;
    size_t task[BATCH];
};

static void on_claim(void *context, size_t index, const char *bytes, size_t size) {
    struct claims *claims = context;
    size_t task = claims->task[index];
    struct herd_member *member = &claims->herd->members[task];
    if (size != sizeof member->wait)
        return;
    memcpy(&member->wait, bytes, size);
    if (is_eligible(member, claims->tasks->task[task].record))
        member->state = CANDIDATE;
}

static void read_claims(struct herd *herd, const struct tasks *tasks, int caller) {
    struct claims claims = {.herd = herd, .tasks = tasks};
    struct iovec places[BATCH];
    size_t count = 0;
    for (size_t i = 0; i < tasks->count; i++) {
        const struct thread *record = tasks->task[i].record;
        if (record && tasks->task[i].tid != caller && !tasks_is_over(tasks, i)) {
            struct herd_member *member = &herd->members[i];
            member->moves = __atomic_load_n(&record->moves, __ATOMIC_ACQUIRE);
            uintptr_t at = (uintptr_t)__atomic_load_n(&record->wait, __ATOMIC_ACQUIRE);
            if (at != 0) {
                places[count] = (struct iovec){(void *)at, sizeof member->wait};
                claims.task[count++] = i;
            }
        }
        if (count == BATCH || (i + 1 == tasks->count && count > 0)) {
            read_many(herd, places, count, on_claim, &claims);
            count = 0;
        }
    }
}

/* The place in the table of what a member waits for, taken or free; the table is never full. */
static struct herd_object *place_of(const struct herd *herd, const struct herd_member *member) {
    uintptr_t address = member->wait.on.object;
    enum lw_wait_kind kind = (enum lw_wait_kind)member->wait.call->kind;
    size_t at = (size_t)((address >> 3) * 0x9e3779b97f4a7c15u >> 20) % herd->object_count;
    while (herd->objects[at].address != 0 &&
           (herd->objects[at].address != address || herd->objects[at].kind != kind))
        at = (at + 1) % herd->object_count;
    return &herd->objects[at];
}

static void count_waiters(struct herd *herd) {
    for (size_t i = 0; i < herd->count; i++) {
        struct herd_member *member = &herd->members[i];
        if (member->state != CANDIDATE)
            continue;
        struct herd_object *of = place_of(herd, member);
        of->address = member->wait.on.object;
        of->kind = (enum lw_wait_kind)member->wait.call->kind;
        of->waiters++;
        member->object = (uint32_t)(of - herd->objects);
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
static bool all_asleep(const struct herd_object *of) {
#ifdef PLANTED_NO_HERD_COUNT
    return true;
#endif
    switch (of->kind) {
    case LW_WAIT_COND: {
        uintptr_t groups = of->address + offsetof(pthread_cond_t, __data.__g_signals);
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

static void ask_of_objects(struct herd *herd) {
    for (size_t i = 0; i < herd->object_count; i++) {
        struct herd_object *of = &herd->objects[i];
        if (of->address == 0)
            continue;
        of->object = object_read(of->kind, of->address);
        of->asleep = of->object.known && !(of->object.flags & LW_THREAD_SHARED) && all_asleep(of);
    }
}

/* One that has come to an object meanwhile may have been counted in the place of one that was on its way out.
 */
static void doubt_newcomers(struct herd *herd, const struct tasks *tasks, int caller) {
    for (size_t i = 0; i < herd->count; i++) {
        const struct thread *record = tasks->task[i].record;
        if (!record || tasks->task[i].tid == caller ||
            __atomic_load_n(&record->moves, __ATOMIC_ACQUIRE) == herd->members[i].moves)
            continue;
        struct herd_member now = {0};
        uintptr_t at = (uintptr_t)__atomic_load_n(&record->wait, __ATOMIC_ACQUIRE);
        if (at != 0 && sys_peek(at, &now.wait, sizeof now.wait) == sizeof now.wait &&
            is_eligible(&now, record))
            place_of(herd, &now)->asleep = false;
    }
}

static void settle(struct herd *herd, const struct tasks *tasks) {
    for (size_t i = 0; i < herd->count; i++) {
        struct herd_member *member = &herd->members[i];
        if (member->state != CANDIDATE)
            continue;
        const struct thread *record = tasks->task[i].record;
        bool stayed = __atomic_load_n(&record->moves, __ATOMIC_ACQUIRE) == member->moves;
        member->state = stayed && herd->objects[member->object].asleep ? ASLEEP : NONE;
    }
}

/* Not among the program's standard descriptors, should it have closed those; and not where it may write no
 * files of this size, which would be answered with SIGXFSZ. */
static bool open_window(struct herd *herd) {
    struct rlimit limit;
    if (sys_call(SYS_prlimit64, 0, RLIMIT_FSIZE, NULL, &limit) != 0 || limit.rlim_cur < WINDOW)
        return false;
    long fd = sys_call(SYS_memfd_create, OWN_MEMFD "window", MFD_CLOEXEC);
    if (fd < 3 || sys_call(SYS_ftruncate, fd, WINDOW) != 0) {
        if (fd >= 0)
            sys_call(SYS_close, fd);
        return false;
    }
    herd->scratch = (int)fd;
    long at = sys_call(SYS_mmap, NULL, WINDOW, PROT_READ, MAP_SHARED, fd, 0);
    herd->window = at > 0 ? (char *)at : NULL;
    herd->stack_bytes = STACK_BYTES;
    return herd->window;
}

struct herd herd_look(const struct tasks *tasks, int caller) {
    struct herd herd = {.count = tasks->count};
    /* What lies between the frames of a stack was never written to; valgrind would say so of pwritev. */
    if (tasks->count < HERD_MIN || tasks->directory < 0 || process.emulated)
        return herd;
    herd.mapped = herd.count * sizeof *herd.members;
    herd.object_count = 2 * herd.count + 1;
    herd.objects_mapped = herd.object_count * sizeof *herd.objects;
    herd.members = memory_map(herd.mapped);
    herd.objects = memory_map(herd.objects_mapped);
    if (!herd.members || !herd.objects || !open_window(&herd)) {
        herd_drop(&herd);
        return herd;
    }
    read_claims(&herd, tasks, caller);
    count_waiters(&herd);
    ask_of_objects(&herd);
    doubt_newcomers(&herd, tasks, caller);
    settle(&herd, tasks);
    return herd;
}

void herd_drop(struct herd *herd) {
    if (herd->members)
        memory_unmap(herd->members, herd->mapped);
    if (herd->objects)
        memory_unmap(herd->objects, herd->objects_mapped);
    if (herd->window)
        memory_unmap(herd->window, WINDOW);
    if (herd->scratch > 0)
        sys_call(SYS_close, herd->scratch);
    *herd = (struct herd){0};
}

const struct herd_member *herd_member(const struct herd *herd, size_t task) {
    return herd->members && task < herd->count && herd->members[task].state == ASLEEP ? &herd->members[task]
                                                                                      : NULL;
}

const struct object *herd_object(const struct herd *herd, const struct herd_member *member) {
    return &herd->objects[member->object].object;
}

static void on_stack(void *context, size_t index, const char *bytes, size_t size) {
    struct herd *herd = context;
    herd->copies[index].bytes = bytes;
    herd->copies[index].size = size;
}

/* Those of the next members are copied with it. */
const void *herd_stack(struct herd *herd, size_t task, size_t *size) {
    for (;;) {
        for (size_t i = herd->next_copy; i < herd->copied; i++) {
            if (herd->copies[i].task != task)
                continue;
            herd->next_copy = i + 1;
            *size = herd->copies[i].size;
            return herd->copies[i].bytes;
        }
        *size = 0;
        if (task < herd->until)
            return NULL;
        struct iovec places[HERD_COPIES];
        size_t count = 0, next = task;
        for (; next < herd->count && count < HERD_COPIES; next++) {
            if (!herd_member(herd, next))
                continue;
            places[count] = (struct iovec){(void *)herd->members[next].wait.registers.sp, herd->stack_bytes};
            herd->copies[count] = (struct herd_copy){.task = next};
            count++;
        }
        herd->copied = count;
        herd->next_copy = 0;
        herd->until = next;
        read_many(herd, places, count, on_stack, herd);
    }
}

void herd_stack_used(struct herd *herd, size_t bytes) {
    enum { LEAST = 512, STEP = 256 };
    size_t wanted = (bytes + STEP - 1) / STEP * STEP;
    herd->stack_bytes = wanted < LEAST ? LEAST : wanted > STACK_BYTES ? STACK_BYTES : wanted;
}
