#include "words.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

ssize_t proc_words(int directory, const char *path, char *words, size_t room) {
    int fd = openat(directory, path, O_RDONLY | O_CLOEXEC);
    words[0] = '\0';
    if (fd < 0)
        return -errno;
    ssize_t length = read(fd, words, room - 1);
    int error = errno;
    close(fd);
    words[length > 0 ? length : 0] = '\0';
    return length < 0 ? -error : length;
}

ssize_t proc_words_of(int directory, int tid, const char *file, char *words, size_t room) {
    char path[64];
    snprintf(path, sizeof path, "%d/%s", tid, file);
    return proc_words(directory, path, words, room);
}

char *proc_words_whole(int directory, const char *path) {
    int fd = openat(directory, path, O_RDONLY | O_CLOEXEC);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    char *words = NULL;
    size_t room = 0;
    if (file && getdelim(&words, &room, '\0', file) < 0) {
        free(words);
        words = NULL;
    }
    if (file)
        fclose(file);
    return words;
}

static int64_t now(clockid_t clock) {
    struct timespec at;
    clock_gettime(clock, &at);
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

/* /proc counts from the boot on, the time that the machine slept included; CLOCK_MONOTONIC leaves that out. */
uint64_t proc_ticks_to_monotonic(uint64_t ticks) {
    int64_t slept = now(CLOCK_BOOTTIME) - now(CLOCK_MONOTONIC);
    int64_t ns = (int64_t)(ticks * (1000000000u / (uint64_t)sysconf(_SC_CLK_TCK))) - slept;
    return ticks != 0 && ns > 0 ? (uint64_t)ns : 0;
}
