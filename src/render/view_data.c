/* The data of the page: each frame and each group once, so that ten thousand threads are a page that opens at
 * once. */
#include <jansson.h>

#include "deadlock.h"
#include "evidence_words.h"
#include "json_text.h"
#include "lines.h"
#include "reach_words.h"
#include "sources.h"
#include "summary.h"
#include "view_data.h"
#include "view_graph.h"

static void put_hold(FILE *out, const struct view_page *page, const void *hold) {
    lines_hold(out, page->analysis, page->symbols, hold);
}

/* All that there is to be said beside the groups. */
static void put_summary(FILE *out, const struct view_page *page, const void *unused) {
    (void)unused;
    summary_put(out, page->analysis);
    summary_put_incomplete(out, page->analysis);
    fputs(symbols_complaints(page->symbols), out);
}

static void put_left_locked(FILE *out, const struct view_page *page, const void *unused) {
    (void)unused;
    deadlock_put_left_locked(out, page->analysis, page->symbols);
}

static json_t *threads_of(const struct view_page *page, const struct group *group) {
    const struct analysis *analysis = page->analysis;
    uint64_t now = analysis->snapshot->header->monotonic;
    json_t *list = json_array();
    for (size_t i = 0; i < group->count; i++) {
        const struct thread_finding *finding = &analysis->findings[group->members[i]];
        const struct lw_snapshot_thread *thread = finding->thread;
        uint64_t age = thread->created && now > thread->created ? now - thread->created : 0;
        json_array_append_new(list, json_pack("[i, o, o, o, o]", thread->tid,
                                              json_text(lines_words(analysis, thread->name)),
                                              view_seconds(finding_duration(analysis, finding)),
                                              view_seconds(age), view_seconds(thread->cpu_ns)));
    }
    return list;
}

/* The different objects of a group, as many as a person reads. */
static json_t *objects_of(const struct view_page *page, const struct group *group) {
    enum { OBJECTS_MAX = 8, LOOKED_AT = 64 };
    json_t *list = json_array(), *known = json_object();
    for (size_t i = 0; i < group->count && i < LOOKED_AT && json_array_size(list) < OBJECTS_MAX; i++) {
        const struct lw_snapshot_thread *thread = page->analysis->findings[group->members[i]].thread;
        json_t *words = view_object(page, thread);
        if (json_is_string(words) && !json_object_get(known, json_string_value(words))) {
            json_object_set_new(known, json_string_value(words), json_true());
            json_array_append(list, words);
        }
        json_decref(words);
    }
    json_decref(known);
    return list;
}

static uint64_t stacks_kept(const struct analysis *analysis, const struct group *group) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < group->count; i++)
        bytes += analysis->findings[group->members[i]].thread->stack_size;
    return bytes;
}

/* Locks that the members hold, in words. */
static json_t *holds_of(const struct view_page *page, const struct group *group) {
    enum { HOLDS_MAX = 8, LOOKED_AT = 64 };
    const struct index *index = &page->analysis->index;
    const struct lw_snapshot_hold *hold;
    json_t *list = json_array();
    for (size_t i = 0; i < group->count && i < LOOKED_AT; i++) {
        int tid = page->analysis->findings[group->members[i]].thread->tid;
        for (size_t at = index_held(index, tid);
             json_array_size(list) < HOLDS_MAX && (hold = index_held_by(index, at, tid)); at++)
            json_array_append_new(list, view_words(page, put_hold, hold));
    }
    return list;
}

static void add_creation(struct view_page *page, json_t *made, const struct lw_snapshot_thread *thread) {
    if (thread->flags & LW_THREAD_MAIN || (!(thread->flags & LW_THREAD_UNSEEN) && !thread->creator_tid))
        return;
    if (thread->flags & LW_THREAD_UNSEEN) {
        json_object_set_new(made, "unseen", json_true());
        return;
    }
    json_object_set_new(made, "creator", json_text(lines_words(page->analysis, thread->creator_name)));
    json_object_set_new(made, "creator_tid", json_integer(thread->creator_tid));
    json_object_set_new(made, "creation",
                        view_stack(page, thread->creation_first, thread->creation_count, false));
    if (thread->flags & LW_THREAD_CREATION_CUT)
        json_object_set_new(made, "creation_cut", json_true());
}

/* Where what is waited for was taken by its owner, and where it was last signalled or posted. */
static void add_places(struct view_page *page, json_t *made, const struct thread_finding *finding) {
    const struct lw_snapshot_hold *hold = finding->hold;
    const struct lw_snapshot_wake *wake = finding->wake;
    if (hold && hold->site_count > 0)
        json_object_set_new(made, "taken", view_place(page, hold->site, hold->site_count, false));
    if (wake && wake->site_count > 0)
        json_object_set_new(made, finding->thread->kind == LW_WAIT_SEMAPHORE ? "posted" : "signalled",
                            view_place(page, wake->site, wake->site_count, false));
}

