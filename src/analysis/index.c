#include "index.h"

#include <stdlib.h>

#define UP_DOWN(a, b) (((a) > (b)) - ((a) < (b)))

/* An order by one field of one section. */
#define ORDER_BY(name, section, field)                                   \
    static int name(const void *a, const void *b, void *snapshot) {      \
        const struct snapshot *of = snapshot;                            \
        size_t x = *(const size_t *)a, y = *(const size_t *)b;           \
        int order = UP_DOWN(of->section[x].field, of->section[y].field); \
        return order ? order : UP_DOWN(x, y);                            \
    }
ORDER_BY(compare_tids, threads, tid)
ORDER_BY(compare_objects, threads, object)
ORDER_BY(compare_locks, holds, lock)
ORDER_BY(compare_holders, holds, tid)
ORDER_BY(compare_addresses, wakes, address)

static size_t *ordered(const struct snapshot *snapshot, size_t count,
                       int (*compare)(const void *, const void *, void *)) {
    size_t *order = calloc(count + 1, sizeof *order);
    for (size_t i = 0; order && i < count; i++)
        order[i] = i;
    if (order)
        qsort_r(order, count, sizeof *order, compare, (void *)snapshot);
    return order;
}

/* The first place in an order whose element's field is not below `wanted`. */
#define FIRST_NOT_BELOW(name, order, section, field, type)                     \
    static size_t name(const struct index *index, size_t count, type wanted) { \
        size_t low = 0, high = count;                                          \
        while (low < high) {                                                   \
            size_t middle = low + (high - low) / 2;                            \
            if (index->snapshot->section[index->order[middle]].field < wanted) \
                low = middle + 1;                                              \
            else                                                               \
                high = middle;                                                 \
        }                                                                      \
        return low;                                                            \
    }
FIRST_NOT_BELOW(first_tid, by_tid, threads, tid, int)
FIRST_NOT_BELOW(first_object, by_object, threads, object, uint64_t)
FIRST_NOT_BELOW(first_lock, by_lock, holds, lock, uint64_t)
FIRST_NOT_BELOW(first_held, by_holder, holds, tid, int)
FIRST_NOT_BELOW(first_address, by_address, wakes, address, uint64_t)

bool index_make(struct index *index, const struct snapshot *snapshot) {
    const struct lw_snapshot_header *header = snapshot->header;
    *index = (struct index){.snapshot = snapshot,
                            .by_tid = ordered(snapshot, header->threads.count, compare_tids),
                            .by_object = ordered(snapshot, header->threads.count, compare_objects),
                            .by_lock = ordered(snapshot, header->holds.count, compare_locks),
                            .by_holder = ordered(snapshot, header->holds.count, compare_holders),
                            .by_address = ordered(snapshot, header->wakes.count, compare_addresses)};
    for (size_t i = 0; index->by_tid && i < header->threads.count; i++)
        if (snapshot->threads[index->by_tid[i]].state != LW_STATE_FINISHED)
            index->by_tid[index->live++] = index->by_tid[i];
    return index->by_tid && index->by_object && index->by_lock && index->by_holder && index->by_address;
}

void index_drop(struct index *index) {
    free(index->by_tid);
    free(index->by_object);
    free(index->by_lock);
    free(index->by_holder);
    free(index->by_address);
}

long index_thread(const struct index *index, int tid) {
    size_t at = first_tid(index, index->live, tid);
    return at < index->live && index->snapshot->threads[index->by_tid[at]].tid == tid
               ? (long)index->by_tid[at]
               : -1;
}

size_t index_holds(const struct index *index, uint64_t lock) {
    return first_lock(index, index->snapshot->header->holds.count, lock);
}

const struct lw_snapshot_hold *index_hold(const struct index *index, size_t at, uint64_t lock) {
    if (at >= index->snapshot->header->holds.count)
        return NULL;
    const struct lw_snapshot_hold *hold = &index->snapshot->holds[index->by_lock[at]];
    return hold->lock == lock ? hold : NULL;
}

const struct lw_snapshot_hold *index_hold_by(const struct index *index, int tid, uint64_t lock) {
    const struct lw_snapshot_hold *hold;
    for (size_t at = index_holds(index, lock); (hold = index_hold(index, at, lock)); at++)
        if (hold->tid == tid)
            return hold;
    return NULL;
}

size_t index_held(const struct index *index, int tid) {
    return first_held(index, index->snapshot->header->holds.count, tid);
}

const struct lw_snapshot_hold *index_held_by(const struct index *index, size_t at, int tid) {
    if (at >= index->snapshot->header->holds.count)
        return NULL;
    const struct lw_snapshot_hold *hold = &index->snapshot->holds[index->by_holder[at]];
    return hold->tid == tid ? hold : NULL;
}

size_t index_waiters(const struct index *index, uint64_t object) {
    return first_object(index, index->snapshot->header->threads.count, object);
}

const struct lw_snapshot_thread *index_waiter(const struct index *index, size_t at, uint64_t object) {
    if (at >= index->snapshot->header->threads.count)
        return NULL;
    const struct lw_snapshot_thread *thread = &index->snapshot->threads[index->by_object[at]];
    return thread->object == object ? thread : NULL;
}

const struct lw_snapshot_wake *index_wake(const struct index *index, uint64_t object) {
    size_t at = first_address(index, index->snapshot->header->wakes.count, object);
    if (at >= index->snapshot->header->wakes.count)
        return NULL;
    const struct lw_snapshot_wake *wake = &index->snapshot->wakes[index->by_address[at]];
    return wake->address == object ? wake : NULL;
}

const struct lw_snapshot_gone *index_gone(const struct index *index, int tid) {
    for (uint64_t i = 0; i < index->snapshot->header->gone.count; i++)
        if (index->snapshot->gone[i].tid == tid)
            return &index->snapshot->gone[i];
    return NULL;
}
