/* What glibc keeps in its data without a symbol that tells where: found by its shape. */
#pragma once

#include "image.h"

/* Is it this, that begins at `at`? */
typedef bool libc_shape(const struct image *image, uint64_t at, const void *wanted);

/* Asks of each aligned word of the data of libc, libpthread and the loader. 0: it is nowhere. */
uint64_t libc_find(const struct image *image, const struct snapshot *snapshot, libc_shape *is,
                   const void *wanted);
