/* Who last wrote through a descriptor: a fixed-size, lossy, lock-free table by the descriptor's number. What
 * that is now (which pipe) is looked up when a report is made; the hot path asks the kernel nothing. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct write {
    uint64_t when; /* clock_mark */
    int32_t fd;
    int32_t tid;
    char name[16];
};

enum { WRITES = 1024 };

/* Bytes were written through fd by the calling thread; when: clock_mark. */
void write_noted(int fd, uint64_t when);
/* Copies the index-th entry; false if it is empty. */
bool write_read(size_t index, struct write *entry);
