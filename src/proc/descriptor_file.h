/* A descriptor of a process, as /proc shows it. pid is everywhere the number by which its descriptors are found (living_thread). */
#pragma once

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

/* One in a process's table, as it was when that was listed. */
struct shown_descriptor {
    int through; /* by whose number it is found */
    int fd;
    const char *target; /* of its link in /proc/PID/fd; "" if that cannot be read */
};

/* Where it is below /proc. */
enum { DESCRIPTOR_PATH = 40 };
void descriptor_path(char path[DESCRIPTOR_PATH], const struct shown_descriptor *of);

/* proc: of /proc. *inode: of a pipe, socket or queue, else 0. */
enum file_kind file_kind_of(int proc, const struct shown_descriptor *of, uint64_t *inode);

/* The number behind a word in a descriptor's fdinfo; -1 if it is not there. proc: of /proc. */
int64_t file_number(int proc, int pid, int fd, const char *word, int base);
/* Its fdinfo whole, NULL without. Caller frees. */
char *file_info(int proc, int pid, int fd);

/* Would who reads from a pipe's end, or writes to it, be blocked? Opening an end that the process has open itself wakes nobody
 * (kernel: fs/pipe.c, fifo_open). */
bool pipe_blocks(int proc, int pid, int fd, bool reads);

/* Does a socket carry a descriptor that nobody has received yet (SCM_RIGHTS, unix(7))? It is in no process's table. Where the kernel
 * does not tell, any UNIX socket of the watched process (inside) may. *local is set, and else left, if it is a UNIX socket. */
bool socket_carries(int proc, int pid, int fd, bool inside, bool *local);

typedef void look_at_descriptor(void *context, const struct shown_descriptor *shown);

/* Calls `look` with each descriptor in the table of this process, or this thread. False without one; *hidden is set, and else left, if it has
 * one that may not be seen. */
bool descriptors_look(int proc, int pid, bool *hidden, look_at_descriptor *look, void *context);
/* The same of each table of descriptors that the process has: a thread may have its own (unshare(2), CLONE_FILES). Returns how many there are. */
unsigned descriptors_each(int proc, int pid, bool *hidden, look_at_descriptor *look, void *context);

/* Has this thread of the process a table of its own? through: by whose number the process's is found. */
bool descriptors_are_own(int through, int pid, int tid);

/* Which processes are shown here: those of other users, which /proc may hide (proc(5), hidepid), and all there are, for this is no PID namespace below
 * another? */
struct descriptors_seen {
    bool of_others, of_outside;
};
struct descriptors_seen descriptors_seen(int proc);

/* Might a process that the kernel does not show here have what this thread waits for? */
bool descriptors_may_be_hidden(struct descriptors_seen seen, const struct lw_snapshot_header *header,
                               const struct lw_snapshot_thread *thread);

/* What a descriptor or a mapping of an io_uring is called. */
#define RING "anon_inode:[io_uring]"
/* Has a ring registered files? Those are in no process's table (io_uring_register(2)). */
bool ring_has_files(int proc, int pid, int fd);
