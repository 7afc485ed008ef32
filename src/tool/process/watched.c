#include "watched.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "proc/program_name.h"
#include "proc/rights.h"
#include "proc/stat.h"
#include "proc/status.h"
#include "shared/request.h"
#include "shared/signal_name.h"
#include "shared/snapshot.h"

static FILE *open_of(int pid, const char *file) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
    return fopen(path, "re");
}

/* What its mark says (shared/request.h). */
enum mark {
    MARK_NONE,
    MARK_OURS,
    MARK_OF_ANOTHER, /* version */
    MARK_UNREAD,     /* its maps cannot be read, errno says why */
};

static enum mark mark_in(const char *line, int *signal) {
    unsigned version;
    const char *mark = strstr(line, "/memfd:leakwatch-");
    if (!mark || sscanf(mark, "/memfd:" LW_MARK, &version, signal) != 2)
        return MARK_NONE;
    return version == LW_SNAPSHOT_VERSION ? MARK_OURS : MARK_OF_ANOTHER;
}

static enum mark read_mark(int pid, int *signal) {
    FILE *maps = open_of(pid, "maps");
    if (!maps)
        return MARK_UNREAD;
    char *line = NULL;
    size_t room = 0;
    enum mark found = MARK_NONE;
    while (found != MARK_OURS && getline(&line, &room, maps) > 0) {
        enum mark mark = mark_in(line, signal);
        found = mark != MARK_NONE ? mark : found;
    }
    /* The kernel answers a process that has ended with an empty file, one that may not be looked at at times
     * only when it is read. */
    bool failed = ferror(maps);
    int error = errno;
    free(line);
    fclose(maps);
    errno = error;
    return failed ? MARK_UNREAD : found;
}

/* Two files are one by device and inode. */
static bool is_other_file(const char *a, const char *b) {
    struct stat one, other;
    return stat(a, &one) != 0 || stat(b, &other) != 0 || one.st_dev != other.st_dev ||
           one.st_ino != other.st_ino;
}

static bool is_elsewhere(int pid) {
    char root[64], mounts[64];
    snprintf(root, sizeof root, "/proc/%d/root", pid);
    snprintf(mounts, sizeof mounts, "/proc/%d/ns/mnt", pid);
    return is_other_file(root, "/") || is_other_file(mounts, "/proc/self/ns/mnt");
}

/* A user's number inside the process's user namespace (user_namespaces(7), uid_map). */
static uid_t user_inside(int pid, uid_t outside) {
    FILE *map = open_of(pid, "uid_map");
    unsigned long inner, outer, count;
    uid_t result = outside;
    while (map && fscanf(map, "%lu %lu %lu", &inner, &outer, &count) == 3)
        if (outside >= outer && outside - outer < count)
            result = (uid_t)(inner + (outside - outer));
    if (map)
        fclose(map);
    return result;
}

static uid_t user_of(const char *status) {
    char words[128];
    unsigned long user = 0;
    if (proc_status_value(status, "Uid", words, sizeof words))
        sscanf(words, "%*u %lu", &user);
    return (uid_t)user;
}

/* In the innermost PID namespace: the last of its numbers. */
static int own_pid_of(const char *status, int pid) {
    char words[128];
    if (!proc_status_value(status, "NSpid", words, sizeof words))
        return pid;
    const char *last = strrchr(words, '\t');
    int number = atoi(last ? last + 1 : words);
    return number > 0 ? number : pid;
}

static void learn(struct watched *watched) {
    int pid = watched->pid;
    char *status = proc_status(pid, 0);
    struct proc_stat stat;
    proc_stat(pid, &stat);
    watched->through = living_thread(pid);
    watched->user = user_of(status);
    watched->own_pid = own_pid_of(status, pid);
    watched->own_user = user_inside(pid, watched->user);
    watched->elsewhere = is_elsewhere(watched->through);
    watched->started = stat.started;
    watched->threads = stat.threads;
    program_name(watched->through, watched->name, sizeof watched->name);
    if (watched->name[0] ==
        '\0') /* a thread of the kernel's has no program, that of others may not be known to all */
        snprintf(watched->name, sizeof watched->name, "%s", stat.name);
    free(status);
}

/* error: why the mark could not be read. One that has ended meanwhile is simply not watched. */
static enum watched_answer say_why_not(int pid, enum mark mark, int error, char why[WATCHED_WHY]) {
    if (mark == MARK_NONE || (mark == MARK_UNREAD && (error == ENOENT || error == ESRCH)))
        return WATCHED_NO;
    if (mark == MARK_OF_ANOTHER) {
        snprintf(why, WATCHED_WHY, "it is watched by another version of leakwatch");
    } else {
        rights_say(pid, '?', error, why);
    }
    return WATCHED_HINDERED;
}

bool watched_sees(char why[WATCHED_WHY]) {
    char self[16];
    ssize_t length = readlink("/proc/self", self, sizeof self - 1);
    self[length > 0 ? length : 0] = '\0';
    if (length < 0)
        snprintf(why, WATCHED_WHY, "there is no /proc here: mount -t proc proc /proc");
    else if (atoi(self) != getpid())
        snprintf(why, WATCHED_WHY,
                 "/proc is of another PID namespace, numbers there mean other processes: mount -t proc proc "
                 "/proc, or unshare --mount-proc");
    return length > 0 && atoi(self) == getpid();
}

/* pidfd_open(2): a thread's number is refused, with EINVAL or, by later kernels, ENOENT. */
static bool say_no_handle(char why[WATCHED_WHY]) {
    snprintf(why, WATCHED_WHY, "%s",
             errno == ESRCH                       ? "there is no such process"
             : errno == EINVAL || errno == ENOENT ? "it is a thread of another process"
                                                  : strerror(errno));
    return false;
}

