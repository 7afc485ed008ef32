#include "deadlock.h"

#include "analysis/graph.h"
#include "lines.h"
#include "proof_words.h"

enum { MEMBERS_SHOWN = 32 };

/* "waits for mutex a (0x...)" */
static void put_wait(FILE *out, const struct analysis *analysis, struct symbols *symbols,
                     const struct lw_snapshot_thread *thread) {
    fprintf(out, "waits in %s", wait_words(thread));
    if (thread->fd >= 0 || thread->target != 0 || thread->object != 0) {
        fprintf(out, " for ");
        lines_object(out, analysis, symbols, thread);
    }
}

static void put_place(FILE *out, const struct analysis *analysis, struct symbols *symbols,
                      const struct lw_snapshot_thread *thread) {
    if (thread->stack_count == 0) {
        fputc('\n', out);
        return;
    }
    fprintf(out, "\n      at  ");
    lines_top(out, analysis, symbols, thread);
}

/* Who holds what this member waits for. */
static void put_owners(FILE *out, const struct analysis *analysis, struct symbols *symbols, size_t member) {
    const struct node *node = &analysis->graph->nodes[member];
    const struct lw_snapshot_thread *thread = analysis->findings[member].thread;
    for (size_t i = 0; i < node->edge_count; i++) {
        const struct lw_snapshot_thread *owner = analysis->findings[node->edges[i].to].thread;
        const struct lw_snapshot_hold *hold = node->edges[i].hold;
        if (thread->kind == LW_WAIT_JOIN)
            continue; /* whose end it waits for has been said */
        fprintf(out, "      %s  ", !hold && thread->owner == 0 ? "queued behind" : "held by");
        lines_name(out, lines_words(analysis, owner->name), owner->tid);
        if (hold && hold->site_count > 0) {
            fprintf(out, ", taken at  ");
            lines_site(out, analysis, symbols, hold->site);
        } else {
            fputc('\n', out);
        }
    }
}

static void put_member(FILE *out, const struct analysis *analysis, struct symbols *symbols, size_t member) {
    const struct lw_snapshot_thread *thread = analysis->findings[member].thread;
    fprintf(out, "  ");
    lines_name(out, lines_words(analysis, thread->name), thread->tid);
    fputc(' ', out);
    put_wait(out, analysis, symbols, thread);
    put_place(out, analysis, symbols, thread);
    put_owners(out, analysis, symbols, member);
}

static void put_gone(FILE *out, const struct analysis *analysis, struct symbols *symbols,
                     const struct lw_snapshot_thread *thread) {
    const struct lw_snapshot_gone *gone = index_gone(&analysis->index, thread->owner);
    const struct lw_snapshot_hold *hold = index_hold_by(&analysis->index, thread->owner, thread->object);
    bool not_copied = thread->flags & LW_THREAD_OWNER_NOT_COPIED;
    if (!gone) {
        fprintf(out,
                not_copied ? "  thread %d of the parent has it there\n"
                           : "  thread %d, which is not remembered, ended with it\n",
                thread->owner);
        return;
    }
    fprintf(out, "  ");
    lines_name(out, lines_words(analysis, gone->name), gone->tid);
    fprintf(out, not_copied ? " of the parent has it there" : " ended with it");
    if (hold && hold->site_count > 0) {
        fprintf(out, ", taken at  ");
        lines_site(out, analysis, symbols, hold->site);
    } else {
        fputc('\n', out);
    }
    if (gone->creator_tid == 0)
        return;
    fprintf(out, "  it was created by  ");
    lines_name(out, lines_words(analysis, gone->creator_name), gone->creator_tid);
    fputc('\n', out);
    lines_stack(out, analysis, symbols, gone->creation_first, gone->creation_count, 0, false);
}

void deadlock_put(FILE *out, const struct analysis *analysis, struct symbols *symbols, size_t number) {
    const struct deadlock *deadlock = &analysis->deadlocks[number];
    const struct lw_snapshot_thread *first = analysis->findings[deadlock->members[0]].thread;
    fprintf(out, "deadlock %zu: ", number + 1);
    proof_title(out, analysis, symbols, deadlock);
    fputc('\n', out);
    if (deadlock->kind == DEADLOCK_OWNER_GONE)
        put_gone(out, analysis, symbols, first);
    for (size_t i = 0; i < deadlock->count && i < MEMBERS_SHOWN; i++)
        put_member(out, analysis, symbols, deadlock->members[i]);
    if (deadlock->count > MEMBERS_SHOWN)
        fprintf(out, "  and %zu more\n", deadlock->count - MEMBERS_SHOWN);
}

void deadlock_put_left_locked(FILE *out, const struct analysis *analysis, struct symbols *symbols) {
    const struct lw_snapshot_hold *hold;
    for (uint64_t i = 0; i < analysis->snapshot->header->gone.count; i++) {
        const struct lw_snapshot_gone *gone = &analysis->snapshot->gone[i];
        for (size_t at = index_held(&analysis->index, gone->tid);
             (hold = index_held_by(&analysis->index, at, gone->tid)); at++) {
            size_t waiters = index_waiters(&analysis->index, hold->lock);
            if (index_waiter(&analysis->index, waiters, hold->lock))
                continue;
            fputc('\n', out);
            lines_name(out, lines_words(analysis, gone->name), gone->tid);
            fprintf(out, gone->flags & LW_GONE_NOT_COPIED
                             ? " of the parent, which fork did not copy, left locked:  "
                             : " has ended and left locked:  ");
            lines_hold(out, analysis, symbols, hold);
        }
    }
}
