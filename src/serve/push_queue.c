#include "push_queue.h"

#include <stdlib.h>

struct push_entry {
    STAILQ_ENTRY(push_entry) next;
    struct push_profile *profile;
};

/* With its labels, about. */
static size_t cost(const struct push_profile *profile) {
    enum { BESIDES = 1024 };
    return profile->size + BESIDES;
}

void push_queue_init(struct push_queue *queue, size_t most) {
    STAILQ_INIT(&queue->entries);
    queue->most = most;
}

static void drop(struct push_queue *queue, struct push_entry *entry) {
    STAILQ_REMOVE(&queue->entries, entry, push_entry, next);
    queue->bytes -= cost(entry->profile);
    queue->count--;
    push_profile_drop(entry->profile);
    free(entry);
}

void push_queue_drop(struct push_queue *queue) {
    while (!STAILQ_EMPTY(&queue->entries))
        drop(queue, STAILQ_FIRST(&queue->entries));
}

void push_queue_put(struct push_queue *queue, struct push_profile *profile, bool going) {
    while (queue->bytes + cost(profile) > queue->most) {
        struct push_entry *oldest = STAILQ_FIRST(&queue->entries);
        if (oldest && going)
            oldest = STAILQ_NEXT(oldest, next);
        if (!oldest)
            break;
        drop(queue, oldest);
        queue->dropped++;
    }
    bool fits = queue->bytes + cost(profile) <= queue->most;
    struct push_entry *entry = fits ? malloc(sizeof *entry) : NULL;
    if (!entry) {
        queue->dropped++;
        return;
    }
    *entry = (struct push_entry){.profile = push_profile_keep(profile)};
    STAILQ_INSERT_TAIL(&queue->entries, entry, next);
    queue->bytes += cost(profile);
    queue->count++;
}

struct push_profile *push_queue_oldest(const struct push_queue *queue) {
    struct push_entry *entry = STAILQ_FIRST(&queue->entries);
    return entry ? entry->profile : NULL;
}

void push_queue_take_off(struct push_queue *queue) {
    drop(queue, STAILQ_FIRST(&queue->entries));
}