enum watched_answer watched_open(struct watched *watched, int pid, char why[WATCHED_WHY]) {
    *watched = (struct watched){.pid = pid, .handle = -1};
    if (!watched_sees(why))
        return WATCHED_HINDERED;
    watched->handle = (int)syscall(SYS_pidfd_open, pid, 0);
    if (watched->handle < 0) {
        say_no_handle(why);
        return WATCHED_HINDERED;
    }
    enum mark mark = read_mark(living_thread(pid), &watched->signal);
    int error = errno;
    if (mark == MARK_OURS) {
        learn(watched);
        return WATCHED_YES;
    }
    watched_close(watched);
    return say_why_not(pid, mark, error, why);
}

bool watched_unprepared(struct watched *watched, int pid, char why[WATCHED_WHY]) {
    *watched = (struct watched){.pid = pid, .handle = -1, .outside = true};
    if (!watched_sees(why))
        return false;
    watched->handle = (int)syscall(SYS_pidfd_open, pid, 0);
    if (watched->handle < 0)
        return say_no_handle(why);
    learn(watched);
    return true;
}

void watched_close(struct watched *watched) {
    if (watched->handle >= 0)
        close(watched->handle);
    watched->handle = -1;
}

static int by_pid(const void *a, const void *b) {
    const struct watched *x = a, *y = b;
    return (x->pid > y->pid) - (x->pid < y->pid);
}

/* A process that looks at another one for this one (outside/outside.c). Children of any other kind are what an orphan becomes where this
 * one is the first of its PID namespace. */
static bool is_own_reader(int pid, const struct proc_stat *stat) {
    char exe[32];
    snprintf(exe, sizeof exe, "/proc/%d/exe", pid);
    return stat->parent == getpid() && !is_other_file(exe, "/proc/self/exe");
}

static bool open_unprepared(struct watched *watched, int pid) {
    char why[WATCHED_WHY];
    struct proc_stat stat;
    if (pid == getpid() || !proc_stat(pid, &stat) || strchr("ZX", stat.state) ||
        (stat.flags & PROC_KERNEL_THREAD) || is_own_reader(pid, &stat) ||
        !watched_unprepared(watched, pid, why))
        return false;
    if (watched->user == geteuid() || geteuid() == 0)
        return true;
    watched_close(watched);
    return false;
}

static bool open_listed(struct watched *watched, int pid, bool unprepared) {
    char why[WATCHED_WHY];
    enum watched_answer answer = watched_open(watched, pid, why);
    return answer == WATCHED_YES || (unprepared && open_unprepared(watched, pid));
}

struct watched *watched_list(size_t *count, bool unprepared) {
    DIR *proc = opendir("/proc");
    struct watched *list = NULL;
    *count = 0;
    for (struct dirent *entry; proc && (entry = readdir(proc));) {
        struct watched one;
        if (!isdigit((unsigned char)entry->d_name[0]) || !open_listed(&one, atoi(entry->d_name), unprepared))
            continue;
        struct watched *larger = reallocarray(list, *count + 1, sizeof *list);
        if (!larger) {
            watched_close(&one);
            break;
        }
        list = larger;
        list[(*count)++] = one;
    }
    if (proc)
        closedir(proc);
    if (list)
        qsort(list, *count, sizeof *list, by_pid);
    return list;
}

static void name_signal(int signal, char *name, size_t room) {
    const char *abbreviation = signal_name(signal);
    if (abbreviation)
        snprintf(name, room, "SIG%s", abbreviation);
    else
        snprintf(name, room, "signal %d", signal);
}

bool watched_is_hindered(const struct watched *watched, bool after, char why[WATCHED_WHY]) {
    int pid = watched->pid, signal = watched->signal;
    char name[16], seccomp[16], *status = proc_status(pid, 0);
    bool hindered = true;
    struct proc_stat stat;
    name_signal(signal, name, sizeof name);
    proc_stat(living_thread(pid), &stat); /* its main thread may have ended alone */
    if (strchr("ZX?", stat.state))
        snprintf(why, WATCHED_WHY, "it has ended");
    else if (stat.state == 'T')
        snprintf(why, WATCHED_WHY, "it is stopped: kill -CONT %d lets it go on", pid);
    else if (stat.state == 't')
        snprintf(why, WATCHED_WHY, "a debugger has stopped it");
    else if (proc_status_has_signal(status, "SigIgn", signal))
        snprintf(why, WATCHED_WHY, "it ignores %s; with LEAKWATCH_OPTIONS=signal=NAME another signal asks",
                 name);
    else if (!proc_status_has_signal(status, "SigCgt", signal))
        snprintf(why, WATCHED_WHY, "it no longer handles %s", name);
    else if (after && proc_status_has_signal(status, "ShdPnd", signal))
        snprintf(why, WATCHED_WHY, "all of its threads block %s", name);
    else if (after && proc_status_value(status, "Seccomp", seccomp, sizeof seccomp) && atoi(seccomp) != 0)
        snprintf(why, WATCHED_WHY,
                 "it runs under a seccomp filter; one that it has set itself ends all reports");
    else
        hindered = false;
    free(status);
    return hindered;
}

uint64_t watched_uptime(const struct watched *watched) {
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    uint64_t ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    uint64_t began = watched->started * (1000000000u / (uint64_t)sysconf(_SC_CLK_TCK));
    return ns > began ? ns - began : 0;
}
