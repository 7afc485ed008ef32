#include "libc_objects.h"

#include <pthread.h>
#include <string.h>

/* nptl/pthreadP.h */
enum {
    MUTEX_ROBUST = 0x10,
    MUTEX_SHARED = 0x80,
    MUTEX_TYPE = 0x7f,
    ONCE_IN_PROGRESS = 1,
};

/* nptl/pthread_rwlock_common.c */
enum {
    RWLOCK_WRITE_PHASE = 1,
    RWLOCK_WRITE_LOCKED = 2,
    RWLOCK_READER_SHIFT = 3,
    RWLOCK_WRITERS = 0x7fffffff,
};

/* struct new_sem, nptl/semaphoreP.h, with 64-bit atomics. */
struct semaphore {
    uint32_t value, waiters;
    int32_t shared, pad;
};

/* struct pthread_barrier, nptl/pthreadP.h. Whether a caller's round is over cannot be told. */
struct barrier {
    uint32_t in, round, count;
    int32_t shared;
    uint32_t out;
};

union bytes {
    pthread_mutex_t mutex;
    pthread_rwlock_t rwlock;
    pthread_cond_t cond;
    struct semaphore semaphore;
    struct barrier barrier;
    int32_t once;
    uint32_t guard;
};
_Static_assert(sizeof(union bytes) <= OBJECT_BYTES, "all that is decoded has room");

static void put_mutex(struct object *object, const pthread_mutex_t *seen) {
    object->owner = seen->__data.__owner;
    object->unsatisfied = seen->__data.__lock != 0;
    object->flags = (seen->__data.__kind & MUTEX_SHARED ? LW_THREAD_SHARED : 0) |
                    (seen->__data.__kind & MUTEX_ROBUST ? LW_THREAD_ROBUST : 0);
    object->value[0] = seen->__data.__kind & MUTEX_TYPE;
}

/* In a write phase readers that wait are counted too, and nobody holds it for reading. */
static void put_rwlock(struct object *object, const pthread_rwlock_t *seen, bool reads) {
    unsigned readers = seen->__data.__readers;
    bool writing = readers & RWLOCK_WRITE_PHASE;
    object->owner = seen->__data.__cur_writer;
    object->flags = seen->__data.__shared ? LW_THREAD_SHARED : 0;
    object->value[0] = writing ? 0 : readers >> RWLOCK_READER_SHIFT;
    /* the first of those who want to write has let go of its place among __writers */
    object->value[1] = (int64_t)(seen->__data.__writers & RWLOCK_WRITERS) +
                       ((readers & RWLOCK_WRITE_LOCKED) && object->owner == 0);
    object->unsatisfied = object->owner != 0 || (reads ? object->value[1] > 0 : object->value[0] > 0);
}

static void put_cond(struct object *object, const pthread_cond_t *seen, enum condition_form form) {
    object->known = form != CONDITION_UNKNOWN;
    if (!object->known)
        return;
    object->flags = condition_is_shared(form, seen) ? LW_THREAD_SHARED : 0;
    object->unsatisfied = condition_is_silent(form, seen);
}

static void put_semaphore(struct object *object, const struct semaphore *seen) {
    object->flags = seen->shared ? LW_THREAD_SHARED : 0;
    object->value[0] = seen->value;
    object->value[1] = seen->waiters;
    object->unsatisfied = seen->value == 0;
}

static void put_barrier(struct object *object, const struct barrier *seen) {
    object->flags = seen->shared ? LW_THREAD_SHARED : 0;
    object->value[0] = seen->count;
    object->value[1] = (int64_t)(uint32_t)(seen->in - seen->round);
}

size_t object_size(uint32_t kind) {
    switch (kind) {
    case LW_WAIT_MUTEX:
    case LW_WAIT_LOADER:
        return sizeof(pthread_mutex_t);
    case LW_WAIT_RWLOCK_READ:
    case LW_WAIT_RWLOCK_WRITE:
        return sizeof(pthread_rwlock_t);
    case LW_WAIT_COND:
        return sizeof(pthread_cond_t);
    case LW_WAIT_SEMAPHORE:
        return sizeof(struct semaphore);
    case LW_WAIT_BARRIER:
        return sizeof(struct barrier);
    case LW_WAIT_ONCE:
        return sizeof(int32_t);
    case LW_WAIT_GUARD:
        return sizeof(uint32_t);
    default:
        return 0;
    }
}

struct object object_of(uint32_t kind, const void *bytes, enum condition_form conditions) {
    struct object object = {.value = {-1, -1}};
    union bytes seen;
    size_t size = object_size(kind);
    memcpy(&seen, bytes, size);
    object.known = size != 0;
    switch (kind) {
    case LW_WAIT_MUTEX:
    case LW_WAIT_LOADER:
        put_mutex(&object, &seen.mutex);
        break;
    case LW_WAIT_RWLOCK_READ:
    case LW_WAIT_RWLOCK_WRITE:
        put_rwlock(&object, &seen.rwlock, kind == LW_WAIT_RWLOCK_READ);
        break;
    case LW_WAIT_COND:
        put_cond(&object, &seen.cond, conditions);
        break;
    case LW_WAIT_SEMAPHORE:
        put_semaphore(&object, &seen.semaphore);
        break;
    case LW_WAIT_BARRIER:
        put_barrier(&object, &seen.barrier);
        break;
    case LW_WAIT_ONCE:
        object.unsatisfied = seen.once & ONCE_IN_PROGRESS;
        break;
    case LW_WAIT_GUARD:
        object.unsatisfied = guard_is_taken(seen.guard);
        break;
    }
    return object;
}
