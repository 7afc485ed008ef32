#include "descriptor.h"

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "rt/descriptors.h"
#include "rt/sys.h"
#include "shared/file_kinds.h"

static void put_address(struct text *text, const struct sockaddr_storage *address, size_t length) {
    if (address->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)address;
        uint32_t host = ntohl(in->sin_addr.s_addr);
        for (int shift = 24; shift >= 0; shift -= 8) {
            text_put_number(text, host >> shift & 255);
            text_put_char(text, shift ? '.' : ':');
        }
        text_put_number(text, ntohs(in->sin_port));
    } else if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const void *)address;
        text_put_char(text, '[');
        for (int i = 0; i < 16; i += 2) {
            struct text hex;
            char digits[8];
            hex = TEXT_IN(digits);
            digits[0] = '\0';
            text_put_hex(&hex, (uint64_t)in->sin6_addr.s6_addr[i] << 8 | in->sin6_addr.s6_addr[i + 1]);
            text_put(text, digits + 2);
            text_put_char(text, i < 14 ? ':' : ']');
        }
        text_put_char(text, ':');
        text_put_number(text, ntohs(in->sin6_port));
    } else if (address->ss_family == AF_UNIX) {
        const struct sockaddr_un *un = (const void *)address;
        if (length <= offsetof(struct sockaddr_un, sun_path)) {
            text_put(text, "unix");
        } else if (un->sun_path[0] != '\0') {
            text_put(text, un->sun_path);
        } else {
            text_put_char(text, '@'); /* the abstract namespace, as ss(8) shows it */
            text_put_n(text, un->sun_path + 1, length - offsetof(struct sockaddr_un, sun_path) - 1);
        }
    } else {
        text_put(text, "?");
    }
}

static void put_endpoints(struct text *text, int fd) {
    struct sockaddr_storage address = {0};
    socklen_t length = sizeof address - 1;
    if (sys_call(SYS_getsockname, fd, &address, &length) != 0)
        return;
    text_put_char(text, ' ');
    put_address(text, &address, length);
    memset(&address, 0, sizeof address);
    length = sizeof address - 1;
    if (sys_call(SYS_getpeername, fd, &address, &length) != 0)
        return;
    text_put(text, " -> ");
    put_address(text, &address, length);
}

static bool starts(const char *words, const char *start) {
    return strncmp(words, start, strlen(start)) == 0;
}

/* The file system that all pipes which have no name are of. Their links say "pipe:[INODE]" (kernel: fs/pipe.c,
 * pipefs_dname), which need not be read for each: looking a link up in /proc costs five times as much as fstat. */
static uint64_t pipe_device; /* + 1; 0: not known */

static void put_pipe(struct text *target, uint64_t inode) {
    text_put(target, "pipe:[");
    text_put_number(target, (int64_t)inode);
    text_put_char(target, ']');
}

void descriptor_target(int fd, struct text *target) {
    char path[48], link[1024];
    struct stat status;
    struct text text = TEXT_IN(path);
    bool fifo = sys_call(SYS_fstat, fd, &status) == 0 && S_ISFIFO(status.st_mode);
    if (fifo && status.st_dev + 1 == pipe_device) {
        put_pipe(target, status.st_ino);
        return;
    }
    text_put(&text, "/proc/thread-self/fd/");
    text_put_number(&text, fd);
    long length = sys_call(SYS_readlinkat, AT_FDCWD, path, link, sizeof link - 1);
    if (length <= 0)
        return;
    link[length] = '\0';
    text_put_n(target, link, (size_t)length);
    if (fifo && starts(link, "pipe:["))
        pipe_device = status.st_dev + 1;
    if (starts(link, "socket:"))
        put_endpoints(target, fd);
}

void descriptor_targets(const int *fds, size_t count, struct text *target) {
    for (size_t i = 0; i < count; i++) {
        text_put(target, i ? ", fd " : "fd ");
        text_put_number(target, fds[i]);
        text_put_char(target, ' ');
        descriptor_target(fds[i], target);
    }
}

enum lw_wait_kind descriptor_settle(enum lw_wait_kind kind, int fd, const char *target) {
    bool read = kind == LW_WAIT_UNSETTLED_READ;
    if (!read && kind != LW_WAIT_UNSETTLED_WRITE)
        return kind;
    long flags = read ? -1 : sys_call(SYS_fcntl, fd, F_GETFL);
    if (flags >= 0 && (flags & O_ACCMODE) == O_RDONLY)
        read = true;
    if (starts(target, "pipe:["))
        return read ? LW_WAIT_PIPE_READ : LW_WAIT_PIPE_WRITE;
    struct stat status;
    if (sys_call(SYS_fstat, fd, &status) == 0) {
        if (S_ISFIFO(status.st_mode))
            return read ? LW_WAIT_PIPE_READ : LW_WAIT_PIPE_WRITE;
        if (S_ISSOCK(status.st_mode))
            return read ? LW_WAIT_SOCKET_READ : LW_WAIT_SOCKET_WRITE;
    }
    return read ? file_read_kind(target) : LW_WAIT_FILE_WRITE;
}

int descriptor_that_blocks(int in, int out, enum lw_wait_kind *kind) {
    struct pollfd readable = {.fd = in, .events = POLLIN};
    bool starved = sys_poll_now(&readable, 1) == 0;
    *kind = starved ? LW_WAIT_UNSETTLED_READ : LW_WAIT_UNSETTLED_WRITE;
    return starved ? in : out;
}

static bool is_end(int fd, int mode, const struct stat *pipe) {
    struct stat status;
    if (sys_call(SYS_fstat, fd, &status) != 0 || !S_ISFIFO(status.st_mode) || status.st_dev != pipe->st_dev ||
        status.st_ino != pipe->st_ino)
        return false;
    long flags = sys_call(SYS_fcntl, fd, F_GETFL);
    return flags >= 0 && !(flags & O_PATH) && ((flags & O_ACCMODE) == mode || (flags & O_ACCMODE) == O_RDWR);
}

struct wanted_end {
    struct stat pipe;
    int mode;
    bool found;
};

static bool is_another(void *of, int fd, const char *name) {
    struct wanted_end *wanted = of;
    (void)name;
    wanted->found = is_end(fd, wanted->mode, &wanted->pipe);
    return !wanted->found;
}

bool descriptor_has_end(int fd, int mode) {
    struct wanted_end wanted = {.mode = mode};
    if (sys_call(SYS_fstat, fd, &wanted.pipe) == 0)
        each_descriptor(is_another, &wanted);
    return wanted.found;
}
