#include "descriptor_file.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "shared/pid_namespace.h"
#include "stat.h"
#include "words.h"

static bool starts(const char *words, const char *start) {
    return strncmp(words, start, strlen(start)) == 0;
}

/* Memory, terminals and their like (kernel: Documentation/admin-guide/devices.txt). */
static bool is_plain_device(dev_t device) {
    enum { MEMORY = 1, SERIAL = 4, TERMINAL = 5, PTY = 136, PTY_END = 143 };
    unsigned of = major(device);
    return of == MEMORY || of == SERIAL || of == TERMINAL || (of >= PTY && of <= PTY_END);
}

void descriptor_path(char path[DESCRIPTOR_PATH], const struct shown_descriptor *of) {
    snprintf(path, DESCRIPTOR_PATH, "%d/fd/%d", of->through, of->fd);
}

/* Files do nothing to others, but for those of a control group: the kernel writes to eventfds that were named there (kernel:
 * Documentation/admin-guide/cgroup-v1/memory.rst, "Memory thresholds"). */
static enum file_kind kind_by_system(int proc, const struct shown_descriptor *of, uint64_t *inode) {
    enum { CGROUP = 0x27e0eb, MQUEUE = 0x19800202 };
    struct stat status;
    struct statfs system;
    char path[DESCRIPTOR_PATH];
    descriptor_path(path, of);
    int fd = openat(proc, path, O_PATH | O_CLOEXEC); /* of what the link leads to; opens nothing (open(2)) */
    bool known = fd >= 0 && fstat(fd, &status) == 0 && fstatfs(fd, &system) == 0;
    if (fd >= 0)
        close(fd);
    if (!known)
        return FILE_STRANGE;
    if (S_ISCHR(status.st_mode))
        return is_plain_device(status.st_rdev) ? FILE_OTHER : FILE_STRANGE;
    if (S_ISREG(status.st_mode) && system.f_type == MQUEUE) {
        *inode = status.st_ino;
        return FILE_QUEUE;
    }
    bool plain = S_ISREG(status.st_mode) || S_ISDIR(status.st_mode) || S_ISFIFO(status.st_mode);
    return plain && system.f_type != CGROUP ? FILE_OTHER : FILE_STRANGE;
}

enum file_kind file_kind_of(int proc, const struct shown_descriptor *of, uint64_t *inode) {
    static const struct {
        const char *start;
        enum file_kind kind;
    } kinds[] = {
        {"pipe:[", FILE_PIPE},
        {"socket:[", FILE_SOCKET},
        {"anon_inode:[eventfd]", FILE_EVENTFD},
        {"anon_inode:[timerfd]", FILE_TIMERFD},
        {"anon_inode:[eventpoll]", FILE_EPOLL},
        {"anon_inode:[signalfd]", FILE_OTHER},
        {"anon_inode:inotify", FILE_OTHER},
        {"anon_inode:[pidfd]", FILE_OTHER},
        {"anon_inode:", FILE_STRANGE},
        {"pidfd:[", FILE_OTHER},
    };
    *inode = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!starts(of->target, kinds[i].start))
            continue;
        if (kinds[i].kind == FILE_PIPE || kinds[i].kind == FILE_SOCKET)
            *inode = strtoull(of->target + strlen(kinds[i].start), NULL, 10);
        return kinds[i].kind;
    }
    return kind_by_system(proc, of, inode);
}

char *file_info(int proc, int pid, int fd) {
    char path[64];
    snprintf(path, sizeof path, "%d/fdinfo/%d", pid, fd);
    return proc_words_whole(proc, path);
}

int64_t file_number(int proc, int pid, int fd, const char *word, int base) {
    char *words = file_info(proc, pid, fd), *at = words ? strstr(words, word) : NULL;
    int64_t number = at ? (int64_t)strtoull(at + strlen(word), NULL, base) : -1;
    free(words);
    return number;
}

bool ring_has_files(int proc, int pid, int fd) {
    return file_number(proc, pid, fd, "UserFiles:", 10) > 0;
}

