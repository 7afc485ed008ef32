#include "inside.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "descriptor_file.h"
#include "has_run.h"
#include "local_sockets.h"

/* What a thread waits on: a descriptor of the process, once, whoever waits on it. */
struct object {
    int fd;
    enum file_kind kind;
    uint64_t inode, peer; /* of a pipe or socket; of the socket's other end */
};

struct wait_of {
    size_t thread, object;
};

struct look {
    const struct snapshot *snapshot;
    int proc, pid, sockets;
    struct object *objects;
    struct wait_of *waits;
    size_t object_count, wait_count, room;
    bool unknown; /* a wait is not one of those, or may be ended from outside */
    bool unsure;  /* some process could not be looked into */
    bool travels; /* a descriptor is on its way through some UNIX socket, or might be */
    bool strange; /* the kernel might write to an eventfd for the process */
};

static bool is_of_set(const struct lw_snapshot_thread *thread) {
    return thread->kind == LW_WAIT_POLL || thread->kind == LW_WAIT_SELECT;
}

/* A timer that is not armed, has not fired, and does not fire when the clock is set (timerfd_create(2)). */
static bool is_disarmed(const struct look *look, int fd) {
    enum { CANCEL_ON_SET = 2 };
    char *words = file_info(look->proc, look->pid, fd);
    const char *flags = words ? strstr(words, "settime flags:") : NULL;
    bool disarmed = flags && !(strtoul(flags + strlen("settime flags:"), NULL, 8) & CANCEL_ON_SET) &&
                    strstr(words, "\nticks: 0\n") && strstr(words, "it_value: (0, 0)\n");
    free(words);
    return disarmed;
}

/* Is it one that, as far as the process itself shows, only an end of a pipe, a write, a timer set could make ready? */
static bool describe(const struct look *look, struct object *object) {
    char path[64];
    struct local_socket found;
    snprintf(path, sizeof path, "%d/fd/%d", look->pid, object->fd);
    object->kind = file_kind_of(look->proc, path, &object->inode);
    switch (object->kind) {
    case FILE_PIPE:
    case FILE_EVENTFD:
    case FILE_EPOLL:
        return true;
    case FILE_TIMERFD:
        return is_disarmed(look, object->fd);
    case FILE_SOCKET:
        if (!local_socket_ask(look->sockets, object->inode, &found) || !found.connected || found.shut ||
            found.peer == 0)
            return false;
        object->peer = found.peer;
        return true;
    default:
        return false;
    }
}

static bool waits_already(const struct look *look, size_t thread, int fd) {
    for (size_t i = 0; i < look->wait_count; i++)
        if (look->waits[i].thread == thread && look->objects[look->waits[i].object].fd == fd)
            return true;
    return false;
}

/* What it is; nothing can be proved if that is FILE_OTHER. */
static enum file_kind add(struct look *look, size_t thread, int fd) {
    size_t at = 0;
    while (at < look->object_count && look->objects[at].fd != fd)
        at++;
    if (look->wait_count == look->room) {
        size_t room = look->room ? 2 * look->room : 64;
        struct wait_of *waits = reallocarray(look->waits, room, sizeof *waits);
        struct object *objects = reallocarray(look->objects, room, sizeof *objects);
        look->waits = waits ? waits : look->waits;
        look->objects = objects ? objects : look->objects;
        if (!waits || !objects) {
            look->unknown = true;
            return FILE_OTHER;
        }
        look->room = room;
    }
    if (at == look->object_count) {
        look->objects[at] = (struct object){.fd = fd};
        if (!describe(look, &look->objects[at])) {
            look->unknown = true;
            return FILE_OTHER;
        }
        look->object_count++;
    }
    look->waits[look->wait_count++] = (struct wait_of){thread, at};
    return look->objects[at].kind;
}

/* The file behind a descriptor's number may be another by now than the one that was put into the set (epoll(7), Q6). */
static bool is_member(const struct look *look, int set, int fd) {
    struct kcmp_epoll_slot slot = {.efd = (uint32_t)set, .tfd = (uint32_t)fd};
    return syscall(SYS_kcmp, look->pid, look->pid, KCMP_EPOLL_TFD, fd, &slot) == 0;
}

