/* A first question to a word of memory, which most do not pass: is it an address at all? Of what user space has, the pieces in which
 * something is: few enough bits to stay in a processor's first cache. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What user space has of an address; what tags put above it is left out of account. */
#define ADDRESS_BITS 0x00007fffffffffffull

enum { PIECE_BITS = 30, PIECES = 1 << (47 - PIECE_BITS) };

struct pieces {
    uint64_t bits[PIECES / 64];
};

/* The address just behind the end of something is one too. */
static inline void pieces_add(struct pieces *pieces, uint64_t start, uint64_t end) {
    for (uint64_t piece = start >> PIECE_BITS; piece <= end >> PIECE_BITS && piece < PIECES; piece++)
        pieces->bits[piece / 64] |= 1ull << piece % 64;
}

static inline bool pieces_have(const struct pieces *pieces, uint64_t address) {
    uint64_t piece = address >> PIECE_BITS;
    return piece < PIECES && (pieces->bits[piece / 64] >> piece % 64 & 1);
}
