/* Frozen memory from end to end, a window after the other. Where there is much of it, a thread reads ahead while they are looked through. */
#pragma once

#include "image.h"

enum { WORD = sizeof(uint64_t) };

struct window {
    const struct area *area;
    uint64_t start, size; /* of it, as far as it is read */
    uint64_t from, to;    /* words that begin here are looked at */
    uint64_t scanned;     /* then all of the area is up to here */
};

/* The first of the area that has something behind `scanned`. False: there is none. */
bool window_after(const struct area *area, uint64_t scanned, struct window *window);
/* What else an address may be asked for in: only start and size are known of it. */
struct window window_at(const struct area *area, uint64_t address);

struct windows;
/* NULL without memory. */
struct windows *windows_begin(const struct image *image);
/* What lies in a window, until another is asked for; NULL: it could not be read. Those of all areas follow each other, by address. */
const unsigned char *windows_next(struct windows *windows, const struct window *window);
/* In one that is not the next. */
const unsigned char *windows_again(struct windows *windows, const struct window *window);
