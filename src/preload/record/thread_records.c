#include "thread_records.h"

#include <string.h>

#include "rt/memory.h"

__thread struct thread *thread_current;
struct thread thread_nobody, *thread_initial;
void (*records_on_reuse)(struct thread *former);

static struct thread *first; /* every record ever made */
/* Those in no use, oldest first. They are left as they were for a while: a mutex that a thread did not unlock
 * before it ended bears its number for ever, and a report wants to say who that was. */
static struct thread *first_free, *last_free;
static unsigned free_count;
enum { KEPT_FREE = 128 };
static struct thread *by_handle; /* uthash head */

struct thread *thread_first(void) {
    return __atomic_load_n(&first, __ATOMIC_ACQUIRE);
}

/* From slabs of their own: memory_take would round one up to twice its size. */
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

static void unlist(struct thread *record) {
    if (record->hh.tbl)
        HASH_DELETE(hh, by_handle, record);
    record->hh.tbl = NULL;
}

void records_drop(struct thread *record) {
    unlist(record);
    __atomic_store_n(&record->flags, 0, __ATOMIC_RELEASE);
    record->next_free = NULL;
    if (free_count++ > 0)
        last_free->next_free = record;
    else
        first_free = record;
    last_free = record;
}

void records_drop_if_over(struct thread *record) {
    uint32_t flags = __atomic_load_n(&record->flags, __ATOMIC_ACQUIRE);
    if (!(flags & THREAD_USED) || !(flags & THREAD_LISTED))
        return;
    if ((flags & THREAD_JOINED) || ((flags & THREAD_DETACHED) && exit_notice_given(&record->notice)))
        records_drop(record);
}

/* The end of a detached thread is seen by nobody but the kernel: each new record pays for a look at two old ones, so
 * that there are never many more than twice as many as threads. */
static void sweep(void) {
    enum { LOOKS = 2 };
    static struct thread *hand;
    for (int i = 0; i < LOOKS && first; i++) {
        struct thread *record = hand ? hand : first;
        hand = record->next;
        records_drop_if_over(record);
    }
}

struct thread *records_take(void) {
    sweep();
    struct thread *record = free_count > KEPT_FREE ? first_free : NULL;
    if (record) {
        first_free = record->next_free;
        free_count--;
        struct thread *next = record->next;
        uint64_t moves = record->moves;
        if (records_on_reuse)
            records_on_reuse(record);
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

void records_list(struct thread *record) {
    struct thread *former = records_find(record->handle);
    if (former && exit_notice_given(&former->notice)) {
        unlist(former);
        records_drop_if_over(former);
    }
    __atomic_or_fetch(&record->flags, THREAD_LISTED, __ATOMIC_ACQ_REL);
    records_drop_if_over(record);
    if (record->flags & THREAD_USED)
        HASH_ADD(hh, by_handle, handle, sizeof record->handle, record);
}

struct thread *records_find(pthread_t handle) {
    struct thread *record = NULL;
    HASH_FIND(hh, by_handle, &handle, sizeof handle, record);
    return record;
}

void records_forget_order(void) {
    by_handle = NULL;
    first_free = last_free = NULL;
    free_count = 0;
}
