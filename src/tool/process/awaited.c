#include "awaited.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analysis/syscall_names.h"
#include "proc/stat.h"
#include "watched.h"

enum { TARGET = 64 };

/* False if there is no such process. */
static bool read_stat(int pid, struct child_fact *child, int *parent) {
    struct proc_stat stat;
    if (!proc_stat(pid, &stat))
        return false;
    snprintf(child->name, sizeof child->name, "%s (%d)", stat.name, pid);
    child->pid = pid;
    child->doing = stat.state == 'Z' || stat.state == 'X'   ? CHILD_ENDED
                   : stat.state == 'T' || stat.state == 't' ? CHILD_STOPPED
                                                            : CHILD_RUNS;
    *parent = stat.parent;
    return true;
}

static bool link_of(int pid, int fd, char target[TARGET]) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
    ssize_t length = readlink(path, target, TARGET - 1);
    target[length > 0 ? length : 0] = '\0';
    return length > 0;
}

/* Has the process the pipe open too? */
static bool has_open(int pid, const char *pipe) {
    char path[64], target[TARGET];
    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    DIR *directory = opendir(path);
    bool found = false;
    for (struct dirent *entry; directory && !found && (entry = readdir(directory));)
        found = isdigit((unsigned char)entry->d_name[0]) && link_of(pid, atoi(entry->d_name), target) &&
                strcmp(target, pipe) == 0;
    if (directory)
        closedir(directory);
    return found;
}

static bool is_one_of(long long number, const int *calls, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (calls[i] == number)
            return true;
    return false;
}

/* The call that its main thread sleeps in (proc(5), /proc/PID/syscall). */
static void look_at_call(int watched, struct child_fact *child) {
    static const int writes[] = {SYS_write, SYS_writev, SYS_splice, SYS_tee, SYS_vmsplice};
    static const int reads[] = {SYS_read, SYS_readv};
    char path[64];
    long long number;
    unsigned long long fd;
    snprintf(path, sizeof path, "/proc/%d/syscall", child->pid);
    FILE *file = fopen(path, "re");
    int found = file ? fscanf(file, "%lld %llx", &number, &fd) : 0;
    if (file)
        fclose(file);
    if (found < 1 || number < 0)
        return;
    const char *name = syscall_name(number);
    child->doing = CHILD_SLEEPS;
    snprintf(child->in, sizeof child->in, name ? "%s" : "a system call", name);
    bool write = is_one_of(number, writes, sizeof writes / sizeof *writes),
         read = is_one_of(number, reads, sizeof reads / sizeof *reads);
    if (found < 2 || (!write && !read) || !link_of(child->pid, (int)fd, child->pipe) ||
        strncmp(child->pipe, "pipe:", 5) != 0 || !has_open(living_thread(watched), child->pipe))
        return;
    child->doing = write ? CHILD_WRITES_HERE : CHILD_READS_HERE;
}

static void add(struct child_facts *facts, int watched, size_t thread, struct child_fact child) {
    struct child_fact *larger = reallocarray(facts->child, facts->count + 1, sizeof *larger);
    if (!larger)
        return;
    if (child.doing == CHILD_RUNS)
        look_at_call(watched, &child);
    child.thread = thread;
    facts->child = larger;
    facts->child[facts->count++] = child;
}

/* All that may be waited for: a wait for any of them, or of a group of processes, names none. */
static void add_children(struct child_facts *facts, int watched, size_t thread) {
    struct child_fact child;
    size_t before = facts->count;
    int parent;
    DIR *proc = opendir("/proc");
    for (struct dirent *entry; proc && facts->count < before + CHILDREN_TOLD && (entry = readdir(proc));) {
        child = (struct child_fact){0};
        if (isdigit((unsigned char)entry->d_name[0]) && read_stat(atoi(entry->d_name), &child, &parent) &&
            parent == watched && child.pid != (int)getpid())
            add(facts, watched, thread, child);
    }
    if (proc)
        closedir(proc);
}

/* wait4(2) and waitid(2): which child, if it is one; else 0. */
static int child_named(const struct lw_snapshot_thread *thread) {
    int first = (int)thread->syscall_args[0];
    if (thread->syscall_number == SYS_wait4)
        return first > 0 ? first : 0;
    if (thread->syscall_number == SYS_waitid)
        return first == P_PID ? (int)thread->syscall_args[1] : 0;
    return -1;
}

struct child_facts awaited_look(const struct snapshot *snapshot, int watched) {
    struct child_facts facts = {0};
    for (size_t i = 0; i < snapshot->header->threads.count && snapshot->header->pid == watched; i++) {
        const struct lw_snapshot_thread *thread = &snapshot->threads[i];
        struct child_fact child = {0};
        int parent, named = thread->kind == LW_WAIT_CHILD ? child_named(thread) : -1;
        if (named > 0 && read_stat(named, &child, &parent))
            add(&facts, watched, i, child);
        else if (named == 0)
            add_children(&facts, watched, i);
    }
    return facts;
}

void awaited_drop(struct child_facts *facts) {
    free(facts->child);
    *facts = (struct child_facts){0};
}
