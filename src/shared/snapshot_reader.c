#include "snapshot_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fits(const struct lw_section *section, uint64_t element, size_t size) {
    uint64_t bytes;
    return section->offset % 8 == 0 && section->offset >= sizeof(struct lw_snapshot_header) &&
           section->offset <= size && !__builtin_mul_overflow(section->count, element, &bytes) &&
           bytes <= size - section->offset;
}

static bool is_string(const struct snapshot *snapshot, uint32_t offset) {
    return offset < snapshot->header->strings.count;
}

static bool are_frames(const struct snapshot *snapshot, uint64_t first, uint64_t count) {
    uint64_t total = snapshot->header->frames.count;
    return first <= total && count <= total - first;
}

static const char *check_thread(const struct snapshot *snapshot, const struct lw_snapshot_thread *thread) {
    if (thread->state >= LW_STATE_COUNT || thread->kind >= LW_WAIT_KIND_COUNT)
        return "has a state or a kind of wait that does not exist";
    if (!is_string(snapshot, thread->name) || !is_string(snapshot, thread->call) ||
        !is_string(snapshot, thread->target) || !is_string(snapshot, thread->creator_name))
        return "names a string outside of the strings";
    if (!are_frames(snapshot, thread->stack_first, thread->stack_count) ||
        !are_frames(snapshot, thread->creation_first, thread->creation_count))
        return "has a stack outside of the frames";
    return NULL;
}

static const char *say(char room[256], const char *what, uint64_t index, const char *why) {
    snprintf(room, 256, "damaged snapshot: %s %llu %s", what, (unsigned long long)index, why);
    return room;
}

static const char *check_header(const struct lw_snapshot_header *header, size_t size, char room[256]) {
    if (size < sizeof header->magic || memcmp(header->magic, LW_SNAPSHOT_MAGIC, sizeof header->magic) != 0)
        return "not a leakwatch snapshot";
    if (size < sizeof *header)
        return "damaged snapshot: cut off within its header";
    if (header->byte_order != LW_BYTE_ORDER_MARK)
        return "a snapshot from a machine of the other byte order; render it there";
    if (header->version < LW_SNAPSHOT_OLDEST || header->version > LW_SNAPSHOT_VERSION) {
        snprintf(room, 256, "a snapshot of version %u; this leakwatch reads versions %u to %u",
                 header->version, LW_SNAPSHOT_OLDEST, LW_SNAPSHOT_VERSION);
        return room;
    }
#define X(name, type) || header->name##_size != sizeof(type)
    if (header->header_size != sizeof *header LW_SECTIONS(X))
        return "damaged snapshot: its records do not have the size that they have in its version";
#undef X
    return NULL;
}

static const char *check_sections(const struct lw_snapshot_header *header, size_t size, char room[256]) {
    const struct {
        const char *name;
        const struct lw_section *section;
        size_t element;
    } sections[] = {
#define X(name, type) {#name, &header->name, sizeof(type)},
        LW_SECTIONS(X)
#undef X
    };
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        if (!fits(sections[i].section, sections[i].element, size)) {
            snprintf(room, 256, "damaged snapshot: its %s reach past its end (%zu bytes)", sections[i].name,
                     size);
            return room;
        }
    return NULL;
}

/* What each string is looked for in, and what the header itself names. */
static const char *check_strings(const struct snapshot *snapshot) {
    const struct lw_snapshot_header *header = snapshot->header;
    if (header->strings.count == 0 || snapshot->strings[0] != '\0' ||
        snapshot->strings[header->strings.count - 1] != '\0')
        return "damaged snapshot: its strings have no end";
    if (header->trigger >= LW_TRIGGER_COUNT || header->pid <= 0 || !is_string(snapshot, header->exe) ||
        !is_string(snapshot, header->program) || !is_string(snapshot, header->incomplete))
        return "damaged snapshot: its header makes no sense";
    return NULL;
}

static const char *check_module(const struct snapshot *snapshot, const struct lw_snapshot_module *module) {
    if (!is_string(snapshot, module->path) || module->build_id_size > sizeof module->build_id ||
        module->start > module->end)
        return "makes no sense";
    return NULL;
}

static const char *check_wake(const struct snapshot *snapshot, const struct lw_snapshot_wake *wake) {
    if (!is_string(snapshot, wake->last_name) || !are_frames(snapshot, wake->site, wake->site_count))
        return "names a string or a frame that is not there";
    return NULL;
}

static const char *check_hold(const struct snapshot *snapshot, const struct lw_snapshot_hold *hold) {
    if (hold->kind >= LW_HOLD_KIND_COUNT || !are_frames(snapshot, hold->site, hold->site_count))
        return "makes no sense";
    return NULL;
}

