#include "file_waits.h"

#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proc/local_sockets.h"

/* The kernel nests sets no deeper than that (kernel: fs/eventpoll.c, EP_MAX_NESTS). */
enum { NESTING_MOST = 5 };

/* A timer that is not armed, has not fired, and does not fire when the clock is set (timerfd_create(2)). */
static bool is_disarmed(const struct file_waits *waits, int fd) {
    enum { CANCEL_ON_SET = 2 };
    char *words = file_info(waits->proc, waits->pid, fd);
    const char *flags = words ? strstr(words, "settime flags:") : NULL;
    bool disarmed = flags && !(strtoul(flags + strlen("settime flags:"), NULL, 8) & CANCEL_ON_SET) &&
                    strstr(words, "\nticks: 0\n") && strstr(words, "it_value: (0, 0)\n");
    free(words);
    return disarmed;
}

/* One that is connected: what it can be sent comes from its peer (unix(7)). A datagram socket that has a peer is sent to by no other
 * (kernel: net/unix/af_unix.c, unix_may_send). One that listens is connected to by who may. */
static bool describe_socket(const struct file_waits *waits, struct waited_file *file) {
    struct local_socket found;
    if (!local_socket_ask(waits->sockets, file->inode, &found) || found.shut)
        return false;
    file->named = found.listens;
    file->datagram = found.datagram;
    file->peer = found.peer;
    return found.listens || ((found.connected || found.datagram) && found.peer != 0);
}

/* A queue whose name is gone cannot be opened any more (mq_unlink(3)). */
static bool describe_queue(const char *path, const struct file_waits *waits, struct waited_file *file) {
    struct stat status;
    if (fstatat(waits->proc, path, &status, 0) != 0)
        return false;
    file->named = status.st_nlink > 0;
    return true;
}

/* Is it one that, as far as the process itself shows, only an end of a pipe, a write, a timer set could make ready? */
static bool describe(const struct file_waits *waits, struct waited_file *file) {
    char path[DESCRIPTOR_PATH], target[64];
    struct shown_descriptor shown = {waits->pid, file->fd, target};
    descriptor_path(path, &shown);
    ssize_t length = readlinkat(waits->proc, path, target, sizeof target - 1);
    target[length > 0 ? length : 0] = '\0';
    file->kind = file_kind_of(waits->proc, &shown, &file->inode);
    switch (file->kind) {
    case FILE_PIPE:
    case FILE_EVENTFD:
    case FILE_EPOLL:
        return true;
    case FILE_TIMERFD:
        return is_disarmed(waits, file->fd);
    case FILE_SOCKET:
        return describe_socket(waits, file);
    case FILE_QUEUE:
        return describe_queue(path, waits, file);
    default:
        return false;
    }
}

static bool make_room(struct file_waits *waits) {
    if (waits->wait_count < waits->room)
        return true;
    size_t room = waits->room ? 2 * waits->room : 64;
    struct file_wait *more_waits = reallocarray(waits->waits, room, sizeof *more_waits);
    struct waited_file *more_files = reallocarray(waits->files, room, sizeof *more_files);
    waits->waits = more_waits ? more_waits : waits->waits;
    waits->files = more_files ? more_files : waits->files;
    if (more_waits && more_files)
        waits->room = room;
    return more_waits && more_files;
}

static void put(struct file_waits *waits, struct file_wait wait) {
    if (!make_room(waits))
        waits->unknown = true;
    else
        waits->waits[waits->wait_count++] = wait;
}

/* Has the thread named this number to poll or select already? */
static bool is_polled_already(const struct file_waits *waits, size_t thread, int fd) {
    for (size_t i = waits->wait_count; i > 0 && waits->waits[i - 1].thread == thread; i--) {
        const struct file_wait *wait = &waits->waits[i - 1];
        if (wait->set == -1 && wait->known != INSIDE_MANY && waits->files[wait->file].fd == fd)
            return true;
    }
    return false;
}