/* "tfd:        5 events:       19 ..." a line (proc(5)). Of two files by one number it is not asked which is which, and a set
 * within a set is not followed. */
static void add_set(struct look *look, size_t thread, int set) {
    char *words = file_info(look->proc, look->pid, set), *rest = words;
    look->unknown |= !words || add(look, thread, set) != FILE_EPOLL;
    for (char *line; !look->unknown && (line = strsep(&rest, "\n"));) {
        if (strncmp(line, "tfd:", 4) != 0)
            continue;
        int fd = atoi(line + 4);
        look->unknown = waits_already(look, thread, fd) || !is_member(look, set, fd) ||
                        add(look, thread, fd) == FILE_EPOLL || look->unknown;
    }
    free(words);
}

/* One that is ignored, for its number is negative, cannot be told from one whose number is too large. */
static void add_polled(struct look *look, size_t i) {
    const struct lw_snapshot_thread *thread = &look->snapshot->threads[i];
    look->unknown |= thread->value[0] > LW_POLLED;
    for (int k = 0; k < thread->value[0] && !look->unknown; k++) {
        int fd = lw_polled(thread->value[1], k);
        look->unknown = fd == LW_POLLED_NONE;
        if (!look->unknown && !waits_already(look, i, fd))
            add(look, i, fd);
    }
}

/* Every wait of that kind; the look is over if one of any thread is not what a proof can be made of. */
static void gather(struct look *look) {
    const struct lw_snapshot_header *header = look->snapshot->header;
    for (uint64_t i = 0; i < header->threads.count && !look->unknown; i++) {
        const struct lw_snapshot_thread *thread = &look->snapshot->threads[i];
        if (thread->state != LW_STATE_BLOCKED)
            continue;
        if (thread->kind == LW_WAIT_EVENTFD_READ || thread->kind == LW_WAIT_TIMERFD_READ)
            add(look, i, (int)thread->fd);
        else if (thread->kind == LW_WAIT_EPOLL)
            add_set(look, i, (int)thread->fd);
        else if (is_of_set(thread) && thread->value[0] == 1 && thread->fd >= 0)
            add(look, i, (int)thread->fd);
        else if (thread->kind == LW_WAIT_POLL && thread->value[0] > 0)
            add_polled(look, i);
        else
            look->unknown |= is_of_set(thread) && thread->value[0] != 0;
    }
}

/* Have other processes a descriptor of this file? */
static void compare(struct look *look, int pid, const char *entry, enum file_kind kind, uint64_t inode) {
    for (size_t i = 0; i < look->object_count && !look->unknown; i++) {
        const struct object *object = &look->objects[i];
        if (object->kind == FILE_SOCKET || object->kind == FILE_PIPE) {
            look->unknown |= kind == object->kind && (inode == object->inode || inode == object->peer);
        } else if (object->kind == kind) {
            long different = syscall(SYS_kcmp, look->pid, pid, KCMP_FILE, object->fd, atoi(entry));
            look->unknown |= different == 0;
            look->unsure |= different < 0 && errno != EBADF && errno != ESRCH;
        }
    }
}

/* Files that a ring has registered are in no table either (io_uring_register(2)). */
static void note_ring(struct look *look, int pid, const char *entry) {
    if (file_number(look->proc, pid, atoi(entry), "UserFiles:", 10) > 0)
        look->unsure = true;
}

static void look_at(struct look *look, int pid, int fds, const char *entry) {
    uint64_t inode;
    bool inside = pid == look->pid;
    enum file_kind kind = file_kind_of(fds, entry, &inode);
    if (kind == FILE_SOCKET)
        look->travels |= socket_carries(look->proc, pid, atoi(entry), inside);
    if (kind == FILE_STRANGE && inside)
        look->strange = true;
    else if (kind == FILE_STRANGE)
        note_ring(look, pid, entry);
    if (!inside)
        compare(look, pid, entry, kind, inode);
}

