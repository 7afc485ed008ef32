#include "inside.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "everyone.h"
#include "file_waits.h"
#include "proc/has_run.h"
#include "proc/local_sockets.h"
#include "proc/mapped_files.h"
#include "proc/program_name.h"
#include "proc/stat.h"
#include "watched.h"

struct look {
    const struct snapshot *snapshot;
    struct file_waits waits;
    struct thread_tables *tables;
    struct descriptors_seen seen;
    int proc, pid;
    int now;                /* the process that is looked into */
    bool unknown;           /* a wait is not one of those, or may be ended from outside */
    bool unsure;            /* some process could not be looked into */
    bool travels;           /* a descriptor is on its way through some UNIX socket, or might be */
    struct inodes *sockets; /* UNIX sockets of the process that is looked into */
    char restless[64];      /* as everyone_look has it */
    bool strange;           /* the kernel might write to an eventfd for the process */
    bool others_slept;      /* since the snapshot was taken, all but the caller */
    size_t asked; /* the thread that was asked last whether it has been still, from 1, and what it said */
    bool still;
};

/* Have other processes a descriptor of this file? */
static void compare(struct look *look, const struct shown_descriptor *shown, enum file_kind kind,
                    uint64_t inode) {
    for (size_t i = 0; i < look->waits.file_count; i++) {
        struct waited_file *file = &look->waits.files[i];
        bool same = false;
        if (file->kind == FILE_SOCKET || file->kind == FILE_PIPE || file->kind == FILE_QUEUE) {
            same = kind == file->kind && (inode == file->inode || (file->peer != 0 && inode == file->peer));
        } else if (file->kind == kind) {
            long different =
                syscall(SYS_kcmp, look->waits.pid, shown->through, KCMP_FILE, file->fd, shown->fd);
            same = different == 0;
            look->unsure |= different < 0 && errno != EBADF && errno != ESRCH;
        }
        if (same && !file->other[0])
            name_process(file->other, sizeof file->other, look->proc, look->now);
    }
}

static void look_at(void *context, const struct shown_descriptor *shown) {
    struct look *look = context;
    if (look->unknown)
        return;
    uint64_t inode;
    bool inside = look->now == look->pid;
    enum file_kind kind = file_kind_of(look->proc, shown, &inode);
    if (kind == FILE_SOCKET)
        look->travels |=
            inodes_put_socket(look->sockets, inode, look->proc, shown->through, shown->fd, inside);
    if (kind == FILE_STRANGE && inside)
        look->strange = true;
    else if (kind == FILE_STRANGE)
        look->unsure |= ring_has_files(look->proc, shown->through, shown->fd);
    if (!inside)
        compare(look, shown, kind, inode);
}

static void look_into(void *context, int pid, struct inodes *sockets) {
    struct look *look = context;
    look->now = pid;
    look->sockets = sockets;
    thread_tables_look_into(look->tables, look->proc, pid, &look->unsure, look_at, look);
}

static void look_again(void *context) {
    struct look *look = context;
    look->travels = false;
}

static bool is_over(const void *context) {
    const struct look *look = context;
    bool over = look->unknown || look->unsure || look->strange;
    for (size_t i = 0; !over && i < look->waits.file_count; i++)
        over = look->waits.files[i].other[0] != '\0';
    return over;
}

/* Has who waits slept on since the snapshot was taken? Asked once for all that a thread waits for, when everything has been looked into. */
static bool has_been_still(struct look *look, const struct file_wait *wait) {
    const struct lw_snapshot_thread *thread = &look->snapshot->threads[wait->thread];
    if (look->asked == wait->thread + 1)
        return look->still;
    look->asked = wait->thread + 1;
    return look->still = thread->flags & LW_THREAD_CALLER
                             ? has_gone_on(look->proc, look->pid, look->snapshot, thread)
                             : look->others_slept || !has_run(look->proc, look->pid, thread);
}

