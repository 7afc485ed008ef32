#include "other_wakers.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <linux/kcmp.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "monotonic.h"
#include "proc/descriptor_file.h"
#include "proc/mapped_files.h"
#include "proc/stat.h"
#include "proc/status.h"
#include "watched.h"

/* What only its own memory has in common with it, of /proc/PID/statm: is the size the same, to the byte, and how much of it is
 * resident? Asked where kcmp(2) refuses: that of other users. */
static bool is_as_large(int pid, int other) {
    char path[32], words[2][128] = {"", ""};
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "/proc/%d/statm", i ? other : pid);
        FILE *file = fopen(path, "re");
        if (!file)
            return false;
        bool read = fgets(words[i], sizeof words[i], file) != NULL;
        fclose(file);
        if (!read || words[i][0] == '0') /* the kernel's threads have none */
            return false;
    }
    return strcmp(words[0], words[1]) == 0;
}

/* A child made with CLONE_VM and without CLONE_THREAD is a process of its own (clone(2)). */
static bool runs_in_memory_of(int pid, int other) {
    long different = syscall(SYS_kcmp, pid, other, KCMP_VM, 0, 0);
    bool refused = different < 0 && (errno == EPERM || errno == EACCES || errno == ENOSYS);
    return different == 0 || (refused && is_as_large(pid, other));
}

/* The process that has made this one for a report runs in that memory too (preload/report/launch.c, intermediate_main): it is this one's
 * parent, or is about to end, and is waited for, until a moment. Nobody has made one of what is read from outside. */
static bool stays_in_memory_of(int pid, int other, bool outside, uint64_t until) {
    enum { PAUSE_US = 2000 };
    while ((outside || other != getppid()) && runs_in_memory_of(pid, other)) {
        if (outside || clock_now() > until)
            return true;
        usleep(PAUSE_US);
    }
    return false;
}

/* How many there are, or the most that is of interest. */
static size_t count_in_memory(DIR *proc, int watched, int pid, bool outside, size_t most) {
    static const uint64_t PATIENCE_NS = 3000000000u;
    uint64_t until = clock_now() + PATIENCE_NS;
    size_t count = 0;
    for (struct dirent *entry; count < most && (entry = readdir(proc));) {
        int other = isdigit((unsigned char)entry->d_name[0]) ? atoi(entry->d_name) : 0;
        if (other != 0 && other != watched && other != getpid())
            count += stays_in_memory_of(pid, other, outside, until);
    }
    return count;
}

/* Threads that wait for a child that has their memory, as vfork and posix_spawn make them. They wait for nothing else, so that what such a child locks, it locks by the
 * number of a thread that is in no cycle (glibc takes the number from the thread's block, which is the child's too: nptl/pthread_mutex_lock.c). */
static size_t count_vforks(const struct snapshot *snapshot) {
    size_t count = 0;
    for (uint64_t i = 0; i < snapshot->header->threads.count; i++) {
        const struct lw_snapshot_thread *thread = &snapshot->threads[i];
        int64_t number = thread->kind == LW_WAIT_SYSCALL ? thread->syscall_number : -1;
        count += number == SYS_clone || number == SYS_clone3;
#ifdef SYS_vfork
        count += number == SYS_vfork;
#endif
    }
    return count;
}

/* Is anything to be proved by who has a lock? */
static bool are_owners_asked(const struct snapshot *snapshot) {
    for (uint64_t i = 0; i < snapshot->header->threads.count; i++) {
        const struct lw_snapshot_thread *thread = &snapshot->threads[i];
        if ((thread->flags & LW_THREAD_STILL) && thread->kind != LW_WAIT_JOIN &&
            (lw_wait_traits(thread->kind) & W_OWNED))
            return true;
    }
    return false;
}

