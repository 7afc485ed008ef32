/* What the threads of a snapshot wait for on descriptors, as far as only this process's doing could make it ready: each file once, and
 * who waits for it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "descriptor_file.h"
#include "shared/snapshot_reader.h"

/* A file that a descriptor of the process leads to. */
struct waited_file {
    int fd;
    enum file_kind kind;
    uint64_t inode, peer; /* of a pipe or socket; of the socket's other end */
};

struct file_wait {
    size_t thread;
    size_t file; /* TOO_MANY_FILES: for more than are looked at */
    int set;     /* the set that it is in, by its descriptor; -1: waited for itself */
};
#define TOO_MANY_FILES SIZE_MAX

struct file_waits {
    const struct snapshot *snapshot;
    int proc, pid, sockets; /* /proc; the process, as it is called there; local_sockets_open */
    struct waited_file *files;
    struct file_wait *waits;
    size_t file_count, wait_count, room;
    bool unknown; /* a wait is not one of those, or may be ended from outside */
};

/* snapshot, proc, pid and sockets are filled in already. */
void file_waits_gather(struct file_waits *waits);
void file_waits_drop(struct file_waits *waits);

/* Is there still nothing in it that would end a wait? Asked for a thread that is held: what has come is still there. */
bool file_is_unready(const struct file_waits *waits, const struct waited_file *file);
