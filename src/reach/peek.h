/* What lies at an address of the frozen process. No copy is kept: what is asked for is read when it is, through a few pages that are kept. */
#pragma once

#include "image.h"

/* False without memory. Its threads are known. */
bool image_peek_begin(struct image *image);
/* Copies what lies there in the process, in an area or not. */
bool image_peek(uint64_t address, void *into, size_t size);
/* The area that an address lies in, NULL if it is none. */
const struct area *image_area(const struct image *image, uint64_t address);

/* From then on [start, end), if it lies in one area, is zero. */
void image_blank(struct image *image, uint64_t start, uint64_t end);
/* Copies [start, end) of an area: zeros where nothing is there, or was made blank. False: it could not be read, and no
 * proof is to come of it (image_is_unreadable). */
bool image_load(const struct image *image, const struct area *area, uint64_t start, uint64_t end,
                unsigned char *into);
/* The word there; 0 where there is nothing. */
uint64_t image_word(const struct image *image, uint64_t address);
bool image_is_unreadable(const struct image *image);
