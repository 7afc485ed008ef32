/* Text: for a person at a terminal or in a build log. */
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "render.h"
#include "stack.h"

enum { NAMES_SHOWN = 8, OBJECTS_SHOWN = 4 };

static const char *plural(size_t count) {
    return count == 1 ? "" : "s";
}

static const char *words(const struct analysis *analysis, uint32_t offset) {
    return snapshot_words(analysis->snapshot, offset);
}

/* A name may hold anything; a terminal must not obey it, nor a line end early. */
static void put_clean(FILE *out, const char *words) {
    for (; *words; words++)
        fputc((unsigned char)*words < 0x20 || *words == 0x7f ? '?' : *words, out);
}

static void put_name(FILE *out, const char *name, int tid) {
    put_clean(out, name);
    fprintf(out, " (%d)", tid);
}

static void put_count(FILE *out, bool *first, size_t count, const char *what, bool counted) {
    if (count == 0)
        return;
    fprintf(out, "%s%zu %s%s", *first ? "; " : ", ", count, what, counted ? plural(count) : "");
    *first = false;
}

static void put_summary(FILE *out, const struct analysis *analysis) {
    const struct lw_snapshot_header *header = analysis->snapshot->header;
    const struct counts *counts = &analysis->counts;
    bool first = true;
    if (analysis->judges)
        fprintf(out, "leakwatch: %zu leaked thread%s", counts->leaked, plural(counts->leaked));
    else
        fprintf(out, "leakwatch: %zu thread%s", counts->threads, plural(counts->threads));
    fprintf(out, " in %s (pid %d) ", words(analysis, header->program), header->pid);
    if (header->trigger == LW_TRIGGER_EXIT)
        fprintf(out, "at exit");
    else if (header->signal && sigabbrev_np(header->signal))
        fprintf(out, "on SIG%s", sigabbrev_np(header->signal));
    else if (header->signal)
        fprintf(out, "on signal %d", header->signal);
    else
        fprintf(out, "by %s", trigger_words(header->trigger));
    if (analysis->judges) {
        put_count(out, &first, counts->threads, "live", false);
    } else {
        put_count(out, &first, counts->by_state[LW_STATE_BLOCKED], "blocked", false);
        put_count(out, &first, counts->by_state[LW_STATE_WAITING], "waiting", false);
        put_count(out, &first, counts->by_state[LW_STATE_RUNNING], "running", false);
        put_count(out, &first, counts->by_state[LW_STATE_SPINNING], "spinning", false);
    }
    put_count(out, &first, counts->unjoined, "never joined", false);
    put_count(out, &first, counts->deadlocks, "deadlock", true);
    fputc('\n', out);
    if (header->incomplete)
        fprintf(out, "leakwatch: incomplete: %s\n", words(analysis, header->incomplete));
    if (header->lost)
        fprintf(out, "leakwatch: incomplete: no memory for the records of %" PRIu64 " threads\n",
                header->lost);
}

static void put_frame(const struct symbol_frame *frame, void *context) {
    struct {
        FILE *out;
        unsigned number;
    } *at = context;
    const char *function = frame->function ? frame->function : "??";
    fprintf(at->out, "    #%-2u %s", at->number++, function);
    const char *slash;
    if (frame->file) {
        slash = strrchr(frame->file, '/');
        fprintf(at->out, "%*s  %s:%d", (int)(strlen(function) < 18 ? 18 - strlen(function) : 0), "",
                slash ? slash + 1 : frame->file, frame->line);
    } else if (frame->module[0]) {
        slash = strrchr(frame->module, '/');
        fprintf(at->out, "%*s  %s+0x%" PRIx64, (int)(strlen(function) < 18 ? 18 - strlen(function) : 0), "",
                slash ? slash + 1 : frame->module, frame->offset);
    } else {
        fprintf(at->out, "%*s  0x%" PRIx64, (int)(strlen(function) < 18 ? 18 - strlen(function) : 0), "",
                frame->address);
    }
    fprintf(at->out, "%s\n", frame->inlined ? " (inlined)" : "");
}

static void put_stack(FILE *out, const struct analysis *analysis, struct symbols *symbols, uint64_t first,
                      uint32_t count, unsigned number, bool first_is_exact) {
    struct {
        FILE *out;
        unsigned number;
    } at = {out, number};
    stack_each(symbols, analysis->snapshot->frames + first, count, first_is_exact, put_frame, &at);
}

static void put_names(FILE *out, const struct analysis *analysis, const struct group *group) {
    fprintf(out, " ");
    for (size_t i = 0; i < group->count && i < NAMES_SHOWN; i++) {
        const struct lw_snapshot_thread *thread = analysis->findings[group->members[i]].thread;
        fputs(i ? ", " : " ", out);
        put_name(out, words(analysis, thread->name), thread->tid);
    }
    if (group->count > NAMES_SHOWN)
        fprintf(out, " and %zu more", group->count - NAMES_SHOWN);
    fputc('\n', out);
}

