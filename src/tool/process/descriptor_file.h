/* A descriptor of a process, as /proc shows it. pid is everywhere the number by which its descriptors are found (watched_through). */
#pragma once

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "shared/snapshot.h"

enum file_kind {
    FILE_OTHER, /* does nothing by itself: files, terminals, sockets of the network */
    FILE_PIPE,
    FILE_EVENTFD,
    FILE_TIMERFD,
    FILE_EPOLL,
    FILE_SOCKET,
    FILE_QUEUE,   /* of POSIX messages */
    FILE_STRANGE, /* a device or the like, by which the kernel might write to others */
};

/* fds: of a process's /proc/PID/fd; entry: a name in it. *inode: of a pipe, socket or queue, else 0. */
enum file_kind file_kind_of(int fds, const char *entry, uint64_t *inode);

/* The number behind a word in a descriptor's fdinfo; -1 if it is not there. proc: of /proc. */
int64_t file_number(int proc, int pid, int fd, const char *word, int base);
/* Its fdinfo whole, NULL without. Caller frees. */
char *file_info(int proc, int pid, int fd);

/* Would who reads from a pipe's end, or writes to it, be blocked? Opening an end that the process has open itself wakes nobody
 * (kernel: fs/pipe.c, fifo_open). */
bool pipe_blocks(int proc, int pid, int fd, bool reads);

/* The listing of a process's descriptors; NULL without. *pid becomes the number by which they are found (watched_through). *hidden is
 * set, and else left, if it has some that may not be seen. */
DIR *descriptors_of(int proc, int *pid, bool *hidden);

/* Does a socket carry a descriptor that nobody has received yet (SCM_RIGHTS, unix(7))? It is in no process's table. Where the kernel
 * does not tell, any UNIX socket of the watched process (inside) may. *local is set, and else left, if it is a UNIX socket. */
bool socket_carries(int proc, int pid, int fd, bool inside, bool *local);

/* Calls `look` with each table of descriptors that the process has, by the number that it is found by: a thread may have its own
 * (unshare(2), CLONE_FILES). *hidden as descriptors_of has it. */
void descriptors_each(int proc, int pid, bool *hidden,
                      void (*look)(void *context, int through, DIR *directory), void *context);

/* Might a process that the kernel does not show here have what this thread waits for: outside of this PID namespace, or of another user where
 * /proc hides those (proc(5), hidepid)? */
bool descriptors_may_be_hidden(int proc, const struct lw_snapshot_header *header,
                               const struct lw_snapshot_thread *thread);

/* What a descriptor or a mapping of an io_uring is called. */
#define RING "anon_inode:[io_uring]"
/* Is this one? As file_kind_of. */
bool is_ring(int fds, const char *entry);
/* Has a ring registered files? Those are in no process's table (io_uring_register(2)). */
bool ring_has_files(int proc, int pid, int fd);

/* The list of its mappings (proc(5), /proc/PID/maps); NULL if it cannot be read, or has ended. Caller frees. */
char *maps_of(int proc, int pid);

/* Has a mapping of the process anything behind it that might write to eventfds (an asynchronous I/O context, a device)? Also if
 * that cannot be seen. */
bool maps_have_strangers(int proc, int pid);
