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

/* The link's own permission bits say how the descriptor was opened (proc(5), /proc/PID/fd). */
static void note_end(struct pipe_fact *pipe, mode_t mode, bool inside) {
    if (mode & S_IRUSR)
        ++*(inside ? &pipe->readers_inside : &pipe->readers_outside);
    if (mode & S_IWUSR)
        ++*(inside ? &pipe->writers_inside : &pipe->writers_outside);
}

static void look_into(int proc, const char *pid, bool inside, struct pipe_fact *pipes, size_t count) {
    char path[300];
    snprintf(path, sizeof path, "%s/fd", pid);
    int fds = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fds < 0 ? NULL : fdopendir(fds);
    if (!directory) {
        for (size_t i = 0; i < count && errno != ENOENT; i++)
            pipes[i].unsure = true;
        return;
    }
    for (struct dirent *entry; (entry = readdir(directory));) {
        char target[1400];
        struct stat status;
        ssize_t length = readlinkat(fds, entry->d_name, target, sizeof target - 1);
        if (length <= 0)
            continue;
        target[length] = '\0';
        for (size_t i = 0; i < count; i++)
            if (strcmp(target, pipes[i].target) == 0 &&
                fstatat(fds, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0)
                note_end(&pipes[i], status.st_mode, inside);
    }
    closedir(directory);
}

struct pipe_fact *pipes_look(const struct snapshot *snapshot, size_t *count) {
    struct pipe_fact *pipes = wanted(snapshot, count);
    DIR *proc = *count > 0 ? opendir("/proc") : NULL;
    if (!proc) {
        *count = 0;
        return pipes;
    }
    int self = (int)getpid();
    for (struct dirent *entry; (entry = readdir(proc));) {
        int pid = atoi(entry->d_name);
        if (isdigit((unsigned char)entry->d_name[0]) && pid != self)
            look_into(dirfd(proc), entry->d_name, pid == snapshot->header->pid, pipes, *count);
    }
    closedir(proc);
    return pipes;
}
