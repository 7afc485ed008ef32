#include "polled.h"

#include <poll.h>

#include "rt/sys.h"

/* A set is an array of words, of which the kernel reads as many as have a bit below the first argument (kernel: fs/select.c,
 * get_fd_set). */
enum { WORD_BITS = 64, WORDS = 16, SELECT_MOST = 1 << 16 };

static void put(struct polled *polled, int fd) {
    if (polled->known == polled->count && polled->known < LW_POLLED)
        polled->fd[polled->known++] = fd;
    polled->count++;
}

void polled_of_fds(const struct pollfd *fds, size_t count, struct polled *polled) {
    *polled = (struct polled){0};
    for (size_t i = 0; i < count; i++)
        if (fds[i].fd >= 0)
            put(polled, fds[i].fd);
}

bool polled_of_array(uintptr_t array, size_t count, struct polled *polled) {
    struct pollfd fds[LW_POLLED];
    size_t read = count < LW_POLLED ? count : LW_POLLED;
    *polled = (struct polled){0};
    if (sys_peek(array, fds, read * sizeof *fds) != read * sizeof *fds)
        return false;
    polled_of_fds(fds, read, polled);
    polled->count += count - read;
    return true;
}

/* The next words of all three sets, joined. */
static bool join_words(const uint64_t sets[3], size_t first, size_t count, uint64_t *joined) {
    uint64_t words[WORDS];
    for (size_t i = 0; i < count; i++)
        joined[i] = 0;
    for (int of = 0; of < 3; of++) {
        if (sets[of] == 0)
            continue;
        if (sys_peek(sets[of] + first * sizeof *words, words, count * sizeof *words) != count * sizeof *words)
            return false;
        for (size_t i = 0; i < count; i++)
            joined[i] |= words[i];
    }
    return true;
}

bool polled_of_sets(const uint64_t sets[3], int count, struct polled *polled) {
    uint64_t joined[WORDS];
    size_t bits = count > 0 ? (size_t)count : 0, words = (bits + WORD_BITS - 1) / WORD_BITS;
    *polled = (struct polled){0};
    if (count > SELECT_MOST)
        return false;
    for (size_t first = 0; first < words; first += WORDS) {
        size_t some = words - first < WORDS ? words - first : WORDS;
        if (!join_words(sets, first, some, joined))
            return false;
        for (size_t bit = 0; bit < some * WORD_BITS && first * WORD_BITS + bit < bits; bit++)
            if (joined[bit / WORD_BITS] >> bit % WORD_BITS & 1)
                put(polled, (int)(first * WORD_BITS + bit));
    }
    return true;
}

bool polled_of_call(const struct kernel_state *kernel, struct polled *polled) {
    const uint64_t *argument = kernel->argument;
    if (kernel->state != KERNEL_SLEEPS)
        return false;
    switch (kernel->number) {
        OLD_CALLS(case SYS_poll:)
    case SYS_ppoll:
        return polled_of_array(argument[0], argument[1], polled);
        OLD_CALLS(case SYS_select:)
    case SYS_pselect6:
        return polled_of_sets(argument + 1, (int)argument[0], polled);
    default:
        return false;
    }
}
