/* What in a frozen process looks like an address of something in it, and where it stands. Its memory is read once, from end to end and through
 * a window that stays in the processor's cache, and only this is kept: of most programs, little. */
#pragma once

#include <string.h>

#include "image.h"
#include "pieces.h"
#include "windows.h"

enum edge_kind {
    EDGE_WORD,    /* it stands there as it is */
    EDGE_MANGLED, /* as glibc mangles what it keeps in a jmp_buf */
    EDGE_OPERAND, /* an instruction's, if this is code */
};

/* In one word: where in its slice of memory it stands, its kind, and the address. */
enum { SLICE_BITS = 15, KIND_BITS = 2, TARGET_BITS = 47 };

struct slice {
    uint64_t number; /* address >> SLICE_BITS */
    size_t first;    /* edge */
};

struct edges {
    const struct image *image;
    bool makes_code; /* private memory may be code */
    uint64_t guard;  /* what glibc mangles addresses with; 0: not known */
    uint64_t lowest, span;
    struct pieces pieces;
    uint64_t *edge; /* by where they stand */
    size_t count, room;
    struct slice *slices;
    size_t slice_count, slice_room;
    bool no_memory, too_many;
    const struct area *area; /* that is read */
    uint64_t scanned;        /* how far all has been looked at */
    struct windows *windows;
    uint64_t start, size; /* of the window that is looked through */
    const unsigned char *window;
};

/* every_offset: addresses are looked for there, not only in aligned words. False without memory. */
bool edges_begin(struct edges *edges, struct image *image, bool every_offset, bool makes_code);
/* Goes to this area. All of them are gone through by address; what has been looked at is not looked at again. */
void edges_enter(struct edges *edges, const struct area *area);
/* Looks at the rest of the area. */
void edges_leave(struct edges *edges);
/* Reads on until that is in the window; 0: nothing is there. */
uint64_t edges_read_on(struct edges *edges, uint64_t address);

/* The word there, in the area that was entered: quick if most are asked for by address. */
static inline uint64_t edges_word(struct edges *edges, uint64_t address) {
    uint64_t word, at = address - edges->start;
    if (at >= edges->size || edges->size - at < sizeof word)
        return edges_read_on(edges, address);
    memcpy(&word, edges->window + at, sizeof word);
    return word;
}

/* The first edge at this address, or behind it. */
size_t edges_from(const struct edges *edges, uint64_t address);
/* For addresses that become greater: *next and *slice are 0 at first, then what was the answer before. */
size_t edges_next_from(const struct edges *edges, uint64_t address, size_t *slice, size_t *next);
/* Where it stands. */
uint64_t edges_at(const struct edges *edges, size_t number);

static inline uint64_t edge_target(uint64_t edge) {
    return edge & ADDRESS_BITS;
}

static inline enum edge_kind edge_kind(uint64_t edge) {
    return (enum edge_kind)(edge >> TARGET_BITS & ((1u << KIND_BITS) - 1));
}
