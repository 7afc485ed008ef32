#include "thread.h"

#include <string.h>
#include <sys/prctl.h>

#include "process.h"
#include "rt/clock.h"
#include "rt/sys.h"
#include "rt/table.h"
#include "rt/text.h"
#include "thread_records.h"

void (*thread_on_ending)(void);

static uint64_t created_count, lost_count, serial;
static size_t default_stack_size;

uint64_t thread_created_count(void) {
    return __atomic_load_n(&created_count, __ATOMIC_RELAXED);
}
uint64_t thread_latest_serial(void) {
    return __atomic_load_n(&serial, __ATOMIC_RELAXED);
}
uint64_t thread_lost_count(void) {
    return __atomic_load_n(&lost_count, __ATOMIC_RELAXED);
}

static void set_flag(struct thread *record, uint32_t flag) {
    __atomic_fetch_or(&record->flags, flag, __ATOMIC_ACQ_REL);
    if (!table_lock())
        return; /* swept later */
    records_drop_if_over(record);
    table_unlock();
}

/* glibc answers how far below its end a stack begins, and that end is NULL where none was set (nptl/pthread_attr_getstack.c). */
static bool has_stack(const pthread_attr_t *attr) {
    void *start;
    size_t size;
    return pthread_attr_getstack(attr, &start, &size) == 0 && (uintptr_t)start + size != 0;
}

struct thread *thread_prepare(const pthread_attr_t *attr, void *(*start)(void *), void *argument,
                              const struct stack *creation) {
    struct thread *creator = thread_current;
    if (!table_lock())
        return NULL;
    struct thread *record = records_take();
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
    if (attr && has_stack(attr))
        flags |= THREAD_GIVEN_STACK;
    record->serial = __atomic_add_fetch(&serial, 1, __ATOMIC_RELAXED);
    if (creator) {
        record->scope = creator->scope;
        record->notice.creator.tid = creator->tid;
        memcpy(record->notice.creator.name, creator->name, THREAD_NAME);
        memcpy(record->name, creator->name, THREAD_NAME); /* the kernel copies comm on clone */
    }
    __atomic_store_n(&record->flags, flags, __ATOMIC_RELEASE);
    return record;
}

void thread_abandon(struct thread *record) {
    if (!table_lock())
        return;
    created_count--;
    records_drop(record);
    table_unlock();
}

void thread_list(struct thread *record, pthread_t handle) {
    if (!table_lock())
        return;
    record->handle = handle;
    records_list(record);
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
    if (self && self != &thread_nobody && (self->flags & THREAD_ADOPTED || self == thread_initial))
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

/* A call before the start routine, in a handler or by another library that stands before libc, has had the thread adopted. */
static void drop_adopted(struct thread *record) {
    exit_notice_withdraw(&record->notice);
    set_flag(record, 0);
}

static void thread_beginning(struct thread *self, int32_t tid) {
    struct thread *adopted = __atomic_exchange_n(&thread_current, self, __ATOMIC_RELAXED);
    if (adopted && adopted != &thread_nobody)
        drop_adopted(adopted);
    /* that one has ended, and its number been given again */
    if (__builtin_expect(tid == process.hidden_tid, 0))
        process.hidden_tid = 0;
    exit_notice_ask(&self->notice, tid);
    self->handle = pthread_self(); /* before the tid says that it runs */
    __atomic_store_n(&self->tid, tid, __ATOMIC_RELEASE);
}

void thread_hide(void) {
    thread_current = &thread_nobody;
}

/* The start routine has returned, or is unwound by pthread_exit or a cancellation. */
static void start_routine_ends(struct thread **record) {
    struct thread *self = *record;
    __atomic_store_n(&self->wait, NULL, __ATOMIC_RELEASE);
    note_ending(self);
    if (self->notice.word != 0)
        return;
    /* It could not ask for a notice, so its record may be another's from now on. */
    thread_current = &thread_nobody;
    exit_notice_give(&self->notice);
}

void *thread_main(void *record) {
    struct thread *self __attribute__((cleanup(start_routine_ends))) = record;
    thread_beginning(self, own_tid());
    void *argument = self->argument;
    self->ended = 0; /* and from here on the program alone has the argument (freeze/freeze.c) */
    return self->start(argument);
}

struct thread *thread_adopt(void) {
    if (!table_lock())
        return NULL;
    struct thread *record = records_take();
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
    thread_initial = self;
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

/* A wrapper that was called before this has adopted the thread already: dlsym does that until glibc 2.33 (interpose/call.c). */
void thread_setup(void) {
    exit_notice_setup();
    struct thread *self = thread_current;
    if (!self)
        self = thread_adopt();
    else if (self->notice.word == 0)
        exit_notice_ask(&self->notice, self->tid);
    if (self)
        describe_initial_thread(self, THREAD_LISTED | THREAD_DETACHED);
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
        records_forget_order();
    }
    for (struct thread *record = thread_first(); record; record = record->next) {
        if (record == self || (record->flags & THREAD_NOT_COPIED))
            continue;
        bool lived = record->tid != 0 && !thread_has_exited(record);
        if ((record->flags & THREAD_USED) && whole)
            records_drop(record);
        record->flags = lived ? THREAD_NOT_COPIED : 0;
        if (lived)
            record->ended = 0; /* it may just have begun */
        else
            record->tid = 0;
    }
    created_count = lost_count = 0;
    if (!self || self == &thread_nobody)
        return;
    self->tid = (int32_t)sys_call(SYS_gettid);
    exit_notice_ask(&self->notice, self->tid); /* libc has emptied the list (sysdeps/nptl/_Fork.c) */
    describe_initial_thread(self, self->flags & (THREAD_LISTED | THREAD_DETACHED));
    self->creation = NULL;
    self->notice.creator.tid = 0;
}
