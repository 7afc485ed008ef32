#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool.h"

static bool write_all(int fd, const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t written = write(fd, bytes, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        bytes += written;
        size -= (size_t)written;
    }
    return true;
}

/* The watched program may be waiting for its report before it ends: it is not kept by a pipe or socket that is full and that nobody reads. A
 * pipe that can be written to takes PIPE_BUF bytes (pipe(7)). False with errno set if nobody has read for a while. */
static bool write_to_readers(int fd, const char *bytes, size_t size) {
    enum { PATIENCE_MS = 5000 };
    struct stat status;
    if (fstat(fd, &status) != 0 || !(S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode)))
        return write_all(fd, bytes, size);
    while (size > 0) {
        size_t some = size < PIPE_BUF ? size : PIPE_BUF;
        struct pollfd reader = {.fd = fd, .events = POLLOUT};
        int ready = poll(&reader, 1, PATIENCE_MS);
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready == 0)
            errno = EAGAIN;
        if (ready <= 0 || !write_all(fd, bytes, some))
            return false;
        bytes += some;
        size -= some;
    }
    return true;
}

static bool append(const char *log, const char *report, size_t size) {
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    flock(fd, LOCK_EX); /* other processes' reports do not end up in the middle of this one */
    bool written = write_all(fd, report, size);
    int error = errno;
    if (close(fd) != 0 && written) {
        written = false;
        error = errno;
    }
    errno = error;
    return written;
}

bool output_write(const char *log, int descriptor, const char *report, size_t size) {
    if (log[0] != '\0') {
        if (append(log, report, size))
            return true;
        complain("cannot write to log %s: %s; the report follows here", log, strerror(errno));
        descriptor = STDERR_FILENO;
    }
    return descriptor == STDERR_FILENO ? write_to_readers(descriptor, report, size)
                                       : write_all(descriptor, report, size);
}

static bool is_zero(const char *bytes, size_t size) {
    return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}

/* A snapshot is mostly room for what there was not: that takes none on the disk. */
static bool write_sparsely(int fd, const char *bytes, size_t size) {
    enum { BLOCK = 4096 };
    for (size_t at = 0; at < size; at += BLOCK) {
        size_t length = size - at < BLOCK ? size - at : BLOCK;
        if (is_zero(bytes + at, length) ? lseek(fd, (off_t)length, SEEK_CUR) < 0
                                        : !write_all(fd, bytes + at, length))
            return false;
    }
    return ftruncate(fd, (off_t)size) == 0;
}

bool output_create(const char *path, const void *bytes, size_t size) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool written = fd >= 0 && write_sparsely(fd, bytes, size);
    int error = errno;
    if (fd >= 0 && close(fd) != 0 && written) {
        written = false;
        error = errno;
    }
    errno = error;
    return written;
}

bool output_binary(const char *path, const void *bytes, size_t size) {
    if (path[0] == '\0') {
        complain("this format is binary: give it a log, such as log=%%e-%%p-%%n.lwsnap");
        return false;
    }
    bool written = output_create(path, bytes, size);
    if (!written)
        complain("cannot write %s: %s", path, strerror(errno));
    return written;
}
