/* How glibc lays out its conditions (sysdeps/nptl/bits/thread-shared-types.h, struct __pthread_cond_s): in two ways, since 2.25. The second came with 2.41,
 * and since with updates of 2.38 to 2.40 (glibc bug 25847): the version does not tell which a libc has. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum condition_form {
    CONDITION_UNKNOWN,
    CONDITION_COUNTED, /* groups have counts of references */
    CONDITION_PLAIN,   /* they have none any more */
    CONDITION_FORMS
};

/* Offsets of its fields. The two words that threads sleep on are the last in both. */
struct condition_layout {
    uint8_t position, start, sizes, size_of_first, waiters, signals;
};
extern const struct condition_layout condition_layouts[CONDITION_FORMS];

/* The form, from what is left of a condition after one wait by a deadline that had passed: nobody else ever used it. UNKNOWN: it
 * is neither. */
enum condition_form condition_form_of(const void *used_once);
/* That of the libc that this is linked with: waits so, once. Not async-signal-safe. wait: pthread_cond_timedwait and what goes with it. */
enum condition_form condition_form_measured(int (*wait)(pthread_cond_t *, pthread_mutex_t *,
                                                        const struct timespec *),
                                            int (*lock)(pthread_mutex_t *), int (*unlock)(pthread_mutex_t *));

/* May it be shared with other processes? Not of UNKNOWN. */
bool condition_is_shared(enum condition_form form, const void *condition);
/* Is it certain that nobody who waits has been signalled, so that all would go to sleep again if they looked at it now? */
bool condition_is_silent(enum condition_form form, const void *condition);
