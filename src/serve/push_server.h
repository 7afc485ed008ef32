/* One server that is pushed to: what waits for it, what it is sent, and what it is told of when it does not take that. */
#pragma once

#include "push_options.h"
#include "push_queue.h"
#include "push_transport.h"

struct push_server {
    const struct push_target *target;
    struct push_options *options;
    struct exchange *exchange;
    struct push_queue queue;
    bool sending;        /* the oldest in the queue */
    uint64_t not_before; /* is it tried again; CLOCK_MONOTONIC ns */
    uint64_t pause;      /* between the latest two attempts; 0: the latest went well */
    /* What people were told: that it fails, since when it does, how many had been dropped then; that it refuses one. */
    bool failure_told, refusal_told;
    uint64_t failing_since, told_at, dropped_then;
    /* Also read by other threads. */
    _Atomic uint64_t sent, failed, bytes;
    _Atomic int64_t last_success_ms; /* since the epoch */
    size_t body_size;                /* of what is being sent */
};

/* False without memory. */
bool push_server_open(struct push_server *server, const struct push_target *target,
                      struct push_options *options, struct transport *transport);
void push_server_close(struct push_server *server);
void push_server_put(struct push_server *server, struct push_profile *profile);
/* Sends the next if it is time. Returns when it will be: CLOCK_MONOTONIC ns; UINT64_MAX: not before something comes. */
uint64_t push_server_go_on(struct push_server *server, uint64_t now);
