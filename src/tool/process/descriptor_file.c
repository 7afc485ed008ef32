#include "descriptor_file.h"

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

#include "has_run.h"
#include "shared/pid_namespace.h"
#include "watched.h"

static bool starts(const char *words, const char *start) {
    return strncmp(words, start, strlen(start)) == 0;
}

/* Memory, terminals and their like (kernel: Documentation/admin-guide/devices.txt). */
static bool is_plain_device(dev_t device) {
    enum { MEMORY = 1, SERIAL = 4, TERMINAL = 5, PTY = 136, PTY_END = 143 };
    unsigned of = major(device);
    return of == MEMORY || of == SERIAL || of == TERMINAL || (of >= PTY && of <= PTY_END);
}

/* Files do nothing to others, but for those of a control group: the kernel writes to eventfds that were named there (kernel:
 * Documentation/admin-guide/cgroup-v1/memory.rst, "Memory thresholds"). */
static enum file_kind kind_by_system(int fds, const char *entry, uint64_t *inode) {
    enum { CGROUP = 0x27e0eb, MQUEUE = 0x19800202 };
    struct stat status;
    struct statfs system;
    int fd = openat(fds, entry, O_PATH | O_CLOEXEC); /* of what the link leads to; opens nothing (open(2)) */
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

enum file_kind file_kind_of(int fds, const char *entry, uint64_t *inode) {
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
    char target[64];
    ssize_t length = readlinkat(fds, entry, target, sizeof target - 1);
    target[length > 0 ? length : 0] = '\0';
    *inode = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!starts(target, kinds[i].start))
            continue;
        if (kinds[i].kind == FILE_PIPE || kinds[i].kind == FILE_SOCKET)
            *inode = strtoull(target + strlen(kinds[i].start), NULL, 10);
        return kinds[i].kind;
    }
    return kind_by_system(fds, entry, inode);
}

static char *read_whole(int proc, const char *path) {
    int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    char *words = NULL;
    size_t room = 0;
    if (file && getdelim(&words, &room, '\0', file) < 0) {
        free(words);
        words = NULL;
    }
    if (file)
        fclose(file);
    return words;
}

char *file_info(int proc, int pid, int fd) {
    char path[64];
    snprintf(path, sizeof path, "%d/fdinfo/%d", pid, fd);
    return read_whole(proc, path);
}

int64_t file_number(int proc, int pid, int fd, const char *word, int base) {
    char *words = file_info(proc, pid, fd), *at = words ? strstr(words, word) : NULL;
    int64_t number = at ? (int64_t)strtoull(at + strlen(word), NULL, base) : -1;
    free(words);
    return number;
}

bool is_ring(int fds, const char *entry) {
    char target[sizeof RING];
    return readlinkat(fds, entry, target, sizeof target) == sizeof RING - 1 &&
           memcmp(target, RING, sizeof RING - 1) == 0;
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

DIR *descriptors_of(int proc, int *pid, bool *hidden) {
    DIR *directory = open_files(proc, *pid);
    int through = directory && is_empty(directory) ? watched_through(*pid) : *pid;
    if (through != *pid) {
        closedir(directory);
        *pid = through;
        directory = open_files(proc, *pid);
    }
    if (!directory)
        *hidden |= errno != ENOENT && !is_kernel_thread(proc, *pid);
    return directory;
}

static void look_at_table(int proc, int pid, bool *hidden, void (*look)(void *, int, DIR *), void *context) {
    DIR *directory = descriptors_of(proc, &pid, hidden);
    if (!directory)
        return;
    look(context, pid, directory);
    closedir(directory);
}

void descriptors_each(int proc, int pid, bool *hidden, void (*look)(void *, int, DIR *), void *context) {
    char path[32];
    int through = watched_through(pid);
    look_at_table(proc, pid, hidden, look, context);
    snprintf(path, sizeof path, "%d/task", pid);
    int tasks = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = tasks < 0 ? NULL : fdopendir(tasks);
    if (!directory)
        return;
    for (struct dirent *entry; (entry = readdir(directory));) {
        int tid = atoi(entry->d_name);
        /* a main thread that has ended has none */
        if (tid != 0 && tid != pid && tid != through && syscall(SYS_kcmp, through, tid, KCMP_FILES, 0, 0) > 0)
            look_at_table(proc, tid, hidden, look, context);
    }
    closedir(directory);
}

static bool is_first_namespace(void) {
    char name[sizeof LW_FIRST_PID_NAMESPACE];
    ssize_t length = readlink(LW_PID_NAMESPACE, name, sizeof name);
    return lw_is_first_pid_namespace(name, length);
}

bool descriptors_may_be_hidden(int proc, const struct lw_snapshot_header *header,
                               const struct lw_snapshot_thread *thread) {
    if (faccessat(proc, "1", F_OK, 0) != 0)
        return true;
    bool told = header->trigger != LW_TRIGGER_OUTSIDE;
    return (!told || (thread->flags & LW_THREAD_FOREIGN)) && !is_first_namespace();
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

char *maps_of(int proc, int pid) {
    char path[32];
    snprintf(path, sizeof path, "%d/maps", pid);
    return read_whole(proc, path);
}

bool maps_have_strangers(int proc, int pid) {
    static const char *const plain[] = {"/dev/zero", "/dev/shm/", "/dev/null"};
    char *words = maps_of(proc, pid), *rest = words;
    bool found = !words;
    for (char *line; !found && (line = strsep(&rest, "\n"));) {
        const char *name = strpbrk(line, "/[");
        const char *anonymous = strstr(line, " anon_inode:");
        found = anonymous || (name && starts(name, "/[aio]"));
        if (!found && name && starts(name, "/dev/")) {
            found = true;
            for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
                found &= !starts(name, plain[i]);
        }
    }
    free(words);
    return found;
}