static const char *check_gone(const struct snapshot *snapshot, const struct lw_snapshot_gone *gone) {
    if (!is_string(snapshot, gone->name) || !is_string(snapshot, gone->creator_name) ||
        !are_frames(snapshot, gone->creation_first, gone->creation_count))
        return "names a string or a frame that is not there";
    return NULL;
}

static const char *check_records(const struct snapshot *snapshot, char room[256]) {
#define EACH(section, check, what)                                   \
    for (uint64_t i = 0; i < snapshot->header->section.count; i++) { \
        const char *why = check(snapshot, &snapshot->section[i]);    \
        if (why)                                                     \
            return say(room, what, i, why);                          \
    }
    EACH(threads, check_thread, "thread")
    EACH(modules, check_module, "module")
    EACH(wakes, check_wake, "wake")
    EACH(holds, check_hold, "hold")
    EACH(gone, check_gone, "ended thread")
#undef EACH
    return NULL;
}

const char *snapshot_check(struct snapshot *snapshot, const void *bytes, size_t size, char room[256]) {
    const struct lw_snapshot_header *header = bytes;
    const char *wrong = check_header(header, size, room);
    wrong = wrong ? wrong : check_sections(header, size, room);
    if (wrong)
        return wrong;
    const char *base = bytes;
    *snapshot = (struct snapshot){
        .header = header,
#define X(name, type) .name = (const void *)(base + header->name.offset),
        LW_SECTIONS(X)
#undef X
            .fd = -1,
    };
    wrong = check_strings(snapshot);
    return wrong ? wrong : check_records(snapshot, room);
}

const char *snapshot_read(struct snapshot *snapshot, const char *path, char room[256]) {
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return strerror(errno);
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        close(fd);
        return "not a regular file";
    }
    size_t size = (size_t)status.st_size;
    /* A private copy: what was checked cannot change under us, and nothing is written to the file by
     * accident. */
    void *base = size ? mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0) : NULL;
    if (base == MAP_FAILED) {
        int error = errno;
        close(fd);
        return strerror(error);
    }
    const char *wrong = size ? snapshot_check(snapshot, base, size, room) : "empty, not a leakwatch snapshot";
    if (wrong) {
        if (base)
            munmap(base, size);
        close(fd);
        return wrong;
    }
    snapshot->base = base;
    snapshot->size = size;
    snapshot->fd = fd;
    return NULL;
}

/* Holes need not be read; memory from mmap is zero already. */
static bool read_data(int fd, char *into, size_t size) {
    for (off_t at = 0; at < (off_t)size;) {
        off_t data = lseek(fd, at, SEEK_DATA);
        if (data < 0 && errno == ENXIO)
            return true; /* nothing but a hole up to the end */
        off_t hole = data < 0 ? (off_t)size : lseek(fd, data, SEEK_HOLE);
        if (data < 0)
            data = at; /* a file system that does not tell */
        if (hole < 0 || hole > (off_t)size)
            hole = (off_t)size;
        while (data < hole) {
            ssize_t got = pread(fd, into + data, (size_t)(hole - data), data);
            if (got <= 0)
                return false;
            data += got;
        }
        at = hole;
    }
    return true;
}

const char *snapshot_copy(struct snapshot *snapshot, int fd, char room[256]) {
    enum { LIMIT = 512 << 20 };
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
        return "not a regular file";
    size_t size = (size_t)status.st_size;
    if (size == 0)
        return "empty, not a leakwatch snapshot";
    if (size > LIMIT)
        return "larger than any snapshot";
    void *base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        return strerror(errno);
    const char *wrong =
        read_data(fd, base, size) ? snapshot_check(snapshot, base, size, room) : "cut off while it was read";
    if (wrong) {
        munmap(base, size);
        return wrong;
    }
    snapshot->base = base;
    snapshot->size = size;
    snapshot->fd = -1;
    return NULL;
}

void snapshot_close(struct snapshot *snapshot) {
    if (snapshot->base)
        munmap(snapshot->base, snapshot->size);
    if (snapshot->fd >= 0)
        close(snapshot->fd);
}

void snapshot_answer(const struct snapshot *snapshot, enum lw_answer answer) {
    uint32_t word = answer;
    ssize_t written = pwrite(snapshot->fd, &word, sizeof word, offsetof(struct lw_snapshot_header, answer));
    (void)written; /* a snapshot that cannot be written to has nobody waiting for the answer */
}

bool snapshot_put(int fd, const void *bytes, size_t size, uint64_t at) {
    for (size_t done = 0; done < size;) {
        ssize_t count = pwrite(fd, (const char *)bytes + done, size - done, (off_t)(at + done));
        if (count < 0 && errno != EINTR)
            return false;
        done += count > 0 ? (size_t)count : 0;
    }
    return true;
}
