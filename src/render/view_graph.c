#include "view_graph.h"

#include <stdlib.h>

#include "analysis/graph.h"
#include "json_text.h"
#include "lines.h"
#include "proof_words.h"

static const char *what_it_does(const struct lw_snapshot_thread *thread) {
    return thread->kind != LW_WAIT_NONE ? wait_words(thread) : state_words((enum lw_state)thread->state);
}

static json_t *thread_node(struct view_page *page, const struct thread_finding *finding) {
    const struct lw_snapshot_thread *thread = finding->thread;
    return json_pack(
        "{s:o, s:s, s:o, s:o, s:o}", "name", json_text(lines_words(page->analysis, thread->name)), "wait",
        what_it_does(thread), "seconds", view_seconds(finding_duration(page->analysis, finding)), "object",
        view_object(page, thread), "place",
        view_place(page, thread->stack_first, thread->stack_count, thread->flags & LW_THREAD_EXACT));
}

/* One that is no thread of this process: it has ended, or it belongs to another one. */
static json_t *absent_node(struct view_page *page, int tid, bool has_ended) {
    const struct analysis *analysis = page->analysis;
    const struct lw_snapshot_gone *gone = index_gone(&analysis->index, tid);
    uint64_t now = analysis->snapshot->header->monotonic;
    if (!gone)
        return json_pack("{s:s, s:b}", "name", "", has_ended ? "ended" : "elsewhere", true);
    json_t *made =
        json_pack("{s:o, s:b, s:o}", "name", json_text(lines_words(analysis, gone->name)), "ended", true,
                  "seconds", view_seconds(gone->ended && now > gone->ended ? now - gone->ended : 0));
    if (gone->creator_tid) {
        json_object_set_new(made, "creator", json_text(lines_words(analysis, gone->creator_name)));
        json_object_set_new(made, "creator_tid", json_integer(gone->creator_tid));
        json_object_set_new(made, "creation",
                            view_stack(page, gone->creation_first, gone->creation_count, false));
    }
    return made;
}

static void add_node(struct view_page *page, json_t *nodes, int tid, bool has_ended) {
    char key[16];
    long at = index_thread(&page->analysis->index, tid);
    snprintf(key, sizeof key, "%d", tid);
    if (!json_object_get(nodes, key))
        json_object_set_new(nodes, key,
                            at >= 0 ? thread_node(page, &page->analysis->findings[at])
                                    : absent_node(page, tid, has_ended));
}

/* What the one that is waited for has to do with it. */
static const char *relation(const struct lw_snapshot_thread *thread, const struct lw_snapshot_hold *hold) {
    if (thread->kind == LW_WAIT_JOIN)
        return "ends";
    return hold || thread->owner != 0 ? "holds" : "precedes";
}

static void add_edge(struct view_page *page, json_t *edges, json_t *nodes,
                     const struct lw_snapshot_thread *thread, int to, const struct lw_snapshot_hold *hold) {
    json_t *edge =
        json_pack("{s:i, s:i, s:s}", "from", thread->tid, "to", to, "relation", relation(thread, hold));
    if (hold && hold->site_count > 0)
        json_object_set_new(edge, "taken", view_place(page, hold->site, hold->site_count, false));
    json_array_append_new(edges, edge);
    add_node(page, nodes, thread->tid, false);
    add_node(page, nodes, to, thread->flags & LW_THREAD_OWNER_GONE);
}

/* What the proofs rest on, and the owners that are known beyond it. */
json_t *view_graph(struct view_page *page) {
    const struct analysis *analysis = page->analysis;
    json_t *nodes = json_object(), *edges = json_array();
    for (size_t i = 0; i < analysis->finding_count; i++) {
        const struct lw_snapshot_thread *thread = analysis->findings[i].thread;
        const struct node *node =
            analysis->graph && i < analysis->graph->count ? &analysis->graph->nodes[i] : NULL;
        for (size_t k = 0; node && k < node->edge_count; k++)
            add_edge(page, edges, nodes, thread, analysis->findings[node->edges[k].to].thread->tid,
                     node->edges[k].hold);
        if ((!node || node->edge_count == 0) && thread->owner > 0 && thread->kind != LW_WAIT_NONE)
            add_edge(page, edges, nodes, thread, thread->owner,
                     index_hold_by(&analysis->index, thread->owner, thread->object));
    }
    for (size_t i = 0; i < analysis->deadlock_count; i++)
        for (size_t k = 0; k < analysis->deadlocks[i].count; k++)
            add_node(page, nodes, analysis->findings[analysis->deadlocks[i].members[k]].thread->tid, false);
    return json_pack("{s:o, s:o}", "nodes", nodes, "edges", edges);
}

static json_t *title_of(const struct view_page *page, const struct deadlock *deadlock) {
    char *title = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&title, &size);
    if (out) {
        proof_title(out, page->analysis, page->symbols, deadlock);
        fclose(out);
    }
    json_t *text = json_text(title ? title : "");
    free(title);
    return text;
}

json_t *view_deadlocks(const struct view_page *page) {
    json_t *list = json_array();
    for (size_t i = 0; i < page->analysis->deadlock_count; i++) {
        const struct deadlock *deadlock = &page->analysis->deadlocks[i];
        json_t *tids = json_array();
        for (size_t k = 0; k < deadlock->count; k++)
            json_array_append_new(tids,
                                  json_integer(page->analysis->findings[deadlock->members[k]].thread->tid));
        json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:o}", "kind", proof_form(deadlock->kind).name,
                                              "drawn", proof_form(deadlock->kind).drawn, "title",
                                              title_of(page, deadlock), "threads", tids));
    }
    return list;
}
