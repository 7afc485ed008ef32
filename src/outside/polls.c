#include "polls.h"

#include <stdio.h>

#include "files.h"

enum { SHOWN = 4 };

static bool has(const void *target, uint64_t at, void *into, size_t size) {
    return target_has(target, at, into, size);
}

bool polls_read(const struct target *target, int64_t number, const uint64_t argument[6],
                struct polled_set *set) {
    return polled_set_read(&(struct memory_reader){has, target}, number, argument, set);
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
