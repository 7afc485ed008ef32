#include "thread.h"

#include <string.h>
#include <sys/prctl.h>

#include "rt/clock.h"
#include "rt/sys.h"
#include "rt/table.h"
#include "rt/text.h"
#include "wakes.h"

__thread struct thread *thread_current;
void (*thread_on_ending)(void);

static struct thread *first; /* every record ever made */
/* Those in no use, oldest first. They are left as they were for a while: a mutex that a thread did not unlock
 * before it ended bears its number for ever, and a report wants to say who that was. */
static struct thread *first_free, *last_free;
static unsigned free_count;
enum { KEPT_FREE = 128 };
static struct thread *by_handle; /* uthash head */
static uint64_t created_count, lost_count, serial;
static size_t default_stack_size;

/* The current thread of those without a record: the shim's own. Never in the list, so what such threads write
 * to it, all at once, is read by nobody. */
static struct thread nobody;

static struct thread *initial; /* the record of the thread that the process began with */

struct thread *thread_first(void) {
    return __atomic_load_n(&first, __ATOMIC_ACQUIRE);
}
uint64_t thread_created_count(void) {
    return __atomic_load_n(&created_count, __ATOMIC_RELAXED);
}
uint64_t thread_latest_serial(void) {
    return __atomic_load_n(&serial, __ATOMIC_RELAXED);
}
uint64_t thread_lost_count(void) {
    return __atomic_load_n(&lost_count, __ATOMIC_RELAXED);
}

/* With the table locked. From slabs of their own: memory_take would round one up to twice its size. */
static struct thread *make_record(void) {
    enum { SLAB = 32 * 1024 };
    static struct thread *left;
    static size_t count;
    if (count == 0) {
        left = memory_take(SLAB);
        count = left ? SLAB / sizeof *left : 0;
    }
    return count > 0 ? &left[--count] : NULL;
}

/* With the table locked. */
static void unlist(struct thread *record) {
    if (record->hh.tbl)
        HASH_DELETE(hh, by_handle, record);
    record->hh.tbl = NULL;
}

/* With the table locked. The tid is left in place: the thread may be alive for another moment, and the
 * capture must not take it for one it never saw. */
static void drop_record(struct thread *record) {
    unlist(record);
    __atomic_store_n(&record->flags, 0, __ATOMIC_RELEASE);
    record->next_free = NULL;
    if (free_count++ > 0)
        last_free->next_free = record;
    else
        first_free = record;
    last_free = record;
}

/* With the table locked. Drops the record of a thread that has ended and that nobody can ask for any more. */
static void drop_if_over(struct thread *record) {
    uint32_t flags = __atomic_load_n(&record->flags, __ATOMIC_ACQUIRE);
    if (!(flags & THREAD_USED) || !(flags & THREAD_LISTED))
        return;
    if ((flags & THREAD_JOINED) || ((flags & THREAD_DETACHED) && exit_notice_given(&record->notice)))
        drop_record(record);
}

/* With the table locked. The end of a detached thread is seen by nobody but the kernel: each new record pays
 * for a look at two old ones, so that there are never many more than twice as many as threads. */
static void sweep(void) {
    enum { LOOKS = 2 };
    static struct thread *hand;
    for (int i = 0; i < LOOKS && first; i++) {
        struct thread *record = hand ? hand : first;
        hand = record->next;
        drop_if_over(record);
    }
}

/* With the table locked. */
static struct thread *take_record(void) {
    sweep();
    struct thread *record = free_count > KEPT_FREE ? first_free : NULL;
    if (record) {
        first_free = record->next_free;
        free_count--;
        struct thread *next = record->next;
        uint64_t moves = record->moves;
        wakes_keep(record); /* what it noted outlives it */
        memset(record, 0, sizeof *record);
        record->next = next;
        record->moves = moves + 1;
        return record;
    }
    record = make_record();
    if (!record)
        return NULL;
    record->next = first;
    __atomic_store_n(&first, record, __ATOMIC_RELEASE);
    return record;
}

static void set_flag(struct thread *record, uint32_t flag) {
    __atomic_fetch_or(&record->flags, flag, __ATOMIC_ACQ_REL);
    if (!table_lock())
        return; /* swept later */
    drop_if_over(record);
    table_unlock();
}

struct thread *thread_prepare(const pthread_attr_t *attr, void *(*start)(void *), void *argument,
                              const struct stack *creation) {
    struct thread *creator = thread_current;
    if (!table_lock())
        return NULL;
    struct thread *record = take_record();
    if (record)
        created_count++;
    else
        lost_count++;
    table_unlock();
    if (!record)
        return NULL;

    record->start = start;
    record->argument = argument;
    record->creation = creation;
    record->created = clock_mark();
    record->stack_size = default_stack_size;
    uint32_t flags = THREAD_USED;
    int detach_state = PTHREAD_CREATE_JOINABLE;
    if (attr && pthread_attr_getdetachstate(attr, &detach_state) == 0 &&
        detach_state == PTHREAD_CREATE_DETACHED)
        flags |= THREAD_DETACHED;
    if (attr)
        pthread_attr_getstacksize(attr, &record->stack_size);
    record->serial = __atomic_add_fetch(&serial, 1, __ATOMIC_RELAXED);
    if (creator) {
        record->scope = creator->scope;
        record->creator_tid = creator->tid;
        memcpy(record->creator_name, creator->name, THREAD_NAME);
        memcpy(record->name, creator->name, THREAD_NAME); /* the kernel copies comm on clone */
    }
    __atomic_store_n(&record->flags, flags, __ATOMIC_RELEASE);
    return record;
}

