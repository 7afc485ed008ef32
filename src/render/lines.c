#include "lines.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "own_line.h"
#include "shared/base_name.h"
#include "shown_stack.h"

const char *lines_plural(size_t count) {
    return count == 1 ? "" : "s";
}

const char *lines_words(const struct analysis *analysis, uint32_t offset) {
    return snapshot_words(analysis->snapshot, offset);
}

/* How many bytes the character of UTF-8 takes that begins here; 0: it is none, or one that steers a terminal. */
static int character_at(const char *at) {
    static const unsigned least[] = {0, 0x20, 0xa0, 0x800, 0x10000};
    unsigned char first = (unsigned char)*at;
    int size = first < 0x80   ? 1
               : first < 0xc0 ? 0
               : first < 0xe0 ? 2
               : first < 0xf0 ? 3
               : first < 0xf8 ? 4
                              : 0;
    unsigned code = size > 1 ? first & (0x7fu >> size) : first;
    for (int i = 1; i < size; i++) {
        if (((unsigned char)at[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | ((unsigned char)at[i] & 0x3f);
    }
    return size > 0 && code >= least[size] && code != 0x7f && code <= 0x10ffff ? size : 0;
}

void lines_clean(FILE *out, const char *words) {
    while (*words) {
        int size = character_at(words);
        if (size > 0)
            fwrite(words, 1, (size_t)size, out);
        else
            fputc('?', out);
        words += size > 0 ? size : 1;
    }
}

void lines_name(FILE *out, const char *name, int tid) {
    lines_clean(out, name);
    fprintf(out, " (%d)", tid);
}

/* Function and place; `width` is what the function is padded to. */
static void put_place(FILE *out, const struct symbol_frame *frame, int width) {
    const char *function = frame->function ? frame->function : "??";
    int missing = width - (int)strlen(function);
    if (lw_frame_is_signal(frame->address)) {
        fprintf(out, "%s\n", function);
        return;
    }
    lines_clean(out, function);
    fprintf(out, "%*s  ", missing > 0 ? missing : 0, "");
    if (frame->file) {
        lines_clean(out, base_name(frame->file));
        fprintf(out, ":%d", frame->line);
    } else if (frame->module[0]) {
        lines_clean(out, base_name(frame->module));
        fprintf(out, "+0x%" PRIx64, frame->offset);
    } else {
        fprintf(out, "0x%" PRIx64, frame->address);
    }
    fprintf(out, "%s\n", frame->inlined ? " (inlined)" : "");
}

struct numbered {
    FILE *out;
    unsigned number;
};

static void put_numbered(const struct symbol_frame *frame, void *context) {
    enum { FUNCTION_WIDTH = 18 };
    struct numbered *at = context;
    fprintf(at->out, "    #%-2u ", at->number++);
    put_place(at->out, frame, FUNCTION_WIDTH);
}

void lines_stack(FILE *out, const struct analysis *analysis, struct symbols *symbols, uint64_t first,
                 uint32_t count, unsigned number, bool first_is_exact) {
    struct numbered at = {out, number};
    stack_each(symbols, analysis->snapshot->frames + first, count, first_is_exact, put_numbered, &at);
}

static void put_own(FILE *out, const struct analysis *analysis, struct symbols *symbols, uint64_t first,
                    uint32_t count, bool first_is_exact) {
    struct symbol_frame frame;
    if (own_line(symbols, analysis->snapshot->frames + first, count, first_is_exact, &frame) >= 0)
        put_place(out, &frame, 0);
    else
        fprintf(out, "??\n");
}

void lines_site(FILE *out, const struct analysis *analysis, struct symbols *symbols, uint64_t frame) {
    put_own(out, analysis, symbols, frame, 1, false);
}

void lines_top(FILE *out, const struct analysis *analysis, struct symbols *symbols,
               const struct lw_snapshot_thread *thread) {
    put_own(out, analysis, symbols, thread->stack_first, thread->stack_count,
            thread->flags & LW_THREAD_EXACT);
}

void lines_creator(FILE *out, const struct analysis *analysis, struct symbols *symbols,
                   const struct lw_snapshot_thread *thread) {
    put_own(out, analysis, symbols, thread->creation_first, thread->creation_count, false);
}

void lines_address(FILE *out, struct symbols *symbols, uint64_t address) {
    char *symbol = symbols_object(symbols, address);
    if (symbol)
        fprintf(out, "%s (0x%" PRIx64 ")", symbol, address);
    else
        fprintf(out, "0x%" PRIx64, address);
    free(symbol);
}

void lines_object(FILE *out, const struct analysis *analysis, struct symbols *symbols,
                  const struct lw_snapshot_thread *thread) {
    if (thread->kind == LW_WAIT_STREAM)
        fputs("the stream ", out);
    if (thread->fd >= 0) {
        fprintf(out, "fd %lld ", (long long)thread->fd);
        lines_clean(out, lines_words(analysis, thread->target));
    } else if (thread->target != 0) {
        lines_clean(out, lines_words(analysis, thread->target));
    } else if (thread->kind == LW_WAIT_JOIN) {
        const struct lw_snapshot_thread *joined = thread_alive(analysis, thread->owner);
        fputs("the end of ", out);
        lines_name(out, joined ? lines_words(analysis, joined->name) : "thread", thread->owner);
    } else {
        lines_address(out, symbols, thread->object);
    }
}

void lines_hold(FILE *out, const struct analysis *analysis, struct symbols *symbols,
                const struct lw_snapshot_hold *hold) {
    static const char *const kinds[] = {
#define X(id, words) words,
        LW_HOLDS(X)
#undef X
    };
    fprintf(out, "%s ", kinds[hold->kind]);
    lines_address(out, symbols, hold->lock);
    if (hold->site_count == 0) {
        fputc('\n', out);
        return;
    }
    fprintf(out, ", taken at  ");
    lines_site(out, analysis, symbols, hold->site);
}
