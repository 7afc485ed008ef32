#include "polled_set.h"

#include <poll.h>
#include <stdio.h>
#include <sys/syscall.h>

enum { SELECT_MOST = 1 << 16, WORD_BITS = 64 };

static void put(struct polled_set *set, int fd) {
    if (set->known == set->count && set->known < LW_POLLED)
        set->fd[set->known++] = fd;
    set->count++;
}

/* What has a negative number is not waited for (poll(2)). */
static bool read_array(const struct memory_reader *memory, uint64_t array, uint64_t count,
                       struct polled_set *set) {
    struct pollfd fds[LW_POLLED];
    size_t read = count < LW_POLLED ? count : LW_POLLED;
    if (!memory->has(memory->of, array, fds, read * sizeof *fds))
        return false;
    for (size_t i = 0; i < read; i++)
        if (fds[i].fd >= 0)
            put(set, fds[i].fd);
    set->count += count - read;
    return true;
}

/* A set is an array of words, of which the kernel reads as many as have a bit below the first argument (kernel: fs/select.c,
 * get_fd_set). */
static bool read_sets(const struct memory_reader *memory, const uint64_t sets[3], int count,
                      struct polled_set *set) {
    if (count < 0 || count > SELECT_MOST)
        return false;
    for (int first = 0; first < count; first += WORD_BITS) {
        uint64_t joined = 0, word;
        for (int of = 0; of < 3; of++) {
            if (sets[of] == 0)
                continue;
            if (!memory->has(memory->of, sets[of] + (uint64_t)first / 8, &word, sizeof word))
                return false;
            joined |= word;
        }
        for (int bit = 0; bit < WORD_BITS && first + bit < count; bit++)
            if (joined >> bit & 1)
                put(set, first + bit);
    }
    return true;
}

bool polled_set_read(const struct memory_reader *memory, int64_t number, const uint64_t argument[6],
                     struct polled_set *set) {
    *set = (struct polled_set){0};
    switch (number) {
#ifdef SYS_poll
    case SYS_poll:
#endif
    case SYS_ppoll:
        return read_array(memory, argument[0], argument[1], set);
#ifdef SYS_select
    case SYS_select:
#endif
    case SYS_pselect6:
        return read_sets(memory, argument + 1, (int)argument[0], set);
    default:
        return false;
    }
}

char *polled_set_numbers(const struct polled_set *set) {
    char *words = NULL;
    size_t size;
    FILE *out = open_memstream(&words, &size);
    for (size_t i = 0; out && i < set->known; i++)
        fprintf(out, "%s%d", i ? " " : "", set->fd[i]);
    if (out)
        fclose(out);
    return words;
}
