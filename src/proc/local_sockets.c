#include "local_sockets.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

int local_sockets_open(void) {
    return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
}

static void take(struct local_socket *found, const struct rtattr *attribute) {
    const void *data = RTA_DATA(attribute);
    uint32_t word = 0;
    memcpy(&word, data, RTA_PAYLOAD(attribute) < sizeof word ? RTA_PAYLOAD(attribute) : sizeof word);
    switch (attribute->rta_type) {
    case UNIX_DIAG_PEER:
        found->peer = word;
        break;
    case UNIX_DIAG_RQLEN: /* struct unix_diag_rqlen: what is unread comes first */
        found->unread = word;
        break;
    case UNIX_DIAG_SHUTDOWN:
        found->shut = *(const uint8_t *)data != 0;
        break;
    }
}

bool local_socket_ask(int fd, uint64_t inode, struct local_socket *found) {
    struct {
        struct nlmsghdr header;
        struct unix_diag_req request;
    } question = {.header = {sizeof question, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, 0, 0},
                  .request = {.sdiag_family = AF_UNIX,
                              .udiag_states = ~0u,
                              .udiag_ino = (uint32_t)inode,
                              .udiag_show = UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN,
                              .udiag_cookie = {~0u, ~0u}}};
    union {
        struct nlmsghdr header;
        char bytes[4096];
    } answer;
    *found = (struct local_socket){0};
    if (fd < 0 || inode > UINT32_MAX || send(fd, &question, sizeof question, 0) != sizeof question)
        return false;
    ssize_t length = recv(fd, &answer, sizeof answer, 0);
    if (length < (ssize_t)NLMSG_LENGTH(sizeof(struct unix_diag_msg)) ||
        answer.header.nlmsg_type != SOCK_DIAG_BY_FAMILY || answer.header.nlmsg_len > (size_t)length)
        return false;
    const struct unix_diag_msg *message = NLMSG_DATA(&answer.header);
    found->connected = message->udiag_state == TCP_ESTABLISHED &&
                       (message->udiag_type == SOCK_STREAM || message->udiag_type == SOCK_SEQPACKET);
    found->listens = message->udiag_state == TCP_LISTEN;
    found->datagram = message->udiag_type == SOCK_DGRAM;
    int left = (int)(answer.header.nlmsg_len - NLMSG_LENGTH(sizeof *message));
    for (const struct rtattr *at = (const void *)(message + 1); RTA_OK(at, left); at = RTA_NEXT(at, left))
        take(found, at);
    return message->udiag_ino == (uint32_t)inode;
}
