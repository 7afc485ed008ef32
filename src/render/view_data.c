/* The data of the page: each frame and each group once, so that ten thousand threads are a page that opens at
 * once. */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "analysis/graph.h"
#include "deadlock.h"
#include "evidence_words.h"
#include "json_text.h"
#include "lines.h"
#include "shown_stack.h"
#include "sources.h"
#include "summary.h"
#include "view_data.h"

/* Frames by what is shown of them, numbered as they come. */
struct known_frame {
    char *key;
    size_t number;
    UT_hash_handle hh;
};

struct page {
    const struct analysis *analysis;
    struct symbols *symbols;
    json_t *frames, *stack; /* all, and the numbers of those of the stack at hand */
    struct known_frame *known;
    struct sources *sources;
};

static json_t *seconds(uint64_t ns) {
    return json_real((double)(ns / 1000000) / 1000);
}

static void add_frame(const struct symbol_frame *frame, void *context) {
    struct page *page = context;
    const char *slash = strrchr(frame->module, '/');
    char *key;
    if (asprintf(&key, "%s|%s|%d|%s|%" PRIx64 "|%d", frame->function ? frame->function : "",
                 frame->file ? frame->file : "", frame->line, frame->module,
                 frame->function ? 0 : frame->offset, frame->inlined) < 0)
        return;
    struct known_frame *known;
    HASH_FIND_STR(page->known, key, known);
    if (known) {
        free(key);
    } else {
        known = calloc(1, sizeof *known);
        if (!known) {
            free(key);
            return;
        }
        *known = (struct known_frame){.key = key, .number = json_array_size(page->frames)};
        HASH_ADD_KEYPTR(hh, page->known, known->key, strlen(known->key), known);
        json_t *made = json_pack("{s:o, s:o, s:o}", "function",
                                 frame->function ? json_text(frame->function) : json_null(), "module",
                                 json_text(slash ? slash + 1 : frame->module), "offset",
                                 json_sprintf("0x%" PRIx64, frame->offset));
        if (frame->file) {
            json_object_set_new(made, "file", json_text(frame->file));
            json_object_set_new(made, "line", json_integer(frame->line));
            sources_want(page->sources, frame->directory, frame->file, frame->line);
        }
        if (frame->inlined)
            json_object_set_new(made, "inlined", json_true());
        json_array_append_new(page->frames, made);
    }
    json_array_append_new(page->stack, json_integer((json_int_t)known->number));
}

static json_t *stack(struct page *page, uint64_t first, uint32_t count, bool first_is_exact) {
    page->stack = json_array();
    stack_each(page->symbols, page->analysis->snapshot->frames + first, count, first_is_exact, add_frame,
               page);
    return page->stack;
}

static json_t *object_words(const struct page *page, const struct lw_snapshot_thread *thread) {
    char *words = NULL;
    size_t size;
    FILE *out = open_memstream(&words, &size);
    if (!out)
        return json_null();
    lines_object(out, page->analysis, page->symbols, thread);
    json_t *made = fclose(out) == 0 ? json_text(words) : json_null();
    free(words);
    return made;
}

static json_t *threads_of(const struct page *page, const struct group *group) {
    const struct analysis *analysis = page->analysis;
    uint64_t now = analysis->snapshot->header->monotonic;
    json_t *list = json_array();
    for (size_t i = 0; i < group->count; i++) {
        const struct thread_finding *finding = &analysis->findings[group->members[i]];
        const struct lw_snapshot_thread *thread = finding->thread;
        uint64_t age = thread->created && now > thread->created ? now - thread->created : 0;
        json_array_append_new(list, json_pack("[i, o, o, o, o]", thread->tid,
                                              json_text(lines_words(analysis, thread->name)),
                                              seconds(finding_duration(analysis, finding)), seconds(age),
                                              seconds(thread->cpu_ns)));
    }
    return list;
}

/* The different objects of a group, as many as a person reads. */
static json_t *objects_of(const struct page *page, const struct group *group) {
    enum { OBJECTS_MAX = 8, LOOKED_AT = 64 };
    json_t *list = json_array(), *known = json_object();
    for (size_t i = 0; i < group->count && i < LOOKED_AT && json_array_size(list) < OBJECTS_MAX; i++) {
        const struct lw_snapshot_thread *thread = page->analysis->findings[group->members[i]].thread;
        if (thread->fd < 0 && thread->object == 0 && thread->target == 0)
            continue;
        json_t *words = object_words(page, thread);
        if (json_is_string(words) && !json_object_get(known, json_string_value(words))) {
            json_object_set_new(known, json_string_value(words), json_true());
            json_array_append(list, words);
        }
        json_decref(words);
    }
    json_decref(known);
    return list;
}

