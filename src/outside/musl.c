#include "musl.h"

#include <linux/futex.h>
#include <stddef.h>

/* pthread_mutex_t. Those that tell who has them are linked, by the address of `next`, to what their owner has besides, and to its struct pthread
 * (src/thread/pthread_mutex_trylock.c). */
struct mutex {
    int32_t type;
    uint32_t lock;
    int32_t waiters, unused[2], count;
    uint64_t previous, next;
};

/* The beginning of struct pthread, since 1.2.0. All threads are linked in a ring. */
struct thread_block {
    uint64_t self, dtv, previous, next, other[2];
    int32_t tid, error, detach_state;
};
enum { PREVIOUS_AT = 16, NEXT_AT = 24, DETACH_STATE_AT = 56, OWNED_AT = 136, JOINABLE = 2 };
_Static_assert(offsetof(struct thread_block, detach_state) == DETACH_STATE_AT, "as musl has it");

static bool has_word(const struct target *target, uint64_t at, uint64_t wanted) {
    uint64_t word;
    return target_has(target, at, &word, sizeof word) && word == wanted;
}

static bool read_thread(const struct target *target, uint64_t at, struct thread_block *block) {
    return target_has(target, at, block, sizeof *block) && block->self == at &&
           has_word(target, block->next + PREVIOUS_AT, at) &&
           has_word(target, block->previous + NEXT_AT, at) && target_thread(target, block->tid);
}

/* Is the mutex with this link among those that the thread has? */
static bool is_owned_by(const struct target *target, uint64_t link, int32_t owner) {
    enum { MOST = 4096 };
    struct thread_block block;
    uint64_t previous;
    for (int i = 0; i < MOST; i++, link = previous) {
        if (!target_has(target, link - sizeof previous, &previous, sizeof previous) ||
            !has_word(target, previous, link))
            return false;
        if (read_thread(target, previous - OWNED_AT, &block))
            return block.tid == owner;
    }
    return false;
}

static bool is_mutex(const struct target *target, const uint64_t argument[6], struct musl_wait *wait) {
    enum { TYPE = 3, ROBUST = 4, INHERITS = 8, OWNER_DIED = 0x40000000, OWNER = 0x3fffffff };
    static const uint32_t WAITED_FOR = 0x80000000; /* no int, as a constant of an enumeration is */
    struct mutex mutex;
    uint64_t at = argument[0] - offsetof(struct mutex, lock);
    if (!target_has(target, at, &mutex, sizeof mutex) || mutex.type <= 0 ||
        mutex.type > (TYPE | ROBUST | INHERITS) || (mutex.type & TYPE) == TYPE ||
        !(mutex.lock & WAITED_FOR) || (mutex.lock & OWNER_DIED))
        return false;
    int command = (int)argument[1] & FUTEX_CMD_MASK;
    bool waits = mutex.type & INHERITS ? command == FUTEX_LOCK_PI
                                       : command == FUTEX_WAIT && (uint32_t)argument[2] == mutex.lock;
    *wait = (struct musl_wait){.kind = LW_WAIT_MUTEX,
                               .object = at,
                               .owner = (int32_t)(mutex.lock & OWNER),
                               .robust = mutex.type & ROBUST};
    return waits && is_owned_by(target, at + offsetof(struct mutex, next), wait->owner);
}

/* A thread that is joined says so when it ends (src/thread/pthread_join.c). */
static bool is_join(const struct target *target, const uint64_t argument[6], struct musl_wait *wait) {
    struct thread_block block;
    uint64_t at = argument[0] - DETACH_STATE_AT;
    if (((int)argument[1] & FUTEX_CMD_MASK) != FUTEX_WAIT || (uint32_t)argument[2] != JOINABLE ||
        !read_thread(target, at, &block) || block.detach_state != JOINABLE)
        return false;
    *wait = (struct musl_wait){.kind = LW_WAIT_JOIN, .object = at, .owner = block.tid};
    return true;
}

bool musl_wait_of(const struct target *target, const uint64_t argument[6], struct musl_wait *wait) {
    return (argument[1] & FUTEX_PRIVATE_FLAG) &&
           (is_mutex(target, argument, wait) || is_join(target, argument, wait));
}
