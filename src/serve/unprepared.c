#include "unprepared.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proc/stat.h"
#include "tool/tool.h"

static int by_threads(const void *a, const void *b) {
    const struct watched *x = a, *y = b;
    if (x->outside != y->outside)
        return x->outside - y->outside;
    if (x->threads != y->threads)
        return (x->threads < y->threads) - (x->threads > y->threads);
    return x->started != y->started ? (x->started > y->started) - (x->started < y->started)
                                    : (x->pid > y->pid) - (x->pid < y->pid);
}

size_t unprepared_choose(struct process_table *table, struct watched *list, size_t count, size_t most) {
    if (count > 0)
        qsort(list, count, sizeof *list, by_threads);
    size_t kept = 0;
    while (kept < count && !list[kept].outside)
        kept++;
    kept += count - kept < most ? count - kept : most;
    for (size_t i = kept; i < count; i++)
        watched_close(&list[i]);
    table->left_out = count - kept;
    if (table->left_out > 0 && !table->told_left_out) {
        table->told_left_out = true;
        complain("serve: --all: %zu processes have no room, those with fewest threads; --most N makes more",
                 table->left_out);
    }
    return kept;
}

static bool is_due(const struct member *member, uint64_t began) {
    return member->watched.outside && !member->ended && !member->asking && member->tried < began;
}

/* Takes hold of it again: its number may mean another by now, which the next look finds. Under the lock, for the sake of the child that this
 * forks: nobody else is in the middle of something then. */
static void begin(struct member *member, uint64_t began) {
    const uint64_t patience = 5000000000u; /* ns, of a machine that is busy with other things */
    struct watched watched;
    char why[WATCHED_WHY];
    member->tried = began;
    if (!watched_unprepared(&watched, member->watched.pid, why))
        return;
    if (watched.started != member->watched.started) {
        watched_close(&watched);
        return;
    }
    ask_begin(&member->question, watched, patience);
    member->asking = true;
    member->late = false;
}

size_t unprepared_read_on(struct process_table *table, uint64_t began) {
    enum { TOGETHER = 2, IN_A_LOOK = 32 };
    size_t open = 0, tried = 0, due = 0;
    struct member *next = NULL;
    for (size_t i = 0; i < table->count; i++) {
        struct member *member = table->members[i];
        open += member->watched.outside && member->asking && member->question.state == ASK_PENDING;
        tried += member->tried == began;
        if (!is_due(member, began))
            continue;
        due++;
        if (!next || member->tried < next->tried)
            next = member;
    }
    if (tried >= IN_A_LOOK || !next)
        return 0;
    if (open < TOGETHER) {
        pthread_mutex_lock(&table->lock);
        begin(next, began);
        pthread_mutex_unlock(&table->lock);
    }
    return due;
}

void unprepared_failed(struct process_table *table, const struct member *member) {
    const struct watched *watched = &member->watched;
    struct proc_stat stat;
    bool has_ended = !proc_stat(watched->pid, &stat) || stat.started != watched->started;
    bool refused = member->question.outside.refused;
    table->failures += !refused && !has_ended;
    if (!refused || table->told_refused)
        return;
    table->told_refused = true;
    complain("serve: --all: process %d (%s) and maybe others: %s", watched->pid, watched->name,
             member->question.why);
}
