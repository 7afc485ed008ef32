#include "pipes.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "everyone.h"
#include "pipe_survey.h"
#include "proc/descriptor_file.h"
#include "proc/has_run.h"
#include "proc/program_name.h"
#include "proc/stat.h"
#include "proc/thread_tables.h"
#include "shared/fnv.h"
#include "watched.h"

/* Pipes by target: open addressing. */
struct pipe_table {
    struct pipe_facts facts;
    uint32_t *slots; /* number of the pipe, from 1 */
    size_t slot_count;
};

/* The place of a target, taken or free; the table is never full. */
static uint32_t *slot_of(const struct pipe_table *table, const char *target) {
    size_t at = fnv(FNV_SEED, target, strlen(target)) % table->slot_count;
    while (table->slots[at] != 0 && strcmp(table->facts.pipe[table->slots[at] - 1].target, target) != 0)
        at = (at + 1) % table->slot_count;
    return &table->slots[at];
}

static bool waits_on_pipe(const struct lw_snapshot_thread *thread) {
    return thread->kind == LW_WAIT_PIPE_READ || thread->kind == LW_WAIT_PIPE_WRITE;
}

void pipes_drop(struct pipe_facts *facts) {
    free(facts->pipe);
    free(facts->of_thread);
    *facts = (struct pipe_facts){0};
}

/* Every pipe that a thread waits on, once. No slots if there is none, or no memory. */
static struct pipe_table wanted(const struct snapshot *snapshot) {
    struct pipe_table table = {0};
    size_t threads = snapshot->header->threads.count, waiters = 0;
    for (size_t i = 0; i < threads; i++)
        waiters += waits_on_pipe(&snapshot->threads[i]);
    if (waiters == 0)
        return table;
    table.slot_count = 2 * waiters + 1;
    table.slots = calloc(table.slot_count, sizeof *table.slots);
    table.facts.pipe = calloc(waiters, sizeof *table.facts.pipe);
    table.facts.of_thread = calloc(threads, sizeof *table.facts.of_thread);
    if (!table.slots || !table.facts.pipe || !table.facts.of_thread) {
        pipes_drop(&table.facts);
        free(table.slots);
        return (struct pipe_table){0};
    }
    for (size_t i = 0; i < threads; i++) {
        const char *target = snapshot_words(snapshot, snapshot->threads[i].target);
        if (!waits_on_pipe(&snapshot->threads[i]) || !target[0])
            continue;
        uint32_t *slot = slot_of(&table, target);
        if (*slot == 0) {
            table.facts.pipe[table.facts.count].target = target;
            table.facts.pipe[table.facts.count].named = strncmp(target, "pipe:[", 6) != 0;
            *slot = (uint32_t)++table.facts.count;
        }
        table.facts.of_thread[i] = *slot;
    }
    return table;
}

struct look {
    const struct snapshot *snapshot;
    const struct pipe_table *table;
    struct thread_tables *tables;
    int proc;
    int pid;      /* of the watched process, as it is called here */
    int through;  /* by which its descriptors are found */
    int now;      /* the process that is looked into */
    bool travels; /* as struct pipe_fact has them, of every pipe */
    bool unsure;
    struct inodes *sockets; /* UNIX sockets of the process that is looked into */
    char restless[64];      /* as everyone_look has it */
};

/* The latest write through a descriptor that is the pipe now. A write that is older than the inode's change
 * time was to what the descriptor's number meant before: that time is the pipe's last write's, or since Linux
 * 6.15 its creation's. */
static void note_write(struct pipe_fact *pipe, const struct look *look,
                       const struct shown_descriptor *shown) {
    enum { COARSE_NS = 20000000 }; /* how far the inode's clock may be off */
    const struct lw_snapshot_header *header = look->snapshot->header;
    char path[DESCRIPTOR_PATH];
    descriptor_path(path, shown);
    for (uint64_t i = 0; i < header->writes.count; i++) {
        const struct lw_snapshot_write *write = &look->snapshot->writes[i];
        struct stat status;
        if (write->fd != shown->fd || write->when <= pipe->written ||
            fstatat(look->proc, path, &status, 0) != 0)
            continue;
        uint64_t changed = (uint64_t)status.st_ctim.tv_sec * 1000000000u + (uint64_t)status.st_ctim.tv_nsec;
        uint64_t ago = header->realtime > changed ? header->realtime - changed : 0;
        if (write->when + ago + COARSE_NS < header->monotonic)
            continue;
        pipe->written = write->when;
        pipe->writer = write->tid;
    }
}

