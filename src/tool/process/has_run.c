#include "has_run.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void read_words(int proc, const char *path, char *words, size_t size) {
    int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, words, size - 1);
    if (fd >= 0)
        close(fd);
    words[length > 0 ? length : 0] = '\0';
}

bool has_run(int proc, int pid, const struct lw_snapshot_thread *thread) {
    char path[64], words[128];
    snprintf(path, sizeof path, "%d/task/%d/schedstat", pid, thread->tid);
    read_words(proc, path, words, sizeof words);
    uint64_t ran = strtoull(words, NULL, 10);
    /* 1 is what the library says of 0 (rt/clock.h) */
    return thread->cpu_ns == 0 || (ran != 0 ? ran : 1) != thread->cpu_ns;
}

/* PF_KTHREAD, the ninth word of /proc/PID/stat (kernel: include/linux/sched.h). */
bool is_kernel_thread(int proc, int pid) {
    char path[32], words[1024];
    snprintf(path, sizeof path, "%d/stat", pid);
    read_words(proc, path, words, sizeof words);
    const char *name_end = strrchr(words, ')');
    unsigned flags;
    return name_end && sscanf(name_end + 1, " %*c %*d %*d %*d %*d %*d %u", &flags) == 1 &&
           (flags & 0x00200000);
}
