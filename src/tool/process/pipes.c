#include "pipes.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static struct pipe_fact *wanted(const struct snapshot *snapshot, size_t *count) {
    size_t threads = snapshot->header->threads.count;
    struct pipe_fact *pipes = calloc(threads + 1, sizeof *pipes);
    *count = 0;
    for (size_t i = 0; pipes && i < threads; i++) {
        const struct lw_snapshot_thread *thread = &snapshot->threads[i];
        const char *target = snapshot_words(snapshot, thread->target);
        bool known = thread->kind != LW_WAIT_PIPE_READ && thread->kind != LW_WAIT_PIPE_WRITE;
        for (size_t k = 0; k < *count && !known; k++)
            known = strcmp(pipes[k].target, target) == 0;
        if (!known && target[0])
            pipes[(*count)++].target = target;
    }
    return pipes;
}

/* "cat (4711)" */
static void name_process(char *into, size_t room, int proc, const char *pid) {
    char path[300], name[17] = "process";
    snprintf(path, sizeof path, "%s/comm", pid);
    int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, name, sizeof name - 1);
    if (length > 0)
        name[name[length - 1] == '\n' ? length - 1 : length] = '\0';
    if (fd >= 0)
        close(fd);
    snprintf(into, room, "%s (%.16s)", name, pid);
}

/* The kernel's own threads have no descriptors, and let nobody but root see that: PF_KTHREAD, the ninth word
 * of /proc/PID/stat (kernel: include/linux/sched.h). */
static bool is_kernel_thread(int proc, const char *pid) {
    char path[300], words[1024];
    snprintf(path, sizeof path, "%s/stat", pid);
    int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, words, sizeof words - 1);
    if (fd >= 0)
        close(fd);
    words[length > 0 ? length : 0] = '\0';
    const char *name_end = strrchr(words, ')');
    unsigned flags;
    return name_end && sscanf(name_end + 1, " %*c %*d %*d %*d %*d %*d %u", &flags) == 1 &&
           (flags & 0x00200000);
}

/* The latest write through a descriptor that is the pipe now. A write that is older than the inode's change
 * time was to what the descriptor's number meant before: that time is the pipe's last write's, or since Linux
 * 6.15 its creation's. */
