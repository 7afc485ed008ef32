/* Text: for a person at a terminal or in a build log. */
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "deadlock.h"
#include "evidence_words.h"
#include "formats.h"
#include "lines.h"
#include "reach_words.h"
#include "style.h"
#include "summary.h"

/* No call was intercepted there, nor any creation: that is said once. */
static bool is_from_outside(const struct analysis *analysis) {
    return analysis->snapshot->header->flags & LW_PROCESS_OUTSIDE;
}

enum { NAMES_SHOWN = 8, OBJECTS_SHOWN = 4, HOLDS_SHOWN = 4 };

static void put_names(FILE *out, const struct analysis *analysis, const struct group *group) {
    fprintf(out, " ");
    for (size_t i = 0; i < group->count && i < NAMES_SHOWN; i++) {
        const struct lw_snapshot_thread *thread = analysis->findings[group->members[i]].thread;
        fputs(i ? ", " : " ", out);
        lines_name(out, lines_words(analysis, thread->name), thread->tid);
    }
    if (group->count > NAMES_SHOWN)
        fprintf(out, " and %zu more", group->count - NAMES_SHOWN);
    fputc('\n', out);
}

static bool same_object(const struct analysis *analysis, const struct lw_snapshot_thread *a,
                        const struct lw_snapshot_thread *b) {
    return a->fd == b->fd && a->object == b->object && a->owner == b->owner &&
           strcmp(lines_words(analysis, a->target), lines_words(analysis, b->target)) == 0;
}

/* Each different object of a group once, in the order of the threads. */
static void put_objects(FILE *out, const struct analysis *analysis, struct symbols *symbols,
                        const struct group *group) {
    size_t different = 0;
    const struct lw_snapshot_thread *seen[OBJECTS_SHOWN];
    for (size_t i = 0; i < group->count; i++) {
        const struct lw_snapshot_thread *thread = analysis->findings[group->members[i]].thread;
        bool known = thread->fd < 0 && thread->object == 0;
        for (size_t k = 0; k < different && k < OBJECTS_SHOWN; k++)
            known |= same_object(analysis, seen[k], thread);
        if (known)
            continue;
        if (different == OBJECTS_SHOWN) {
            fprintf(out, " and others");
            break;
        }
        seen[different++] = thread;
        fprintf(out, "%s", different == 1 ? "  waiting on  " : ", ");
        lines_object(out, analysis, symbols, thread);
    }
    if (different)
        fputc('\n', out);
}

static bool others_differ(const struct analysis *analysis, const struct group *group, size_t number) {
    const struct thread_finding *first = &analysis->findings[group->members[0]];
    for (size_t i = 1; i < group->count; i++) {
        const struct thread_finding *other = &analysis->findings[group->members[i]];
        if (other->evidence_count <= number ||
            !evidence_same(&other->evidence[number], &first->evidence[number]))
            return true;
    }
    return false;
}

static void put_evidence(FILE *out, const struct analysis *analysis, const struct group *group,
                         size_t number) {
    const struct thread_finding *first = &analysis->findings[group->members[0]];
    const char *before = number > 0 ? "; " : group->verdict > VERDICT_NONE ? ": " : "  ";
    char *words = evidence_words(analysis, &first->evidence[number]);
    fprintf(out, "%s%s%s", before, words ? words : "",
            others_differ(analysis, group, number) ? " (others differ)" : "");
    free(words);
}

/* Where its owner took what is waited for, and where what might have ended the wait was last given. */
static void put_sites(FILE *out, const struct analysis *analysis, struct symbols *symbols,
                      const struct thread_finding *finding) {
    const struct lw_snapshot_hold *hold = finding->hold;
    const struct lw_snapshot_wake *wake = finding->wake;
    if (hold && hold->site_count > 0) {
        fprintf(out, "  its owner took it at  ");
        lines_site(out, analysis, symbols, hold->site);
    }
    if (wake && wake->site_count > 0) {
        fprintf(out,
                finding->thread->kind == LW_WAIT_SEMAPHORE ? "  last posted at  " : "  last signalled at  ");
        lines_site(out, analysis, symbols, wake->site);
    }
}

