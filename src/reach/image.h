/* A frozen image (shared/frozen.h) as the tool reads it: the mappings of the process with what is in them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/frozen.h"
#include "shared/snapshot_reader.h"

enum { THREAD_BLOCK = 2304 }; /* bytes of struct pthread, from a thread's handle on, at least */

enum area_kind {
    AREA_PRIVATE, /* anonymous memory: heaps, stacks, what mmap gave */
    AREA_ROOT, /* what a module has written, what was written to files' private mappings, and code made at run time: all of it is looked through */
};

/* Pages that are there, and touch each other. */
struct run {
    uint64_t start, end;
};

/* Mappings that touch each other and are of one kind, or a part of one: what a program got as one piece, mprotect(2), madvise(2)
 * or mlock(2) may have split for the kernel. Between areas is nothing that the program has written. */
struct area {
    uint64_t start, end;
    enum area_kind kind;
    bool heap;        /* that brk(2) moves */
    bool code;        /* executable: addresses may stand at any offset */
    unsigned step;    /* from one word that may be an address to the next (edges_begin) */
    struct run *runs; /* of those pages that are there, by address; the others are zero */
    size_t run_count;
};

/* Memory that is empty in a copy, and may become so in the process too. */
struct dropped {
    uint64_t start, end;
};

struct image {
    struct lw_frozen frozen;
    struct lw_frozen_thread *threads;
    struct lw_frozen_range *ranges;
    uint64_t *words; /* that the kernel keeps for the program */
    uint8_t *asleep; /* by thread, lw_frozen_end */
    uint64_t held_ns;
    struct area *areas; /* by address */
    size_t area_count;
    uint64_t bytes;   /* of their pages */
    bool is_large;    /* so much that what is made of it takes many pages too */
    uint64_t *starts; /* of private mappings, by address */
    size_t start_count;
    struct dropped dropped[8];
    size_t dropped_count;
    bool has_strange_code;           /* of a file that is no module of the snapshot's */
    uint64_t stack_start, stack_end; /* the mapping that the initial thread's stack began in */
    struct run *blanks;              /* what is nobody's business, by address (peek.h) */
    size_t blank_count;
    struct peeked *peeked;
};

/* Finds out of the image whose struct lw_frozen lies at `at` what is where, through the descriptors that the shim left. Not LW_FROZEN_NONE: there
 * is none, or it is not whole, and nothing can be proved. Nothing of it is given back: it is for a process of
 * its own (reach.c). */
enum lw_frozen_refusal image_read(struct image *image, const struct snapshot *snapshot, uint64_t at);
