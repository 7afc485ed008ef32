#include "groups.h"

#include <stdlib.h>
#include <string.h>

#define UP_DOWN(a, b) (((a) > (b)) - ((a) < (b)))

static int compare_frames(const uint64_t *positions, uint64_t a, uint32_t a_count, uint64_t b,
                          uint32_t b_count) {
    if (a_count != b_count)
        return UP_DOWN(a_count, b_count);
    return memcmp(positions + a, positions + b, a_count * sizeof *positions);
}

/* Orders findings so that those of a group are neighbours; 0 for two of one group. */
static int compare_alike(const struct analysis *analysis, const struct thread_finding *a,
                         const struct thread_finding *b) {
    const struct snapshot *snapshot = analysis->snapshot;
    const struct lw_snapshot_thread *x = a->thread, *y = b->thread;
    const uint32_t same_flags =
        LW_THREAD_MAIN | LW_THREAD_TIMED | LW_THREAD_CUT | LW_THREAD_FROM_PROC | LW_THREAD_EXACT;
    int order;
    if ((order = UP_DOWN(x->state, y->state)) || (order = UP_DOWN(x->kind, y->kind)) ||
        (order = UP_DOWN(x->flags & same_flags, y->flags & same_flags)) ||
        (order = UP_DOWN(a->verdict, b->verdict)) || (order = UP_DOWN(a->polls, b->polls)))
        return order;
    if ((order = strcmp(snapshot_words(snapshot, x->call), snapshot_words(snapshot, y->call))))
        return order;
    if (x->kind == LW_WAIT_SYSCALL && (order = UP_DOWN(x->syscall_number, y->syscall_number)))
        return order;
    if ((order = compare_frames(analysis->positions, x->stack_first, x->stack_count, y->stack_first,
                                y->stack_count)))
        return order;
    return compare_frames(analysis->positions, x->creation_first, x->creation_count, y->creation_first,
                          y->creation_count);
}

static int compare_members(const void *a, const void *b, void *context) {
    const struct analysis *analysis = context;
    const struct thread_finding *x = &analysis->findings[*(const size_t *)a];
    const struct thread_finding *y = &analysis->findings[*(const size_t *)b];
    int order = compare_alike(analysis, x, y);
    return order ? order : UP_DOWN(x->thread->tid, y->thread->tid);
}

/* Worst first: by verdict, size, time waited; running and main last among equals; then by first tid, to be
 * stable. */
static int compare_groups(const void *a, const void *b, void *context) {
    const struct analysis *analysis = context;
    const struct group *x = a, *y = b;
    int order;
    if ((order = UP_DOWN(y->verdict, x->verdict)) || (order = UP_DOWN(y->count, x->count)) ||
        (order = UP_DOWN(y->longest, x->longest)))
        return order;
    return UP_DOWN(analysis->findings[x->members[0]].thread->tid,
                   analysis->findings[y->members[0]].thread->tid);
}

bool groups_form(struct analysis *analysis) {
    size_t *order = calloc(analysis->finding_count + 1, sizeof *order);
    size_t shown = 0;
    analysis->groups = calloc(analysis->finding_count + 1, sizeof *analysis->groups);
    if (!order || !analysis->groups) {
        free(order);
        return false;
    }
    for (size_t i = 0; i < analysis->finding_count; i++)
        if (finding_is_shown(analysis, &analysis->findings[i]))
            order[shown++] = i;
    qsort_r(order, shown, sizeof *order, compare_members, analysis);
    for (size_t i = 0; i < shown; i++) {
        const struct thread_finding *finding = &analysis->findings[order[i]];
        bool starts = i == 0 || compare_alike(analysis, &analysis->findings[order[i - 1]], finding) != 0;
        if (starts)
            analysis->groups[analysis->group_count++] =
                (struct group){.members = &order[i], .verdict = finding->verdict};
        struct group *group = &analysis->groups[analysis->group_count - 1];
        uint64_t duration = finding_duration(analysis, finding);
        group->count++;
        group->longest = duration > group->longest ? duration : group->longest;
    }
    analysis->order = order;
    qsort_r(analysis->groups, analysis->group_count, sizeof *analysis->groups, compare_groups, analysis);
    return true;
}

void groups_free(struct analysis *analysis) {
    free(analysis->order);
    free(analysis->groups);
}