/* Locks that the members hold. */
static void put_holds(FILE *out, const struct analysis *analysis, struct symbols *symbols,
                      const struct group *group) {
    const struct lw_snapshot_hold *hold;
    size_t shown = 0;
    for (size_t i = 0; i < group->count; i++) {
        int tid = analysis->findings[group->members[i]].thread->tid;
        for (size_t at = index_held(&analysis->index, tid); (hold = index_held_by(&analysis->index, at, tid));
             at++) {
            if (shown++ == HOLDS_SHOWN) {
                fprintf(out, "  and more locks\n");
                return;
            }
            fprintf(out, "  holds  ");
            lines_hold(out, analysis, symbols, hold);
        }
    }
}

static void put_creation(FILE *out, const struct analysis *analysis, struct symbols *symbols,
                         const struct lw_snapshot_thread *thread) {
    if (thread->flags & LW_THREAD_MAIN)
        return;
    if (thread->flags & LW_THREAD_UNSEEN) {
        fprintf(out, "  creator unknown (created inside libc, by raw clone, or before the preload)\n");
        return;
    }
    if (thread->creator_tid == 0 && thread->creation_count == 0)
        return;
    double ago = (double)(analysis->snapshot->header->monotonic - thread->created) / 1e9;
    fputs("  created by  ", out);
    lines_name(out, lines_words(analysis, thread->creator_name), thread->creator_tid);
    fprintf(out, " %.1fs ago\n", ago);
    lines_stack(out, analysis, symbols, thread->creation_first, thread->creation_count, 0, false);
    if (thread->flags & LW_THREAD_CREATION_CUT)
        fprintf(out, "    ... deeper frames were not kept (option depth)\n");
}

/* "80.0 MiB": the stacks that threads which nobody joined keep. */
static void put_stacks_kept(FILE *out, const struct analysis *analysis, const struct group *group) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < group->count; i++)
        bytes += analysis->findings[group->members[i]].thread->stack_size;
    if (bytes > 0)
        fprintf(out, "  %s %.1f MiB", group->count == 1 ? "its stack keeps" : "their stacks keep",
                (double)bytes / (1024 * 1024));
}

/* "[cond wait, 12.0s of 30.0s]" */
static void put_wait(FILE *out, const struct analysis *analysis, const struct group *group,
                     const struct lw_snapshot_thread *thread) {
    bool waits = thread->kind != LW_WAIT_NONE;
    fprintf(out, "[%s", waits ? wait_words(thread) : state_words((enum lw_state)thread->state));
    bool about = (thread->flags & LW_THREAD_FROM_PROC) || is_from_outside(analysis);
    if (group->longest || thread->wait_started)
        fprintf(out, ", %s%.1fs", about ? "about " : "", (double)group->longest / 1e9);
    if (thread->state == LW_STATE_FINISHED)
        fprintf(out, " ago, never joined");
    if (thread->timeout_ns >= 0)
        fprintf(out, " of %.1fs", (double)thread->timeout_ns / 1e9);
    else if (thread->flags & LW_THREAD_TIMED)
        fprintf(out, ", timed");
    fprintf(out, "]");
}

static void put_verdict(FILE *out, enum verdict verdict) {
    static const enum style styles[] = {STYLE_PLAIN, STYLE_FINE, STYLE_DOUBTFUL, STYLE_BAD, STYLE_BAD};
    if (verdict == VERDICT_NONE)
        return;
    fprintf(out, "  ");
    style_put(out, styles[verdict]);
    fprintf(out, "%s", verdict_words(verdict));
    style_put(out, STYLE_PLAIN);
}

static void put_title(FILE *out, const struct analysis *analysis, const struct group *group,
                      const struct thread_finding *finding) {
    style_put(out, STYLE_TITLE);
    fprintf(out, "%zu thread%s", group->count, lines_plural(group->count));
    style_put(out, STYLE_PLAIN);
    fprintf(out, "  ");
    put_wait(out, analysis, group, finding->thread);
    put_verdict(out, group->verdict);
    for (size_t i = 0; i < finding->evidence_count; i++)
        put_evidence(out, analysis, group, i);
    if (finding->thread->state == LW_STATE_FINISHED)
        put_stacks_kept(out, analysis, group);
    fputc('\n', out);
}

