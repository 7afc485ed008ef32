/* Small files of /proc read at once, below a directory that is open. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* How much was read, NUL terminated; negative: -errno. */
ssize_t proc_words(int directory, const char *path, char *words, size_t room);
ssize_t proc_words_of(int directory, int tid, const char *file, char *words, size_t room);

/* All of it, whatever its size; NULL if there is nothing to be read. Caller frees. */
char *proc_words_whole(int directory, const char *path);

/* ns, from the start of the machine (as /proc tells ages) to CLOCK_MONOTONIC: 0 stays 0. */
uint64_t proc_ticks_to_monotonic(uint64_t ticks);
