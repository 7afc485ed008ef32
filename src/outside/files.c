#include "files.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "proc/descriptor_file.h"
#include "shared/file_kinds.h"
#include "shared/older_headers.h"

static bool starts(const char *words, const char *start) {
    return strncmp(words, start, strlen(start)) == 0;
}

static void put_address(FILE *out, const struct sockaddr_storage *address, size_t length) {
    const struct sockaddr_in *in = (const void *)address;
    const struct sockaddr_in6 *in6 = (const void *)address;
    const struct sockaddr_un *un = (const void *)address;
    char words[INET6_ADDRSTRLEN];
    if (address->ss_family == AF_INET) {
        fprintf(out, "%s:%u", inet_ntop(AF_INET, &in->sin_addr, words, sizeof words), ntohs(in->sin_port));
    } else if (address->ss_family == AF_INET6) {
        fputc('[', out);
        for (int i = 0; i < 16; i += 2)
            fprintf(out, "%x%c", in6->sin6_addr.s6_addr[i] << 8 | in6->sin6_addr.s6_addr[i + 1],
                    i < 14 ? ':' : ']');
        fprintf(out, ":%u", ntohs(in6->sin6_port));
    } else if (address->ss_family != AF_UNIX) {
        fputc('?', out);
    } else if (length <= offsetof(struct sockaddr_un, sun_path)) {
        fputs("unix", out);
    } else if (un->sun_path[0] != '\0') {
        fputs(un->sun_path, out);
    } else { /* the abstract namespace, as ss(8) shows it */
        fprintf(out, "@%.*s", (int)(length - offsetof(struct sockaddr_un, sun_path) - 1), un->sun_path + 1);
    }
}

static void put_endpoints(FILE *out, int fd) {
    struct sockaddr_storage address = {0};
    socklen_t length = sizeof address - 1;
    if (getsockname(fd, (void *)&address, &length) != 0)
        return;
    fputc(' ', out);
    put_address(out, &address, length);
    memset(&address, 0, sizeof address);
    length = sizeof address - 1;
    if (getpeername(fd, (void *)&address, &length) != 0)
        return;
    fputs(" -> ", out);
    put_address(out, &address, length);
}

/* A socket tells what it is only to who has it: it is had for some microseconds (pidfd_getfd(2)), in which its being closed by the
 * process closes no connection. */
static int borrow(const struct target *target, int fd) {
    int process = (int)syscall(SYS_pidfd_open, target->seen_as, 0);
    int own = process < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, process, fd, 0);
    if (process >= 0)
        close(process);
    return own;
}

static void look_at_socket(struct file_fact *fact, int fd, FILE *out) {
    bool reads = fact->kind == LW_WAIT_SOCKET_READ, data = reads || fact->kind == LW_WAIT_SOCKET_WRITE;
    struct tcp_info info = {0};
    struct timeval limit = {0};
    int family = 0, keepalive = 0;
    socklen_t length = sizeof family;
    put_endpoints(out, fd);
    fact->local = getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &length) == 0 && family == AF_UNIX;
    length = sizeof limit;
    fact->limited =
        data && (getsockopt(fd, SOL_SOCKET, reads ? SO_RCVTIMEO : SO_SNDTIMEO, &limit, &length) != 0 ||
                 limit.tv_sec != 0 || limit.tv_usec != 0);
    length = sizeof info;
    if (!data || getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0 ||
        length < offsetof(struct tcp_info, tcpi_last_ack_recv))
        return;
    fact->value[0] = (int64_t)info.tcpi_last_data_recv * 1000000;
    length = sizeof keepalive;
    if (getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &keepalive, &length) == 0)
        fact->value[1] = keepalive != 0;
}

static long number_after(const char *words, const char *key, int base) {
    const char *at = strstr(words, key);
    return at ? strtol(at + strlen(key), NULL, base) : -1;
}

