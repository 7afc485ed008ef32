#include "thread_tables.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "stat.h"
#include "status.h"

static void keep(void *context, const struct shown_descriptor *shown) {
    struct thread_tables *tables = context;
    if (tables->shown_count == tables->room) {
        size_t room = tables->room ? 2 * tables->room : 64;
        struct shown_descriptor *larger = reallocarray(tables->shown, room, sizeof *larger);
        tables->hidden |= !larger;
        if (!larger)
            return;
        tables->shown = larger;
        tables->room = room;
    }
    char *target = strdup(shown->target);
    tables->hidden |= !target;
    if (target)
        tables->shown[tables->shown_count++] = (struct shown_descriptor){shown->through, shown->fd, target};
}

/* Do the snapshot's numbers mean the same threads here? Of a process in a PID namespace below this one the line has several (proc(5), NSpid). */
static bool has_our_numbers(const struct thread_tables *tables) {
    char numbers[64], *status = proc_status(tables->pid, tables->pid);
    bool one = proc_status_value(status, "NSpid", numbers, sizeof numbers) && !strpbrk(numbers, "\t ");
    free(status);
    return one && tables->snapshot->header->pid == tables->pid;
}

/* Of a process that was found asleep at its second look the snapshot has every thread, and one more can have been made since only by a thread that
 * has run. To list them costs the kernel an entry of a directory for each. */
static bool has_all(const struct thread_tables *tables) {
    const uint32_t all = LW_PROCESS_LISTED | LW_PROCESS_LOOKED_TWICE;
    return (tables->snapshot->header->flags & all) == all && has_our_numbers(tables);
}

static unsigned list_known(struct thread_tables *tables, int proc) {
    int through = living_thread(tables->pid);
    unsigned count = descriptors_look(proc, tables->pid, &tables->hidden, keep, tables);
    for (uint64_t i = 0; i < tables->snapshot->header->threads.count; i++) {
        const struct lw_snapshot_thread *thread = &tables->snapshot->threads[i];
        if (thread->state != LW_STATE_FINISHED && descriptors_are_own(through, tables->pid, thread->tid))
            count += descriptors_look(proc, thread->tid, &tables->hidden, keep, tables);
    }
    return count;
}

static void list_all(struct thread_tables *tables, int proc) {
    tables->count = has_all(tables) ? list_known(tables, proc)
                                    : descriptors_each(proc, tables->pid, &tables->hidden, keep, tables);
    tables->listed = true;
}

unsigned thread_tables_each(struct thread_tables *tables, int proc, bool *hidden, look_at_descriptor *look,
                            void *context) {
    if (!tables->listed)
        list_all(tables, proc);
    *hidden |= tables->hidden;
    for (size_t i = 0; i < tables->shown_count; i++)
        look(context, &tables->shown[i]);
    return tables->count;
}

void thread_tables_look_into(struct thread_tables *tables, int proc, int pid, bool *hidden,
                             look_at_descriptor *look, void *context) {
    if (pid == tables->pid)
        thread_tables_each(tables, proc, hidden, look, context);
    else
        descriptors_each(proc, pid, hidden, look, context);
}

void thread_tables_drop(struct thread_tables *tables) {
    for (size_t i = 0; i < tables->shown_count; i++)
        free((char *)tables->shown[i].target);
    free(tables->shown);
    *tables = (struct thread_tables){0};
}
