/* What the places share: the box that the thread waits for, and how a place is listed. */
#pragma once

#include <stdbool.h>

#include "../scenarios.h"

struct box {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool open;
};

struct box *box_new(void);
void box_open(struct box *box);
/* A thread that sleeps until it is opened, and then says "woken". */
void *waits(void *box);

/* How an address is hidden, and how it is come by from just there; lists end with {NULL}. */
struct place {
    const char *name;
    void (*hide)(struct box *);
    struct box *(*find)(void);
};
extern const struct place memory_places[], kernel_places[], thread_places[];
/* In programs of their own, for what a program uses may keep anything from being proved of it. */
extern const struct place handler_places[], system_v_places[], code_places[], clones_places[],
    contexts_places[], cancels_places[], kills_places[], jumps_places[], alternate_places[], cpp_places[];
