/* Pushing: at an interval the profile of each process goes to servers that keep profiles. One thread of its own does it all; the table is looked at as by any
 * other client, and no server, whatever it does, holds up anything but what is sent to itself. */
#pragma once

#include "process_table.h"

struct push;

/* As the options say, before there are other threads. *push is NULL if nothing is to be pushed. False, and a line on stderr, if they cannot be followed. */
bool push_prepare(struct push **push, const struct settings *settings);
/* The three that follow do nothing with NULL. False, and a line on stderr, if it cannot be started. */
bool push_start(struct push *push, struct process_table *table);
/* Ends the thread at once, and what is under way with it. The table may still call its waiter, until that is stopped too. */
void push_stop(struct push *push);
void push_drop(struct push *push);

/* How it goes with one server. To be asked by any thread. */
struct push_told {
    const char *kind, *url;
    uint64_t sent, failed, dropped, bytes;
    size_t waiting, waiting_bytes;
    double last_success; /* seconds since the epoch; 0: none yet */
};
size_t push_servers(const struct push *push); /* 0 with NULL */
struct push_told push_tell(const struct push *push, size_t server);
