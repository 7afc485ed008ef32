#include "reach_words.h"

#include <inttypes.h>
#include <stdlib.h>

#include "json_text.h"
#include "lines.h"

static const struct {
    const char *name, *words;
} refusals[] = {
#define X(id, name, words) {name, words},
    LW_FROZEN_REFUSALS(X)
#undef X
};

static const char *const kinds[] = {
    [PLACE_GLOBAL] = "global", [PLACE_KERNEL] = "kernel",   [PLACE_STACK] = "stack",
    [PLACE_BLOCK] = "block",   [PLACE_MAPPING] = "mapping",
};

static void put_thread(FILE *out, const struct analysis *analysis, int32_t tid) {
    const struct lw_snapshot_thread *thread = thread_alive(analysis, tid);
    lines_name(out, thread ? lines_words(analysis, thread->name) : "thread", tid);
}

static void put_place(FILE *out, const struct analysis *analysis, const struct reach_place *place) {
    switch (place->kind) {
    case PLACE_GLOBAL:
        if (place->name)
            lines_clean(out, place->name);
        else
            fprintf(out, "data at 0x%" PRIx64, place->address);
        break;
    case PLACE_KERNEL:
        fputs("what the kernel keeps for epoll or a timer", out);
        break;
    case PLACE_STACK:
        fputs("the stack of ", out);
        put_thread(out, analysis, place->tid);
        break;
    case PLACE_BLOCK:
        fprintf(out, "block of %" PRIu64 " bytes", place->size);
        break;
    case PLACE_MAPPING:
        fprintf(out, "memory of %" PRIu64 " KiB", place->size / 1024);
        break;
    }
}

void reach_put_path(FILE *out, const struct analysis *analysis, const struct reach_fact *fact) {
    for (size_t i = 0; i < fact->length; i++) {
        if (i > 0)
            fputs(i == 1 && fact->cut ? " -> ... -> " : " -> ", out);
        put_place(out, analysis, &fact->path[i]);
    }
}

void reach_put_object(FILE *out, const struct analysis *analysis, const struct reach_fact *fact) {
    if (fact->length == 0)
        return;
    const struct reach_place *place = &fact->path[fact->length - 1];
    fputs(place->kind == PLACE_STACK ? "; it lies on " : "; it lies in a ", out);
    put_place(out, analysis, place);
    if (place->kind == PLACE_BLOCK)
        fputs(" on the heap", out);
}

void reach_put_referrers(FILE *out, const struct analysis *analysis, const struct reach_fact *fact) {
    size_t told = fact->referrers < REACH_REFERRERS ? fact->referrers : REACH_REFERRERS;
    for (size_t i = 0; i < told; i++) {
        fputs(i == 0 ? ", known only to " : i + 1 == told && fact->referrers == told ? " and " : ", ", out);
        put_thread(out, analysis, fact->referrer[i]);
    }
    if (fact->referrers > told)
        fprintf(out, " and %zu more", fact->referrers - told);
}

void reach_put_refusal(FILE *out, const struct analysis *analysis) {
    const struct reach_facts *reach = analysis->reach;
    if (reach && reach->asked && reach->refusal != LW_FROZEN_NONE)
        fprintf(out, "leakwatch: no proof by reachability: %s\n", refusals[reach->refusal].words);
}

void reach_put_json(json_t *into, const struct analysis *analysis, const struct reach_fact *fact) {
    json_t *path = json_array(), *referrers = json_array();
    (void)analysis;
    for (size_t i = 0; i < fact->length; i++) {
        const struct reach_place *place = &fact->path[i];
        char address[32];
        snprintf(address, sizeof address, "0x%" PRIx64, place->address);
        json_t *step = json_pack("{s:s,s:s}", "kind", kinds[place->kind], "address", address);
        if (place->kind == PLACE_STACK)
            json_object_set_new(step, "tid", json_integer(place->tid));
        if (place->kind == PLACE_BLOCK || place->kind == PLACE_MAPPING)
            json_object_set_new(step, "bytes", json_integer((json_int_t)place->size));
        if (place->name)
            json_object_set_new(step, "name", json_text(place->name));
        json_array_append_new(path, step);
    }
    for (size_t i = 0; i < fact->referrers && i < REACH_REFERRERS; i++)
        json_array_append_new(referrers, json_integer(fact->referrer[i]));
    json_object_set_new(into, "path", path);
    json_object_set_new(into, "path_cut", json_boolean(fact->cut));
    if (fact->verdict == REACH_STRANDED)
        json_object_set_new(into, "referrers", referrers);
    else
        json_decref(referrers);
}

static json_t *words_of_place(const struct analysis *analysis, const struct reach_place *place) {
    char *words = NULL;
    size_t size;
    FILE *out = open_memstream(&words, &size);
    if (!out)
        return json_text("");
    put_place(out, analysis, place);
    json_t *made = fclose(out) == 0 ? json_text(words) : json_text("");
    free(words);
    return made;
}

json_t *reach_chain(const struct analysis *analysis, const struct reach_fact *fact) {
    json_t *steps = json_array(), *known_to = json_array();
    size_t told = fact->referrers < REACH_REFERRERS ? fact->referrers : REACH_REFERRERS;
    for (size_t i = 0; i < fact->length; i++)
        json_array_append_new(steps, words_of_place(analysis, &fact->path[i]));
    for (size_t i = 0; i < told; i++) {
        struct reach_place stack = {.kind = PLACE_STACK, .tid = fact->referrer[i]};
        json_array_append_new(known_to, words_of_place(analysis, &stack));
    }
    return json_pack("{s:b, s:o, s:b, s:o, s:I}", "live", fact->verdict != REACH_STRANDED, "steps", steps,
                     "cut", fact->cut, "known_to", known_to, "more", (json_int_t)(fact->referrers - told));
}

json_t *reach_json(const struct analysis *analysis) {
    const struct reach_facts *reach = analysis->reach;
    if (!reach || !reach->asked)
        return NULL;
    bool refused = reach->refusal != LW_FROZEN_NONE;
    json_t *made = json_pack("{s:b,s:f}", "looked", !refused, "held_ms", (double)reach->held_ns / 1e6);
    if (refused) {
        json_object_set_new(made, "refusal", json_text(refusals[reach->refusal].name));
        json_object_set_new(made, "reason", json_text(refusals[reach->refusal].words));
    }
    return made;
}
