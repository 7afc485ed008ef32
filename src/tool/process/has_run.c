#include "has_run.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proc_status.h"

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

/* False if it cannot be told. */
static bool read_sleeps(int pid, const struct lw_snapshot_thread *thread, uint64_t *sleeps) {
    char number[32], *status = proc_status(pid, thread->tid);
    bool told = proc_status_value(status, "voluntary_ctxt_switches", number, sizeof number);
    *sleeps = told ? strtoull(number, NULL, 10) : 0;
    free(status);
    return told;
}

/* Of a call that the kernel does not restart itself, but the wrapper makes again, the signal has left no number (signal(7)). */
static bool is_number_of(int64_t number, const struct lw_snapshot_thread *thread) {
    if (thread->syscall_number >= 0)
        return number == thread->syscall_number;
#ifdef SYS_epoll_wait
    if (number == SYS_epoll_wait)
        return thread->kind == LW_WAIT_EPOLL;
#endif
    return thread->kind == LW_WAIT_EPOLL && number == SYS_epoll_pwait;
}

/* With the descriptor, which is the first argument of all calls that wait for one. */
static bool is_in_call(int proc, int pid, const struct lw_snapshot_thread *thread) {
    char path[64], words[256];
    int64_t number;
    uint64_t first;
    snprintf(path, sizeof path, "%d/task/%d/syscall", pid, thread->tid);
    read_words(proc, path, words, sizeof words);
    return sscanf(words, "%" SCNd64 " %" SCNx64, &number, &first) == 2 && is_number_of(number, thread) &&
           first == thread->syscall_args[0];
}

bool has_gone_on(int proc, int pid, const struct lw_snapshot_header *header,
                 const struct lw_snapshot_thread *thread) {
    enum { TRIES = 100, PAUSE_US = 1000 };
    bool many = thread->kind == LW_WAIT_POLL || thread->kind == LW_WAIT_SELECT;
    if (header->answer != LW_ANSWER_GOES_ON || many)
        return false;
    for (int i = 0; i < TRIES; i++) {
        uint64_t sleeps, again;
        if (!read_sleeps(pid, thread, &sleeps) || sleeps > header->answer_at + 1)
            return false;
        if (sleeps == header->answer_at + 1 && is_in_call(proc, pid, thread))
            return read_sleeps(pid, thread, &again) && again == sleeps;
        usleep(PAUSE_US);
    }
    return false;
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
