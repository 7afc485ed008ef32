/* What both halves of the page's data are made of: frames, each kept once, places, times and words. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "analysis/findings.h"
#include "symbols/symbols.h"

struct view_page {
    const struct analysis *analysis;
    struct symbols *symbols;
    json_t *frames, *stack; /* all, and the numbers of those of the stack at hand */
    struct known_frame *known;
    struct sources *sources;
};

json_t *view_seconds(uint64_t ns);
/* The numbers of a stack's frames. */
json_t *view_stack(struct view_page *page, uint64_t first, uint32_t count, bool first_is_exact);
/* The number of the one that is the line in the program's own code; null if there is none. */
json_t *view_place(struct view_page *page, uint64_t first, uint32_t count, bool first_is_exact);
/* What `put` writes, as JSON; null without memory. */
json_t *view_words(const struct view_page *page,
                   void (*put)(FILE *out, const struct view_page *page, const void *what), const void *what);
/* What a thread waits for, in words; null if nothing is known of it. */
json_t *view_object(const struct view_page *page, const struct lw_snapshot_thread *thread);

/* Frees what is known of frames; the frames themselves are the caller's. */
void view_page_end(struct view_page *page);
