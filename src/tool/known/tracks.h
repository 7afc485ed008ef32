/* Sites over time: what `leakwatch watch` shows. */
#pragma once

#include "sites.h"

struct track {
    struct site site; /* as it was last seen; its count is 0 once it is gone */
    size_t first;     /* count when the watching began (or was begun anew): 0 for one that came later */
    size_t before;    /* count at the look before */
    bool open;        /* its stack is shown */
};

enum track_order { ORDER_GROWTH, ORDER_COUNT, ORDER_AGE, ORDER_PLACE, ORDER_COUNT_OF };

struct tracks {
    struct track *list;
    size_t count;
    enum track_order order;
    size_t threads, threads_first;
    double began, now; /* uptimes, s */
    unsigned looks;
};

/* Takes over what a look has found. */
void tracks_update(struct tracks *tracks, struct sites *sites);
/* Growth is counted from now on. */
void tracks_restart(struct tracks *tracks);
void tracks_sort(struct tracks *tracks, enum track_order order);
/* Threads a minute since the watching began; 0 before the second look. */
double tracks_rate(const struct tracks *tracks, size_t before, size_t now);
void tracks_drop(struct tracks *tracks);
