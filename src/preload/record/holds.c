#include "holds.h"

#include <stddef.h>
#include <sys/uio.h>

#include "process.h"
#include "rt/sys.h"
#include "shared/libc_objects.h"
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

/* What a thread noted of a lock that it took, and the lock's own word for who has it. */
struct noted {
    uintptr_t lock, site;
    enum lw_hold_kind kind;
    uint32_t times;
    uintptr_t place; /* of the word */
    uint32_t word;
};
enum { NOTED_MAX = TAKEN_SLOTS + READING_SLOTS };

static void note(struct noted *noted, enum lw_hold_kind kind, uintptr_t lock, uintptr_t site,
                 uint32_t times) {
    static const size_t field[] = {
        [LW_HOLD_MUTEX] = offsetof(pthread_mutex_t, __data.__owner),
        [LW_HOLD_WRITE] = offsetof(pthread_rwlock_t, __data.__cur_writer),
        [LW_HOLD_READ] = offsetof(pthread_rwlock_t, __data.__readers),
        [LW_HOLD_ONCE] = 0, /* a guard's word */
    };
    *noted =
        (struct noted){.lock = lock, .site = site, .kind = kind, .times = times, .place = lock + field[kind]};
}

static unsigned notes_of(const struct thread *record, struct noted noted[NOTED_MAX]) {
    unsigned count = 0;
    for (unsigned i = 0; i < TAKEN_SLOTS; i++) {
        struct lock_taken taken = record->taken[i];
        enum lw_hold_kind kind = taken.lock & 1   ? LW_HOLD_WRITE
                                 : taken.lock & 2 ? LW_HOLD_ONCE
                                                  : LW_HOLD_MUTEX;
        if (taken.lock != 0)
            note(&noted[count++], kind, taken.lock & ~(uintptr_t)3, taken.site, 1);
    }
    for (unsigned i = 0; i < READING_SLOTS; i++) {
        struct lock_read reading = record->reading[i];
        if (reading.lock != 0)
            note(&noted[count++], LW_HOLD_READ, reading.lock, reading.site, reading.times);
    }
    return count;
}

static bool all_known(struct noted *noted, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        unsigned at = known_at(noted[i].place);
        if (known[at].place != noted[i].place || known[at].capture != capture)
            return false;
        noted[i].word = known[at].word;
    }
    return true;
}

/* The word of each, with as few system calls as memory that is no more allows; 0 of one that is not there. */
static void read_words(struct noted *noted, unsigned count) {
    if (all_known(noted, count))
        return;
    for (unsigned i = 0; i < count; i++)
        noted[i].word = 0;
    for (unsigned done = 0; done < count; done++) {
        struct iovec local[NOTED_MAX], remote[NOTED_MAX];
        unsigned parts = 0;
        for (unsigned i = done; i < count; i++, parts++) {
            local[parts] = (struct iovec){&noted[i].word, sizeof noted->word};
            remote[parts] = (struct iovec){(void *)noted[i].place, sizeof noted->word};
        }
        long bytes = sys_peek_parts(local, remote, parts);
        done += bytes > 0 ? (unsigned)bytes / sizeof noted->word : 0; /* and the one that could not be read */
    }
    for (unsigned i = 0; i < count; i++) {
        unsigned at = known_at(noted[i].place);
        known[at].place = noted[i].place;
        known[at].word = noted[i].word;
        known[at].capture = capture;
    }
}

/* Does a lock's word bear out that the thread has it, as far as it can? */
static bool is_held(const struct noted *noted, int32_t tid) {
    switch (noted->kind) {
    case LW_HOLD_READ:
        return noted->word >> RWLOCK_READER_SHIFT != 0;
    case LW_HOLD_ONCE:
        return guard_is_taken(noted->word);
    default:
        return noted->word == (uint32_t)tid;
    }
}

unsigned holds_put(struct snapshot_writer *writer, const struct thread *record, int32_t tid) {
    struct noted noted[NOTED_MAX];
    unsigned count = notes_of(record, noted), held = 0;
    read_words(noted, count);
    for (unsigned i = 0; i < count; i++) {
        if (!is_held(&noted[i], tid))
            continue;
        held++;
        if (writer)
            put(writer, tid, noted[i].kind, noted[i].lock, noted[i].site, noted[i].times);
    }
    return held;
}
