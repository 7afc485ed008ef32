/* What is asked of thread records: whose is a handle or a number, and does the thread still live? */
#include "rt/table.h"
#include "thread_records.h"

unsigned thread_live_count(void) {
    unsigned count = 0;
    for (struct thread *record = thread_first(); record; record = record->next) {
        uint32_t flags = __atomic_load_n(&record->flags, __ATOMIC_ACQUIRE);
        count += (flags & THREAD_USED) && !(flags & THREAD_ENDING) && !exit_notice_given(&record->notice);
    }
    return count;
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
    if (!table_lock())
        return NULL;
    struct thread *record = records_find(handle);
    table_unlock();
    if (!record && thread_current && thread_current != &thread_nobody &&
        pthread_equal(handle, pthread_self()))
        record = thread_current; /* its creator has not come back from pthread_create yet */
    if (!record && thread_initial && (thread_initial->flags & THREAD_MAIN) &&
        pthread_equal(handle, thread_initial->handle))
        record = thread_initial; /* which nobody created */
    return record;
}

bool thread_was_not_copied(int32_t tid) {
    for (const struct thread *record = thread_first(); record; record = record->next)
        if (record->tid == tid && (__atomic_load_n(&record->flags, __ATOMIC_ACQUIRE) & THREAD_NOT_COPIED))
            return true;
    return false;
}

void thread_signalled(pthread_t handle, int32_t tid) {
    for (struct thread *record = thread_first(); record; record = record->next)
        if (record != thread_current && !thread_has_exited(record) &&
            (handle ? pthread_equal(record->handle, handle) : record->tid == tid))
            __atomic_fetch_or(&record->flags, THREAD_SIGNALLED, __ATOMIC_RELEASE);
}

bool thread_is_signalled(void) {
    struct thread *self = thread_current;
    return self && (__atomic_load_n(&self->flags, __ATOMIC_ACQUIRE) & THREAD_SIGNALLED);
}
