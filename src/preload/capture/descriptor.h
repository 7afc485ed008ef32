/* What a descriptor is, asked of the kernel when a report is made. Async-signal-safe. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "rt/text.h"
#include "shared/snapshot.h"

/* Appends what fd names: "pipe:[4711]", "/var/log/x", "socket:[12] 127.0.0.1:80 -> 127.0.0.1:4242". */
void descriptor_target(int fd, struct text *target);
/* Turns an unsettled read or write into what it is on this descriptor; leaves other kinds alone. A write to
 * what was opened for reading only is a read (vmsplice(2)). */
enum lw_wait_kind descriptor_settle(enum lw_wait_kind kind, int fd, const char *target);
/* Of two descriptors between which bytes are moved, the one that holds the move up; *kind becomes its. */
int descriptor_that_blocks(int in, int out, enum lw_wait_kind *kind);
/* What it has in it, as lw_snapshot_thread.value tells by kind; leaves alone what cannot be asked. */
void descriptor_values(enum lw_wait_kind kind, int fd, int64_t value[2]);
/* Has a socket a time limit for reads, or for writes? Also if that is not known. */
bool descriptor_is_limited(int fd, bool reads);
/* Appends what each of the descriptors of a poll names, as far as there is room in a report. */
void descriptor_targets(const int *fds, size_t count, struct text *target);
/* Has this process an end of the pipe that fd is an end of, for reading (O_RDONLY) or writing (O_WRONLY)? */
bool descriptor_has_end(int fd, int mode);
/* Is it one of those that only processes of this machine could make ready (a pipe, a UNIX socket, an eventfd or the like)? Nothing is
 * proved by that, but much is ruled out. */
bool descriptor_is_local(int fd);
/* Is that so of each member of a set? Where it is none, there are none. False if they cannot be told. */
bool descriptor_set_all(int fd, bool (*holds)(int fd));
