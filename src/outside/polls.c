#include "polls.h"

#include <poll.h>
#include <stdio.h>
#include <sys/syscall.h>

#include "files.h"

enum { SHOWN = 4, SELECT_MOST = 1 << 16, WORD_BITS = 64 };

static void put(struct polled_set *set, int fd) {
    if (set->known == set->count && set->known < LW_POLLED)
        set->fd[set->known++] = fd;
    set->count++;
}

/* What has a negative number is not waited for (poll(2)). */
static bool read_array(const struct target *target, uint64_t array, uint64_t count, struct polled_set *set) {
    struct pollfd fds[LW_POLLED];
    size_t read = count < LW_POLLED ? count : LW_POLLED;
    if (!target_has(target, array, fds, read * sizeof *fds))
        return false;
    for (size_t i = 0; i < read; i++)
        if (fds[i].fd >= 0)
            put(set, fds[i].fd);
    set->count += count - read;
    return true;
}

/* A set is an array of words, of which the kernel reads as many as have a bit below the first argument (kernel: fs/select.c,
 * get_fd_set). */
static bool read_sets(const struct target *target, const uint64_t sets[3], int count,
                      struct polled_set *set) {
    if (count < 0 || count > SELECT_MOST)
        return false;
    for (int first = 0; first < count; first += WORD_BITS) {
        uint64_t joined = 0, word;
        for (int of = 0; of < 3; of++) {
            if (sets[of] == 0)
                continue;
            if (!target_has(target, sets[of] + (uint64_t)first / 8, &word, sizeof word))
                return false;
            joined |= word;
        }
        for (int bit = 0; bit < WORD_BITS && first + bit < count; bit++)
            if (joined >> bit & 1)
                put(set, first + bit);
    }
    return true;
}

bool polls_read(const struct target *target, int64_t number, const uint64_t argument[6],
                struct polled_set *set) {
    *set = (struct polled_set){0};
    switch (number) {
    case SYS_poll:
    case SYS_ppoll:
        return read_array(target, argument[0], argument[1], set);
    case SYS_select:
    case SYS_pselect6:
        return read_sets(target, argument + 1, (int)argument[0], set);
    default:
        return false;
    }
}

char *polls_numbers(const struct polled_set *set) {
    char *words = NULL;
    size_t size;
    FILE *out = open_memstream(&words, &size);
    for (size_t i = 0; out && i < set->known; i++)
        fprintf(out, "%s%d", i ? " " : "", set->fd[i]);
    if (out)
        fclose(out);
    return words;
}

char *polls_words(const struct target *target, const struct polled_set *set) {
    char *words = NULL;
    size_t size, shown = set->known < SHOWN ? set->known : SHOWN;
    FILE *out = open_memstream(&words, &size);
    for (size_t i = 0; out && i < shown; i++) {
        struct file_fact fact = file_look(target, set->fd[i], LW_WAIT_POLL);
        fprintf(out, "%sfd %d %s", i ? ", " : "", set->fd[i], fact.target);
    }
    if (out && set->count > shown)
        fprintf(out, " and %zu more", set->count - shown);
    if (out)
        fclose(out);
    return words;
}