static enum inside judge(struct look *look, const struct file_wait *wait) {
    const struct lw_snapshot_thread *thread = &look->snapshot->threads[wait->thread];
    const struct lw_snapshot_header *header = look->snapshot->header;
    bool held = header->flags & LW_PROCESS_HELD;
    bool unsure = look->unsure || descriptors_may_be_hidden(look->seen, header, thread);
    if (look->unknown || (wait->known == INSIDE_UNKNOWN && look->waits.files[wait->file].other[0]))
        return INSIDE_UNKNOWN;
    bool restless = look->restless[0] != '\0';
    if (unsure + look->travels + look->strange + restless + (wait->known != INSIDE_UNKNOWN) > 1)
        return INSIDE_UNKNOWN;
    if (wait->known != INSIDE_UNKNOWN)
        return wait->known;
    if (unsure)
        return INSIDE_HIDDEN;
    if (look->travels)
        return INSIDE_TRAVELS;
    if (restless)
        return INSIDE_RESTLESS;
    if (look->strange)
        return INSIDE_STRANGE;
    bool still = held && (thread->flags & LW_THREAD_CALLER) ? file_is_unready(&look->waits, wait)
                                                            : has_been_still(look, wait);
    return still ? INSIDE_ONLY : INSIDE_STIRRED;
}

/* Is this process's number here the one that /proc calls it by? Else kcmp(2) would ask of others. */
static bool is_proc_of_ours(int proc) {
    char self[32];
    ssize_t length = readlinkat(proc, "self", self, sizeof self - 1);
    self[length > 0 ? length : 0] = '\0';
    return atoi(self) == getpid();
}

static void look_everywhere(struct look *look, DIR *proc) {
    look->strange = mapped_strangers(look->proc, look->waits.pid);
    struct everyone everyone = {.look = look_into,
                                .again = look_again,
                                .is_over = is_over,
                                .context = look,
                                .watched = look->pid,
                                .patient = true};
    everyone_look(proc, &everyone, look->restless);
}

/* Of the first that is waited for and that another process has. */
static void put_other(struct inside_facts *facts, const struct look *look, const struct file_wait *wait) {
    const struct waited_file *file = &look->waits.files[wait->file];
    if (wait->known != INSIDE_UNKNOWN || !file->other[0])
        return;
    if (!facts->other)
        facts->other = calloc(look->snapshot->header->threads.count, sizeof *facts->other);
    if (facts->other && !facts->other[wait->thread][0])
        snprintf(facts->other[wait->thread], sizeof *facts->other, "%s", file->other);
}

struct inside_facts inside_look(struct thread_tables *tables) {
    struct inside_facts facts = {0};
    const struct snapshot *snapshot = tables->snapshot;
    const struct lw_snapshot_header *header = snapshot->header;
    DIR *proc = header->flags & LW_PROCESS_LOOKED_TWICE ? opendir("/proc") : NULL;
    if (!proc)
        return facts;
    struct look look = {.snapshot = snapshot,
                        .tables = tables,
                        .seen = descriptors_seen(dirfd(proc)),
                        .proc = dirfd(proc),
                        .pid = tables->pid};
    struct file_waits *waits = &look.waits;
    *waits = (struct file_waits){.snapshot = snapshot,
                                 .proc = look.proc,
                                 .pid = living_thread(look.pid),
                                 .sockets = local_sockets_open()};
    file_waits_gather(waits);
    look.unknown = waits->unknown;
    if (waits->wait_count > 0 && !look.unknown && is_proc_of_ours(look.proc) &&
        (facts.of_thread = calloc(header->threads.count, sizeof *facts.of_thread))) {
        look_everywhere(&look, proc);
        look.others_slept = !look.unknown && have_slept(snapshot, waits->wait_count);
        memcpy(facts.restless, look.restless, sizeof facts.restless);
        for (size_t i = 0; i < waits->wait_count; i++)
            facts.of_thread[waits->waits[i].thread] = INSIDE_ONLY;
        for (size_t i = 0; i < waits->wait_count; i++) {
            uint8_t *of = &facts.of_thread[waits->waits[i].thread];
            enum inside found = judge(&look, &waits->waits[i]);
            /* of several descriptors, the worst */
            *of = found < *of ? found : *of;
            put_other(&facts, &look, &waits->waits[i]);
        }
    }
    if (waits->sockets >= 0)
        close(waits->sockets);
    file_waits_drop(waits);
    closedir(proc);
    return facts;
}

void inside_drop(struct inside_facts *facts) {
    free(facts->of_thread);
    free(facts->other);
    *facts = (struct inside_facts){0};
}
