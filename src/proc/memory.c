#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

/* The same by a file (proc(5)), which a seccomp filter does not look at. */
static size_t read_file(int pid, uint64_t at, void *into, size_t size) {
    char path[32];
    snprintf(path, sizeof path, "/proc/%d/mem", pid);
    int file = at > INT64_MAX - size ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return 0;
    ssize_t read = pread(file, into, size, (off_t)at);
    int error = errno;
    close(file);
    errno = error;
    return read > 0 ? (size_t)read : 0;
}

/* process_vm_readv(2) stops at the first page that is not there. Where no CAP_SYS_PTRACE is given the default profiles of containers refuse the call, whoever asks
 * about whom; kernels without CONFIG_CROSS_MEMORY_ATTACH have none. */
size_t memory_read(int pid, uint64_t at, void *into, size_t size) {
    struct iovec here = {.iov_base = into, .iov_len = size}, there = {(void *)(uintptr_t)at, size};
    ssize_t read = process_vm_readv(pid, &here, 1, &there, 1, 0);
    if (read < 0 && (errno == EPERM || errno == ENOSYS))
        return read_file(pid, at, into, size);
    return read > 0 ? (size_t)read : 0;
}
