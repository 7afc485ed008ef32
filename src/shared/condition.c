#include "condition.h"

#include <errno.h>
#include <string.h>
#include <time.h>

const struct condition_layout condition_layouts[CONDITION_FORMS] = {
    [CONDITION_COUNTED] =
        {.position = 0, .start = 8, .sizes = 24, .size_of_first = 32, .waiters = 36, .signals = 40},
    [CONDITION_PLAIN] =
        {.position = 0, .start = 8, .sizes = 16, .size_of_first = 24, .waiters = 28, .signals = 32},
};

enum {
    SHARED = 1,        /* of the flags in the word of waiters */
    WAITERS_SHIFT = 3, /* above which they are counted */
    LOCK_BITS = 2,     /* of the word with the first group's size, which is also the condition's own lock */
    SIGNAL = 2,        /* what one signal adds in a COUNTED one; 1 is the mark of a group that is closed */
};

static uint32_t word(const void *condition, size_t at) {
    uint32_t value;
    memcpy(&value, (const char *)condition + at, sizeof value);
    return value;
}

static uint64_t wide(const void *condition, size_t at) {
    uint64_t value;
    memcpy(&value, (const char *)condition + at, sizeof value);
    return value;
}

/* One has come, as the first of its group, and is gone again: that group is smaller by one than it was thought to be (nptl/pthread_cond_wait.c,
 * __condvar_cancel_waiting). All else is as it began. */
enum condition_form condition_form_of(const void *used_once) {
    for (enum condition_form form = CONDITION_COUNTED; form < CONDITION_FORMS; form++) {
        unsigned char wanted[sizeof(pthread_cond_t)] = {0};
        const uint64_t position = 2;
        const uint32_t size = UINT32_MAX;
        memcpy(wanted + condition_layouts[form].position, &position, sizeof position);
        memcpy(wanted + condition_layouts[form].sizes, &size, sizeof size);
        if (memcmp(wanted, used_once, sizeof wanted) == 0)
            return form;
    }
    return CONDITION_UNKNOWN;
}

enum condition_form
condition_form_measured(int (*wait)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *),
                        int (*lock)(pthread_mutex_t *), int (*unlock)(pthread_mutex_t *)) {
    pthread_cond_t condition;
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    const struct timespec past = {0, 0};
    memset(&condition, 0, sizeof condition);
    if (lock(&mutex) != 0)
        return CONDITION_UNKNOWN;
    int result = wait(&condition, &mutex, &past);
    unlock(&mutex);
    return result == ETIMEDOUT ? condition_form_of(&condition) : CONDITION_UNKNOWN;
}

bool condition_is_shared(enum condition_form form, const void *condition) {
    return word(condition, condition_layouts[form].waiters) & SHARED;
}

/* In a PLAIN one signals are counted from where the first group starts; those that wait in it and have not been signalled are its size, those in the second
 * all that have come since, less those who left (nptl/pthread_cond_common.c, __condvar_switch_g1). If that is as many as there
 * are at all, none has been. */
bool condition_is_silent(enum condition_form form, const void *condition) {
    const struct condition_layout *at = &condition_layouts[form];
    uint32_t signals[2] = {word(condition, at->signals), word(condition, at->signals + sizeof(uint32_t))};
    if (form == CONDITION_COUNTED)
        return signals[0] < SIGNAL && signals[1] < SIGNAL;
    if (form != CONDITION_PLAIN)
        return false;
    uint64_t position = wide(condition, at->position), start = wide(condition, at->start);
    unsigned second = position & 1, first = second ^ 1;
    uint32_t in_first = word(condition, at->sizes + first * sizeof(uint32_t));
    uint32_t in_second = (uint32_t)(position / 2 - start) -
                         (word(condition, at->size_of_first) >> LOCK_BITS) +
                         word(condition, at->sizes + second * sizeof(uint32_t));
    return (int32_t)(signals[0] - (uint32_t)start) <= 0 && (int32_t)(signals[1] - (uint32_t)start) <= 0 &&
           in_first + in_second == word(condition, at->waiters) >> WAITERS_SHIFT;
}
