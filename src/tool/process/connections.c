#include "connections.h"

#include <stdlib.h>

static int by_inode(const void *a, const void *b) {
    uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;
    return (one > other) - (one < other);
}

static const struct connection *connection_of(const struct connections *connections, size_t count,
                                              uint64_t inode) {
    return count > 0 ? bsearch(&inode, connections->of, count, sizeof *connections->of, by_inode) : NULL;
}

bool connections_learn(struct connections *connections, const uint64_t *inodes, size_t count) {
    size_t before = connections->count;
    for (size_t i = 0; i < count; i++) {
        struct local_socket found;
        if ((i > 0 && inodes[i] == inodes[i - 1]) || connection_of(connections, before, inodes[i]) ||
            !local_socket_ask(connections->asked, inodes[i], &found) || !found.connected || found.peer == 0)
            continue;
        if (connections->count == connections->room) {
            size_t room = connections->room ? 2 * connections->room : 64;
            struct connection *larger = reallocarray(connections->of, room, sizeof *larger);
            if (!larger)
                return false;
            connections->of = larger;
            connections->room = room;
        }
        connections->of[connections->count++] = (struct connection){inodes[i], found};
    }
    if (connections->count > before)
        qsort(connections->of, connections->count, sizeof *connections->of, by_inode);
    return true;
}

bool connections_tell(const struct connections *connections, uint64_t inode, struct local_socket *found) {
    const struct connection *known = connection_of(connections, connections->count, inode);
    if (known)
        *found = known->is;
    return known || local_socket_ask(connections->asked, inode, found);
}

void connections_drop(struct connections *connections) {
    free(connections->of);
}
