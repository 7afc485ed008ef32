/* Annotations for GitHub Actions: one line a group, which the pages of a pull request show beside the line of
 * code that the threads wait in. */
#include <stdlib.h>
#include <string.h>

#include "deadlock.h"
#include "evidence_words.h"
#include "formats.h"
#include "lines.h"
#include "own_line.h"

/* Workflow commands end at a newline; properties also at a comma or a colon (docs.github.com, workflow
 * commands). */
static void put_escaped(FILE *out, const char *words, const char *more) {
    for (; *words; words++)
        if (*words == '%' || *words == '\n' || *words == '\r' || strchr(more, *words))
            fprintf(out, "%%%02X", (unsigned char)*words);
        else
            fputc(*words, out);
}

/* An annotation is of a line in a file of the project: with no other can it be shown. */
static bool place_of(const struct analysis *analysis, struct symbols *symbols, uint64_t first, uint32_t count,
                     bool first_is_exact, struct symbol_frame *frame) {
    return own_line(symbols, analysis->snapshot->frames + first, count, first_is_exact, frame) >= 0 &&
           frame->file && !own_line_is_library(frame);
}

static void put_group(FILE *out, const struct analysis *analysis, struct symbols *symbols,
                      const struct group *group) {
    const struct thread_finding *finding = &analysis->findings[group->members[0]];
    const struct lw_snapshot_thread *thread = finding->thread;
    struct symbol_frame at;
    /* ended, or in libraries only: where it was created */
    bool known = place_of(analysis, symbols, thread->stack_first, thread->stack_count,
                          thread->flags & LW_THREAD_EXACT, &at) ||
                 place_of(analysis, symbols, thread->creation_first, thread->creation_count, false, &at);
    bool bad = finding->leaked || finding->verdict >= VERDICT_STRANDED;
    fprintf(out, "::%s ", bad ? "error" : "notice");
    if (known) {
        const char *file = at.file;
        while (strncmp(file, "../", 3) == 0) /* as seen from a build directory */
            file += 3;
        fputs("file=", out);
        put_escaped(out, file, ",:");
        fprintf(out, ",line=%d,", at.line);
    }
    fprintf(out, "title=leakwatch::%zu thread%s ", group->count, lines_plural(group->count));
    fprintf(out, "%s ", analysis->judges ? "leaked:" : "of");
    put_escaped(out, lines_words(analysis, analysis->snapshot->header->program), "");
    fprintf(out, " [%s]",
            thread->kind != LW_WAIT_NONE ? wait_words(thread) : state_words((enum lw_state)thread->state));
    if (group->verdict > VERDICT_NONE)
        fprintf(out, " %s", verdict_words(group->verdict));
    for (size_t i = 0; i < finding->evidence_count; i++) {
        char *words = evidence_words(analysis, &finding->evidence[i]);
        fputs(i ? "; " : ": ", out);
        put_escaped(out, words ? words : "", "");
        free(words);
    }
    fputc('\n', out);
}

void render_github(FILE *out, const struct analysis *analysis, struct symbols *symbols) {
    for (size_t i = 0; i < analysis->group_count; i++)
        put_group(out, analysis, symbols, &analysis->groups[i]);
    for (size_t i = 0; i < analysis->deadlock_count; i++) {
        char *words = NULL;
        size_t size;
        FILE *block = open_memstream(&words, &size);
        if (!block)
            return;
        deadlock_put(block, analysis, symbols, i);
        fclose(block);
        fputs("::error title=leakwatch::", out);
        put_escaped(out, words, "");
        fputc('\n', out);
        free(words);
    }
}