static void look_into(struct look *look, const char *name) {
    DIR *directory = descriptors_of(look->proc, name, &look->unsure);
    if (!directory)
        return;
    for (struct dirent *entry; !look->unknown && (entry = readdir(directory));)
        if (isdigit((unsigned char)entry->d_name[0]))
            look_at(look, atoi(name), dirfd(directory), entry->d_name);
    closedir(directory);
}

/* While the thread that took the snapshot is held, what has come for it is still there. */
static bool is_unready(const struct look *look, const struct object *object) {
    struct local_socket found;
    switch (object->kind) {
    case FILE_EVENTFD:
        return file_number(look->proc, look->pid, object->fd, "eventfd-count:", 16) == 0;
    case FILE_TIMERFD:
        return is_disarmed(look, object->fd);
    case FILE_EPOLL:
        return true; /* its members are asked */
    case FILE_SOCKET:
        return local_socket_ask(look->sockets, object->inode, &found) && found.unread == 0 && !found.shut;
    default:
        break;
    }
    int mode = (int)file_number(look->proc, look->pid, object->fd, "flags:", 8) & O_ACCMODE;
    return pipe_blocks(look->proc, look->pid, object->fd, mode != O_WRONLY);
}

static enum inside judge(const struct look *look, const struct wait_of *wait) {
    const struct lw_snapshot_thread *thread = &look->snapshot->threads[wait->thread];
    const struct object *object = &look->objects[wait->object];
    bool held = look->snapshot->header->flags & LW_PROCESS_HELD;
    if (look->unknown)
        return INSIDE_UNKNOWN;
    if (look->unsure)
        return INSIDE_HIDDEN;
    if (look->travels)
        return INSIDE_TRAVELS;
    if (look->strange)
        return INSIDE_STRANGE;
    bool still = thread->flags & LW_THREAD_CALLER ? held && is_unready(look, object)
                                                  : !has_run(look->proc, look->pid, thread);
    return still ? INSIDE_ONLY : INSIDE_STIRRED;
}

/* Is this process's number here the one that /proc calls it by? Else kcmp(2) would ask of others. */
static bool is_proc_of_ours(int proc) {
    char self[32];
    ssize_t length = readlinkat(proc, "self", self, sizeof self - 1);
    self[length > 0 ? length : 0] = '\0';
    return atoi(self) == getpid();
}

static void look_everywhere(struct look *look, DIR *proc) {
    look->strange = maps_have_strangers(look->proc, look->pid);
    for (struct dirent *entry; !look->unknown && (entry = readdir(proc));) {
        int pid = atoi(entry->d_name);
        if (isdigit((unsigned char)entry->d_name[0]) && pid != getpid())
            look_into(look, entry->d_name);
    }
}

struct inside_facts inside_look(const struct snapshot *snapshot, int watched) {
    struct inside_facts facts = {0};
    const struct lw_snapshot_header *header = snapshot->header;
    DIR *proc = header->flags & LW_PROCESS_LOOKED_TWICE ? opendir("/proc") : NULL;
    if (!proc)
        return facts;
    struct look look = {.snapshot = snapshot, .proc = dirfd(proc), .pid = watched};
    look.sockets = local_sockets_open();
    gather(&look);
    if (look.wait_count > 0 && !look.unknown && is_proc_of_ours(look.proc) &&
        (facts.of_thread = calloc(header->threads.count, sizeof *facts.of_thread))) {
        look_everywhere(&look, proc);
        for (size_t i = 0; i < look.wait_count; i++) {
            uint8_t *of = &facts.of_thread[look.waits[i].thread];
            enum inside found = judge(&look, &look.waits[i]);
            /* of several descriptors, the worst */
            *of = *of == 0 || found < *of ? found : *of;
        }
    }
    if (look.sockets >= 0)
        close(look.sockets);
    free(look.objects);
    free(look.waits);
    closedir(proc);
    return facts;
}

void inside_drop(struct inside_facts *facts) {
    free(facts->of_thread);
    *facts = (struct inside_facts){0};
}
