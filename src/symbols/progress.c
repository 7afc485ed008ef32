#include "progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

void progress_step(struct progress *progress, const char *format, ...) {
    enum { SECOND_NS = 1000000000 };
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t ns = (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
    if (progress->began == 0)
        progress->began = ns;
    if (ns - progress->began < SECOND_NS || !isatty(STDERR_FILENO))
        return;
    va_list rest;
    va_start(rest, format);
    fputs("\r\033[Kleakwatch: ", stderr);
    vfprintf(stderr, format, rest);
    va_end(rest);
    fflush(stderr);
    progress->shown = true;
}

void progress_end(struct progress *progress) {
    if (progress->shown)
        fputs("\r\033[K", stderr);
    *progress = (struct progress){0};
}
