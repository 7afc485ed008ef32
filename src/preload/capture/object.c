#include "object.h"

#include <gnu/libc-version.h>
#include <pthread.h>
#include <semaphore.h>
#include <stddef.h>
#include <string.h>

#include "arch/libc.h"
#include "libc_locks.h"
#include "record/holds.h"
#include "rt/sys.h"
#include "rt/text.h"

/* nptl/pthreadP.h */
enum {
    MUTEX_ROBUST = 0x10,
    MUTEX_SHARED = 0x80,
    MUTEX_TYPE = 0x7f,
    COND_SHARED = 1,
    COND_SIGNAL = 2, /* what one signal adds to a group's count */
    ONCE_IN_PROGRESS = 1,
};

/* nptl/pthread_rwlock_common.c */
enum {
    RWLOCK_WRITE_PHASE = 1,
    RWLOCK_WRITE_LOCKED = 2,
    RWLOCK_READER_SHIFT = 3,
    RWLOCK_WRITERS = 0x7fffffff,
};

static struct object mutex(uintptr_t at) {
    struct object object = {.value = {-1, -1}};
    pthread_mutex_t seen;
    if (sys_peek(at, &seen, sizeof seen) != sizeof seen)
        return object;
    object.known = true;
    object.owner = seen.__data.__owner;
    object.unsatisfied = seen.__data.__lock != 0;
    object.flags = (seen.__data.__kind & MUTEX_SHARED ? LW_THREAD_SHARED : 0) |
                   (seen.__data.__kind & MUTEX_ROBUST ? LW_THREAD_ROBUST : 0);
    object.value[0] = seen.__data.__kind & MUTEX_TYPE;
    return object;
}

/* In a write phase readers that wait are counted too, and nobody holds it for reading. */
static struct object rwlock(uintptr_t at, bool reads) {
    struct object object = {.value = {-1, -1}};
    pthread_rwlock_t seen;
    if (sys_peek(at, &seen, sizeof seen) != sizeof seen)
        return object;
    unsigned readers = seen.__data.__readers;
    bool writing = readers & RWLOCK_WRITE_PHASE;
    object.known = true;
    object.owner = seen.__data.__cur_writer;
    object.flags = seen.__data.__shared ? LW_THREAD_SHARED : 0;
    object.value[0] = writing ? 0 : readers >> RWLOCK_READER_SHIFT;
    /* the first of those who want to write has let go of its place among __writers */
    object.value[1] = (int64_t)(seen.__data.__writers & RWLOCK_WRITERS) +
                      ((readers & RWLOCK_WRITE_LOCKED) && object.owner == 0);
    object.unsatisfied = object.owner != 0 || (reads ? object.value[1] > 0 : object.value[0] > 0);
    return object;
}

/* Until 2.40 a group's count of signals is 0 or 1 when none is on its way to a waiter
 * (nptl/pthread_cond_wait.c); since 2.41 it is something else. */
static bool cond_layout_is_known(void) {
    const char *version = gnu_get_libc_version();
    uint64_t major, minor;
    return text_number(&version, &major) && *version++ == '.' && text_number(&version, &minor) &&
           major == 2 && minor >= 25 && minor <= 40;
}

static struct object cond(uintptr_t at) {
    struct object object = {.value = {-1, -1}};
    pthread_cond_t seen;
    if (at == 0 || sys_peek(at, &seen, sizeof seen) != sizeof seen)
        return object;
    object.known = true;
    object.flags = seen.__data.__wrefs & COND_SHARED ? LW_THREAD_SHARED : 0;
    object.unsatisfied = cond_layout_is_known() && seen.__data.__g_signals[0] < COND_SIGNAL &&
                         seen.__data.__g_signals[1] < COND_SIGNAL;
    return object;
}

/* struct new_sem, nptl/semaphoreP.h, with 64-bit atomics. */
static struct object semaphore(uintptr_t at) {
    struct object object = {.value = {-1, -1}};
    struct {
        uint32_t value, waiters;
        int32_t shared, pad;
    } seen;
    if (sys_peek(at, &seen, sizeof seen) != sizeof seen)
        return object;
    object.known = true;
    object.flags = seen.shared ? LW_THREAD_SHARED : 0;
    object.value[0] = seen.value;
    object.value[1] = seen.waiters;
    object.unsatisfied = seen.value == 0;
    return object;
}

/* struct pthread_barrier, nptl/pthreadP.h. Whether a caller's round is over cannot be told. */
static struct object barrier(uintptr_t at) {
    struct object object = {.value = {-1, -1}};
    struct {
        uint32_t in, round, count;
        int32_t shared;
        uint32_t out;
    } seen;
    if (sys_peek(at, &seen, sizeof seen) != sizeof seen)
        return object;
    object.known = true;
    object.flags = seen.shared ? LW_THREAD_SHARED : 0;
    object.value[0] = seen.count;
    object.value[1] = (int64_t)(uint32_t)(seen.in - seen.round);
    return object;
}

static struct object once(uintptr_t at) {
    struct object object = {.value = {-1, -1}};
    int32_t seen;
    object.known = sys_peek(at, &seen, sizeof seen) == sizeof seen;
    object.unsatisfied = object.known && (seen & ONCE_IN_PROGRESS);
    return object;
}

static struct object guard(uintptr_t at) {
    struct object object = {.value = {-1, -1}};
    uint32_t seen;
    object.known = sys_peek(at, &seen, sizeof seen) == sizeof seen;
    object.unsatisfied = object.known && guard_is_taken(seen);
    return object;
}

static struct object spin(uintptr_t at) {
    struct object object = {.value = {-1, -1}};
    int32_t seen;
    uintptr_t site;
    object.known = sys_peek(at, &seen, sizeof seen) == sizeof seen;
    object.unsatisfied = object.known && seen != SPIN_FREE;
    object.owner = object.unsatisfied ? spin_taker(at, &site) : 0;
    return object;
}

static struct object stream(uintptr_t at) {
    struct stream_lock seen = stream_lock_read(at);
    return (struct object){
        .known = seen.known, .unsatisfied = seen.taken, .owner = seen.owner, .value = {-1, -1}};
}

struct object object_read(enum lw_wait_kind kind, uintptr_t address) {
    switch (kind) {
    case LW_WAIT_MUTEX:
    case LW_WAIT_LOADER:
        return mutex(address);
    case LW_WAIT_RWLOCK_READ:
    case LW_WAIT_RWLOCK_WRITE:
        return rwlock(address, kind == LW_WAIT_RWLOCK_READ);
    case LW_WAIT_COND:
        return cond(address);
    case LW_WAIT_SEMAPHORE:
        return semaphore(address);
    case LW_WAIT_BARRIER:
        return barrier(address);
    case LW_WAIT_ONCE:
        return once(address);
    case LW_WAIT_GUARD:
        return guard(address);
    case LW_WAIT_SPIN:
        return spin(address);
    case LW_WAIT_STREAM:
        return stream(address);
    default:
        return (struct object){.value = {-1, -1}};
    }
}
