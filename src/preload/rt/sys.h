/* System calls made without libc: no errno, no cancellation point, no interposed symbol on the way.
 * Everything the shim itself asks of the kernel goes through here, so that it may be asked from a signal
 * handler, from a thread without a usable errno, and without meeting the shim's own wrappers.
 * Each returns what the kernel returned: a value, or -errno. */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "arch/syscall.h"
#include "own_descriptors.h"

#define SYS_ARG(x) ((long)(x))
#define sys_call_(nr, a, b, c, d, e, f, ...) \
    sys_call6(nr, SYS_ARG(a), SYS_ARG(b), SYS_ARG(c), SYS_ARG(d), SYS_ARG(e), SYS_ARG(f))
#define sys_call(...) sys_call_(__VA_ARGS__, 0, 0, 0, 0, 0, 0)

/* The pid that sys_peek reads from: this process's. 0 until process.c sets it. */
extern int32_t sys_pid;

/* process_vm_readv(2) from this process. Once the main thread has ended the process's own number leads to no memory. */
static inline long sys_peek_parts(const struct iovec *local, const struct iovec *remote, size_t parts) {
    int32_t pid = sys_pid ? sys_pid : (int32_t)sys_call(SYS_getpid);
    long copied = sys_call(SYS_process_vm_readv, pid, local, parts, remote, parts, 0);
    return copied != -ESRCH
               ? copied
               : sys_call(SYS_process_vm_readv, sys_call(SYS_gettid), local, parts, remote, parts, 0);
}

/* Copies size bytes at address in this process; returns the bytes copied, which may be fewer. Never
 * faults (process_vm_readv(2) answers EFAULT), so address may be anything. */
static inline size_t sys_peek(uintptr_t address, void *into, size_t size) {
    struct iovec local = {into, size}, remote = {(void *)address, size};
    long copied = sys_peek_parts(&local, &remote, 1);
    return copied < 0 ? 0 : (size_t)copied;
}

/* poll(2), without waiting. */
static inline long sys_poll_now(struct pollfd *fds, size_t count) {
#ifdef SYS_poll
    return sys_call(SYS_poll, fds, count, 0);
#else
    struct timespec now = {0};
    return sys_call(SYS_ppoll, fds, count, &now, NULL, 0);
#endif
}

static inline void sys_sleep_ns(uint64_t ns) {
    struct timespec span = {(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};
    sys_call(SYS_nanosleep, &span, NULL);
}

/* What rt_sigaction(2) takes and gives (kernel: include/uapi/asm-generic/signal.h). */
struct kernel_action {
    uintptr_t handler;
    unsigned long flags;
    uintptr_t restorer;
    uint64_t mask;
};

struct kernel_entry { /* struct linux_dirent64, getdents64(2) */
    uint64_t inode;
    int64_t offset;
    uint16_t length;
    uint8_t type;
    char name[];
};

/* Reads a small file whole into buffer and terminates it. Returns its length, or -errno. */
static inline long sys_read_file(int directory, const char *path, char *buffer, size_t size) {
    long fd = sys_call(SYS_openat, directory, path, OWN_FLAGS);
    if (fd < 0)
        return fd;
    size_t length = 0;
    long got;
    do {
        got = sys_call(SYS_read, fd, buffer + length, size - 1 - length);
        if (got > 0)
            length += (size_t)got;
    } while (length < size - 1 && (got > 0 || got == -EINTR));
    sys_call(SYS_close, fd);
    buffer[length] = '\0';
    return got < 0 && length == 0 ? got : (long)length;
}