static void look_for_sharers(struct other_wakers *found, DIR *proc, const struct snapshot *snapshot,
                             int watched, int pid) {
    size_t vforks = count_vforks(snapshot);
    size_t count =
        count_in_memory(proc, watched, pid, snapshot->header->flags & LW_PROCESS_OUTSIDE, vforks + 1);
    found->shares_memory = count > 0;
    found->owns = count > vforks;
}

/* A ring's requests may wait for a time, write to pipes and wake waiters of futexes (io_uring_enter(2)). It lives for as long as a
 * descriptor or a mapping of it does. */
static void look_for_ring(void *found, const struct shown_descriptor *shown) {
    *(bool *)found |= strcmp(shown->target, RING) == 0;
}

static bool waits_for_descriptors(const struct snapshot *snapshot) {
    for (uint64_t i = 0; i < snapshot->header->threads.count; i++) {
        const struct lw_snapshot_thread *thread = &snapshot->threads[i];
        if (thread->fd >= 0 || thread->kind == LW_WAIT_POLL || thread->kind == LW_WAIT_SELECT)
            return true;
    }
    return false;
}

/* A timer may send a signal that is else a fault's (proc(5), /proc/PID/timers: "signal: 11/..."). Handlers of other signals stand in
 * the way anyhow. Without CONFIG_CHECKPOINT_RESTORE the kernel does not tell. */
static bool has_timer(int pid, uint64_t handled) {
    char path[32], line[128];
    snprintf(path, sizeof path, "/proc/%d/timers", pid);
    FILE *file = handled ? fopen(path, "re") : NULL;
    if (!file)
        return handled != 0;
    bool found = false;
    while (!found && fgets(line, sizeof line, file)) {
        int signal;
        if (sscanf(line, "signal: %d/", &signal) == 1 && signal >= 1 && signal <= 64)
            found = handled >> (signal - 1) & 1;
    }
    fclose(file);
    return found;
}

/* A thread whose system call a supervisor is to answer (seccomp_unotify(2)) sleeps in the kernel's filter, not in the call that it made. */
static bool is_supervised(int pid) {
    char mode[16], path[300], words[64];
    char *status = proc_status(pid, pid);
    bool filtered =
        proc_status_value(status, "Seccomp", mode, sizeof mode) && atoi(mode) == SECCOMP_MODE_FILTER;
    free(status);
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *tasks = filtered ? opendir(path) : NULL;
    bool found = filtered && !tasks;
    for (struct dirent *entry; !found && tasks && (entry = readdir(tasks));) {
        snprintf(path, sizeof path, "/proc/%d/task/%s/wchan", pid, entry->d_name);
        FILE *file = fopen(path, "re");
        found = file && fgets(words, sizeof words, file) && strstr(words, "seccomp");
        if (file)
            fclose(file);
    }
    if (tasks)
        closedir(tasks);
    return found;
}

struct other_wakers other_wakers_look(struct thread_tables *tables) {
    const struct snapshot *snapshot = tables->snapshot;
    int watched = tables->pid;
    struct other_wakers found = {0};
    const struct lw_snapshot_header *header = snapshot->header;
    bool all = header->flags & LW_PROCESS_LOOKED_TWICE;
    DIR *proc = all || are_owners_asked(snapshot) ? opendir("/proc") : NULL;
    if (!proc)
        return found;
    int pid = living_thread(watched);
    look_for_sharers(&found, proc, snapshot, watched, pid);
    if (!all) {
        closedir(proc);
        return found;
    }
    char *maps = mapped_files(dirfd(proc), pid);
    unsigned count = thread_tables_each(tables, dirfd(proc), &found.unknown, look_for_ring, &found.ring);
    found.unknown |= !maps || count == 0 || is_supervised(pid);
    found.ring |= (maps && strstr(maps, RING));
    found.own_files = count > 1 && waits_for_descriptors(snapshot);
    found.timer = has_timer(pid, header->handlers & ~lw_waking_signals(header->handlers));
    free(maps);
    closedir(proc);
    return found;
}