void thread_abandon(struct thread *record) {
    if (!table_lock())
        return;
    created_count--;
    drop_record(record);
    table_unlock();
}

void thread_list(struct thread *record, pthread_t handle) {
    if (!table_lock())
        return;
    record->handle = handle;
    /* libc gives the handles of ended threads again, some of them before we know of the end. */
    struct thread *former = NULL;
    HASH_FIND(hh, by_handle, &handle, sizeof handle, former);
    if (former && exit_notice_given(&former->notice)) {
        unlist(former);
        drop_if_over(former);
    }
    __atomic_or_fetch(&record->flags, THREAD_LISTED, __ATOMIC_ACQ_REL);
    drop_if_over(record);
    if (record->flags & THREAD_USED)
        HASH_ADD(hh, by_handle, handle, sizeof record->handle, record);
    table_unlock();
}

static void note_ending(struct thread *self) {
    self->ended = clock_mark();
    __atomic_fetch_or(&self->flags, THREAD_ENDING, __ATOMIC_ACQ_REL);
    if (__builtin_expect(thread_on_ending != NULL, 0))
        thread_on_ending();
}

/* Threads that thread_main runs come by there when they have unwound. */
void thread_exits(void) {
    struct thread *self = thread_current;
    if (self && self != &nobody && (self->flags & THREAD_ADOPTED || self == initial))
        note_ending(self);
}

/* The calling thread's id without a system call, which a seccomp filter may answer with death: glibc knows
 * it, and the clock of a thread's CPU time is named by it (kernel: include/linux/posix-timers_types.h). Only
 * for threads that glibc made: another may share its maker's thread block. */
static int32_t own_tid(void) {
    clockid_t clock;
    if (pthread_getcpuclockid(pthread_self(), &clock) != 0)
        return (int32_t)sys_call(SYS_gettid);
    return (int32_t) ~(clock >> 3);
}

static void thread_beginning(struct thread *self, int32_t tid) {
    thread_current = self;
    exit_notice_ask(&self->notice, tid);
    self->handle = pthread_self(); /* before the tid says that it runs */
    __atomic_store_n(&self->tid, tid, __ATOMIC_RELEASE);
}

void thread_hide(void) {
    thread_current = &nobody;
}

unsigned thread_live_count(void) {
    unsigned count = 0;
    for (struct thread *record = thread_first(); record; record = record->next) {
        uint32_t flags = __atomic_load_n(&record->flags, __ATOMIC_ACQUIRE);
        count += (flags & THREAD_USED) && !(flags & THREAD_ENDING) && !exit_notice_given(&record->notice);
    }
    return count;
}

/* The start routine has returned, or is unwound by pthread_exit or a cancellation. */
static void start_routine_ends(struct thread **record) {
    struct thread *self = *record;
    __atomic_store_n(&self->wait, NULL, __ATOMIC_RELEASE);
    note_ending(self);
    if (self->notice.word != 0)
        return;
    /* It could not ask for a notice, so its record may be another's from now on. */
    thread_current = &nobody;
    exit_notice_give(&self->notice);
}

void *thread_main(void *record) {
    struct thread *self __attribute__((cleanup(start_routine_ends))) = record;
    thread_beginning(self, own_tid());
    void *argument = self->argument;
    self->argument = NULL; /* from here on the program alone has it (freeze/freeze.c) */
    return self->start(argument);
}

struct thread *thread_adopt(void) {
    if (!table_lock())
        return NULL;
    struct thread *record = take_record();
    if (!record)
        lost_count++;
    table_unlock();
    if (!record)
        return NULL;
    /* LISTED and DETACHED: nobody will join it through a handle we know, so its end alone frees the record.
     */
    __atomic_store_n(&record->flags, THREAD_USED | THREAD_ADOPTED | THREAD_LISTED | THREAD_DETACHED,
                     __ATOMIC_RELEASE);
    thread_beginning(record, (int32_t)sys_call(SYS_gettid));
    return record;
}

bool thread_has_exited(const struct thread *record) {
    return exit_notice_given(&record->notice) ||
           !(__atomic_load_n(&record->flags, __ATOMIC_ACQUIRE) & THREAD_USED);
}

