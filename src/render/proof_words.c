#include "proof_words.h"

#include <string.h>

#include "lines.h"

/* {count} {lock}   {gone} "has ended" */
static const struct {
    const char *one, *more, *meaning;
} words[] = {
    [DEADLOCK_CYCLE] = {.one = "a thread waits for itself",
                        .more = "{count} threads wait for each other",
                        .meaning = "each waits, without a deadline, for what the next one has"},
    [DEADLOCK_OWNER_GONE] = {.one = "1 thread waits for {lock}, whose owner {gone}",
                             .more = "{count} threads wait for {lock}, whose owner {gone}",
                             .meaning =
                                 "all wait for a lock whose owner has ended, or was not copied by fork"},
    [DEADLOCK_ALL_ASLEEP] = {.one = "the only thread is asleep, and only itself could wake it",
                             .more = "all threads are asleep, and only they could wake each other",
                             .meaning =
                                 "every thread of the process waits for what only another of them could do"},
};
_Static_assert(sizeof words / sizeof *words == DEADLOCK_KIND_COUNT, "words for each proof");

static const struct {
    const char *name, *drawn;
} proofs[] = {
#define X(id, name, drawn) {name, drawn},
    LW_PROOFS(X)
#undef X
};

struct proof_form proof_form(enum deadlock_kind kind) {
    return (struct proof_form){.name = proofs[kind].name,
                               .drawn = proofs[kind].drawn,
                               .one = words[kind].one,
                               .more = words[kind].more,
                               .meaning = words[kind].meaning};
}

static void put_field(FILE *out, const struct deadlock *deadlock, const struct lw_snapshot_thread *first,
                      struct symbols *symbols, char field) {
    if (field == 'c')
        fprintf(out, "%zu", deadlock->count);
    else if (field == 'l')
        lines_address(out, symbols, first->object);
    else
        fputs(first->flags & LW_THREAD_OWNER_NOT_COPIED ? "fork did not copy" : "has ended", out);
}

void proof_title(FILE *out, const struct analysis *analysis, struct symbols *symbols,
                 const struct deadlock *deadlock) {
    /* that all are asleep is said of the process, in which others may be stuck for another reason */
    size_t count = deadlock->kind == DEADLOCK_ALL_ASLEEP ? analysis->counts.threads : deadlock->count;
    const char *at = count == 1 ? words[deadlock->kind].one : words[deadlock->kind].more;
    const struct lw_snapshot_thread *first = analysis->findings[deadlock->members[0]].thread;
    for (; *at; at++) {
        if (*at != '{') {
            fputc(*at, out);
            continue;
        }
        put_field(out, deadlock, first, symbols, at[1]);
        at = strchr(at, '}');
    }
}
