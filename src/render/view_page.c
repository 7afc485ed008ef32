#include "view_page.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "json_text.h"
#include "lines.h"
#include "own_line.h"
#include "shared/base_name.h"
#include "shown_stack.h"
#include "sources.h"

/* Frames by what is shown of them, numbered as they come. */
struct known_frame {
    char *key;
    size_t number;
    UT_hash_handle hh;
};

json_t *view_seconds(uint64_t ns) {
    return json_real((double)(ns / 1000000) / 1000);
}

static void add_frame(const struct symbol_frame *frame, void *context) {
    struct view_page *page = context;
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
                                 json_text(base_name(frame->module)), "offset",
                                 json_sprintf("0x%" PRIx64, frame->offset));
        if (frame->file) {
            json_object_set_new(made, "file", json_text(frame->file));
            json_object_set_new(made, "line", json_integer(frame->line));
            sources_want(page->sources, frame->directory, frame->file, frame->line);
        }
        if (frame->inlined)
            json_object_set_new(made, "inlined", json_true());
        if (own_line_is_library(frame))
            json_object_set_new(made, "library", json_true());
        json_array_append_new(page->frames, made);
    }
    json_array_append_new(page->stack, json_integer((json_int_t)known->number));
}

json_t *view_stack(struct view_page *page, uint64_t first, uint32_t count, bool first_is_exact) {
    page->stack = json_array();
    stack_each(page->symbols, page->analysis->snapshot->frames + first, count, first_is_exact, add_frame,
               page);
    return page->stack;
}

json_t *view_place(struct view_page *page, uint64_t first, uint32_t count, bool first_is_exact) {
    struct symbol_frame frame;
    json_t *numbers = view_stack(page, first, count, first_is_exact);
    int own =
        own_line(page->symbols, page->analysis->snapshot->frames + first, count, first_is_exact, &frame);
    json_t *number = own >= 0 ? json_incref(json_array_get(numbers, (size_t)own)) : json_null();
    json_decref(numbers);
    return number;
}

json_t *view_words(const struct view_page *page,
                   void (*put)(FILE *out, const struct view_page *page, const void *what), const void *what) {
    char *words = NULL;
    size_t size;
    FILE *out = open_memstream(&words, &size);
    if (!out)
        return json_null();
    put(out, page, what);
    json_t *made = fclose(out) == 0 ? json_text(words) : json_null();
    free(words);
    return made;
}

static void put_object(FILE *out, const struct view_page *page, const void *thread) {
    lines_object(out, page->analysis, page->symbols, thread);
}

json_t *view_object(const struct view_page *page, const struct lw_snapshot_thread *thread) {
    bool known =
        thread->fd >= 0 || thread->object != 0 || thread->target != 0 || thread->kind == LW_WAIT_JOIN;
    return known ? view_words(page, put_object, thread) : json_null();
}

void view_page_end(struct view_page *page) {
    struct known_frame *known, *next;
    HASH_ITER (hh, page->known, known, next) {
        HASH_DEL(page->known, known);
        free(known->key);
        free(known);
    }
}