bool thread_is_ending(const struct thread *record, struct clock_reading now, uint64_t moment) {
    return (__atomic_load_n(&record->flags, __ATOMIC_ACQUIRE) & THREAD_ENDING) &&
           !exit_notice_given(&record->notice) && !__atomic_load_n(&record->wait, __ATOMIC_ACQUIRE) &&
           now.ns - clock_of_mark(record->ended, now) < moment;
}

bool thread_is_joinable(const struct thread *record) {
    uint32_t flags = __atomic_load_n(&record->flags, __ATOMIC_ACQUIRE);
    return (flags & THREAD_USED) && !(flags & (THREAD_DETACHED | THREAD_JOINED | THREAD_MAIN));
}

const struct thread *thread_that_ended(int32_t tid) {
    const struct thread *latest = NULL;
    for (struct thread *record = thread_first(); record; record = record->next) {
        if (record->tid == tid && thread_has_exited(record) && (!latest || record->created > latest->created))
            latest = record;
    }
    return latest;
}

int32_t thread_number(pthread_t handle) {
    static struct thread *latest; /* ten thousand may wait for the same */
    int32_t number = 0;
    if (latest && !thread_has_exited(latest) && pthread_equal(latest->handle, handle))
        return __atomic_load_n(&latest->tid, __ATOMIC_ACQUIRE);
    for (struct thread *record = thread_first(); record; record = record->next) {
        if (thread_has_exited(record) || !pthread_equal(record->handle, handle))
            continue;
        if (number != 0) {
            latest = NULL;
            return 0;
        }
        number = __atomic_load_n(&record->tid, __ATOMIC_ACQUIRE);
        latest = record;
    }
    return number;
}

struct thread *thread_find(pthread_t handle) {
    struct thread *record = NULL;
    if (!table_lock())
        return NULL;
    HASH_FIND(hh, by_handle, &handle, sizeof handle, record);
    table_unlock();
    if (!record && thread_current && thread_current != &nobody && pthread_equal(handle, pthread_self()))
        record = thread_current; /* its creator has not come back from pthread_create yet */
    if (!record && initial && (initial->flags & THREAD_MAIN) && pthread_equal(handle, initial->handle))
        record = initial; /* which nobody created */
    return record;
}

void thread_detached(struct thread *record) {
    set_flag(record, THREAD_DETACHED);
}
void thread_joined(struct thread *record) {
    set_flag(record, THREAD_JOINED);
}
void thread_named(struct thread *record, const char *name) {
    text_copy(record->name, THREAD_NAME, name);
}

static void describe_initial_thread(struct thread *self, uint32_t kept) {
    initial = self;
    self->flags = THREAD_USED | THREAD_MAIN | kept;
    self->created = clock_mark();
    sys_call(SYS_prctl, PR_GET_NAME, self->name);
}

void thread_setup_late(void) {
    pthread_attr_t attr;
    if (pthread_getattr_default_np(&attr) == 0) {
        pthread_attr_getstacksize(&attr, &default_stack_size);
        pthread_attr_destroy(&attr);
    }
}

void thread_setup(void) {
    exit_notice_setup();
    struct thread *self = thread_adopt();
    if (self)
        describe_initial_thread(self, THREAD_LISTED | THREAD_DETACHED);
}

bool thread_was_not_copied(int32_t tid) {
    for (const struct thread *record = thread_first(); record; record = record->next)
        if (record->tid == tid && (__atomic_load_n(&record->flags, __ATOMIC_ACQUIRE) & THREAD_NOT_COPIED))
            return true;
    return false;
}

/* Numbers that the initial thread of this process had in those that it was forked from. */
static int32_t former_tids[8];
static unsigned former_count;

bool thread_was_initial(int32_t tid) {
    for (unsigned i = 0; i < former_count && i < sizeof former_tids / sizeof *former_tids; i++)
        if (former_tids[i] == tid)
            return true;
    return former_count > sizeof former_tids / sizeof *former_tids;
}

void thread_forked(bool whole) {
    struct thread *self = thread_current;
    if (former_count++ < sizeof former_tids / sizeof *former_tids && self)
        former_tids[former_count - 1] = self->tid;
    if (!whole) {
        by_handle = NULL;
        first_free = last_free = NULL;
        free_count = 0;
    }
    for (struct thread *record = first; record; record = record->next) {
        if (record == self || (record->flags & THREAD_NOT_COPIED))
            continue;
        bool lived = record->tid != 0 && !thread_has_exited(record);
        if ((record->flags & THREAD_USED) && whole)
            drop_record(record);
        record->flags = lived ? THREAD_NOT_COPIED : 0;
        if (!lived)
            record->tid = 0;
    }
    created_count = lost_count = 0;
    if (!self || self == &nobody)
        return;
    self->tid = (int32_t)sys_call(SYS_gettid);
    exit_notice_ask(&self->notice, self->tid); /* libc has emptied the list (sysdeps/nptl/_Fork.c) */
    describe_initial_thread(self, self->flags & (THREAD_LISTED | THREAD_DETACHED));
    self->creation = NULL;
    self->creator_tid = 0;
}
