/* The plain form of a profile, as Go's goroutine profile with debug=1 has it: "thread profile: total N", for
 * each group its count and its return addresses, with their names as comments, and at the end the memory map,
 * by which pprof finds names itself. */
#include <inttypes.h>

#include "formats.h"
#include "lines.h"
#include "shown_stack.h"

static void put_comment(const struct symbol_frame *frame, void *context) {
    FILE *out = context;
    fprintf(out, "#\t0x%" PRIx64 "\t%s", frame->address, frame->function ? frame->function : "??");
    if (frame->file)
        fprintf(out, "\t%s:%d", frame->file, frame->line);
    else
        fprintf(out, "\t%s+0x%" PRIx64, frame->module, frame->offset);
    fputc('\n', out);
}

static void put_group(FILE *out, const struct analysis *analysis, struct symbols *symbols,
                      const struct group *group) {
    const struct lw_snapshot_thread *thread = analysis->findings[group->members[0]].thread;
    const uint64_t *frames = analysis->snapshot->frames + thread->stack_first;
    size_t count = 0;
    fprintf(out, "%zu @", group->count);
    for (uint32_t i = 0; i < thread->stack_count; i++) {
        /* Readers take one off each address, to come from the return address to the call. */
        bool is_exact = i == 0 && (thread->flags & LW_THREAD_EXACT);
        if (symbols_is_shim(symbols, frames[i]))
            continue;
        fprintf(out, " 0x%" PRIx64, frames[i] + is_exact);
        count++;
    }
    fprintf(out, "%s\n#\t%s", count ? "" : " 0x1", state_words((enum lw_state)thread->state));
    if (thread->kind != LW_WAIT_NONE)
        fprintf(out, ", %s, %.1fs", wait_words(thread), (double)group->longest / 1e9);
    if (group->verdict > VERDICT_NONE)
        fprintf(out, ", %s", verdict_words(group->verdict));
    fputc('\n', out);
    stack_each(symbols, frames, thread->stack_count, thread->flags & LW_THREAD_EXACT, put_comment, out);
    fputc('\n', out);
}

void render_profile(FILE *out, const struct analysis *analysis, struct symbols *symbols) {
    if (!render_has_content(analysis))
        return;
    const struct snapshot *snapshot = analysis->snapshot;
    size_t total = 0;
    for (size_t i = 0; i < analysis->group_count; i++)
        total += analysis->groups[i].count;
    fprintf(out, "thread profile: total %zu\n", total);
    for (size_t i = 0; i < analysis->group_count; i++)
        put_group(out, analysis, symbols, &analysis->groups[i]);
    fputs("--- Memory map: ---\n", out);
    for (uint64_t i = 0; i < snapshot->header->modules.count; i++) {
        const struct lw_snapshot_module *module = &snapshot->modules[i];
        struct symbol_code code = symbols_code(symbols, i);
        fprintf(out, "%" PRIx64 "-%" PRIx64 " r-xp %08" PRIx64 " 00:00 0 ", code.start, code.end,
                code.offset);
        lines_clean(out, snapshot_words(snapshot, module->path));
        fputc('\n', out);
    }
}