/* A stack that nobody has read is not one without frames. */
static void put_no_stack(FILE *out, const struct analysis *analysis,
                         const struct lw_snapshot_thread *thread) {
    bool ran = thread->state == LW_STATE_RUNNING || thread->state == LW_STATE_SPINNING;
    fprintf(out, "    stack not known%s%s\n",
            !ran                               ? ""
            : thread->flags & LW_THREAD_CALLER ? ": it makes this report"
                                               : ": it ran when it was looked at",
            ran && is_from_outside(analysis) ? " (--stop tells it)" : "");
}

static void put_stack(FILE *out, const struct analysis *analysis, struct symbols *symbols,
                      const struct lw_snapshot_thread *thread) {
    const char *call = lines_words(analysis, thread->call);
    bool from_proc = thread->flags & LW_THREAD_FROM_PROC, broken = thread->flags & LW_THREAD_BROKEN;
    unsigned number = 0;
    if (call[0] && !from_proc)
        fprintf(out, "    #%-2u %s\n", number++, call);
    lines_stack(out, analysis, symbols, thread->stack_first, thread->stack_count, number,
                thread->flags & LW_THREAD_EXACT);
    if (thread->stack_count == 0 && thread->state != LW_STATE_FINISHED)
        put_no_stack(out, analysis, thread);
    if (thread->flags & LW_THREAD_CUT)
        fprintf(out, "    ... deeper frames were not kept (option depth)\n");
    if (from_proc && !is_from_outside(analysis))
        fprintf(out, "  from /proc; call not intercepted%s\n",
                broken ? ", and the stack could be followed no further" : "");
    else if (broken && is_from_outside(analysis) && analysis->snapshot->header->trigger != LW_TRIGGER_CORE)
        fprintf(out,
                "    ... a frame that cannot be followed without registers that the kernel does not tell\n");
    else if (broken)
        fprintf(out, "    ... a frame without usable unwind information\n");
    if (thread->flags & LW_THREAD_FRAME_POINTERS && !is_from_outside(analysis))
        fprintf(out, "    callers of code without unwind information: by frame pointer\n");
}

static void put_group(FILE *out, const struct analysis *analysis, struct symbols *symbols,
                      const struct group *group) {
    const struct thread_finding *finding = &analysis->findings[group->members[0]];
    fputc('\n', out);
    put_title(out, analysis, group, finding);
    put_names(out, analysis, group);
    put_stack(out, analysis, symbols, finding->thread);
    put_objects(out, analysis, symbols, group);
    put_sites(out, analysis, symbols, finding);
    put_holds(out, analysis, symbols, group);
    put_creation(out, analysis, symbols, finding->thread);
}

/* One that matches nothing is a mistake that would otherwise never be found. */
static void put_unused(FILE *out, const struct analysis *analysis) {
    for (size_t i = 0; analysis->suppressions && analysis->judges && i < analysis->suppressions->count; i++) {
        const struct suppression *one = &analysis->suppressions->list[i];
        if (!one->expected || one->matched > 0)
            continue;
        fprintf(out, "leakwatch: suppression %s:%s (%s", suppression_kind_words(one->kind), one->pattern,
                one->file);
        if (one->line)
            fprintf(out, ":%u", one->line);
        fprintf(out, ") matched nothing\n");
    }
}

void render_text(FILE *out, const struct analysis *analysis, struct symbols *symbols) {
    if (!render_has_content(analysis))
        return;
    style_put(out, STYLE_TITLE);
    summary_put(out, analysis);
    style_put(out, STYLE_PLAIN);
    summary_put_incomplete(out, analysis);
    reach_put_refusal(out, analysis);
    for (size_t i = 0; i < analysis->group_count; i++)
        put_group(out, analysis, symbols, &analysis->groups[i]);
    deadlock_put_left_locked(out, analysis, symbols);
    for (size_t i = 0; i < analysis->deadlock_count; i++) {
        fputc('\n', out);
        deadlock_put(out, analysis, symbols, i);
    }
    put_unused(out, analysis);
    fputs(symbols_complaints(symbols), out);
}
