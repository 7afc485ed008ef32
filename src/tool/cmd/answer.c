#include "answer.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "render/own_line.h"
#include "tool/tool.h"

/* Copies what fits. */
#define PUT(field, words) snprintf(field, sizeof(field), "%s", (words) ? (words) : "")

static struct lw_answer_leak describe(const struct analysis *analysis, struct symbols *symbols,
                                      const struct thread_finding *finding) {
    const struct lw_snapshot_thread *thread = finding->thread;
    const uint64_t *frames = analysis->snapshot->frames;
    struct lw_answer_leak leak = {.tid = thread->tid, .ns = finding_duration(analysis, finding)};
    struct symbol_frame top, creator;
    own_line(symbols, frames + thread->stack_first, thread->stack_count, thread->flags & LW_THREAD_EXACT,
             &top);
    own_line(symbols, frames + thread->creation_first, thread->creation_count, false, &creator);
    PUT(leak.name, snapshot_words(analysis->snapshot, thread->name));
    PUT(leak.state, state_words((enum lw_state)thread->state));
    PUT(leak.wait, thread->kind != LW_WAIT_NONE ? wait_words(thread) : "");
    PUT(leak.verdict, verdict_words(finding->verdict));
    PUT(leak.function, top.function);
    PUT(leak.file, top.file);
    leak.line = top.line;
    PUT(leak.creator_function, creator.function);
    PUT(leak.creator_file, creator.file);
    leak.creator_line = creator.line;
    return leak;
}

/* At *at, which moves on. */
static bool put(int fd, const void *bytes, size_t size, uint64_t *at) {
    bool written = snapshot_put(fd, bytes, size, *at);
    *at += size;
    return written;
}

bool answer_leave(const struct snapshot *snapshot, const struct analysis *analysis, struct symbols *symbols,
                  const void *report, size_t size) {
    uint64_t start = (snapshot->size + 7) & ~(uint64_t)7, at = start;
    uint32_t count = 0;
    bool written = true;
    for (size_t i = 0; i < analysis->finding_count && written; i++) {
        if (!analysis->findings[i].leaked)
            continue;
        struct lw_answer_leak leak = describe(analysis, symbols, &analysis->findings[i]);
        written = put(snapshot->fd, &leak, sizeof leak, &at);
        count++;
    }
    written = written && put(snapshot->fd, report, size, &at);
    uint64_t whole = at - start, leaks_at = offsetof(struct lw_snapshot_header, answer_leaks),
             start_at = offsetof(struct lw_snapshot_header, answer_at),
             size_at = offsetof(struct lw_snapshot_header, answer_size);
    written = written && put(snapshot->fd, &count, sizeof count, &leaks_at) &&
              put(snapshot->fd, &start, sizeof start, &start_at) &&
              put(snapshot->fd, &whole, sizeof whole, &size_at);
    if (!written)
        complain("the answer cannot be written: %s", strerror(errno));
    return written;
}
