#include "tracks.h"

#include <stdlib.h>
#include <string.h>

#include "tool/tool.h"

static struct track *find(struct tracks *tracks, size_t known, const char *key) {
    for (size_t i = 0; i < known; i++)
        if (strcmp(tracks->list[i].site.key, key) == 0)
            return &tracks->list[i];
    return NULL;
}

void tracks_update(struct tracks *tracks, struct sites *sites) {
    size_t known = tracks->count;
    for (size_t i = 0; i < known; i++) {
        tracks->list[i].before = tracks->list[i].site.count;
        tracks->list[i].site.count = 0;
    }
    tracks->list = needed(reallocarray(tracks->list, known + sites->count + 1, sizeof *tracks->list));
    for (size_t i = 0; i < sites->count; i++) {
        struct track *track = find(tracks, known, sites->list[i].key);
        if (track) {
            site_drop(&track->site);
        } else {
            track = &tracks->list[tracks->count++];
            *track = (struct track){.first = tracks->looks == 0 ? sites->list[i].count : 0};
            track->before = track->first;
        }
        track->site = sites->list[i];
        sites->list[i] = (struct site){0};
    }
    if (tracks->looks++ == 0) {
        tracks->began = sites->uptime;
        tracks->threads_first = sites->threads;
    }
    tracks->now = sites->uptime;
    tracks->threads = sites->threads;
    sites->count = 0;
    sites_drop(sites);
    tracks_sort(tracks, tracks->order);
}

void tracks_restart(struct tracks *tracks) {
    for (size_t i = 0; i < tracks->count; i++)
        tracks->list[i].first = tracks->list[i].site.count;
    tracks->threads_first = tracks->threads;
    tracks->began = tracks->now;
}

static long grown(const struct track *track) {
    return (long)track->site.count - (long)track->first;
}

static int by_place(const void *a, const void *b) {
    const struct track *x = a, *y = b;
    int order = strcmp(x->site.place, y->site.place);
    return order ? order : strcmp(x->site.key, y->site.key);
}

#define MOST_FIRST(name, what)                                 \
    static int name(const void *a, const void *b) {            \
        const struct track *one = a, *other = b;               \
        double x = (double)what(one), y = (double)what(other); \
        return x != y ? (x < y) - (x > y) : by_place(a, b);    \
    }
#define COUNT_OF(track) (track)->site.count
#define AGE_OF(track)   (track)->site.longest
MOST_FIRST(by_growth, grown)
MOST_FIRST(by_count, COUNT_OF)
MOST_FIRST(by_age, AGE_OF)

void tracks_sort(struct tracks *tracks, enum track_order order) {
    static int (*const orders[])(const void *, const void *) = {by_growth, by_count, by_age, by_place};
    tracks->order = order;
    if (tracks->count > 0)
        qsort(tracks->list, tracks->count, sizeof *tracks->list, orders[order]);
}

double tracks_rate(const struct tracks *tracks, size_t before, size_t now) {
    double seconds = tracks->now - tracks->began;
    return seconds > 0 ? ((double)now - (double)before) / seconds * 60 : 0;
}

void tracks_drop(struct tracks *tracks) {
    for (size_t i = 0; i < tracks->count; i++)
        site_drop(&tracks->list[i].site);
    free(tracks->list);
}
