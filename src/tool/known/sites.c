#include "sites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "render/lines.h"
#include "render/shown_stack.h"
#include "shared/base_name.h"
#include "tool/tool.h"

/* A text that is written to like a file. */
struct draft {
    char *words;
    size_t size;
    FILE *out;
};

static void draft_begin(struct draft *draft) {
    *draft = (struct draft){0};
    draft->out = needed(open_memstream(&draft->words, &draft->size));
}

static char *draft_end(struct draft *draft) {
    fclose(draft->out);
    return needed(draft->words);
}

static int by_key(const void *a, const void *b) {
    return strcmp(((const struct site *)a)->key, ((const struct site *)b)->key);
}

void site_drop(struct site *site) {
    free(site->key);
    free(site->kind);
    free(site->place);
    free(site->stack);
}

/* Sorts, and makes one of those with the same key. */
static void merge(struct sites *sites) {
    if (sites->count == 0)
        return;
    qsort(sites->list, sites->count, sizeof *sites->list, by_key);
    size_t kept = 0;
    for (size_t i = 1; i < sites->count; i++) {
        struct site *one = &sites->list[kept], *next = &sites->list[i];
        if (strcmp(one->key, next->key) != 0) {
            sites->list[++kept] = *next;
            continue;
        }
        one->count += next->count;
        one->polls |= next->polls;
        one->verdict = next->verdict > one->verdict ? next->verdict : one->verdict;
        one->longest = next->longest > one->longest ? next->longest : one->longest;
        site_drop(next);
    }
    sites->count = kept + 1;
}

static struct site *add(struct sites *sites) {
    sites->list = needed(reallocarray(sites->list, sites->count + 1, sizeof *sites->list));
    sites->list[sites->count] = (struct site){0};
    return &sites->list[sites->count++];
}

void sites_drop(struct sites *sites) {
    for (size_t i = 0; i < sites->count; i++)
        site_drop(&sites->list[i]);
    free(sites->list);
    free(sites->program);
    *sites = (struct sites){0};
}

const struct site *sites_find(const struct sites *sites, const char *key) {
    struct site wanted = {.key = (char *)key};
    return sites->count ? bsearch(&wanted, sites->list, sites->count, sizeof wanted, by_key) : NULL;
}

/* What a stack is known by: its functions, and where those have no name, module and offset. */
static void put_known_by(FILE *out, const char *function, const char *module, const char *offset) {
    if (function && function[0])
        fprintf(out, "%s;", function);
    else
        fprintf(out, "%s+%s;", module, offset);
}

static void put_frame_key(const struct symbol_frame *frame, void *context) {
    char offset[32];
    snprintf(offset, sizeof offset, "0x%llx", (unsigned long long)frame->offset);
    put_known_by(context, frame->function, frame->module, offset);
}

static char *line_of(void (*put)(FILE *, const struct analysis *, struct symbols *,
                                 const struct lw_snapshot_thread *),
                     const struct work *work, const struct lw_snapshot_thread *thread) {
    struct draft draft;
    draft_begin(&draft);
    put(draft.out, work->analysis, work->symbols, thread);
    char *words = draft_end(&draft);
    words[strcspn(words, "\n")] = '\0';
    return words;
}

/* "worker  server.c:88 < start_workers  server.c:45" */
static void add_origin(struct site *site, char *origin) {
    char *whole = NULL;
    if (asprintf(&whole, "%s < %s", site->place, origin) < 0)
        whole = NULL;
    free(origin);
    free(site->place);
    site->place = needed(whole);
}

static void add_group(struct sites *sites, const struct work *work, const struct group *group) {
    const struct analysis *analysis = work->analysis;
    const struct lw_snapshot_thread *thread = analysis->findings[group->members[0]].thread;
    const uint64_t *frames = analysis->snapshot->frames;
    bool exact = thread->flags & LW_THREAD_EXACT;
    struct draft key, stack;
    struct site *site = add(sites);
    site->kind = needed(strdup(thread->kind != LW_WAIT_NONE ? wait_words(thread)
                                                            : state_words((enum lw_state)thread->state)));
    draft_begin(&key);
    fprintf(key.out, "%s|", site->kind);
    stack_each(work->symbols, frames + thread->stack_first, thread->stack_count, exact, put_frame_key,
               key.out);
    fputc('|', key.out);
    stack_each(work->symbols, frames + thread->creation_first, thread->creation_count, false, put_frame_key,
               key.out);
    site->key = draft_end(&key);
    draft_begin(&stack);
    lines_stack(stack.out, analysis, work->symbols, thread->stack_first, thread->stack_count, 0, exact);
    if (thread->creation_count > 0) {
        fputs("  created by\n", stack.out);
        lines_stack(stack.out, analysis, work->symbols, thread->creation_first, thread->creation_count, 0,
                    false);
    }
    site->stack = draft_end(&stack);
    site->place = line_of(thread->stack_count ? lines_top : lines_creator, work, thread);
    if (thread->stack_count > 0 && thread->creation_count > 0)
        add_origin(site, line_of(lines_creator, work, thread));
    site->count = group->count;
    site->polls = analysis->findings[group->members[0]].polls;
    site->verdict = group->verdict;
    site->longest = group->longest;
}

