#include "judge_futex.h"

#include <linux/futex.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "live.h"
#include "musl.h"
#include "own_words.h"
#include "shared/older_headers.h"
#include "shared/sleeping_calls.h"

enum {
    CONTENDED = 2,        /* nptl/lowlevellock.c: somebody waits */
    ONCE_IN_PROGRESS = 1, /* nptl/pthreadP.h; a count of forks is above */
    ONCE_STATE = 3,
};

static bool has_private_flag(const uint64_t argument[6]) {
    return argument[1] & FUTEX_PRIVATE_FLAG;
}

static int command(const uint64_t argument[6]) {
    return (int)argument[1] & FUTEX_CMD_MASK;
}

/* Locks of libc's are waited for so; conditions and others with FUTEX_WAIT_BITSET (sysdeps/nptl/futex-internal.c). */
static bool waits_for_lock(const uint64_t argument[6]) {
    return (command(argument) == FUTEX_WAIT && (uint32_t)argument[2] == CONTENDED) ||
           command(argument) == FUTEX_LOCK_PI || command(argument) == FUTEX_LOCK_PI2;
}

/* A condition's form, by who sleeps on one of its two words: in the COUNTED form such a thread waits for that to change from 0, and its group, the counts of which
 * are where the PLAIN form has the start of the first group, has a reference of its (nptl/pthread_cond_wait.c). Where it still looks so, an
 * updated 2.38 to 2.40 is taken for what it was: that makes the address wrong by a word, and nothing else. */
static enum condition_form condition_form(const struct judge *judge, uint64_t futex, uint32_t expected) {
    enum { ALWAYS_PLAIN_SINCE = 41, COUNTS = 24 };
    uint32_t references;
    uint64_t counts = (futex & ~7ull) - COUNTS + (futex & sizeof references);
    bool plain = unwinder_glibc_minor(judge->unwinder) >= ALWAYS_PLAIN_SINCE || expected != 0 ||
                 !target_has(judge->target, counts, &references, sizeof references) || references == 0;
    return plain ? CONDITION_PLAIN : CONDITION_COUNTED;
}

/* Of its words, those that say who writes are 3 at most while they are waited on; the one with the count of readers has its third bit set
 * then (nptl/pthread_rwlock_common.c, PTHREAD_RWLOCK_RWAITING). */
static uint64_t rwlock_of(uint64_t futex, uint32_t expected) {
    if (expected > 3)
        return futex - offsetof(pthread_rwlock_t, __data.__readers);
    return futex % 8 == 0 ? futex - offsetof(pthread_rwlock_t, __data.__wrphase_futex)
                          : futex - offsetof(pthread_rwlock_t, __data.__writers_futex);
}

static void put_of(const struct judge *judge, enum lw_wait_kind kind, enum condition_form form, uint64_t at,
                   struct lw_snapshot_thread *thread) {
    char bytes[OBJECT_BYTES];
    size_t size = object_size(kind);
    thread->kind = kind;
    thread->object = at;
    if (size == 0 || !target_has(judge->target, at, bytes, size))
        return;
    struct object object = object_of(kind, bytes, form);
    thread->owner = object.owner > 0 ? object.owner : 0;
    thread->flags |= object.flags;
    memcpy(thread->value, object.value, sizeof thread->value);
}

static void put_object(const struct judge *judge, enum lw_wait_kind kind, uint64_t at,
                       struct lw_snapshot_thread *thread) {
    put_of(judge, kind, CONDITION_UNKNOWN, at, thread);
}

static void put_condition(const struct judge *judge, uint64_t futex, uint32_t expected,
                          struct lw_snapshot_thread *thread) {
    enum condition_form form = condition_form(judge, futex, expected);
    put_of(judge, LW_WAIT_COND, form, (futex & ~7ull) - condition_layouts[form].signals, thread);
}

/* A thread's block begins with its own address, which stands there twice (sysdeps/x86_64/nptl/tls.h, tcbhead_t). */
static bool is_block(const struct judge *judge, uint64_t at) {
    uint64_t words[3];
    return target_has(judge->target, at, words, sizeof words) && words[0] == at && words[2] == at;
}

/* Since glibc 2.43 a join waits for the thread's state, which lies further behind (nptl/descr.h, joinstate). 0: in no block. */
static uint64_t block_around(const struct judge *judge, uint64_t futex) {
    enum { ALIGNMENT = 64, MOST = 4096 };
    uint64_t first = futex & ~(uint64_t)(ALIGNMENT - 1);
    for (uint64_t at = first; at != 0 && first - at < MOST; at -= ALIGNMENT)
        if (is_block(judge, at))
            return at;
    return 0;
}

