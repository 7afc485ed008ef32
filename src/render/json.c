/* JSON, version 1: one object a report, one report a line. Keys are only ever added within a version. */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "deadlock.h"
#include "evidence_words.h"
#include "formats.h"
#include "json_text.h"
#include "proof_words.h"
#include "reach_words.h"
#include "shown_stack.h"

static json_t *text_or_null(const char *words) {
    return words && words[0] ? json_text(words) : json_null();
}

static json_t *address(uint64_t number) {
    return json_sprintf("0x%" PRIx64, number);
}

static json_t *seconds(uint64_t ns) {
    return json_real((double)ns / 1e9);
}

/* Takes value; one that there was no memory for is left out. */
static void put(json_t *object, const char *key, json_t *value) {
    json_object_set_new(object, key, value);
}

static json_t *boolean(bool is) {
    return json_boolean(is);
}

static json_t *number(uint64_t count) {
    return json_integer((json_int_t)count);
}

static json_t *thread_id(int tid) {
    return tid ? json_integer(tid) : json_null();
}

static json_t *words(const struct analysis *analysis, uint32_t offset) {
    return text_or_null(snapshot_words(analysis->snapshot, offset));
}

static void add_frame(const struct symbol_frame *frame, void *frames) {
    json_t *made = json_object();
    put(made, "function", text_or_null(frame->function));
    put(made, "file", text_or_null(frame->file));
    put(made, "line", frame->file ? json_integer(frame->line) : json_null());
    put(made, "module", json_text(frame->module));
    put(made, "build_id", text_or_null(frame->build_id));
    put(made, "offset", address(frame->offset));
    put(made, "address", address(frame->address));
    put(made, "inlined", boolean(frame->inlined));
    if (frame->language)
        put(made, "language", json_text(frame->language));
    json_array_append_new(frames, made);
}

static json_t *stack(const struct analysis *analysis, struct symbols *symbols, uint64_t first, uint32_t count,
                     bool first_is_exact) {
    json_t *frames = json_array();
    stack_each(symbols, analysis->snapshot->frames + first, count, first_is_exact, add_frame, frames);
    return frames;
}

static json_t *object(const struct analysis *analysis, struct symbols *symbols,
                      const struct lw_snapshot_thread *thread) {
    char *symbol = thread->object ? symbols_object(symbols, thread->object) : NULL;
    json_t *made = json_pack(
        "{s:o, s:o, s:o, s:o}", "address", thread->object ? address(thread->object) : json_null(), "symbol",
        text_or_null(symbol), "fd", thread->fd >= 0 ? json_integer(thread->fd) : json_null(), "target",
        words(analysis, thread->target));
    free(symbol);
    return made;
}

/* The frame of one return address; null if it is not known. */
static json_t *site(const struct analysis *analysis, struct symbols *symbols, uint64_t first,
                    uint32_t count) {
    json_t *frames = stack(analysis, symbols, first, count, false);
    json_t *frame = json_incref(json_array_size(frames) > 0 ? json_array_get(frames, 0) : json_null());
    json_decref(frames);
    return frame;
}

static json_t *last_wake(const struct analysis *analysis, struct symbols *symbols,
                         const struct lw_snapshot_wake *wake) {
    if (!wake)
        return json_null();
    uint64_t now = analysis->snapshot->header->monotonic;
    return json_pack("{s:o, s:o, s:o, s:I, s:I, s:o}", "tid", thread_id(wake->last_tid), "name",
                     words(analysis, wake->last_name), "seconds_ago",
                     seconds(now > wake->last ? now - wake->last : 0), "count", (json_int_t)wake->count,
                     "no_waiter", (json_int_t)wake->no_waiter, "at",
                     site(analysis, symbols, wake->site, wake->site_count));
}

static json_t *holds(const struct analysis *analysis, struct symbols *symbols, int tid) {
    static const char *const kinds[] = {
#define X(id, words) words,
        LW_HOLDS(X)
#undef X
    };
    json_t *list = json_array();
    const struct lw_snapshot_hold *hold;
    for (size_t at = index_held(&analysis->index, tid); (hold = index_held_by(&analysis->index, at, tid));
         at++) {
        char *symbol = symbols_object(symbols, hold->lock);
        json_array_append_new(list, json_pack("{s:s, s:o, s:o, s:o}", "kind", kinds[hold->kind], "address",
                                              address(hold->lock), "symbol", text_or_null(symbol), "taken_at",
                                              site(analysis, symbols, hold->site, hold->site_count)));
        free(symbol);
    }
    return list;
}

