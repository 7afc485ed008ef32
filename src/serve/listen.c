#include "listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tool/tool.h"

enum { BACKLOG = 64 };

static bool fails(const struct listener *listener, const char *words) {
    complain("serve: cannot listen at %s: %s", words, strerror(errno));
    if (listener->fd >= 0)
        close(listener->fd);
    return false;
}

/* A socket that nobody listens at is left from a server that was killed. */
static bool is_left_over(const struct sockaddr_un *address) {
    struct stat status;
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool refused = lstat(address->sun_path, &status) == 0 && S_ISSOCK(status.st_mode) && probe >= 0 &&
                   connect(probe, (const struct sockaddr *)address, sizeof *address) != 0 &&
                   errno == ECONNREFUSED;
    if (probe >= 0)
        close(probe);
    return refused;
}

static bool listen_unix(struct listener *listener, const char *path, const char *words) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (snprintf(address.sun_path, sizeof address.sun_path, "%s", path) >= (int)sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return fails(listener, words);
    }
    listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener->fd >= 0 && is_left_over(&address))
        unlink(path);
    mode_t before = umask(0177);
    bool bound = listener->fd >= 0 && bind(listener->fd, (struct sockaddr *)&address, sizeof address) == 0;
    umask(before);
    if (!bound || listen(listener->fd, BACKLOG) != 0)
        return fails(listener, words);
    listener->path = path;
    snprintf(listener->address, sizeof listener->address, "unix:%.140s", path);
    return true;
}

static bool is_loopback(const struct sockaddr *address) {
    if (address->sa_family == AF_INET)
        return ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr) >> 24 == 127;
    return address->sa_family == AF_INET6 &&
           IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)address)->sin6_addr);
}

static void name_address(struct listener *listener) {
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    char host[NI_MAXHOST], port[NI_MAXSERV];
    if (getsockname(listener->fd, (struct sockaddr *)&address, &size) != 0 ||
        getnameinfo((struct sockaddr *)&address, size, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return;
    snprintf(listener->address, sizeof listener->address,
             address.ss_family == AF_INET6 ? "http://[%.100s]:%.10s/" : "http://%.100s:%.10s/", host, port);
}

static bool listen_inet(struct listener *listener, const char *words) {
    char host[128];
    const char *colon = strrchr(words, ':');
    size_t length = (size_t)(colon - words);
    bool bracketed = length >= 2 && words[0] == '[' && words[length - 1] == ']';
    if (length >= sizeof host) {
        complain("serve: --listen: '%s' is neither ADDRESS:PORT nor unix:PATH", words);
        return false;
    }
    snprintf(host, sizeof host, "%.*s", (int)(length - (bracketed ? 2 : 0)), words + bracketed);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV},
                    *found = NULL;
    int wrong = getaddrinfo(host[0] ? host : NULL, colon + 1, &hints, &found);
    if (wrong != 0) {
        complain("serve: --listen: %s: %s", words, gai_strerror(wrong));
        return false;
    }
    int yes = 1;
    listener->fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool bound =
        listener->fd >= 0 && setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
        bind(listener->fd, found->ai_addr, found->ai_addrlen) == 0 && listen(listener->fd, BACKLOG) == 0;
    listener->is_public = !is_loopback(found->ai_addr);
    int error = errno;
    freeaddrinfo(found);
    errno = error;
    if (!bound)
        return fails(listener, words);
    name_address(listener);
    return true;
}

bool listen_at(struct listener *listener, const char *words) {
    *listener = (struct listener){.fd = -1};
    return strncmp(words, "unix:", 5) == 0 ? listen_unix(listener, words + 5, words)
                                           : listen_inet(listener, words);
}

void listen_end(struct listener *listener) {
    if (listener->path)
        unlink(listener->path);
    close(listener->fd);
}
