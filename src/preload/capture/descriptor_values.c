/* What a descriptor that a thread waits on has in it, asked when a report is made. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "descriptor.h"
#include "rt/sys.h"

enum { FDINFO = 16 * 1024 };

/* /proc/thread-self/fdinfo/FD (that of the process is empty once main has ended), proc(5). */
static bool read_fdinfo(int fd, char *into) {
    char path[48];
    struct text text = TEXT_IN(path);
    path[0] = '\0';
    text_put(&text, "/proc/thread-self/fdinfo/");
    text_put_number(&text, fd);
    return sys_read_file(AT_FDCWD, path, into, FDINFO) > 0;
}

static int64_t hex_after(const char *words, const char *key) {
    const char *at = strstr(words, key);
    int64_t number = 0;
    if (!at)
        return -1;
    at += strlen(key);
    at += strspn(at, " \t");
    for (; (*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'f'); at++)
        number = number * 16 + (*at <= '9' ? *at - '0' : *at - 'a' + 10);
    return number;
}

/* "it_value: (seconds, nanoseconds)": what is left (kernel: fs/timerfd.c). */
static int64_t time_left(const char *words) {
    const char *at = strstr(words, "it_value:");
    uint64_t seconds, rest;
    if (!at)
        return -1;
    at += strlen("it_value:");
    at += strspn(at, " (");
    if (!text_number(&at, &seconds))
        return -1;
    at += strspn(at, ", ");
    return text_number(&at, &rest) ? (int64_t)(seconds * 1000000000u + rest) : -1;
}

static int64_t lines_with(const char *words, const char *start) {
    int64_t count = 0;
    for (const char *at = words; (at = strstr(at, start)); at += strlen(start))
        count++;
    return count;
}

static void socket_values(int fd, int64_t value[2]) {
    struct tcp_info info;
    socklen_t length = sizeof info;
    int keepalive = 0;
    memset(&info, 0, sizeof info);
    if (sys_call(SYS_getsockopt, fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 &&
        length >= offsetof(struct tcp_info, tcpi_last_ack_recv))
        value[0] = (int64_t)info.tcpi_last_data_recv * 1000000;
    length = sizeof keepalive;
    if (value[0] >= 0 && sys_call(SYS_getsockopt, fd, SOL_SOCKET, SO_KEEPALIVE, &keepalive, &length) == 0)
        value[1] = keepalive != 0;
}

void descriptor_values(enum lw_wait_kind kind, int fd, int64_t value[2]) {
    char words[FDINFO];
    switch (kind) {
    case LW_WAIT_SOCKET_READ:
    case LW_WAIT_SOCKET_WRITE:
        socket_values(fd, value);
        break;
    case LW_WAIT_EVENTFD_READ:
        if (read_fdinfo(fd, words))
            value[0] = hex_after(words, "eventfd-count:");
        break;
    case LW_WAIT_TIMERFD_READ:
        if (read_fdinfo(fd, words))
            value[0] = time_left(words);
        break;
    case LW_WAIT_EPOLL:
        if (read_fdinfo(fd, words))
            value[0] = lines_with(words, "tfd:");
        break;
    default:
        break;
    }
}

/* What has no type of file is an anon_inode (kernel: fs/anon_inodes.c). */
bool descriptor_is_local(int fd) {
    struct stat status;
    int family = 0;
    socklen_t length = sizeof family;
    if (sys_call(SYS_fstat, fd, &status) != 0)
        return false;
    if (S_ISSOCK(status.st_mode))
        return sys_call(SYS_getsockopt, fd, SOL_SOCKET, SO_DOMAIN, &family, &length) == 0 &&
               family == AF_UNIX;
    return S_ISFIFO(status.st_mode) || (status.st_mode & S_IFMT) == 0;
}

bool descriptor_set_all(int fd, bool (*holds)(int fd)) {
    char words[FDINFO];
    bool all = read_fdinfo(fd, words);
    for (const char *at = words; all && (at = strstr(at, "tfd:"));) {
        uint64_t member;
        at += strlen("tfd:");
        at += strspn(at, " ");
        all = text_number(&at, &member) && holds((int)member);
    }
    return all;
}

bool descriptor_is_limited(int fd, bool reads) {
    struct timeval limit;
    socklen_t length = sizeof limit;
    return sys_call(SYS_getsockopt, fd, SOL_SOCKET, reads ? SO_RCVTIMEO : SO_SNDTIMEO, &limit, &length) !=
               0 ||
           limit.tv_sec != 0 || limit.tv_usec != 0;
}
