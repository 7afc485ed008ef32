#include "naps.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "monotonic.h"
#include "nap_place.h"
#include "proc/memory.h"
#include "proc/status.h"

/* A timeout of no more is a nap; two in this time are a habit. */
enum { NAP_NS = 50000000, SPAN_MS = 100, HABIT = 2, LOOKED_AT = 1000 };

/* At these, ms from the start, each is looked at; of many, only now and then. Not at equal distances: a loop of two naps would be met in the
 * same one each time. */
static const uint8_t looks_at[] = {0, 3, 14, 21, 38, 43, 56, 65, 80, 92};
enum { LOOKS = sizeof looks_at, FEW = 100, LOOKS_AT_MANY = 3 };

struct napper {
    size_t thread;
    uint64_t slept; /* how often, at the start */
    struct nap_place place;
    unsigned same, other, naps;
    bool
        unclear; /* whether it naps, only the looks tell: it ran when it was captured, or its deadline could not be read */
};

static bool may_nap(const struct lw_snapshot_thread *thread) {
    bool runs = thread->state == LW_STATE_RUNNING && !(thread->flags & LW_THREAD_CALLER);
    return runs ||
           (thread->state == LW_STATE_WAITING && (thread->flags & LW_THREAD_TIMED) && thread->timeout_ns < 0);
}

static bool takes_nap(const struct lw_snapshot_thread *thread) {
    return thread->state == LW_STATE_WAITING && (thread->flags & LW_THREAD_TIMED) &&
           thread->timeout_ns >= 0 && thread->timeout_ns <= NAP_NS;
}

/* How often it has gone to sleep. False if it has ended. */
static bool sleeps_of(int pid, int tid, uint64_t *count) {
    char words[32], *status = proc_status(pid, tid);
    bool found = proc_status_value(status, "voluntary_ctxt_switches", words, sizeof words);
    if (found)
        *count = strtoull(words, NULL, 10);
    free(status);
    return found;
}

static void look(struct napper *napper, const struct snapshot *snapshot, int pid) {
    int64_t span;
    enum nap_look found =
        nap_place_look(&napper->place, snapshot, &snapshot->threads[napper->thread], pid, &span);
    napper->same += found == NAP_SAME;
    napper->other += found == NAP_OTHER;
    napper->naps += span >= 0 && span <= NAP_NS;
}

static bool any_naps(const struct napper *nappers, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!nappers[i].unclear || nappers[i].naps > 0)
            return true;
    return false;
}

/* For a tenth of a second, or until it is clear that none naps. How many looks it took. */
static unsigned watch(struct napper *nappers, size_t count, const struct snapshot *snapshot, int pid) {
    enum { CLEAR_AFTER = 4 };
    uint64_t start = clock_now();
    unsigned looks = 0;
    for (unsigned i = 0; i<LOOKS; i += count> FEW ? LOOKS_AT_MANY : 1) {
        clock_rest_until(start + looks_at[i] * 1000000u);
        for (size_t k = 0; k < count; k++)
            look(&nappers[k], snapshot, pid);
        if (++looks == CLEAR_AFTER && !any_naps(nappers, count))
            return looks;
    }
    clock_rest_until(start + SPAN_MS * 1000000u);
    return looks;
}

/* rate: how often it woke in a second. */
static struct nap_fact fact_of(const struct napper *napper, uint64_t rate, unsigned looks) {
    if (napper->unclear && napper->naps < (looks + 1) / 2)
        return (struct nap_fact){0};
    return (struct nap_fact){.rate = (unsigned)rate,
                             .same = napper->other == 0 ? napper->same : 0,
                             .several = napper->place.known && napper->other > 0};
}

struct nap_fact *naps_look(const struct snapshot *snapshot, int watched) {
    const struct lw_snapshot_header *header = snapshot->header;
    bool same_numbers = header->pid == watched; /* tids are of the process's own PID namespace */
    struct napper *nappers = calloc(LOOKED_AT, sizeof *nappers);
    size_t count = 0;
    for (size_t i = 0; nappers && same_numbers && i < header->threads.count && count < LOOKED_AT; i++)
        if ((takes_nap(&snapshot->threads[i]) || may_nap(&snapshot->threads[i])) &&
            sleeps_of(watched, snapshot->threads[i].tid, &nappers[count].slept)) {
            nappers[count].unclear = may_nap(&snapshot->threads[i]);
            nappers[count++].thread = i;
        }
    struct nap_fact *facts = count > 0 ? calloc(header->threads.count, sizeof *facts) : NULL;
    uint64_t start = clock_now(), now;
    unsigned looks = facts ? watch(nappers, count, snapshot, watched) : 0;
    for (size_t i = 0; facts && i < count; i++) {
        const struct napper *napper = &nappers[i];
        if (!sleeps_of(watched, snapshot->threads[napper->thread].tid, &now) || now < napper->slept + HABIT)
            continue;
        facts[napper->thread] =
            fact_of(napper, (now - napper->slept) * 1000000000u / (clock_now() - start), looks);
    }
    free(nappers);
    return facts;
}