static json_t *group_object(struct page *page, const struct group *group) {
    const struct analysis *analysis = page->analysis;
    const struct thread_finding *finding = &analysis->findings[group->members[0]];
    const struct lw_snapshot_thread *thread = finding->thread;
    json_t *made;
    bool by_kernel = thread->flags & LW_THREAD_FROM_PROC;
    made = json_pack(
        "{s:I, s:s, s:s, s:s, s:o, s:b, s:o, s:o, s:o, s:o, s:o}", "count", (json_int_t)group->count, "state",
        state_words((enum lw_state)thread->state), "verdict", verdict_words(group->verdict), "wait",
        thread->kind != LW_WAIT_NONE ? wait_words(thread) : state_words((enum lw_state)thread->state),
        "seconds", seconds(group->longest), "timed", !!(thread->flags & LW_THREAD_TIMED), "evidence",
        evidence_strings(analysis, finding), "call",
        by_kernel ? json_text("") : json_text(lines_words(analysis, thread->call)), "stack",
        stack(page, thread->stack_first, thread->stack_count, thread->flags & LW_THREAD_EXACT), "objects",
        objects_of(page, group), "threads", threads_of(page, group));
    if (!(thread->flags & (LW_THREAD_MAIN | LW_THREAD_UNSEEN)) && thread->creator_tid) {
        json_object_set_new(made, "creator", json_text(lines_words(analysis, thread->creator_name)));
        json_object_set_new(made, "creator_tid", json_integer(thread->creator_tid));
        json_object_set_new(made, "creation",
                            stack(page, thread->creation_first, thread->creation_count, false));
    }
    return made;
}

static void add_edge(struct page *page, json_t *edges, json_t *nodes, const struct thread_finding *from,
                     int to) {
    const struct lw_snapshot_thread *thread = from->thread, *owner = thread_alive(page->analysis, to);
    char from_key[16], to_key[16];
    snprintf(from_key, sizeof from_key, "%d", thread->tid);
    snprintf(to_key, sizeof to_key, "%d", to);
    json_array_append_new(edges, json_pack("[i, i, o]", thread->tid, to, object_words(page, thread)));
    json_object_set_new(
        nodes, from_key,
        json_pack("[o, s]", json_text(lines_words(page->analysis, thread->name)), wait_words(thread)));
    if (!json_object_get(nodes, to_key))
        json_object_set_new(nodes, to_key,
                            owner ? json_pack("[o, s]", json_text(lines_words(page->analysis, owner->name)),
                                              owner->kind != LW_WAIT_NONE
                                                  ? wait_words(owner)
                                                  : state_words((enum lw_state)owner->state))
                                  : json_pack("[s, s]", "", "has ended"));
}

/* Who waits for whom: what the proofs rest on, and the owners that are known beyond it. */
static json_t *graph(struct page *page) {
    const struct analysis *analysis = page->analysis;
    json_t *nodes = json_object(), *edges = json_array();
    for (size_t i = 0; i < analysis->finding_count; i++) {
        const struct thread_finding *finding = &analysis->findings[i];
        const struct node *node =
            analysis->graph && i < analysis->graph->count ? &analysis->graph->nodes[i] : NULL;
        for (size_t k = 0; node && k < node->edge_count; k++)
            add_edge(page, edges, nodes, finding, analysis->findings[node->edges[k].to].thread->tid);
        if ((!node || node->edge_count == 0) && finding->thread->owner > 0 &&
            finding->thread->kind != LW_WAIT_NONE)
            add_edge(page, edges, nodes, finding, finding->thread->owner);
    }
    return json_pack("{s:o, s:o}", "nodes", nodes, "edges", edges);
}

static json_t *deadlocks(const struct page *page) {
    json_t *list = json_array();
    for (size_t i = 0; i < page->analysis->deadlock_count; i++) {
        const struct deadlock *deadlock = &page->analysis->deadlocks[i];
        json_t *tids = json_array();
        char *block = NULL;
        size_t size;
        for (size_t k = 0; k < deadlock->count; k++)
            json_array_append_new(tids,
                                  json_integer(page->analysis->findings[deadlock->members[k]].thread->tid));
        FILE *out = open_memstream(&block, &size);
        if (out) {
            deadlock_put(out, page->analysis, page->symbols, i);
            fclose(out);
        }
        json_array_append_new(list, json_pack("{s:o, s:b, s:o}", "threads", tids, "cycle",
                                              deadlock->kind == DEADLOCK_CYCLE, "text",
                                              json_text(block ? block : "")));
        free(block);
    }
    return list;
}

static json_t *summary(const struct analysis *analysis, struct symbols *symbols) {
    char *words = NULL;
    size_t size;
    FILE *out = open_memstream(&words, &size);
    if (!out)
        return json_null();
    summary_put(out, analysis);
    summary_put_incomplete(out, analysis);
    fputs(symbols_complaints(symbols), out);
    fclose(out);
    json_t *made = json_text(words);
    free(words);
    return made;
}

json_t *view_data(const struct analysis *analysis, struct symbols *symbols, bool with_sources) {
    struct page page = {.analysis = analysis,
                        .symbols = symbols,
                        .frames = json_array(),
                        .sources = with_sources ? sources_open(symbols_sysroot(symbols)) : NULL};
    json_t *groups = json_array();
    for (size_t i = 0; i < analysis->group_count; i++)
        json_array_append_new(groups, group_object(&page, &analysis->groups[i]));
    json_t *data = json_pack("{s:o, s:i, s:o, s:I, s:o, s:o, s:o, s:o, s:o}", "program",
                             json_text(lines_words(analysis, analysis->snapshot->header->program)), "pid",
                             analysis->snapshot->header->pid, "summary", summary(analysis, symbols),
                             "time_ms", (json_int_t)(analysis->snapshot->header->realtime / 1000000),
                             "frames", page.frames, "groups", groups, "graph", graph(&page), "deadlocks",
                             deadlocks(&page), "sources", sources_close(page.sources));
    struct known_frame *known, *next;
    HASH_ITER (hh, page.known, known, next) {
        HASH_DEL(page.known, known);
        free(known->key);
        free(known);
    }
    return data;
}
