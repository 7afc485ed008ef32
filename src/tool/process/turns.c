#include "turns.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "monotonic.h"

#define TURNS "LEAKWATCH_TURNS"

/* A memfd of process numbers; 0: that turn is over. It is found by way of its maker, and gone with it. */
enum { TURNS_MOST = 4096, PATIENCE_S = 30 };
static int list = -1;

void turns_make(void) {
    char path[64];
    list = memfd_create("leakwatch-turns", MFD_CLOEXEC);
    snprintf(path, sizeof path, "/proc/%d/fd/%d", getpid(), list);
    if (list >= 0)
        setenv(TURNS, path, 1);
}

void turns_set(const int *pids, size_t count) {
    size_t size = (count < TURNS_MOST ? count : TURNS_MOST) * sizeof *pids;
    if (list >= 0 && ftruncate(list, 0) == 0 && pwrite(list, pids, size, 0) != (ssize_t)size)
        list = -1;
}

void turns_pass(size_t at) {
    static const int over = 0;
    if (list >= 0 && at < TURNS_MOST && pwrite(list, &over, sizeof over, (off_t)(at * sizeof over)) < 0)
        list = -1;
}

/* Does another come before this one? */
static bool has_to_wait(const char *path, int pid) {
    char name[64];
    int turns[TURNS_MOST];
    ssize_t length = readlink(path, name, sizeof name - 1);
    if (length <= 0)
        return false;
    name[length] = '\0';
    int fd = strncmp(name, "/memfd:leakwatch-turns", 22) == 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return false;
    ssize_t got = pread(fd, turns, sizeof turns, 0);
    close(fd);
    bool others = false;
    for (ssize_t i = 0; i < got / (ssize_t)sizeof *turns; i++) {
        if (turns[i] == pid)
            return others;
        others |= turns[i] != 0;
    }
    return false;
}

void turns_await(int pid) {
    const char *path = getenv(TURNS);
    uint64_t end = clock_now() + (uint64_t)PATIENCE_S * 1000000000u;
    while (path && has_to_wait(path, pid) && clock_now() < end)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}
