/* The state that getrandom(3) keeps in memory of the kernel's choosing since glibc 2.41: such memory is empty in a copy (VM_WIPEONFORK),
 * and at any moment the kernel may empty it (VM_DROPPABLE, kernel: drivers/char/random.c, lib/vdso/getrandom.c). */
#pragma once

#include "image.h"

/* Is all of what the image has noted as such libc's, and so no place where a program has put anything? */
bool random_state_is_all(const struct image *image, const struct snapshot *snapshot);