/* The kernel clears the number of a thread that has ended, and wakes who waits for that (set_tid_address(2)). What a join waits for to change is
 * that number, or the state, which may be the same as some thread's number: so it is looked up in the block. */
static bool put_join(const struct judge *judge, uint64_t block, struct lw_snapshot_thread *thread) {
    int32_t joined;
    if (block == 0 || !target_has(judge->target, block + judge->tid_at, &joined, sizeof joined) ||
        !target_thread(judge->target, joined))
        return false;
    thread->kind = LW_WAIT_JOIN;
    thread->object = block;
    thread->owner = joined;
    return true;
}

/* By the number itself, in a block, and not private. Joins wait with a mask of bits since glibc 2.34, and before without one, if they have no deadline. */
static bool looks_like_join(const struct judge *judge, const struct target_thread *from) {
    int how = command(from->argument);
    int32_t number;
    return !has_private_flag(from->argument) && (how == FUTEX_WAIT_BITSET || how == FUTEX_WAIT) &&
           is_block(judge, from->argument[0] - judge->tid_at) &&
           target_has(judge->target, from->argument[0], &number, sizeof number) &&
           number == (int32_t)from->argument[2];
}

/* A mutex is waited for with a word that says that it is taken (nptl/lowlevellock.h; of a robust one, by whom), or by the kernel's own lock. Else it is where glibc has a thread
 * wait for ever on a word of its own, which is 0: of a mutex with priority inheritance that the kernel refuses as one that would close a cycle, or whose owner has ended
 * (nptl/pthread_mutex_lock.c). */
static bool waits_for_mutex(const uint64_t argument[6]) {
    return (uint32_t)argument[2] != 0 || waits_for_lock(argument);
}

static bool put_known(const struct judge *judge, const struct target_thread *from, enum lw_wait_kind kind,
                      struct lw_snapshot_thread *thread) {
    uint64_t futex = from->argument[0];
    uint32_t expected = (uint32_t)from->argument[2];
    switch (kind) {
    case LW_WAIT_JOIN:
        return put_join(judge, block_around(judge, futex), thread);
    case LW_WAIT_COND:
        /* woken, it takes its mutex again before it returns */
        if (waits_for_lock(from->argument))
            put_object(judge, LW_WAIT_MUTEX, futex, thread);
        else
            put_condition(judge, futex, expected, thread);
        return true;
    case LW_WAIT_RWLOCK_READ:
    case LW_WAIT_RWLOCK_WRITE:
        put_object(judge, kind, rwlock_of(futex, expected), thread);
        return true;
    case LW_WAIT_ONCE:
        if ((expected & ONCE_STATE) != ONCE_IN_PROGRESS)
            return false;
        put_object(judge, kind, futex, thread);
        return true;
    case LW_WAIT_SEMAPHORE:
        if (expected != 0)
            return false;
        put_object(judge, kind, futex, thread);
        return true;
    case LW_WAIT_MUTEX:
        if (!waits_for_mutex(from->argument))
            return false;
        put_object(judge, kind, futex, thread);
        return true;
    case LW_WAIT_BARRIER: /* struct pthread_barrier: waited for is the number of the round, its second word */
        put_object(judge, kind, futex - sizeof(uint32_t), thread);
        return true;
    default:
        put_object(judge, kind, futex, thread);
        return true;
    }
}

/* struct _IO_lock_t, sysdeps/nptl/stdio-lock.h. */
struct stream_lock {
    int32_t word, count;
    uint64_t owner;
};

int32_t judge_stream_owner(const struct judge *judge, uint64_t stream) {
    FILE file;
    struct stream_lock lock;
    int32_t tid;
    if (!target_has(judge->target, stream, &file, sizeof file) ||
        !target_has(judge->target, (uint64_t)(uintptr_t)file._lock, &lock, sizeof lock) || lock.word == 0 ||
        lock.owner == 0 || !target_has(judge->target, lock.owner + judge->tid_at, &tid, sizeof tid))
        return 0;
    return target_thread(judge->target, tid) ? tid : 0;
}

/* The streams are linked (libio/genops.c). */
static bool put_stream(const struct judge *judge, uint64_t futex, struct lw_snapshot_thread *thread) {
    enum { STREAMS = 4096, MAGIC = 0xfbad, MAGIC_SHIFT = 16 };
    uint64_t at = 0;
    FILE file;
    if (judge->streams == 0 || !target_has(judge->target, judge->streams, &at, sizeof at))
        return false;
    for (int i = 0; i < STREAMS && at != 0 && target_has(judge->target, at, &file, sizeof file); i++) {
        if ((uint64_t)(uintptr_t)file._lock == futex && (unsigned)file._flags >> MAGIC_SHIFT == MAGIC) {
            thread->kind = LW_WAIT_STREAM;
            thread->object = at;
            thread->owner = judge_stream_owner(judge, at);
            thread->fd = file._fileno >= 0 ? file._fileno : -1;
            return true;
        }
        at = (uint64_t)(uintptr_t)file._chain;
    }
    return false;
}