static void add_chain(json_t *made, const struct analysis *analysis, const struct thread_finding *finding) {
    for (size_t i = 0; i < finding->evidence_count; i++)
        if (finding->evidence[i].reach)
            json_object_set_new(made, "chain", reach_chain(analysis, finding->evidence[i].reach));
}

static json_t *group_object(struct view_page *page, const struct group *group) {
    static const struct {
        enum lw_thread_flag flag;
        const char *key;
    } flags[] = {{LW_THREAD_MAIN, "main"},
                 {LW_THREAD_TIMED, "timed"},
                 {LW_THREAD_CUT, "cut"},
                 {LW_THREAD_BROKEN, "broken"},
                 {LW_THREAD_FRAME_POINTERS, "by_frame_pointer"},
                 {LW_THREAD_FROM_PROC, "from_kernel"}};
    const struct analysis *analysis = page->analysis;
    const struct thread_finding *finding = &analysis->findings[group->members[0]];
    const struct lw_snapshot_thread *thread = finding->thread;
    const char *state = state_words((enum lw_state)thread->state);
    bool by_kernel = thread->flags & LW_THREAD_FROM_PROC;
    json_t *made = json_pack(
        "{s:I, s:s, s:s, s:s, s:o, s:o, s:o}", "count", (json_int_t)group->count, "state", state, "verdict",
        verdict_words(group->verdict), "wait", thread->kind != LW_WAIT_NONE ? wait_words(thread) : state,
        "seconds", view_seconds(group->longest), "evidence", evidence_strings(analysis, finding), "call",
        by_kernel ? json_text("") : json_text(lines_words(analysis, thread->call)));
    json_object_set_new(
        made, "stack",
        view_stack(page, thread->stack_first, thread->stack_count, thread->flags & LW_THREAD_EXACT));
    json_object_set_new(
        made, "place",
        view_place(page, thread->stack_first, thread->stack_count, thread->flags & LW_THREAD_EXACT));
    json_object_set_new(made, "objects", objects_of(page, group));
    json_object_set_new(made, "holds", holds_of(page, group));
    json_object_set_new(made, "threads", threads_of(page, group));
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (thread->flags & flags[i].flag)
            json_object_set_new(made, flags[i].key, json_true());
    if (thread->timeout_ns >= 0)
        json_object_set_new(made, "timeout", view_seconds((uint64_t)thread->timeout_ns));
    if (thread->state == LW_STATE_FINISHED)
        json_object_set_new(made, "stack_bytes", json_integer((json_int_t)stacks_kept(analysis, group)));
    add_chain(made, analysis, finding);
    add_places(page, made, finding);
    add_creation(page, made, thread);
    return made;
}

static json_t *counts_of(const struct analysis *analysis) {
    const struct counts *counts = &analysis->counts;
    json_t *made =
        json_pack("{s:I, s:I, s:I, s:I, s:I}", "threads", (json_int_t)counts->threads, "leaked",
                  (json_int_t)counts->leaked, "unjoined", (json_int_t)counts->unjoined, "suppressed",
                  (json_int_t)counts->suppressed, "created", (json_int_t)analysis->snapshot->header->created);
    for (int state = 0; state < LW_STATE_FINISHED; state++)
        json_object_set_new(made, state_words((enum lw_state)state),
                            json_integer((json_int_t)counts->by_state[state]));
    return made;
}

json_t *view_data(const struct analysis *analysis, struct symbols *symbols, bool with_sources) {
    const struct lw_snapshot_header *header = analysis->snapshot->header;
    struct view_page page = {.analysis = analysis,
                             .symbols = symbols,
                             .frames = json_array(),
                             .sources = with_sources ? sources_open(symbols_sysroot(symbols)) : NULL};
    json_t *groups = json_array();
    for (size_t i = 0; i < analysis->group_count; i++)
        json_array_append_new(groups, group_object(&page, &analysis->groups[i]));
    json_t *graph = view_graph(&page);
    json_t *data = json_pack(
        "{s:o, s:i, s:o, s:o, s:I, s:o, s:b, s:o, s:o, s:o, s:o}", "program",
        json_text(lines_words(analysis, header->program)), "pid", header->pid, "summary",
        view_words(&page, put_summary, NULL), "left_locked", view_words(&page, put_left_locked, NULL),
        "time_ms", (json_int_t)(header->realtime / 1000000), "uptime",
        view_seconds(header->monotonic - header->started), "judges", analysis->judges, "counts",
        counts_of(analysis), "groups", groups, "graph", graph, "deadlocks", view_deadlocks(&page));
    json_object_set_new(data, "frames", page.frames);
    json_object_set_new(data, "sources", sources_close(page.sources)); /* after all that wants one */
    view_page_end(&page);
    return data;
}
