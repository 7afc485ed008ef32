#include "random_state.h"

#include "libc.h"
#include "peek.h"

/* grnd_alloc of glibc (sysdeps/unix/sysv/linux/getrandom.c): where the addresses of the states are; how many of them are free; how many
 * there are, and how many fit. */
enum { STATES = 0, FREE = 8, TOTAL = 16, FIT = 24 };

static bool is_allocator(const struct image *image, uint64_t at, const void *wanted) {
    enum { MOST = 4096, WORD = sizeof(uint64_t) };
    const struct dropped *dropped = wanted;
    uint64_t states = image_word(image, at + STATES), total = image_word(image, at + TOTAL);
    if (states % WORD != 0 || total == 0 || total > MOST || image_word(image, at + FREE) > total ||
        total > image_word(image, at + FIT))
        return false;
    bool found = false;
    for (uint64_t i = 0; i < total; i++) {
        uint64_t state = image_word(image, states + i * WORD);
        if (state == 0)
            return false;
        found |= state >= dropped->start && state < dropped->end;
    }
    return found;
}

bool random_state_is_all(const struct image *image, const struct snapshot *snapshot) {
    for (size_t i = 0; i < image->dropped_count; i++)
        if (libc_find(image, snapshot, is_allocator, &image->dropped[i]) == 0)
            return false;
    return true;
}
