/* The descriptors of a call of poll or select, from the memory in which the program told the kernel of them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "shared/snapshot.h"

struct polled_set {
    size_t count; /* how many */
    size_t known; /* the first so many are below */
    int fd[LW_POLLED];
};

struct memory_reader {
    /* All of it, or false. */
    bool (*has)(const void *of, uint64_t at, void *into, size_t size);
    const void *of;
};

/* number, argument: of the system call. False of another one, or if its arguments cannot be read. */
bool polled_set_read(const struct memory_reader *memory, int64_t number, const uint64_t argument[6],
                     struct polled_set *set);
/* "3 4 17". Caller frees; NULL without memory. */
char *polled_set_numbers(const struct polled_set *set);
