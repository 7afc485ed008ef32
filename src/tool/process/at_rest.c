#include "at_rest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc/stat.h"
#include "proc/words.h"
#include "shared/fnv.h"

static bool has_ended(int tasks, int tid) {
    struct proc_stat stat;
    return proc_stat_of(tasks, tid, &stat) && strchr("ZX", stat.state);
}

/* Is it off its processor, and not ready for one? Its state alone does not tell: a task that is about to sleep is said to, and goes on if what it wants has come
 * (kernel: include/linux/sched.h, set_current_state). Where it sleeps is told once it does (kernel: kernel/sched/core.c, get_wchan, since Linux 5.16), and "0" before;
 * its call, where the kernel does not know or say that, likewise (lib/syscall.c, collect_syscall). */
static bool is_off(int tasks, int tid) {
    char words[256];
    if (proc_words_of(tasks, tid, "wchan", words, sizeof words) > 0 && strcmp(words, "0") != 0)
        return true;
    if (has_ended(tasks, tid))
        return true;
    return proc_words_of(tasks, tid, "syscall", words, sizeof words) > 0 && strncmp(words, "running", 7) != 0;
}

/* How long it has run, has waited to, and how often it came to a processor (kernel: Documentation/scheduler/sched-stats.rst, /proc/PID/schedstat). A task that is off
 * both times and has not come to one in between has not run. False if that is not told. */
static bool add_count(int tasks, int tid, uint64_t *sum) {
    char words[128];
    ssize_t length = proc_words_of(tasks, tid, "schedstat", words, sizeof words);
    *sum = fnv(*sum, words, strlen(words));
    *sum = fnv(*sum, &tid, sizeof tid);
    return length > 0 && strtoull(words, NULL, 10) != 0;
}

/* begins: each is counted before it is seen off; else afterwards, so that what was seen lies between the counts. */
static enum rest_found look_at_tasks(int proc, int pid, bool begins, uint64_t *sum) {
    char path[32];
    snprintf(path, sizeof path, "%d/task", pid);
    int tasks = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = tasks < 0 ? NULL : fdopendir(tasks);
    if (!directory)
        return errno == ENOENT || errno == ESRCH ? REST_ENDED : REST_NOT;
    enum rest_found found = REST_ENDED;
    *sum = FNV_SEED;
    for (struct dirent *entry; found != REST_NOT && (entry = readdir(directory));) {
        int tid = atoi(entry->d_name);
        if (tid == 0)
            continue;
        bool rests = begins ? add_count(tasks, tid, sum) && is_off(tasks, tid)
                            : is_off(tasks, tid) && add_count(tasks, tid, sum);
        found = rests ? REST_YES : REST_NOT;
    }
    closedir(directory);
    return found;
}

enum rest_found rest_begin(struct rest *rest, int proc, int pid) {
    return look_at_tasks(proc, pid, true, &rest->tasks);
}

bool rest_lasted(const struct rest *rest, int proc, int pid) {
    uint64_t sum;
    return look_at_tasks(proc, pid, false, &sum) == REST_YES && sum == rest->tasks;
}
