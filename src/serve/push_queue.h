/* What a server is yet to be sent: so many bytes and no more, for which the oldest make room. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "push_profile.h"

struct push_queue {
    STAILQ_HEAD(, push_entry) entries; /* the oldest first */
    size_t most;                       /* bytes */
    _Atomic size_t count, bytes;       /* also read by other threads */
    _Atomic uint64_t dropped;
};

void push_queue_init(struct push_queue *queue, size_t most);
void push_queue_drop(struct push_queue *queue);
/* going: the oldest is on its way, and stays. */
void push_queue_put(struct push_queue *queue, struct push_profile *profile, bool going);
/* The oldest; NULL: there is none. */
struct push_profile *push_queue_oldest(const struct push_queue *queue);
void push_queue_take_off(struct push_queue *queue);