/* Taken or free; the table is never full. */
static uint16_t *place_of(struct file_waits *waits, int fd) {
    size_t at = (unsigned)fd % FILE_PLACES;
    while (waits->place[at] != 0 && waits->files[waits->place[at] - 1].fd != fd)
        at = (at + 1) % FILE_PLACES;
    return &waits->place[at];
}

static void add_members(struct file_waits *waits, size_t thread, size_t at, int depth);

/* A descriptor that a thread waits for, itself or as a member of a set; of a set, its members too. */
static void add(struct file_waits *waits, size_t thread, int fd, int set, int depth) {
    uint16_t *place = place_of(waits, fd);
    size_t at = *place ? *place - 1u : waits->file_count;
    if (at == FILES_MOST) {
        put(waits, (struct file_wait){.thread = thread, .set = set, .known = INSIDE_MANY});
        return;
    }
    if (!make_room(waits)) {
        waits->unknown = true;
        return;
    }
    if (at == waits->file_count) {
        waits->files[at] = (struct waited_file){.fd = fd};
        if (!describe(waits, &waits->files[at])) {
            waits->unknown = true;
            return;
        }
        *place = (uint16_t)++waits->file_count;
    }
    bool reads = waits->snapshot->threads[thread].kind == LW_WAIT_SOCKET_READ;
    put(waits, (struct file_wait){thread, at, set,
                                  waits->files[at].named                ? INSIDE_NAMED
                                  : waits->files[at].datagram && !reads ? INSIDE_SENDS
                                                                        : INSIDE_UNKNOWN});
    if (waits->files[at].kind == FILE_EPOLL)
        add_members(waits, thread, at, depth + 1);
}

/* The file behind a descriptor's number may be another by now than the one that was put into the set. */
static bool is_member(const struct file_waits *waits, int set, int fd) {
    struct kcmp_epoll_slot slot = {.efd = (uint32_t)set, .tfd = (uint32_t)fd};
    return syscall(SYS_kcmp, waits->pid, waits->pid, KCMP_EPOLL_TFD, fd, &slot) == 0;
}

/* Is the thread known to wait for all in this set? A set may be in two others. */
static bool is_followed(const struct file_waits *waits, size_t thread, int set) {
    for (size_t i = waits->wait_count; i > 0 && waits->waits[i - 1].thread == thread; i--)
        if (waits->waits[i - 1].set == set)
            return true;
    return false;
}

/* Two files by one number are in one set where the number was used again (epoll(7), Q6): it is not asked which is which. */
static bool is_listed(const struct waited_file *set, int fd) {
    for (size_t i = 0; i < set->member_count; i++)
        if (set->members[i] == fd)
            return true;
    return false;
}

/* Of a line for each member: "tfd:        5 events:       19 ..." (proc(5)). False if that is not told, or not which files they are. Once for
 * all that wait for the set: a thread that changes it has run since, and is none that sleeps. */
static bool list_members(const struct file_waits *waits, struct waited_file *set) {
    char *words = file_info(waits->proc, waits->pid, set->fd), *rest = words;
    bool known = words;
    for (char *line; known && (line = strsep(&rest, "\n"));) {
        if (strncmp(line, "tfd:", 4) != 0)
            continue;
        int fd = atoi(line + 4);
        int *larger = reallocarray(set->members, set->member_count + 1, sizeof *larger);
        set->members = larger ? larger : set->members;
        known = larger && !is_listed(set, fd) && is_member(waits, set->fd, fd);
        if (known)
            set->members[set->member_count++] = fd;
    }
    free(words);
    set->listed = true;
    return known;
}

/* at: the set's place among the files, which move when there are more of them. */
static void add_members(struct file_waits *waits, size_t thread, size_t at, int depth) {
    int set = waits->files[at].fd;
    if (is_followed(waits, thread, set))
        return;
    waits->unknown |=
        depth > NESTING_MOST || (!waits->files[at].listed && !list_members(waits, &waits->files[at]));
    for (size_t i = 0; !waits->unknown && i < waits->files[at].member_count; i++)
        add(waits, thread, waits->files[at].members[i], set, depth);
}