/* The link's own permission bits say how the descriptor was opened (proc(5), /proc/PID/fd). */
static void note_end(struct pipe_fact *pipe, mode_t mode, bool inside) {
    if (mode & S_IRUSR)
        ++*(inside ? &pipe->readers_inside : &pipe->readers_outside);
    if (mode & S_IWUSR)
        ++*(inside ? &pipe->writers_inside : &pipe->writers_outside);
}

static struct pipe_fact *pipe_called(const struct look *look, const char *target) {
    uint32_t number = *slot_of(look->table, target);
    return number != 0 ? &look->table->facts.pipe[number - 1] : NULL;
}

static void look_at(void *context, const struct shown_descriptor *shown) {
    struct look *look = context;
    bool inside = look->now == look->pid;
    char path[DESCRIPTOR_PATH];
    struct stat status;
    if (strncmp(shown->target, "socket:", 7) == 0)
        look->travels |= inodes_put_socket(look->sockets, strtoull(shown->target + 8, NULL, 10), look->proc,
                                           shown->through, shown->fd, inside);
    else if (!inside && strcmp(shown->target, RING) == 0)
        look->unsure = look->unsure || ring_has_files(look->proc, shown->through, shown->fd);
    struct pipe_fact *pipe = shown->target[0] ? pipe_called(look, shown->target) : NULL;
    if (!pipe)
        return;
    descriptor_path(path, shown);
    if (fstatat(look->proc, path, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return;
    note_end(pipe, status.st_mode, inside);
    if (inside)
        note_write(pipe, look, shown);
    else if (!pipe->other[0])
        name_process(pipe->other, sizeof pipe->other, look->proc, look->now);
}

static void look_into(void *context, int pid, struct inodes *sockets) {
    struct look *look = context;
    look->now = pid;
    look->sockets = sockets;
    thread_tables_look_into(look->tables, look->proc, pid, &look->unsure, look_at, look);
}

static void look_again(void *context) {
    const struct look *look = context;
    for (size_t i = 0; i < look->table->facts.count; i++) {
        struct pipe_fact *pipe = &look->table->facts.pipe[i];
        pipe->readers_inside = pipe->readers_outside = pipe->writers_inside = pipe->writers_outside = 0;
    }
    ((struct look *)context)->travels = false;
}

/* Has another process an end that is waited for, or might it? */
static bool is_over(const void *context) {
    const struct look *look = context;
    const struct lw_snapshot_header *header = look->snapshot->header;
    bool over = look->unsure;
    for (uint64_t i = 0; !over && i < header->threads.count; i++) {
        uint32_t number = look->table->facts.of_thread[i];
        const struct pipe_fact *pipe = number != 0 ? &look->table->facts.pipe[number - 1] : NULL;
        bool reads = look->snapshot->threads[i].kind == LW_WAIT_PIPE_READ;
        over = pipe && (pipe->named || (reads ? pipe->writers_outside : pipe->readers_outside) > 0);
    }
    return over;
}

/* The thread that took the snapshot runs in any case. While it is held, what has come for it is still in the pipe, and who
 * made room for it has left that. */
static bool is_still_blocked(const struct look *look, const struct lw_snapshot_thread *thread) {
    const struct lw_snapshot_header *header = look->snapshot->header;
    if (!(header->flags & LW_PROCESS_HELD))
        return has_gone_on(look->proc, look->pid, look->snapshot, thread);
    return pipe_blocks(look->proc, look->through, (int)thread->fd, thread->kind == LW_WAIT_PIPE_READ);
}

/* The ends were counted after the snapshot was taken: another process may have had one until just before, and
 * have written. Who waited for that has run then. Its CPU time tells (proc(5), /proc/PID/task/TID/schedstat).
 * Only a proof that all threads are asleep rests on that (analysis/proof.c), and there is none without a second look
 * at all of them.
 */
static void note_stirred(struct look *look) {
    const struct lw_snapshot_header *header = look->snapshot->header;
    bool twice = header->flags & LW_PROCESS_LOOKED_TWICE;
    size_t waiters = 0;
    for (uint64_t i = 0; twice && i < header->threads.count; i++)
        waiters += look->table->facts.of_thread[i] != 0;
    bool others_slept = waiters > 0 && have_slept(look->snapshot, waiters);
    for (uint64_t i = 0; twice && i < header->threads.count; i++) {
        const struct lw_snapshot_thread *thread = &look->snapshot->threads[i];
        uint32_t number = look->table->facts.of_thread[i];
        if (number == 0)
            continue;
        bool caller = thread->flags & LW_THREAD_CALLER;
        if (caller ? !is_still_blocked(look, thread)
                   : !others_slept && has_run(look->proc, look->pid, thread))
            look->table->facts.pipe[number - 1].stirred = true;
    }
}

/* A process that cannot be seen may have an end. */
static void note_hidden(struct look *look) {
    const struct lw_snapshot_header *header = look->snapshot->header;
    struct descriptors_seen seen = descriptors_seen(look->proc);
    for (uint64_t i = 0; i < header->threads.count; i++) {
        uint32_t number = look->table->facts.of_thread[i];
        if (number != 0 && descriptors_may_be_hidden(seen, header, &look->snapshot->threads[i]))
            look->table->facts.pipe[number - 1].unsure = true;
    }
}

/* The ends that other processes have, as they were surveyed. */
static void look_outside(struct look *look, const struct pipe_survey *survey) {
    bool unsure = survey->failed || survey->unreadable > (survey->one_unreadable == look->pid);
    look->unsure |= unsure;
    look->travels |= survey->travels;
    memcpy(look->restless, survey->restless, sizeof look->restless);
    for (size_t i = 0; i < look->table->facts.count; i++) {
        struct pipe_fact *pipe = &look->table->facts.pipe[i];
        size_t at = pipe_survey_first(survey, pipe->target);
        for (const struct pipe_end *end; (end = pipe_survey_end(survey, at, pipe->target)); at++) {
            if (end->pid == look->pid)
                continue;
            note_end(pipe, end->mode, false);
            if (!pipe->other[0])
                name_process(pipe->other, sizeof pipe->other, look->proc, end->pid);
        }
    }
}

/* Only a proof that all threads are asleep rests on that nobody has an end. */
static void look_everywhere(struct look *look, DIR *proc) {
    struct everyone everyone = {.look = look_into,
                                .again = look_again,
                                .is_over = is_over,
                                .context = look,
                                .watched = look->pid,
                                .patient = look->snapshot->header->flags & LW_PROCESS_LOOKED_TWICE};
    everyone_look(proc, &everyone, look->restless);
}

struct pipe_facts pipes_look(struct thread_tables *tables, const struct pipe_survey *survey) {
    const struct snapshot *snapshot = tables->snapshot;
    struct pipe_table table = wanted(snapshot);
    DIR *proc = table.facts.count > 0 ? opendir("/proc") : NULL;
    if (!proc) {
        free(table.slots);
        pipes_drop(&table.facts);
        return table.facts;
    }
    struct look look = {.snapshot = snapshot,
                        .table = &table,
                        .tables = tables,
                        .proc = dirfd(proc),
                        .pid = tables->pid,
                        .through = living_thread(tables->pid)};
    if (survey) {
        struct inodes sockets = {0};
        look_into(&look, look.pid, &sockets);
        free(sockets.of);
        look_outside(&look, survey);
    } else {
        look_everywhere(&look, proc);
    }
    for (size_t i = 0; i < table.facts.count; i++) {
        table.facts.pipe[i].travels = look.travels;
        table.facts.pipe[i].unsure = look.unsure;
        memcpy(table.facts.pipe[i].restless, look.restless, sizeof look.restless);
    }
    note_hidden(&look);
    note_stirred(&look);
    closedir(proc);
    free(table.slots);
    return table.facts;
}
