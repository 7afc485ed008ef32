/* Folded stacks, for flame graphs: "outermost;...;innermost COUNT", a line a group. Creation stacks come
 * first, so that a graph shows who made the threads and below that what they wait in. */
#include <string.h>

#include "formats.h"
#include "shown_stack.h"

/* What a frame is called; ';' and spaces at the end mean something else in this format. */
static void put_name(FILE *out, const char *name) {
    for (; *name; name++)
        fputc(*name == ';' || *name == '\n' ? '_' : *name, out);
}

struct names {
    const char *of[512];
    size_t count;
};

static void keep(const struct symbol_frame *frame, void *context) {
    struct names *names = context;
    if (names->count < sizeof names->of / sizeof *names->of)
        names->of[names->count++] = frame->function ? frame->function : "??";
}

static void put_reversed(FILE *out, const struct names *names) {
    for (size_t i = names->count; i-- > 0;) {
        put_name(out, names->of[i]);
        fputc(';', out);
    }
}

static void put_group(FILE *out, const struct analysis *analysis, struct symbols *symbols,
                      const struct group *group) {
    const struct lw_snapshot_thread *thread = analysis->findings[group->members[0]].thread;
    const uint64_t *frames = analysis->snapshot->frames;
    struct names creation = {0}, stack = {0};
    stack_each(symbols, frames + thread->creation_first, thread->creation_count, false, keep, &creation);
    stack_each(symbols, frames + thread->stack_first, thread->stack_count, thread->flags & LW_THREAD_EXACT,
               keep, &stack);
    put_reversed(out, &creation);
    put_reversed(out, &stack);
    const char *call = snapshot_words(analysis->snapshot, thread->call);
    put_name(out, call[0] ? call : state_words((enum lw_state)thread->state));
    fprintf(out, " %zu\n", group->count);
}

void render_folded(FILE *out, const struct analysis *analysis, struct symbols *symbols) {
    for (size_t i = 0; i < analysis->group_count; i++)
        put_group(out, analysis, symbols, &analysis->groups[i]);
}
