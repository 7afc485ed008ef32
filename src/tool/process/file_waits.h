/* What the threads of a snapshot wait for on descriptors, as far as only this process's doing could make it ready: each file once, and
 * who waits for it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/findings.h"
#include "proc/descriptor_file.h"
#include "shared/snapshot_reader.h"

/* No more files than that are looked at, those in sets included: each is compared with the descriptors of all processes. */
enum { FILES_MOST = 1024, FILE_PLACES = 2 * FILES_MOST };

/* A file that a descriptor of the process leads to. */
struct waited_file {
    int fd;
    enum file_kind kind;
    uint64_t inode, peer; /* of a pipe, socket or queue; of the socket's other end */
    bool datagram;        /* a socket whose peer alone sends to it, but which may send to others */
    bool named;           /* who may, opens or connects to it by its name */
    bool listed;          /* a set, whose members have been read */
    int *members;
    size_t member_count;
    char other[64]; /* one of the other processes that have it, or its other end: "cat (4711)" */
};

struct file_wait {
    size_t thread;
    size_t file;       /* only if it is not known already what stands in the way */
    int set;           /* the set that it is in, by its descriptor; -1: waited for itself */
    enum inside known; /* 0: nothing */
};

struct file_waits {
    const struct snapshot *snapshot;
    int proc, pid,
        sockets; /* /proc; by whose number there the process's descriptors are found; local_sockets_open */
    struct waited_file *files;
    struct file_wait *waits; /* those of one thread are neighbours */
    size_t file_count, wait_count, room;
    uint16_t place[FILE_PLACES]; /* of a file, by its descriptor: its number from 1; open addressing */
    bool unknown;                /* a wait is not one of those, or may be ended from outside */
};

/* snapshot, proc, pid and sockets are filled in already. */
void file_waits_gather(struct file_waits *waits);
void file_waits_drop(struct file_waits *waits);

/* Is there still nothing that would end the wait? Asked for a thread that is held: what has come is still there. */
bool file_is_unready(const struct file_waits *waits, const struct file_wait *wait);
