#include "hold.h"

#include <linux/futex.h>

#include "capture/sample.h"
#include "interpose/dispositions.h"
#include "options.h"
#include "rt/clock.h"
#include "rt/sys.h"
#include "rt/table.h"

enum { FREE, ASKED, HELD, LEFT, DEAF };

/* No thread is held longer, whatever became of who holds it. */
enum { LONGEST_MS = 200 };

static struct slot {
    int tid, state;
    const void *context;
} slots[HOLD_MAX];
static unsigned used;
static uint32_t holding, rounds; /* the round that is on, 0 for none */

bool hold_begin(void) {
    if (options.signal == 0 || !disposition_is_ours(options.signal))
        return false;
    used = 0;
    rounds = rounds + 1 != 0 ? rounds + 1 : 1;
    __atomic_store_n(&holding, rounds, __ATOMIC_RELEASE);
    return true;
}

static struct slot *slot_of(int tid) {
    for (unsigned i = 0; i < used; i++)
        if (slots[i].tid == tid)
            return &slots[i];
    return NULL;
}

bool hold_ask(int task_directory, int tid) {
    if (slot_of(tid))
        return true;
    if (used == HOLD_MAX)
        return false;
    struct slot *slot = &slots[used];
    slot->tid = tid;
    slot->context = NULL;
    bool deaf = sample_blocks_signal(task_directory, tid);
    __atomic_store_n(&slot->state, deaf ? DEAF : ASKED, __ATOMIC_RELEASE);
    __atomic_store_n(&used, used + 1, __ATOMIC_RELEASE);
    if (deaf)
        return true;
    if (!sample_signal(tid, slots))
        __atomic_store_n(&slot->state, DEAF, __ATOMIC_RELEASE);
    return true;
}

enum hold_state hold_state(int tid, const void **context) {
    const struct slot *slot = slot_of(tid);
    *context = NULL;
    if (!slot)
        return HOLD_NOT_ASKED;
    switch (__atomic_load_n(&slot->state, __ATOMIC_ACQUIRE)) {
    case ASKED:
        return HOLD_ASKED;
    case HELD:
        *context = slot->context;
        return HOLD_HELD;
    default:
        return HOLD_DEAF;
    }
}

bool hold_end(void) {
    bool all = true;
    for (unsigned i = 0; i < used; i++) {
        int asked = ASKED;
        /* its signal may still come, and finds nobody waiting for it */
        if (!__atomic_compare_exchange_n(&slots[i].state, &asked, FREE, false, __ATOMIC_ACQ_REL,
                                         __ATOMIC_ACQUIRE))
            all &= asked != LEFT;
    }
    __atomic_store_n(&holding, 0, __ATOMIC_SEQ_CST);
    sys_call(SYS_futex, &holding, FUTEX_WAKE_PRIVATE, HOLD_MAX);
    return all;
}

static void stay(struct slot *slot, uint32_t round) {
    uint64_t start = clock_ns(CLOCK_MONOTONIC);
    struct timespec longest = {.tv_nsec = LONGEST_MS * 1000000L};
    while (__atomic_load_n(&holding, __ATOMIC_SEQ_CST) == round) {
        if (clock_ns(CLOCK_MONOTONIC) - start >= LONGEST_MS * 1000000ull) {
            int held = HELD;
            __atomic_compare_exchange_n(&slot->state, &held, LEFT, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
            return;
        }
        sys_call(SYS_futex, &holding, FUTEX_WAIT_PRIVATE, round, &longest);
    }
}

bool hold_answer(const siginfo_t *info, const void *context) {
    if (!sample_is_of(info, slots))
        return false;
    uint32_t round = __atomic_load_n(&holding, __ATOMIC_ACQUIRE);
    struct slot *slot = round ? slot_of((int)sys_call(SYS_gettid)) : NULL;
    uint64_t signals;
    signals_block_all(&signals);
    int asked = ASKED;
    if (slot) {
        slot->context = context;
        if (__atomic_compare_exchange_n(&slot->state, &asked, HELD, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE))
            stay(slot, round);
    }
    signals_restore(&signals);
    return true;
}
