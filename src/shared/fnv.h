/* The hash FNV-1a of Fowler, Noll and Vo, 64 bits: quick over few bytes, and not meant to keep anybody out. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* What an empty sequence has. */
static const uint64_t FNV_SEED = 0xcbf29ce484222325u;

/* Of what `before` is of and these bytes behind it. */
static inline uint64_t fnv(uint64_t before, const void *bytes, size_t size) {
    for (const unsigned char *at = bytes; size > 0; size--)
        before = (before ^ *at++) * 0x100000001b3u;
    return before;
}