/* Of poll and select, whose numbers are all in the snapshot, or were too many. */
static void add_polled(struct file_waits *waits, size_t i) {
    const struct lw_snapshot_thread *thread = &waits->snapshot->threads[i];
    const char *numbers = snapshot_words_at(waits->snapshot, thread->value[1]);
    int64_t found = 0;
    if (thread->value[0] > LW_POLLED) {
        put(waits, (struct file_wait){.thread = i, .set = -1, .known = INSIDE_MANY});
        return;
    }
    for (char *end; !waits->unknown && *numbers; numbers = end, found++) {
        int fd = (int)strtol(numbers, &end, 10);
        if (end == numbers) {
            waits->unknown = true;
            return;
        }
        if (!is_polled_already(waits, i, fd))
            add(waits, i, fd, -1, 0);
    }
    waits->unknown |= found != thread->value[0];
}

/* What the descriptor was when the snapshot was taken, it must be still. */
static void add_one(struct file_waits *waits, size_t i, enum file_kind kind) {
    size_t first = waits->wait_count;
    add(waits, i, (int)waits->snapshot->threads[i].fd, -1, 0);
    waits->unknown |= !waits->unknown && waits->waits[first].known != INSIDE_MANY &&
                      waits->files[waits->waits[first].file].kind != kind;
}

/* Every wait of that kind; the look is over if one of any thread is not what a proof can be made of. */
void file_waits_gather(struct file_waits *waits) {
    const struct lw_snapshot_header *header = waits->snapshot->header;
    for (uint64_t i = 0; i < header->threads.count && !waits->unknown; i++) {
        const struct lw_snapshot_thread *thread = &waits->snapshot->threads[i];
        if (thread->state != LW_STATE_BLOCKED)
            continue;
        switch (thread->kind) {
        case LW_WAIT_EVENTFD_READ:
            add_one(waits, i, FILE_EVENTFD);
            break;
        case LW_WAIT_TIMERFD_READ:
            add_one(waits, i, FILE_TIMERFD);
            break;
        case LW_WAIT_EPOLL:
            add_one(waits, i, FILE_EPOLL);
            break;
        case LW_WAIT_SOCKET_READ:
        case LW_WAIT_SOCKET_WRITE:
        case LW_WAIT_ACCEPT:
            add_one(waits, i, FILE_SOCKET);
            break;
        case LW_WAIT_MQ_RECEIVE:
        case LW_WAIT_MQ_SEND:
            if (thread->fd >= 0)
                add_one(waits, i, FILE_QUEUE);
            break;
        case LW_WAIT_POLL:
        case LW_WAIT_SELECT:
            if (thread->value[0] != 0)
                add_polled(waits, i);
            break;
        }
    }
}

void file_waits_drop(struct file_waits *waits) {
    for (size_t i = 0; i < waits->file_count; i++)
        free(waits->files[i].members);
    free(waits->files);
    free(waits->waits);
}

bool file_is_unready(const struct file_waits *waits, const struct file_wait *wait) {
    const struct waited_file *file = &waits->files[wait->file];
    uint32_t kind = waits->snapshot->threads[wait->thread].kind;
    struct local_socket found;
    switch (file->kind) {
    case FILE_EVENTFD:
        return file_number(waits->proc, waits->pid, file->fd, "eventfd-count:", 16) == 0;
    case FILE_TIMERFD:
        return is_disarmed(waits, file->fd);
    case FILE_EPOLL:
        return true; /* its members are asked */
    case FILE_SOCKET:
        return kind != LW_WAIT_SOCKET_WRITE && local_socket_ask(waits->sockets, file->inode, &found) &&
               found.unread == 0 && !found.shut;
    case FILE_QUEUE:
        return (kind == LW_WAIT_MQ_RECEIVE || kind == LW_WAIT_MQ_SEND) &&
               pipe_blocks(waits->proc, waits->pid, file->fd, kind == LW_WAIT_MQ_RECEIVE);
    default:
        break;
    }
    int mode = (int)file_number(waits->proc, waits->pid, file->fd, "flags:", 8) & O_ACCMODE;
    return pipe_blocks(waits->proc, waits->pid, file->fd, mode != O_WRONLY);
}
