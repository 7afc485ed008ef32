/* What a core's notes tell: its threads with their registers, the process, the files that it had mapped (kernel: fs/binfmt_elf.c). */
#pragma once

#include "core_image.h"
#include "target.h"

struct core_file {
    uint64_t start, end, offset; /* bytes */
    const char *path;
};

struct core_notes {
    struct target_thread *threads;
    size_t thread_count, thread_room;
    struct core_file *files; /* by address, as the kernel lists them */
    size_t file_count;
    char *words; /* their paths */
    char name[17];
    char command[81];  /* what it was called with, as far as that is told */
    uint64_t executed; /* where the path that was executed lies: AT_EXECFN, 0 if that is not told */
    int pid;           /* 0: not told */
    bool copied;       /* by fork, or that is not told */
    uint64_t entry;    /* of the program: AT_ENTRY, 0 if that is not told */
};

bool core_notes_read(struct core_notes *notes, const struct core_image *image);
