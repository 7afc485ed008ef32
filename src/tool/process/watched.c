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

#include "shared/request.h"
#include "shared/snapshot.h"

enum { STATUS = 4096 };

static FILE *open_of(int pid, const char *file) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
    return fopen(path, "re");
}

/* What its mark says (shared/request.h): 1 it is watched, 0 it is not, -1 by another version; -2 its maps
 * cannot be read, errno says why. */
static int read_mark(int pid, int *signal) {
    FILE *maps = open_of(pid, "maps");
    if (!maps)
        return -2;
    char *line = NULL;
    size_t room = 0;
    int found = 0;
    while (found != 1 && getline(&line, &room, maps) > 0) {
        unsigned version;
        const char *mark = strstr(line, "/memfd:leakwatch-");
        if (mark && sscanf(mark, "/memfd:" LW_MARK, &version, signal) == 2)
            found = version == LW_SNAPSHOT_VERSION ? 1 : -1;
    }
    /* The kernel answers a process that has ended with an empty file, one that may not be looked at at times
     * only when it is read. */
    bool failed = ferror(maps);
    int error = errno;
    free(line);
    fclose(maps);
    errno = error;
    return failed ? -2 : found;
}

/* All of /proc/PID/status; "" if it cannot be read. */
static void read_status(int pid, char words[STATUS]) {
    FILE *status = open_of(pid, "status");
    words[status ? fread(words, 1, STATUS - 1, status) : 0] = '\0';
    if (status)
        fclose(status);
}

static bool find_in(const char *status, const char *key, char *value, size_t room) {
    size_t length = strlen(key);
    for (const char *line = status; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, length) != 0 || line[length] != ':')
            continue;
        line += length + 2;
        snprintf(value, room, "%.*s", (int)strcspn(line, "\n"), line);
        return true;
    }
    return false;
}

bool watched_status(int pid, const char *key, char *value, size_t room) {
    char status[STATUS];
    read_status(pid, status);
    return find_in(status, key, value, room);
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

bool watched_stat(int pid, struct watched_stat *stat) {
    FILE *file = open_of(pid, "stat");
    char words[1024] = "";
    *stat = (struct watched_stat){.state = '?'};
    if (file) {
        words[fread(words, 1, sizeof words - 1, file)] = '\0';
        fclose(file);
    }
    /* proc(5): words 2 to 4, 14, 15 and 22. The name, in parentheses, may hold anything. */
    const char *name = strchr(words, '('), *end = strrchr(words, ')');
    if (!name || !end)
        return false;
    snprintf(stat->name, sizeof stat->name, "%.*s", (int)(end - name - 1), name + 1);
    return sscanf(end + 1,
                  " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %*d %*d %llu",
                  &stat->state, &stat->parent, &stat->user, &stat->system, &stat->started) == 5;
}

const char *watched_open(struct watched *watched, int pid, char room[WATCHED_WHY]) {
    *watched = (struct watched){.pid = pid, .handle = (int)syscall(SYS_pidfd_open, pid, 0)};
    char status[STATUS], words[128];
    unsigned long user = 0;
    if (watched->handle < 0) {
        snprintf(room, WATCHED_WHY, errno == ESRCH ? "there is no such process" : "%s", strerror(errno));
        return room;
    }
    int mark = read_mark(pid, &watched->signal), error = errno;
    if (mark == 0) { /* most processes: no more is asked of them */
        watched_close(watched);
        return strcpy(room, "");
    }
    read_status(pid, status);
    if (find_in(status, "Uid", words, sizeof words))
        sscanf(words, "%*u %lu", &user);
    watched->user = (uid_t)user;
    struct watched_stat stat;
    if (mark == 1) {
        const char *last = find_in(status, "NSpid", words, sizeof words) ? strrchr(words, '\t') : NULL;
        watched->own_pid = last ? atoi(last + 1) : atoi(words);
        if (watched->own_pid <= 0)
            watched->own_pid = pid;
        watched->own_user = user_inside(pid, watched->user);
        watched->elsewhere = is_elsewhere(pid);
        watched_stat(pid, &stat);
        watched->started = stat.started;
        char path[64], file[1024];
        snprintf(path, sizeof path, "/proc/%d/exe", pid);
        ssize_t length = readlink(path, file, sizeof file - 1);
        file[length > 0 ? length : 0] = '\0';
        const char *slash = strrchr(file, '/');
        snprintf(watched->name, sizeof watched->name, "%.60s", slash ? slash + 1 : file);
        return NULL;
    }
    room[0] = '\0';
    if (mark == -1)
        snprintf(room, WATCHED_WHY, "it is watched by another version of leakwatch");
    else if (error == EACCES)
        snprintf(room, WATCHED_WHY,
                 watched->user == geteuid() ? "its /proc/%d/maps cannot be read: ask as root"
                                            : "it belongs to another user: ask as that user or as root",
                 pid);
    else if (error != ENOENT && error != ESRCH)
        snprintf(room, WATCHED_WHY, "/proc/%d/maps: %s", pid, strerror(error));
    watched_close(watched);
    return room;
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

struct watched *watched_list(size_t *count) {
    DIR *proc = opendir("/proc");
    struct watched *list = NULL;
    *count = 0;
    for (struct dirent *entry; proc && (entry = readdir(proc));) {
        char room[WATCHED_WHY];
        struct watched one;
        if (!isdigit((unsigned char)entry->d_name[0]) || watched_open(&one, atoi(entry->d_name), room))
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

static bool has_signal(const char *status, const char *key, int signal) {
    char words[64];
    return find_in(status, key, words, sizeof words) && (strtoull(words, NULL, 16) >> (signal - 1) & 1);
}

const char *watched_hindrance(const struct watched *watched, bool after, char room[WATCHED_WHY]) {
    int pid = watched->pid, signal = watched->signal;
    const char *abbreviation = sigabbrev_np(signal);
    char name[16], seccomp[16], status[STATUS];
    struct watched_stat stat;
    if (abbreviation)
        snprintf(name, sizeof name, "SIG%s", abbreviation);
    else
        snprintf(name, sizeof name, "signal %d", signal);
    read_status(pid, status);
    watched_stat(pid, &stat);
    char state = stat.state;
    if (state == 'Z' || state == 'X' || state == '?')
        snprintf(room, WATCHED_WHY, "it has ended");
    else if (state == 'T')
        snprintf(room, WATCHED_WHY, "it is stopped: kill -CONT %d lets it go on", pid);
    else if (state == 't')
        snprintf(room, WATCHED_WHY, "a debugger has stopped it");
    else if (has_signal(status, "SigIgn", signal))
        snprintf(room, WATCHED_WHY, "it ignores %s; with LEAKWATCH_OPTIONS=signal=NAME another signal asks",
                 name);
    else if (!has_signal(status, "SigCgt", signal))
        snprintf(room, WATCHED_WHY, "it no longer handles %s", name);
    else if (after && has_signal(status, "ShdPnd", signal))
        snprintf(room, WATCHED_WHY, "all of its threads block %s", name);
    else if (after && find_in(status, "Seccomp", seccomp, sizeof seccomp) && atoi(seccomp) != 0)
        snprintf(room, WATCHED_WHY,
                 "it runs under a seccomp filter; one that it has set itself ends all reports");
    else
        return NULL;
    return room;
}

uint64_t watched_uptime(const struct watched *watched) {
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    uint64_t ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    uint64_t began = watched->started * (1000000000u / (uint64_t)sysconf(_SC_CLK_TCK));
    return ns > began ? ns - began : 0;
}