static void note_write(struct pipe_fact *pipe, const struct snapshot *snapshot, int fds, const char *entry) {
    enum { COARSE_NS = 20000000 }; /* how far the inode's clock may be off */
    const struct lw_snapshot_header *header = snapshot->header;
    struct stat status;
    if (fstatat(fds, entry, &status, 0) != 0)
        return;
    uint64_t changed = (uint64_t)status.st_ctim.tv_sec * 1000000000u + (uint64_t)status.st_ctim.tv_nsec;
    uint64_t ago = header->realtime > changed ? header->realtime - changed : 0;
    for (uint64_t i = 0; i < header->writes.count; i++) {
        const struct lw_snapshot_write *write = &snapshot->writes[i];
        if (write->fd != atoi(entry) || write->when + ago + COARSE_NS < header->monotonic ||
            write->when <= pipe->written)
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

struct look {
    const struct snapshot *snapshot;
    struct pipe_fact *pipes;
    size_t count;
    int proc;
    int pid; /* of the watched process, as it is called here */
};

static void look_at(struct look *look, const char *pid, bool inside, int fds, const char *entry) {
    char target[1400], family[16];
    struct stat status;
    ssize_t length = readlinkat(fds, entry, target, sizeof target - 1);
    if (length <= 0)
        return;
    target[length] = '\0';
    if (inside && strncmp(target, "socket:", 7) == 0) {
        char path[320];
        snprintf(path, sizeof path, "/proc/%.16s/fd/%.16s", pid, entry);
        ssize_t said = getxattr(path, "system.sockprotoname", family, sizeof family);
        for (size_t i = 0; i < look->count; i++)
            look->pipes[i].travels |= said < 4 || memcmp(family, "UNIX", 4) == 0;
    }
    for (size_t i = 0; i < look->count; i++) {
        struct pipe_fact *pipe = &look->pipes[i];
        if (strcmp(target, pipe->target) != 0 || fstatat(fds, entry, &status, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        note_end(pipe, status.st_mode, inside);
        if (inside)
            note_write(pipe, look->snapshot, fds, entry);
        else if (!pipe->other[0])
            name_process(pipe->other, sizeof pipe->other, look->proc, pid);
    }
}

static void look_into(struct look *look, const char *pid, bool inside) {
    char path[300];
    snprintf(path, sizeof path, "%s/fd", pid);
    int fds = openat(look->proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fds < 0 ? NULL : fdopendir(fds);
    if (!directory) {
        bool matters = errno != ENOENT && !is_kernel_thread(look->proc, pid);
        for (size_t i = 0; i < look->count && matters; i++)
            look->pipes[i].unsure = true;
        return;
    }
    for (struct dirent *entry; (entry = readdir(directory));)
        look_at(look, pid, inside, fds, entry->d_name);
    closedir(directory);
}

/* The ends were counted after the snapshot was taken: another process may have had one until just before, and
 * have written. Who waited for that has run then. Its CPU time tells (proc(5), /proc/PID/task/TID/schedstat).
 */
static void note_stirred(struct look *look) {
    const struct lw_snapshot_header *header = look->snapshot->header;
    for (uint64_t i = 0; i < header->threads.count; i++) {
        const struct lw_snapshot_thread *thread = &look->snapshot->threads[i];
        if (thread->kind != LW_WAIT_PIPE_READ && thread->kind != LW_WAIT_PIPE_WRITE)
            continue;
        char path[64], words[128];
        snprintf(path, sizeof path, "%d/task/%d/schedstat", look->pid, thread->tid);
        int fd = openat(look->proc, path, O_RDONLY | O_CLOEXEC);
        ssize_t length = fd < 0 ? -1 : read(fd, words, sizeof words - 1);
        if (fd >= 0)
            close(fd);
        words[length > 0 ? length : 0] = '\0';
        bool same = strtoull(words, NULL, 10) == thread->cpu_ns && thread->cpu_ns != 0;
        const char *target = snapshot_words(look->snapshot, thread->target);
        for (size_t k = 0; k < look->count && !same; k++)
            look->pipes[k].stirred |= strcmp(look->pipes[k].target, target) == 0;
    }
}

struct pipe_end {
    char target[40]; /* "pipe:[4711]" */
    int pid;
    mode_t mode; /* of the link */
};

struct pipe_survey {
    struct pipe_end *ends; /* by target */
    size_t count, room;
    bool failed;       /* no memory: some are missing */
    size_t unreadable; /* processes that cannot be looked into */
    int one_unreadable;
};

static int by_target(const void *a, const void *b) {
    return strcmp(((const struct pipe_end *)a)->target, ((const struct pipe_end *)b)->target);
}

static void survey_end(struct pipe_survey *survey, int pid, int fds, const char *entry) {
    char target[40];
    struct stat status;
    ssize_t length = readlinkat(fds, entry, target, sizeof target - 1);
    if (length <= 5 || length == sizeof target - 1 || memcmp(target, "pipe:", 5) != 0 ||
        fstatat(fds, entry, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return;
    target[length] = '\0';
    if (survey->count == survey->room) {
        size_t room = survey->room ? 2 * survey->room : 256;
        struct pipe_end *larger = reallocarray(survey->ends, room, sizeof *larger);
        if (!larger) {
            survey->failed = true;
            return;
        }
        survey->ends = larger;
        survey->room = room;
    }
    struct pipe_end *end = &survey->ends[survey->count++];
    *end = (struct pipe_end){.pid = pid, .mode = status.st_mode};
    memcpy(end->target, target, sizeof target);
}

static void survey_process(struct pipe_survey *survey, int proc, const char *pid) {
    char path[300];
    snprintf(path, sizeof path, "%s/fd", pid);
    int fds = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fds < 0 ? NULL : fdopendir(fds);
    if (!directory) {
        if (errno != ENOENT && !is_kernel_thread(proc, pid)) {
            survey->unreadable++;
            survey->one_unreadable = atoi(pid);
        }
        return;
    }
    for (struct dirent *entry; (entry = readdir(directory));)
        survey_end(survey, atoi(pid), fds, entry->d_name);
    closedir(directory);
}

struct pipe_survey *pipes_survey(void) {
    struct pipe_survey *survey = calloc(1, sizeof *survey);
    DIR *proc = survey ? opendir("/proc") : NULL;
    int self = (int)getpid();
    if (survey && !proc)
        survey->failed = true;
    for (struct dirent *entry; proc && (entry = readdir(proc));)
        if (isdigit((unsigned char)entry->d_name[0]) && atoi(entry->d_name) != self)
            survey_process(survey, dirfd(proc), entry->d_name);
    if (proc)
        closedir(proc);
    if (survey && survey->count > 0)
        qsort(survey->ends, survey->count, sizeof *survey->ends, by_target);
    return survey;
}

void pipes_survey_drop(struct pipe_survey *survey) {
    if (survey)
        free(survey->ends);
    free(survey);
}

/* The ends that other processes have, as they were surveyed. */
static void look_outside(struct look *look, const struct pipe_survey *survey) {
    bool unsure = survey->failed || survey->unreadable > (survey->one_unreadable == look->pid);
    for (size_t i = 0; i < look->count; i++) {
        struct pipe_fact *pipe = &look->pipes[i];
        struct pipe_end wanted = {0};
        pipe->unsure |= unsure;
        snprintf(wanted.target, sizeof wanted.target, "%.39s", pipe->target);
        size_t low = 0, high = survey->count;
        while (low < high) {
            size_t middle = (low + high) / 2;
            if (by_target(&survey->ends[middle], &wanted) < 0)
                low = middle + 1;
            else
                high = middle;
        }
        for (; low < survey->count && by_target(&survey->ends[low], &wanted) == 0; low++) {
            const struct pipe_end *end = &survey->ends[low];
            char pid[16];
            if (end->pid == look->pid)
                continue;
            note_end(pipe, end->mode, false);
            snprintf(pid, sizeof pid, "%d", end->pid);
            if (!pipe->other[0])
                name_process(pipe->other, sizeof pipe->other, look->proc, pid);
        }
    }
}

static void look_everywhere(struct look *look, DIR *proc) {
    int self = (int)getpid();
    for (struct dirent *entry; (entry = readdir(proc));) {
        int pid = atoi(entry->d_name);
        if (isdigit((unsigned char)entry->d_name[0]) && pid != self)
            look_into(look, entry->d_name, pid == look->pid);
    }
}

struct pipe_fact *pipes_look(const struct snapshot *snapshot, int watched, const struct pipe_survey *survey,
                             size_t *count) {
    struct pipe_fact *pipes = wanted(snapshot, count);
    DIR *proc = *count > 0 ? opendir("/proc") : NULL;
    if (!proc) {
        *count = 0;
        return pipes;
    }
    struct look look = {
        .snapshot = snapshot, .pipes = pipes, .count = *count, .proc = dirfd(proc), .pid = watched};
    if (survey) {
        char pid[16];
        snprintf(pid, sizeof pid, "%d", watched);
        look_into(&look, pid, true);
        look_outside(&look, survey);
    } else {
        look_everywhere(&look, proc);
    }
    note_stirred(&look);
    closedir(proc);
    return pipes;
}