struct sites sites_of_work(const struct work *work) {
    const struct analysis *analysis = work->analysis;
    const struct lw_snapshot_header *header = analysis->snapshot->header;
    struct sites sites = {.threads = analysis->counts.threads,
                          .program = needed(strdup(lines_words(analysis, header->exe))),
                          .pid = header->pid,
                          .uptime = (double)(header->monotonic - header->started) / 1e9};
    for (size_t i = 0; i < analysis->group_count; i++) {
        const struct group *group = &analysis->groups[i];
        if (!(analysis->findings[group->members[0]].thread->flags & LW_THREAD_MAIN) || group->count > 1)
            add_group(&sites, work, group);
    }
    merge(&sites);
    return sites;
}

static const char *string_of(const json_t *object, const char *key) {
    const char *words = json_string_value(json_object_get(object, key));
    return words ? words : "";
}

static void put_json_key(FILE *out, const json_t *stack) {
    size_t i;
    json_t *frame;
    json_array_foreach (stack, i, frame)
        put_known_by(out, string_of(frame, "function"), string_of(frame, "module"),
                     string_of(frame, "offset"));
}

static void put_json_frame(FILE *out, const json_t *frame) {
    const char *function = string_of(frame, "function"), *file = string_of(frame, "file");
    fprintf(out, "%-18s", function[0] ? function : "??");
    if (file[0])
        fprintf(out, "  %s:%lld\n", base_name(file),
                (long long)json_integer_value(json_object_get(frame, "line")));
    else
        fprintf(out, "  %s+%s\n", string_of(frame, "module"), string_of(frame, "offset"));
}

static void put_json_stack(FILE *out, const json_t *stack) {
    size_t i;
    json_t *frame;
    json_array_foreach (stack, i, frame) {
        fprintf(out, "    #%-2zu ", i);
        put_json_frame(out, frame);
    }
}

static char *place_of_json(const json_t *stack) {
    struct draft place;
    draft_begin(&place);
    put_json_frame(place.out, json_array_get(stack, 0));
    char *words = draft_end(&place);
    words[strcspn(words, "\n")] = '\0';
    return words;
}

static void add_json_thread(struct sites *sites, const json_t *thread) {
    const json_t *wait = json_object_get(thread, "wait"), *stack = json_object_get(thread, "stack"),
                 *creation = json_object_get(json_object_get(thread, "created_by"), "stack");
    struct draft key, text;
    struct site *site = add(sites);
    site->kind = needed(strdup(json_is_object(wait) ? string_of(wait, "kind") : string_of(thread, "state")));
    draft_begin(&key);
    fprintf(key.out, "%s|", site->kind);
    put_json_key(key.out, stack);
    fputc('|', key.out);
    put_json_key(key.out, creation);
    site->key = draft_end(&key);
    draft_begin(&text);
    put_json_stack(text.out, stack);
    if (json_array_size(creation) > 0) {
        fputs("  created by\n", text.out);
        put_json_stack(text.out, creation);
    }
    site->stack = draft_end(&text);
    site->place = place_of_json(json_array_size(stack) ? stack : creation);
    if (json_array_size(stack) > 0 && json_array_size(creation) > 0)
        add_origin(site, place_of_json(creation));
    site->count = 1;
    site->polls = json_is_true(json_object_get(thread, "polling"));
}

struct sites sites_of_json(const json_t *report) {
    struct sites sites = {
        .threads = (size_t)json_integer_value(json_object_get(json_object_get(report, "counts"), "threads")),
        .program = needed(strdup(string_of(report, "exe"))),
        .pid = (int)json_integer_value(json_object_get(report, "pid")),
        .uptime = json_number_value(json_object_get(report, "uptime_seconds"))};
    size_t i;
    json_t *thread;
    json_array_foreach (json_object_get(report, "threads"), i, thread)
        if (!json_is_true(json_object_get(thread, "main")))
            add_json_thread(&sites, thread);
    merge(&sites);
    return sites;
}
