#include "scope.h"

enum { SCOPES = 4096 };

/* By number; one that a later scope took the place of ends the search of those within it. */
static struct { uint32_t id, outer; } scopes[SCOPES];
static uint32_t latest;

uint32_t scope_open(uint32_t outer) {
    uint32_t id = __atomic_add_fetch(&latest, 1, __ATOMIC_RELAXED);
    scopes[id % SCOPES].outer = outer;
    __atomic_store_n(&scopes[id % SCOPES].id, id, __ATOMIC_RELEASE);
    return id;
}

bool scope_has(const struct scope *scope, const struct thread *record) {
    if (record->flags & THREAD_MAIN)
        return false;
    if (scope->everyone)
        return record->serial > scope->created || (record->flags & THREAD_ADOPTED);
    for (uint32_t id = record->scope; id != 0;) {
        if (id == scope->id)
            return true;
        if (__atomic_load_n(&scopes[id % SCOPES].id, __ATOMIC_ACQUIRE) != id)
            return false;
        id = scopes[id % SCOPES].outer;
    }
    return false;
}

unsigned scope_left(const struct scope *scope) {
    unsigned left = 0;
    struct clock_reading now = clock_reading();
    for (const struct thread *record = thread_first(); record; record = record->next) {
        uint32_t flags = __atomic_load_n(&record->flags, __ATOMIC_ACQUIRE);
        bool ended = thread_has_exited(record) || thread_is_ending(record, now, THREAD_ENDS_MOSTLY);
        bool over = !(flags & THREAD_USED) || (ended && (flags & (THREAD_DETACHED | THREAD_JOINED)));
        left += !over && record != thread_current && scope_has(scope, record);
    }
    return left;
}
