/* What the kernel tells of a UNIX socket of this network namespace (sock_diag(7)). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct local_socket {
    bool connected; /* a stream or seqpacket one that is connected: what comes through it its peer has sent */
    bool listens;   /* a stream or seqpacket one that others connect to, by its name */
    bool datagram;  /* what comes through it its peer has sent, if it has one */
    uint64_t peer;  /* inode; 0: not known */
    uint32_t unread; /* bytes */
    bool shut;       /* in one direction at least */
};

/* fd: of local_sockets_open. False if it is not known. */
bool local_socket_ask(int fd, uint64_t inode, struct local_socket *found);
/* -1 if the kernel cannot be asked. */
int local_sockets_open(void);
