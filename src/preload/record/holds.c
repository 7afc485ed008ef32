#include "holds.h"

#include <stddef.h>
#include <sys/uio.h>

#include "process.h"
#include "rt/sys.h"
#include "shared/snapshot_writer.h"

enum {
    SPINS = 256,
    RWLOCK_READER_SHIFT = 3, /* the reader count in __readers (nptl/pthread_rwlock_common.c) */
};

static struct spin {
    uintptr_t lock, site;
    int32_t tid;
} spins[SPINS];

static struct spin *spin_slot(uintptr_t lock) {
    return &spins[(lock * 0x9e3779b97f4a7c15u) >> 56];
}

void hold_reads(const void *lock, const void *site) {
    struct thread *self = thread_self();
    if (!self)
        return;
    struct lock_read *empty = NULL;
    for (unsigned i = 0; i < READING_SLOTS; i++) {
        struct lock_read *reading = &self->reading[i];
        if (reading->lock == (uintptr_t)lock) {
            reading->times++;
            return;
        }
        if (reading->lock == 0)
            empty = reading;
    }
    if (empty)
        *empty = (struct lock_read){.lock = (uintptr_t)lock, .site = (uintptr_t)site, .times = 1};
}

void hold_leaves(const pthread_rwlock_t *lock) {
    struct thread *self = thread_current;
    for (unsigned i = 0; self && i < READING_SLOTS; i++) {
        struct lock_read *reading = &self->reading[i];
        if (reading->lock != (uintptr_t)lock || lock->__data.__cur_writer == self->tid)
            continue;
        if (--reading->times == 0)
            reading->lock = 0;
    }
}

void hold_spins(const volatile int *lock, const void *site) {
    struct thread *self = thread_self();
    struct spin *spin = spin_slot((uintptr_t)lock);
    /* The lock is held: nobody else writes here for this lock until it is left. */
    spin->lock = (uintptr_t)lock;
    spin->site = (uintptr_t)site;
    spin->tid = self ? self->tid : 0;
}

int32_t spin_taker(uintptr_t lock, uintptr_t *site) {
    const struct spin *spin = spin_slot(lock);
    if (__atomic_load_n(&spin->lock, __ATOMIC_ACQUIRE) != lock)
        return 0;
    *site = spin->site;
    return spin->tid;
}

static void put(struct snapshot_writer *writer, int32_t tid, enum lw_hold_kind kind, uintptr_t lock,
                uintptr_t site, uint32_t times) {
    struct lw_snapshot_hold *hold = snapshot_hold(writer);
    if (!hold)
        return;
    hold->lock = lock;
    hold->tid = tid;
    hold->kind = kind;
    hold->times = times;
    hold->site = snapshot_frame(writer, site, &hold->site_count);
}

/* Words of locks that this capture has read: ten thousand threads may have taken the same one last. */
enum { KNOWN = 256 };
static struct {
    uintptr_t place;
    uint32_t word, capture;
} known[KNOWN];
static uint32_t capture = 1;

void holds_forget(void) {
    capture++;
}

static unsigned known_at(uintptr_t place) {
    return (unsigned)((place >> 2) % KNOWN);
}

/* One word each of several places, with as few system calls as memory that is no more allows. */
static void read_words(const uintptr_t *places, unsigned count, uint32_t *words) {
    unsigned same = 0;
    for (; same < count; same++) {
        unsigned at = known_at(places[same]);
        if (known[at].place != places[same] || known[at].capture != capture)
            break;
        words[same] = known[at].word;
    }
    if (same == count)
        return;
    for (unsigned done = 0; done < count; done++) {
        struct iovec local[TAKEN_SLOTS + READING_SLOTS], remote[TAKEN_SLOTS + READING_SLOTS];
        unsigned parts = 0;
        for (unsigned i = done; i < count; i++, parts++) {
            local[parts] = (struct iovec){&words[i], sizeof *words};
            remote[parts] = (struct iovec){(void *)places[i], sizeof *words};
        }
        long bytes = sys_call(SYS_process_vm_readv, process.pid, local, parts, remote, parts, 0);
        done += bytes > 0 ? (unsigned)bytes / sizeof *words : 0; /* and the one that could not be read */
    }
    for (unsigned i = 0; i < count; i++) {
        unsigned at = known_at(places[i]);
        known[at].place = places[i];
        known[at].word = words[i];
        known[at].capture = capture;
    }
}

/* Does a lock's word bear out that the thread has it, as far as it can? */
static bool is_held(enum lw_hold_kind kind, uint32_t word, int32_t tid) {
    switch (kind) {
    case LW_HOLD_READ:
        return word >> RWLOCK_READER_SHIFT != 0;
    case LW_HOLD_ONCE:
        return guard_is_taken(word);
    default:
        return word == (uint32_t)tid;
    }
}

unsigned holds_put(struct snapshot_writer *writer, const struct thread *record, int32_t tid) {
    enum { ALL = TAKEN_SLOTS + READING_SLOTS };
    static const size_t field[] = {
        [LW_HOLD_MUTEX] = offsetof(pthread_mutex_t, __data.__owner),
        [LW_HOLD_WRITE] = offsetof(pthread_rwlock_t, __data.__cur_writer),
        [LW_HOLD_READ] = offsetof(pthread_rwlock_t, __data.__readers),
        [LW_HOLD_ONCE] = 0, /* a guard's word */
    };
    uintptr_t locks[ALL], sites[ALL], places[ALL];
    uint32_t times[ALL];
    enum lw_hold_kind kinds[ALL];
    uint32_t words[ALL] = {0};
    unsigned count = 0;
    for (unsigned i = 0; i < ALL; i++) {
        bool reads = i >= TAKEN_SLOTS;
        uintptr_t lock = reads ? record->reading[i - TAKEN_SLOTS].lock : record->taken[i].lock;
        if (lock == 0)
            continue;
        kinds[count] = reads      ? LW_HOLD_READ
                       : lock & 1 ? LW_HOLD_WRITE
                       : lock & 2 ? LW_HOLD_ONCE
                                  : LW_HOLD_MUTEX;
        locks[count] = lock & ~(uintptr_t)3;
        sites[count] = reads ? record->reading[i - TAKEN_SLOTS].site : record->taken[i].site;
        times[count] = reads ? record->reading[i - TAKEN_SLOTS].times : 1;
        places[count] = locks[count] + field[kinds[count]];
        count++;
    }
    read_words(places, count, words);
    unsigned held = 0;
    for (unsigned i = 0; i < count; i++) {
        if (!is_held(kinds[i], words[i], tid))
            continue;
        held++;
        if (writer)
            put(writer, tid, kinds[i], locks[i], sites[i], times[i]);
    }
    return held;
}