/* fdinfo: proc(5) and the kernel's fs/eventfd.c, fs/timerfd.c, fs/eventpoll.c. */
static void look_at_info(struct file_fact *fact, const char *info) {
    unsigned long long seconds, rest;
    const char *left = strstr(info, "it_value:");
    if (fact->kind == LW_WAIT_EVENTFD_READ)
        fact->value[0] = number_after(info, "eventfd-count:", 16);
    else if (fact->kind == LW_WAIT_TIMERFD_READ && left &&
             sscanf(left, "it_value: (%llu, %llu", &seconds, &rest) == 2)
        fact->value[0] = (int64_t)(seconds * 1000000000 + rest);
    else if (fact->kind == LW_WAIT_EPOLL) {
        fact->value[0] = 0;
        for (const char *at = info; (at = strstr(at, "tfd:")); at++)
            fact->value[0]++;
    }
}

/* A named one must be asked for its type; that asks no server of a network's files (statx(2), AT_STATX_DONT_SYNC). */
static bool is_fifo(const char *path, const char *target) {
    struct statx status;
    return starts(target, "pipe:[") ||
           (target[0] == '/' && statx(AT_FDCWD, path, AT_STATX_DONT_SYNC, STATX_TYPE, &status) == 0 &&
            S_ISFIFO(status.stx_mode));
}

static enum lw_wait_kind settle(enum lw_wait_kind kind, const char *target, bool fifo, long flags) {
    if (kind != LW_WAIT_UNSETTLED_READ && kind != LW_WAIT_UNSETTLED_WRITE)
        return kind;
    bool reads = kind == LW_WAIT_UNSETTLED_READ || (flags >= 0 && (flags & O_ACCMODE) == O_RDONLY && fifo);
    if (fifo)
        return reads ? LW_WAIT_PIPE_READ : LW_WAIT_PIPE_WRITE;
    if (starts(target, "socket:"))
        return reads ? LW_WAIT_SOCKET_READ : LW_WAIT_SOCKET_WRITE;
    return reads ? file_read_kind(target) : LW_WAIT_FILE_WRITE;
}

/* A large set of epoll's is told in many pieces. Caller frees. */
static char *whole_info(const struct target *target, int fd) {
    int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    char *info = proc < 0 ? NULL : file_info(proc, target->through, fd);
    if (proc >= 0)
        close(proc);
    return info;
}

static void look(struct file_fact *fact, const struct target *target, int fd) {
    char path[64], *info = whole_info(target, fd);
    snprintf(path, sizeof path, "/proc/%d/fd/%d", target->through, fd);
    ssize_t length = readlink(path, fact->target, 1024);
    fact->target[length > 0 ? length : 0] = '\0';
    bool fifo = is_fifo(path, fact->target);
    fact->kind = settle(fact->kind, fact->target, fifo, number_after(info ? info : "", "flags:", 8));
    fact->local = fifo || starts(fact->target, "anon_inode:");
    look_at_info(fact, info ? info : "");
    free(info);
    if (!starts(fact->target, "socket:"))
        return;
    int own = borrow(target, fd);
    FILE *out = fmemopen(fact->target + length, sizeof fact->target - (size_t)length, "w");
    if (own >= 0 && out)
        look_at_socket(fact, own, out);
    else
        fact->limited = fact->kind == LW_WAIT_SOCKET_READ || fact->kind == LW_WAIT_SOCKET_WRITE;
    if (out)
        fclose(out);
    if (own >= 0)
        close(own);
}

struct file_fact file_look(const struct target *target, int fd, enum lw_wait_kind kind) {
    struct file_fact fact = {.kind = kind, .value = {-1, -1}};
    if (target->seen_as != 0 && fd >= 0)
        look(&fact, target, fd);
    else if (kind == LW_WAIT_UNSETTLED_READ || kind == LW_WAIT_UNSETTLED_WRITE)
        fact.kind = LW_WAIT_SYSCALL;
    return fact;
}