/* A mutex that is waited for, and whose fields agree with each other and with the threads that there are. */
static bool looks_like_mutex(const struct judge *judge, uint64_t at, bool recursive_only) {
    pthread_mutex_t seen;
    if (!target_has(judge->target, at, &seen, sizeof seen))
        return false;
    int kind = seen.__data.__kind;
    bool normal = kind == PTHREAD_MUTEX_TIMED_NP || kind == PTHREAD_MUTEX_ERRORCHECK_NP ||
                  kind == PTHREAD_MUTEX_ADAPTIVE_NP || kind == (PTHREAD_MUTEX_TIMED_NP | 0x100) ||
                  kind == (PTHREAD_MUTEX_TIMED_NP | 0x200);
    bool recursive = kind == PTHREAD_MUTEX_RECURSIVE_NP && seen.__data.__count > 0;
    return (recursive || (normal && !recursive_only)) && seen.__data.__lock != 0 &&
           seen.__data.__nusers >= 1 && target_thread(judge->target, seen.__data.__owner);
}

/* libc's own locks: of a stream, of the loader (all recursive mutexes in _rtld_global); private ones, and waited for without a deadline. */
static bool put_libc_lock(const struct judge *judge, const struct target_thread *from,
                          struct lw_snapshot_thread *thread) {
    uint64_t futex = from->argument[0];
    if (!has_private_flag(from->argument) || (thread->flags & LW_THREAD_TIMED) ||
        !waits_for_lock(from->argument))
        return false;
    if (futex - judge->loader < judge->loader_size && looks_like_mutex(judge, futex, true)) {
        put_object(judge, LW_WAIT_LOADER, futex, thread);
        return true;
    }
    return put_stream(judge, futex, thread);
}

static void put_word(const struct judge *judge, const struct target_thread *from,
                     struct lw_snapshot_thread *thread) {
    uint32_t word;
    thread->kind = LW_WAIT_FUTEX;
    thread->object = from->argument[0];
    if (!has_private_flag(from->argument) && !own_words_have(judge->target, judge->writer, from->argument[0]))
        thread->flags |= LW_THREAD_SHARED;
    if (!sleeping_call_compares(from->argument) ||
        !target_has(judge->target, thread->object, &word, sizeof word))
        return;
    /* Has nobody woken it, or has it gone on since, and a word is read that it does not wait for any more? */
    if (word != (uint32_t)from->argument[2] && judge->target->seen_as != 0 &&
        !live_has_slept(judge->target, from))
        return;
    thread->value[0] = word;
    thread->value[1] = (uint32_t)from->argument[2];
}

static bool put_musl(const struct judge *judge, const struct target_thread *from,
                     struct lw_snapshot_thread *thread) {
    struct musl_wait wait;
    if (judge->is_glibc || !musl_wait_of(judge->target, from->argument, &wait))
        return false;
    thread->kind = wait.kind;
    thread->object = wait.object;
    thread->owner = wait.owner;
    thread->flags |= wait.robust ? LW_THREAD_ROBUST : 0;
    return true;
}

bool judge_futex_is_musl(const struct judge *judge, const struct lw_snapshot_thread *thread) {
    /* of glibc's a type is noted */
    return !judge->is_glibc &&
           ((thread->kind == LW_WAIT_MUTEX && thread->value[0] == -1) ||
            (thread->kind == LW_WAIT_JOIN && thread->object != thread->syscall_args[0] - judge->tid_at));
}

bool judge_futex_is_same(const struct judge *judge, const struct lw_snapshot_thread *thread) {
    struct musl_wait wait;
    return musl_wait_of(judge->target, thread->syscall_args, &wait) && wait.kind == thread->kind &&
           wait.object == thread->object && wait.owner == thread->owner;
}

void judge_futex(struct judge *judge, const struct target_thread *from, const struct known_call *known,
                 bool by_shape, struct lw_snapshot_thread *thread) {
    if (put_musl(judge, from, thread))
        return;
    if (known && put_known(judge, from, known->kind, thread))
        return;
    if (put_libc_lock(judge, from, thread))
        return;
    if (by_shape && waits_for_lock(from->argument) && has_private_flag(from->argument) &&
        looks_like_mutex(judge, from->argument[0], false))
        put_object(judge, LW_WAIT_MUTEX, from->argument[0], thread);
    else if (judge->is_static && !known && looks_like_join(judge, from) &&
             put_join(judge, from->argument[0] - judge->tid_at, thread))
        return;
    else
        put_word(judge, from, thread);
}
