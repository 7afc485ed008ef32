#include "unread.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>

#include "rt/descriptors.h"
#include "rt/sys.h"

static int socket_option(int fd, int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    return sys_call(SYS_getsockopt, fd, level, name, &value, &size) == 0 ? value : -1;
}

static int polled(int fd) {
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    struct timespec now = {0};
    return sys_call(SYS_ppoll, &ready, 1, &now, NULL, 0) > 0 ? ready.revents : 0;
}

static bool is_readable(int fd) {
    return polled(fd) != 0;
}

/* Written and not sent yet: held back (UDP_CORK, TCP_CORK), or not acknowledged (tcp(7), udp(7)). */
static bool has_unsent(int fd) {
    int bytes = 0;
    return sys_call(SYS_ioctl, fd, TIOCOUTQ, &bytes) == 0 && bytes > 0;
}

/* Where an end of an Internet connection is: an IPv4 address as IPv6 has it (ipv6(7)). */
struct place {
    struct in6_addr address;
    in_port_t port;
};

static bool place_of(long call, int fd, struct place *place) {
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    } name = {.any.sa_family = AF_UNSPEC};
    socklen_t size = sizeof name;
    *place = (struct place){0};
    if (sys_call(call, fd, &name, &size) != 0)
        return false;
    if (name.any.sa_family == AF_INET) {
        place->port = name.four.sin_port;
        place->address.s6_addr[10] = place->address.s6_addr[11] = 0xff;
        memcpy(&place->address.s6_addr[12], &name.four.sin_addr, sizeof name.four.sin_addr);
        return true;
    }
    place->port = name.six.sin6_port;
    place->address = name.six.sin6_addr;
    return name.any.sa_family == AF_INET6;
}

static bool is_same(const struct place *one, const struct place *other) {
    return one->port == other->port && memcmp(&one->address, &other->address, sizeof one->address) == 0;
}

static bool is_of_this_machine(const struct place *here, const struct place *peer) {
    bool loopback = IN6_IS_ADDR_LOOPBACK(&peer->address) ||
                    (IN6_IS_ADDR_V4MAPPED(&peer->address) && peer->address.s6_addr[12] == IN_LOOPBACKNET);
    return loopback || memcmp(&here->address, &peer->address, sizeof here->address) == 0;
}

struct search {
    struct place here, peer;
    unsigned *patience;
    bool found;
};

static bool is_other_end(void *of, int fd, const char *name) {
    struct search *search = of;
    struct place here, peer;
    (void)name;
    if (*search->patience == 0)
        return false;
    --*search->patience;
    search->found = place_of(SYS_getsockname, fd, &here) && is_same(&here, &search->peer) &&
                    place_of(SYS_getpeername, fd, &peer) && is_same(&peer, &search->here);
    return !search->found;
}

/* Does the other end of a connection belong to this process, or did it, as far as can be told? */
static bool is_with_itself(int fd, unsigned *patience) {
    struct search search = {.patience = patience};
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    if (!place_of(SYS_getsockname, fd, &search.here) || !place_of(SYS_getpeername, fd, &search.peer))
        return true;
    if (!is_of_this_machine(&search.here, &search.peer))
        return false;
    if (sys_call(SYS_getsockopt, fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
        info.tcpi_state != TCP_ESTABLISHED)
        return true; /* whose it was is not told any more */
    return !each_descriptor(is_other_end, &search);
}

/* What comes from a network, or from another process, is no address (docs/proofs.md, assumptions); what a program sends itself by way of its
 * machine's own network may be one. */
static bool internet_has_unread(int fd, int type, int bytes, unsigned *patience) {
    struct place here, peer;
    if (type == SOCK_STREAM && socket_option(fd, SOL_SOCKET, SO_ACCEPTCONN) != 1)
        return (bytes > 0 || has_unsent(fd)) && is_with_itself(fd, patience);
    if (type == SOCK_DGRAM && place_of(SYS_getpeername, fd, &peer) && place_of(SYS_getsockname, fd, &here) &&
        !is_of_this_machine(&here, &peer))
        return false;
    return is_readable(fd) || has_unsent(fd);
}

/* Who has a read end only in another process, reads there; where there is none at all (poll(2), POLLERR), one may be opened by the name. */
static bool pipe_has_unread(int fd, int bytes) {
    bool writes = (sys_call(SYS_fcntl, fd, F_GETFL) & O_ACCMODE) == O_WRONLY;
    return bytes > 0 && (!writes || polled(fd) & POLLERR);
}

/* A line that has no end yet is not told of (ioctl_tty(2), FIONREAD): it is the program's own where that has the other end of a terminal. */
static bool terminal_has_unread(int fd, int bytes) {
    struct termios settings; /* larger than the kernel's */
    unsigned number;
    return bytes > 0 || (sys_call(SYS_ioctl, fd, TIOCGPTN, &number) == 0 &&
                         sys_call(SYS_ioctl, fd, TCGETS, &settings) == 0 && (settings.c_lflag & ICANON));
}

/* FIONREAD tells of the first message only, which may be empty, and nothing of what is to be accepted (unix(7)). */
static bool socket_has_unread(int fd, int bytes, unsigned *patience) {
    int domain = socket_option(fd, SOL_SOCKET, SO_DOMAIN), type = socket_option(fd, SOL_SOCKET, SO_TYPE);
    if (domain == AF_INET || domain == AF_INET6)
        return internet_has_unread(fd, type, bytes, patience);
    return type == SOCK_STREAM && bytes >= 0 ? bytes > 0 : is_readable(fd);
}

bool unread_in(int fd, const struct stat *stat, unsigned *patience) {
    int bytes = 0;
    if (!S_ISFIFO(stat->st_mode) && !S_ISCHR(stat->st_mode) && !S_ISSOCK(stat->st_mode))
        return false;
    if (sys_call(SYS_ioctl, fd, FIONREAD, &bytes) != 0)
        bytes = -1;
    return S_ISFIFO(stat->st_mode)  ? pipe_has_unread(fd, bytes)
           : S_ISCHR(stat->st_mode) ? terminal_has_unread(fd, bytes)
                                    : socket_has_unread(fd, bytes, patience);
}