static void put_object(FILE *out, const struct analysis *analysis, struct symbols *symbols,
                       const struct lw_snapshot_thread *thread) {
    if (thread->fd >= 0) {
        fprintf(out, "fd %lld ", (long long)thread->fd);
        put_clean(out, words(analysis, thread->target));
        return;
    }
    if (thread->kind == LW_WAIT_JOIN) {
        const struct lw_snapshot_thread *joined = thread_alive(analysis->snapshot, thread->owner);
        fputs("the end of ", out);
        put_name(out, joined ? words(analysis, joined->name) : "thread", thread->owner);
        return;
    }
    char *symbol = symbols_object(symbols, thread->object);
    if (symbol)
        fprintf(out, "%s (0x%" PRIx64 ")", symbol, thread->object);
    else
        fprintf(out, "0x%" PRIx64, thread->object);
    free(symbol);
}

static bool same_object(const struct lw_snapshot_thread *a, const struct lw_snapshot_thread *b) {
    return a->fd == b->fd && a->object == b->object && a->owner == b->owner && a->target == b->target;
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
            known |= same_object(seen[k], thread);
        if (known)
            continue;
        if (different == OBJECTS_SHOWN) {
            fprintf(out, " and others");
            break;
        }
        seen[different++] = thread;
        fprintf(out, "%s", different == 1 ? "  waiting on  " : ", ");
        put_object(out, analysis, symbols, thread);
    }
    if (different)
        fputc('\n', out);
}

static void put_creation(FILE *out, const struct analysis *analysis, struct symbols *symbols,
                         const struct lw_snapshot_thread *thread) {
    if (thread->flags & LW_THREAD_MAIN)
        return;
    if (thread->flags & LW_THREAD_UNSEEN) {
        fprintf(out, "  its creation was not seen: inside libc, by a raw clone, or past the preload\n");
        return;
    }
    if (thread->creator_tid == 0 && thread->creation_count == 0)
        return;
    double ago = (double)(analysis->snapshot->header->monotonic - thread->created) / 1e9;
    fputs("  created by  ", out);
    put_name(out, words(analysis, thread->creator_name), thread->creator_tid);
    fprintf(out, " %.1fs ago\n", ago);
    put_stack(out, analysis, symbols, thread->creation_first, thread->creation_count, 0, false);
    if (thread->flags & LW_THREAD_CREATION_CUT)
        fprintf(out, "    ... deeper frames were not kept (option depth)\n");
}

static void put_group(FILE *out, const struct analysis *analysis, struct symbols *symbols,
                      const struct group *group) {
    const struct thread_finding *finding = &analysis->findings[group->members[0]];
    const struct lw_snapshot_thread *thread = finding->thread;
    fprintf(out, "\n%zu thread%s  [", group->count, plural(group->count));
    if (thread->kind != LW_WAIT_NONE)
        fprintf(out, "%s", wait_words(thread));
    else
        fprintf(out, "%s", state_words((enum lw_state)thread->state));
    bool kernel_word = thread->flags & LW_THREAD_KERNEL_WORD;
    if (group->longest || thread->wait_started)
        fprintf(out, ", %s%.1fs", kernel_word ? "about " : "", (double)group->longest / 1e9);
    if (thread->state == LW_STATE_FINISHED)
        fprintf(out, " ago, never joined");
    if (thread->timeout_ns >= 0)
        fprintf(out, " of %.1fs", (double)thread->timeout_ns / 1e9);
    else if (thread->flags & LW_THREAD_TIMED)
        fprintf(out, ", timed");
    fprintf(out, "]");
    if (group->verdict > VERDICT_NONE)
        fprintf(out, "  %s", verdict_words(group->verdict));
    for (size_t i = 0; i < finding->evidence_count; i++)
        fputs(i                               ? "; "
              : group->verdict > VERDICT_NONE ? ": "
                                              : "  ",
              out),
            put_clean(out, finding->evidence[i]);
    fputc('\n', out);
    put_names(out, analysis, group);
    const char *call = words(analysis, thread->call);
    unsigned number = 0;
    if (call[0] && !kernel_word)
        fprintf(out, "    #%-2u %s\n", number++, call);
    put_stack(out, analysis, symbols, thread->stack_first, thread->stack_count, number,
              thread->flags & LW_THREAD_EXACT);
    if (thread->flags & LW_THREAD_CUT)
        fprintf(out, "    ... deeper frames were not kept (option depth)\n");
    if (kernel_word)
        fprintf(out, "  as the kernel tells; no wrapper saw the call%s\n",
                thread->flags & LW_THREAD_BROKEN ? ", and the stack could be followed no further" : "");
    else if (thread->flags & LW_THREAD_BROKEN)
        fprintf(out, "    ... a frame without usable unwind information\n");
    put_objects(out, analysis, symbols, group);
    put_creation(out, analysis, symbols, thread);
}

void render_text(FILE *out, const struct analysis *analysis, struct symbols *symbols) {
    if (!render_has_content(analysis))
        return;
    put_summary(out, analysis);
    for (size_t i = 0; i < analysis->group_count; i++)
        put_group(out, analysis, symbols, &analysis->groups[i]);
    fputs(symbols_complaints(symbols), out);
}