bool pipe_blocks(int proc, int pid, int fd, bool reads) {
    char path[64];
    snprintf(path, sizeof path, "%d/fd/%d", pid, fd);
    struct pollfd end = {.fd = openat(proc, path, (reads ? O_RDONLY : O_WRONLY) | O_NONBLOCK | O_CLOEXEC),
                         .events = reads ? POLLIN : POLLOUT};
    bool blocks = end.fd >= 0 && poll(&end, 1, 0) == 0;
    if (end.fd >= 0)
        close(end.fd);
    return blocks;
}

static bool is_empty(DIR *directory) {
    bool found = false;
    for (struct dirent *entry; !found && (entry = readdir(directory));)
        found = entry->d_name[0] != '.';
    rewinddir(directory);
    return !found;
}

static DIR *open_files(int proc, int pid) {
    char path[32];
    snprintf(path, sizeof path, "%d/fd", pid);
    int fds = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fds < 0 ? NULL : fdopendir(fds);
}

/* The listing of a process's descriptors; NULL without. *pid becomes the number by which they are found (living_thread). */
static DIR *descriptors_of(int proc, int *pid, bool *hidden) {
    DIR *directory = open_files(proc, *pid);
    int through = directory && is_empty(directory) ? living_thread(*pid) : *pid;
    if (through != *pid) {
        closedir(directory);
        *pid = through;
        directory = open_files(proc, *pid);
    }
    if (!directory)
        *hidden |= errno != ENOENT && !is_kernel_thread(*pid);
    return directory;
}

bool descriptors_look(int proc, int pid, bool *hidden, look_at_descriptor *look, void *context) {
    DIR *directory = descriptors_of(proc, &pid, hidden);
    char target[1400];
    if (!directory)
        return false;
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        ssize_t length = readlinkat(dirfd(directory), entry->d_name, target, sizeof target - 1);
        target[length > 0 ? length : 0] = '\0';
        look(context, &(struct shown_descriptor){pid, atoi(entry->d_name), target});
    }
    closedir(directory);
    return true;
}

bool descriptors_are_own(int through, int pid, int tid) {
    /* a main thread that has ended has none */
    return tid > 0 && tid != pid && tid != through && syscall(SYS_kcmp, through, tid, KCMP_FILES, 0, 0) > 0;
}

unsigned descriptors_each(int proc, int pid, bool *hidden, look_at_descriptor *look, void *context) {
    char path[32];
    int through = living_thread(pid);
    unsigned count = descriptors_look(proc, pid, hidden, look, context);
    snprintf(path, sizeof path, "%d/task", pid);
    int tasks = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = tasks < 0 ? NULL : fdopendir(tasks);
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        int tid = atoi(entry->d_name);
        if (descriptors_are_own(through, pid, tid))
            count += descriptors_look(proc, tid, hidden, look, context);
    }
    if (directory)
        closedir(directory);
    return count;
}

struct descriptors_seen descriptors_seen(int proc) {
    char name[sizeof LW_FIRST_PID_NAMESPACE];
    ssize_t length = readlink(LW_PID_NAMESPACE, name, sizeof name);
    return (struct descriptors_seen){.of_others = faccessat(proc, "1", F_OK, 0) == 0,
                                     .of_outside = lw_is_first_pid_namespace(name, length)};
}

bool descriptors_may_be_hidden(struct descriptors_seen seen, const struct lw_snapshot_header *header,
                               const struct lw_snapshot_thread *thread) {
    bool told = header->trigger != LW_TRIGGER_OUTSIDE;
    bool may_be_outside = !told || (thread->flags & LW_THREAD_FOREIGN);
    return !seen.of_others || (may_be_outside && !seen.of_outside);
}

/* kernel: net/unix/af_unix.c, unix_show_fdinfo, since Linux 5.6 */
bool socket_carries(int proc, int pid, int fd, bool inside, bool *local) {
    int64_t waiting = file_number(proc, pid, fd, "scm_fds:", 10);
    if (waiting >= 0) {
        *local = true;
        return waiting > 0;
    }
    char path[64], family[16];
    snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
    ssize_t said = getxattr(path, "system.sockprotoname", family, sizeof family);
    bool maybe = said < 4 || memcmp(family, "UNIX", 4) == 0;
    *local |= maybe;
    return maybe && inside;
}