static json_t *deadlocks(const struct analysis *analysis, struct symbols *symbols) {
    json_t *list = json_array();
    for (size_t i = 0; i < analysis->deadlock_count; i++) {
        const struct deadlock *deadlock = &analysis->deadlocks[i];
        json_t *tids = json_array();
        char *block = NULL;
        size_t size = 0;
        for (size_t k = 0; k < deadlock->count; k++)
            json_array_append_new(tids, json_integer(analysis->findings[deadlock->members[k]].thread->tid));
        FILE *out = open_memstream(&block, &size);
        if (out) {
            deadlock_put(out, analysis, symbols, i);
            fclose(out);
        }
        json_array_append_new(list, json_pack("{s:s, s:o, s:o}", "kind", proof_form(deadlock->kind).name,
                                              "threads", tids, "text", json_text(block ? block : "")));
        free(block);
    }
    return list;
}

static json_t *wait(const struct analysis *analysis, struct symbols *symbols,
                    const struct thread_finding *finding) {
    const struct lw_snapshot_thread *thread = finding->thread;
    const struct lw_snapshot_hold *hold = finding->hold;
    if (thread->kind == LW_WAIT_NONE)
        return json_null();
    json_t *made = json_object();
    put(made, "kind", json_string(wait_words(thread)));
    put(made, "call", words(analysis, thread->call));
    put(made, "seconds", thread->wait_started ? seconds(finding_duration(analysis, finding)) : json_null());
    put(made, "timed", boolean(thread->flags & LW_THREAD_TIMED));
    put(made, "timeout_seconds",
        thread->timeout_ns >= 0 ? seconds((uint64_t)thread->timeout_ns) : json_null());
    put(made, "object", object(analysis, symbols, thread));
    put(made, "owner", thread_id(thread->owner));
    put(made, "owner_took_at", hold ? site(analysis, symbols, hold->site, hold->site_count) : json_null());
    put(made, "last_wake", last_wake(analysis, symbols, finding->wake));
    return made;
}

static json_t *creator(const struct analysis *analysis, struct symbols *symbols,
                       const struct lw_snapshot_thread *thread) {
    if ((thread->flags & (LW_THREAD_MAIN | LW_THREAD_UNSEEN)) ||
        (thread->creator_tid == 0 && thread->creation_count == 0))
        return json_null();
    return json_pack("{s:o, s:o, s:o}", "tid", thread_id(thread->creator_tid), "name",
                     words(analysis, thread->creator_name), "stack",
                     stack(analysis, symbols, thread->creation_first, thread->creation_count, false));
}

static json_t *thread_object(const struct analysis *analysis, struct symbols *symbols,
                             const struct thread_finding *finding) {
    const struct lw_snapshot_thread *thread = finding->thread;
    uint64_t now = analysis->snapshot->header->monotonic;
    bool aged = thread->created && thread->created <= now;
    json_t *made = json_object();
    put(made, "tid", json_integer(thread->tid));
    put(made, "name", words(analysis, thread->name));
    put(made, "main", boolean(thread->flags & LW_THREAD_MAIN));
    put(made, "state", json_string(state_words((enum lw_state)thread->state)));
    put(made, "polling", boolean(finding->polls));
    put(made, "leaked", boolean(finding->leaked));
    put(made, "suppressed", boolean(finding->suppressed));
    put(made, "verdict", json_string(verdict_words(finding->verdict)));
    put(made, "evidence", evidence_strings(analysis, finding));
    put(made, "facts", evidence_facts(analysis, finding));
    put(made, "age_seconds", aged ? seconds(now - thread->created) : json_null());
    put(made, "cpu_seconds", seconds(thread->cpu_ns));
    put(made, "wait", wait(analysis, symbols, finding));
    put(made, "stack",
        stack(analysis, symbols, thread->stack_first, thread->stack_count, thread->flags & LW_THREAD_EXACT));
    bool whole = thread->stack_count > 0 || thread->state == LW_STATE_FINISHED;
    put(made, "stack_complete", boolean(whole && !(thread->flags & (LW_THREAD_CUT | LW_THREAD_BROKEN))));
    if (thread->flags & LW_THREAD_FRAME_POINTERS)
        put(made, "stack_by_frame_pointer", json_true());
    put(made, "kernel_only", boolean(thread->flags & LW_THREAD_FROM_PROC));
    put(made, "created_by", creator(analysis, symbols, thread));
    put(made, "holds", holds(analysis, symbols, thread->tid));
    put(made, "stack_bytes", number(thread->stack_size));
    return made;
}

