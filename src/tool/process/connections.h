/* What UNIX sockets are connected to, remembered for those that have gone since. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proc/local_sockets.h"

struct connection {
    uint64_t inode;
    struct local_socket is;
};

struct connections {
    int asked; /* local_sockets_open */
    struct connection *of;
    size_t count, room;
};

/* inodes: sorted. Of those of them that are connected it is known from now on; a stream stays connected to what it is (unix(7)). False: no memory. */
bool connections_learn(struct connections *connections, const uint64_t *inodes, size_t count);
/* False if it is not known. */
bool connections_tell(const struct connections *connections, uint64_t inode, struct local_socket *found);
void connections_drop(struct connections *connections);
