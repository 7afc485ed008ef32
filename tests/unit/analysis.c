/* Proofs, from threads that are made up: what is one, and that it is none when any one condition does not hold. The shim
 * leaves some of these flags out itself; analysis must not rely on it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "analysis/analysis.h"
#include "shared/snapshot_reader.h"
#include "shared/snapshot_writer.h"

enum { MAIN = 40, FIRST, SECOND, ENDED = 99, LOCK_A = 0xa000, LOCK_B = 0xb000 };

/* Main runs; one thread waits for a lock of the other's, and that one for a lock of an owner's. */
static size_t deadlocks(uint32_t flags_of_first, int owner_of_second, uint32_t flags_of_second) {
    static const struct snapshot_capacity room = {.threads = 3, .strings = 100};
    struct snapshot_writer writer;
    struct snapshot snapshot;
    char words[256];
    void *base = calloc(1, snapshot_size(&room));
    snapshot_begin(&writer, base, &room);
    writer.header->pid = MAIN;
    writer.header->flags = LW_PROCESS_LOOKED_TWICE | LW_PROCESS_LISTED;
    const struct lw_snapshot_thread threads[] = {
        {.tid = MAIN, .fd = -1, .state = LW_STATE_RUNNING, .flags = LW_THREAD_MAIN},
        {.tid = FIRST,
         .fd = -1,
         .state = LW_STATE_BLOCKED,
         .kind = LW_WAIT_MUTEX,
         .object = LOCK_A,
         .owner = SECOND,
         .flags = flags_of_first},
        {.tid = SECOND,
         .fd = -1,
         .state = LW_STATE_BLOCKED,
         .kind = LW_WAIT_MUTEX,
         .object = LOCK_B,
         .owner = owner_of_second,
         .flags = flags_of_second}};
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++)
        *snapshot_thread(&writer) = threads[i];
    assert_null(snapshot_check(&snapshot, base, snapshot_used(&writer), words));
    struct facts facts = {0};
    struct analysis *analysis = analyse(&snapshot, &facts);
    assert_non_null(analysis);
    size_t found = analysis->deadlock_count;
    analysis_free(analysis);
    free(base);
    return found;
}

static void cycle(void **state) {
    (void)state;
    assert_int_equal(deadlocks(LW_THREAD_STILL, FIRST, LW_THREAD_STILL), 1);
    assert_int_equal(deadlocks(LW_THREAD_STILL, MAIN, LW_THREAD_STILL), 0);
    assert_int_equal(deadlocks(0, FIRST, LW_THREAD_STILL), 0);
    assert_int_equal(deadlocks(LW_THREAD_STILL | LW_THREAD_TIMED, FIRST, LW_THREAD_STILL), 0);
    assert_int_equal(deadlocks(LW_THREAD_STILL | LW_THREAD_SHARED, FIRST, LW_THREAD_STILL), 0);
}

static void owner_gone(void **state) {
    (void)state;
    const uint32_t gone = LW_THREAD_STILL | LW_THREAD_OWNER_GONE;
    assert_int_equal(deadlocks(LW_THREAD_STILL, ENDED, gone), 1);
    assert_int_equal(deadlocks(LW_THREAD_STILL, ENDED, LW_THREAD_OWNER_GONE), 0);
    assert_int_equal(deadlocks(LW_THREAD_STILL, ENDED, gone | LW_THREAD_TIMED), 0);
    assert_int_equal(deadlocks(LW_THREAD_STILL, ENDED, gone | LW_THREAD_SHARED), 0);
    assert_int_equal(deadlocks(LW_THREAD_STILL, ENDED, gone | LW_THREAD_ROBUST), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(cycle), cmocka_unit_test(owner_gone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