static json_t *group_object(const struct analysis *analysis, const struct group *group) {
    const struct thread_finding *finding = &analysis->findings[group->members[0]];
    const struct lw_snapshot_thread *thread = finding->thread;
    json_t *tids = json_array(), *made = json_object();
    for (size_t i = 0; i < group->count; i++)
        json_array_append_new(tids, json_integer(analysis->findings[group->members[i]].thread->tid));
    put(made, "count", number(group->count));
    put(made, "tids", tids);
    put(made, "state", json_string(state_words((enum lw_state)thread->state)));
    put(made, "polling", boolean(finding->polls));
    put(made, "kind", thread->kind != LW_WAIT_NONE ? json_string(wait_words(thread)) : json_null());
    put(made, "verdict", json_string(verdict_words(group->verdict)));
    put(made, "evidence", evidence_strings(analysis, finding));
    put(made, "facts", evidence_facts(analysis, finding));
    put(made, "longest_seconds", group->longest ? seconds(group->longest) : json_null());
    return made;
}

static json_t *counts_object(const struct analysis *analysis) {
    const struct counts *counts = &analysis->counts;
    json_t *made = json_object();
    put(made, "threads", number(counts->threads));
    put(made, "blocked", number(counts->by_state[LW_STATE_BLOCKED]));
    put(made, "waiting", number(counts->by_state[LW_STATE_WAITING]));
    put(made, "polling", number(counts->polling));
    put(made, "running", number(counts->by_state[LW_STATE_RUNNING]));
    put(made, "spinning", number(counts->by_state[LW_STATE_SPINNING]));
    put(made, "unjoined", number(counts->unjoined));
    put(made, "leaked", number(counts->leaked));
    put(made, "created", number(analysis->snapshot->header->created));
    return made;
}

/* The user's own, used or not. */
static json_t *suppressions(const struct analysis *analysis) {
    json_t *list = json_array();
    for (size_t i = 0; analysis->suppressions && i < analysis->suppressions->count; i++) {
        const struct suppression *one = &analysis->suppressions->list[i];
        if (one->expected)
            json_array_append_new(
                list, json_pack("{s:s, s:o, s:o, s:i, s:I}", "kind", suppression_kind_words(one->kind),
                                "pattern", json_text(one->pattern), "file", json_text(one->file), "line",
                                (int)one->line, "matched", (json_int_t)one->matched));
    }
    return list;
}

static json_t *rfc3339(uint64_t realtime) {
    time_t whole = (time_t)(realtime / 1000000000u);
    struct tm utc;
    char words[32];
    gmtime_r(&whole, &utc);
    strftime(words, sizeof words, "%Y-%m-%dT%H:%M:%S", &utc);
    return json_sprintf("%s.%03uZ", words, (unsigned)(realtime / 1000000u % 1000u));
}

void render_json(FILE *out, const struct analysis *analysis, struct symbols *symbols) {
    const struct lw_snapshot_header *header = analysis->snapshot->header;
    if (!render_has_content(analysis))
        return;
    json_t *threads = json_array(), *groups = json_array();
    for (size_t i = 0; i < analysis->finding_count; i++)
        if (finding_is_shown(analysis, &analysis->findings[i]))
            json_array_append_new(threads, thread_object(analysis, symbols, &analysis->findings[i]));
    for (size_t i = 0; i < analysis->group_count; i++)
        json_array_append_new(groups, group_object(analysis, &analysis->groups[i]));
    json_t *report = json_object();
    put(report, "leakwatch", json_integer(1));
    put(report, "pid", json_integer(header->pid));
    put(report, "exe", json_text(snapshot_words(analysis->snapshot, header->exe)));
    put(report, "trigger", json_string(trigger_name((enum lw_trigger)header->trigger)));
    put(report, "time", rfc3339(header->realtime));
    put(report, "uptime_seconds", seconds(header->monotonic - header->started));
    put(report, "counts", counts_object(analysis));
    put(report, "threads", threads);
    put(report, "groups", groups);
    put(report, "deadlocks", deadlocks(analysis, symbols));
    put(report, "incomplete", words(analysis, header->incomplete));
    json_t *reach = reach_json(analysis);
    if (reach)
        put(report, "reach", reach);
    put(report, "suppressions", suppressions(analysis));
    if (!report) {
        fprintf(stderr, "leakwatch: the report cannot be written as JSON: no memory\n");
        return;
    }
    json_dumpf(report, out, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(12));
    fputc('\n', out);
    json_decref(report);
}
